"""What the webhook shows when the API server calls, and whether that is trusted.

Go 1.26: crypto/x509/verify.go; ingress-nginx 1.15.1: internal/net/ssl/ssl.go (TLSListener)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cryptography import x509

from nginxsim.around.webhook.kinds import Bare, Fault, Kind
from nginxsim.around.webhook.way import ADDRESS, CERTIFICATE, KEY, Way, flag, jobs_about
from nginxsim.config.certificate import Certificate
from nginxsim.config.certificate_names import covers
from nginxsim.config.controller import Controller
from nginxsim.config.key_pairs import read_key_pair
from nginxsim.config.pem import pem_blocks
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.inside import key_at
from nginxsim.kube.objects import Mount, Reference, Secret
from nginxsim.nginx.tls_chain import issued
from nginxsim.origins import Origin

LONGEST = 8
"""Certificates in a chain."""


class Shown(NamedTuple):
    """What the webhook shows: the Secret, and of it the certificates and the key, in PEM."""

    secret: Secret
    pem: bytes
    key: bytes


class Held(NamedTuple):
    """Where a file of the controller comes from. key: of the Secret; "" where nobody knows."""

    reference: Reference
    key: str


def certificate_faults(cluster: Cluster, controller: Controller, way: Way) -> Iterator[Fault]:
    """One that is missing is no longer asked for its names, and of a webhook that is off nobody misses it."""
    is_off = not flag(controller, ADDRESS)[0]
    bare = [] if is_off else list(_bare(cluster, controller, way))
    yield from bare
    authorities = list(_certificates(way.webhook.ca_bundle or b""))
    if not bare and (shown := _shown(cluster, controller, way)) is not None:
        yield from _judged(cluster, way, shown, authorities)
    yield from _bundle(cluster, way, authorities)


def _facts(way: Way, **more: object) -> dict[str, object]:
    return {"policy": way.webhook.failure_policy, "service": way.webhook.service, **more}


def _bare(cluster: Cluster, controller: Controller, way: Way) -> Iterator[Fault]:
    """Why it has nothing to show, where that is known."""
    assert way.runs is not None
    about = way.runs.workload.meta
    for name in (CERTIFICATE, KEY):
        path, place = flag(controller, name)
        if not path:
            yield Fault(
                Kind.WITHOUT_CERTIFICATE, about, (about.origin,), _facts(way, why=Bare.NO_FLAG, flag=f"--{name}")
            )
            continue
        why = _why_bare(cluster, way, path)
        if why is not None:
            reason, secret, key, where = why
            facts = _facts(way, why=reason, flag=f"--{name}", path=path, secret=secret, key=key)
            yield Fault(Kind.WITHOUT_CERTIFICATE, about, (where or place or about.origin, place), facts)
            return


def _why_bare(cluster: Cluster, way: Way, path: str) -> tuple[Bare, str, str, Origin | None] | None:
    assert way.runs is not None
    inside = way.runs.container.inside
    if inside is None:
        return None
    held = held_at(way, path)
    if held is None:
        is_mounted = any(path.startswith(mount.path.rstrip("/") + "/") for mount in inside.mounts)
        return None if is_mounted or not inside.mounts else (Bare.NOT_MOUNTED, "", "", None)
    key = f"{way.namespace}/{held.reference.name}"
    secret = cluster.secrets.get(key)
    if held.reference.kind != "Secret":
        return None
    if secret is None:
        is_known = bool(cluster.live) and "Secret" in cluster.whole and key not in cluster.made
        return (Bare.UNMADE, key, held.key, held.reference.origin) if is_known else None
    if secret.has(held.key):
        return None
    return Bare.NO_KEY, key, held.key, secret.meta.origin


def held_at(way: Way, path: str) -> Held | None:
    """The key of the Secret that is the controller's file at a path."""
    assert way.runs is not None
    inside = way.runs.container.inside
    mounts: Sequence[Mount] = inside.mounts if inside else ()
    for mount in mounts:
        for reference in mount.holds:
            if key := key_at(mount, reference, path):
                return Held(reference, key)
    return None


def secret_named(controller: Controller, way: Way) -> str:
    """The Secret that has the webhook's certificate, as "namespace/name"; "" where nobody knows it."""
    path, _ = flag(controller, CERTIFICATE)
    held = held_at(way, path) if path and way.runs else None
    return f"{way.namespace}/{held.reference.name}" if held and held.reference.kind == "Secret" else ""


def _shown(cluster: Cluster, controller: Controller, way: Way) -> Shown | None:
    """As far as the Secret is open."""
    names = [held_at(way, flag(controller, name)[0]) for name in (CERTIFICATE, KEY)]
    secret = cluster.secrets.get(secret_named(controller, way))
    if secret is None or not secret.is_open or None in names:
        return None
    first, second = (secret.data.get(held.key, b"") for held in names if held)
    return Shown(secret, first, second)


def _judged(cluster: Cluster, way: Way, shown: Shown, authorities: Sequence[x509.Certificate]) -> Iterator[Fault]:
    secret, pem, key = shown
    about, place = secret.meta, secret.meta.origin
    try:
        leaf = read_key_pair(pem, key)
    except ValueError as problem:
        assert way.runs is not None
        facts = _facts(way, why=Bare.REFUSED, secret=secret.meta.key, words=str(problem), flag="", path="", key="")
        yield Fault(Kind.WITHOUT_CERTIFICATE, way.runs.workload.meta, (place,), facts)
        return
    chain = list(_certificates(pem))
    known = Certificate(secret.meta.name, secret.meta.namespace, dns_names=leaf.dns_names, addresses=leaf.addresses)
    if not covers(known, way.host):
        facts = _facts(way, names=(*leaf.dns_names, *leaf.addresses), common=leaf.common_name, wanted=way.host)
        yield Fault(Kind.NAMES, about, (place, way.webhook.place("service.name")), facts)
    if ended := _ended(chain[:1]):
        yield Fault(Kind.EXPIRED, about, (place,), _facts(way, ended=ended, authority=False))
    filled = any(jobs_about(cluster, way)) and not way.is_stored(cluster)
    if authorities and not filled and not _leads(chain, authorities):
        yield Fault(Kind.UNTRUSTED, about, (way.webhook.place("caBundle"), place), _facts(way, secret=secret.meta.key))


def _ended(certificates: Sequence[x509.Certificate]) -> str:
    """The day on which one of them ended, as 2026-03-19; "" while all last."""
    now = dt.datetime.now(dt.UTC)
    ends = (each.not_valid_after_utc for each in certificates)
    return next((end.date().isoformat() for end in ends if end < now), "")


def _leads(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]) -> bool:
    """One that is among the roots itself is trusted."""
    reached, rest = list(chain[:1]), list(chain[1:])
    for _ in range(LONGEST):
        if any(each in roots or any(issued(each, root) for root in roots) for each in reached):
            return True
        reached, rest = (
            [each for each in rest if any(issued(lower, each) for lower in reached)],
            [each for each in rest if not any(issued(lower, each) for lower in reached)],
        )
    return False


def _certificates(pem: bytes) -> Iterator[x509.Certificate]:
    """Those that can be read."""
    for block in pem_blocks(pem):
        try:
            if block.type == "CERTIFICATE":
                yield x509.load_der_x509_certificate(block.content)
        except (ValueError, x509.InvalidVersion):
            continue


def _bundle(cluster: Cluster, way: Way, authorities: Sequence[x509.Certificate]) -> Iterator[Fault]:
    place = way.webhook.place("caBundle", "clientConfig")
    about = way.registration.meta
    if way.webhook.ca_bundle is None:
        if way.is_stored(cluster) or not any(jobs_about(cluster, way)):
            yield Fault(Kind.CA_MISSING, about, (place,), _facts(way, name=about.name), way.is_stored(cluster))
    elif not authorities:
        yield Fault(Kind.CA_UNREADABLE, about, (place,), _facts(way, name=about.name))
    elif len(authorities) == 1 and (ended := _ended(authorities)):
        yield Fault(Kind.EXPIRED, about, (place,), _facts(way, ended=ended, authority=True))
