"""What is taken to be in the cluster though the input does not have it, because somebody else puts it there."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from nginxsim.config.flags import Flags
from nginxsim.config.front import other_services
from nginxsim.errors import UsageError, did_you_mean, some
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.makers import TLS, TLS_KEYS
from nginxsim.kube.objects import (
    BackendRef,
    EndpointSlice,
    Hidden,
    Ingress,
    Meta,
    Port,
    Secret,
    Service,
    ServicePort,
    SliceEndpoint,
    SlicePort,
)
from nginxsim.sources import Project

SECRET_ANNOTATIONS = ("auth-secret", "auth-tls-secret", "proxy-ssl-secret")
ISSUERS = (
    "cert-manager.io/cluster-issuer",
    "cert-manager.io/issuer",
    "certmanager.k8s.io/cluster-issuer",
    "certmanager.k8s.io/issuer",
)
"""cert-manager/cert-manager: pkg/controller/certificate-shim"""
ACME = "kubernetes.io/tls-acme"
ADDRESS = "10.244.{}.{}"
SHOWN = 3
"""So many names are told at most."""


class Assumable(StrEnum):
    """What may be missing from the input without being missing from the cluster."""

    SECRETS = "secrets"
    """Those that another object is known to make; where the input has none of either, those that are named."""
    SERVICES = "services"
    """Where the input has none, those that are named, with ready Pods."""
    AGES = "ages"
    """Ingresses that do not say when they were created were created at the same time."""


USUAL = tuple(Assumable)
"""What the commands assume unless they are told otherwise."""
NONE = "none"


class Assumed(NamedTuple):
    cluster: Cluster
    taken: tuple[str, ...]
    """What was assumed, in words."""


def assumables(words: Iterable[str]) -> frozenset[Assumable]:
    """Raises UsageError for a word that is none."""
    found = set()
    for word in filter(None, words):
        if word != NONE and word not in list(Assumable):
            known = (*Assumable, NONE)
            raise UsageError(f'cannot assume "{word}": use {", ".join(known)}{did_you_mean(word, known)}')
        found |= {Assumable(word)} if word != NONE else set()
    return frozenset(found)


def assumed_of(project: Project) -> tuple[str, ...]:
    """What [assume] of nginxsim.toml leaves of the usual. Raises UsageError."""
    table = project.table("assume")
    for key, value in table.items():
        if key not in USUAL:
            raise UsageError(f'{project.path}: [assume] unknown key "{key}"{did_you_mean(key, USUAL)}')
        if not isinstance(value, bool):
            raise UsageError(f'{project.path}: [assume] {key} = "{value}" must be true or false')
    return tuple(kind for kind in USUAL if table.get(kind, True)) or (NONE,)


def with_assumed(cluster: Cluster, flags: Flags, assume: frozenset[Assumable]) -> Assumed:
    """The cluster with what is assumed to be there."""
    taken = [f"nothing is known of {kind}s in the cluster: {why}" for kind, why in cluster.unknown.items()]
    if cluster.only_in:
        taken.append(f"nothing outside of {some(cluster.only_in, SHOWN)} has a part in it: nothing else was looked at")
    if Assumable.SECRETS in assume:
        cluster = _with_secrets(cluster, flags, taken)
    if Assumable.SERVICES in assume:
        cluster = _with_services(cluster, flags, taken)
    if Assumable.AGES in assume:
        cluster = replace(cluster, ingresses={key: _at_once(each) for key, each in cluster.ingresses.items()})
    held_back = {key for key, secret in cluster.secrets.items() if _is_held_back(secret)}
    if held_back and (missed := sorted(held_back.intersection(named_secrets(cluster, flags)))):
        taken.append(f"Secret {some(missed, SHOWN)} holds what is needed: its content is not in the input")
    return Assumed(cluster, tuple(taken))


def _is_held_back(secret: Secret) -> bool:
    return not secret.is_open and secret.facts is None


def _at_once(ingress: Ingress) -> Ingress:
    """Objects that are applied together get the same second."""
    return (
        ingress if ingress.meta.is_dated else replace(ingress, meta=replace(ingress.meta, created=ingress.meta.batch))
    )


# --- Secrets ----------------------------------------------------------------------------------------------------------


def named_secrets(cluster: Cluster, flags: Flags) -> Iterator[str]:
    """The Secrets that Ingresses and flags name, as "namespace/name"."""
    if flags.default_ssl_certificate:
        yield flags.default_ssl_certificate
    for ingress in cluster.ingresses.values():
        namespace = ingress.meta.namespace
        yield from (f"{namespace}/{section.secret}" for section in ingress.tls if section.secret)
        for name in SECRET_ANNOTATIONS:
            if written := ingress.meta.annotations.get(flags.prefix + name):
                yield written if "/" in written else f"{namespace}/{written}"


def _with_secrets(cluster: Cluster, flags: Flags, taken: list[str]) -> Cluster:
    if "Secret" in cluster.whole:
        return cluster
    issued = (secret for ingress in cluster.ingresses.values() for secret in _issued(ingress))
    made = {secret.meta.key: secret for secret in (*issued, *cluster.made.values())}
    made = {key: secret for key, secret in made.items() if key not in cluster.secrets}
    named = dict.fromkeys(named_secrets(cluster, flags))
    taken += (f"Secret {key} exists: {made[key].maker} makes it" for key in named if key in made)
    if not cluster.secrets and not made and named:
        made = {key: _unknown(key) for key in named}
        taken.append("the Secrets that are named exist (the input has none at all)")
    return replace(cluster, secrets={**cluster.secrets, **made}) if made else cluster


def _issued(ingress: Ingress) -> Iterator[Secret]:
    """The certificates that cert-manager gets for the hosts of an Ingress whose annotations ask for it."""
    notes = ingress.meta.annotations
    if not any(name in notes for name in ISSUERS) and notes.get(ACME) != "true":
        return
    for section in ingress.tls:
        if section.secret and section.hosts:
            key = f"{ingress.meta.namespace}/{section.secret}"
            meta = Meta("Secret", section.secret, ingress.meta.namespace, uid=_uid(key), origin=section.origin)
            maker = f"cert-manager, for {ingress.meta},"
            yield Secret(meta, TLS, dict.fromkeys((*TLS_KEYS, "ca.crt"), b""), Hidden.VALUES, section.hosts, maker)


def _unknown(key: str) -> Secret:
    namespace, _, name = key.partition("/")
    return Secret(Meta("Secret", name, namespace, uid=_uid(key)), hidden=Hidden.ALL)


def _uid(key: str) -> str:
    return f"00000000-0000-4000-9000-{zlib.crc32(key.encode()):012d}"


# --- Services ---------------------------------------------------------------------------------------------------------


def _with_services(cluster: Cluster, flags: Flags, taken: list[str]) -> Cluster:
    if "Service" in cluster.whole:
        return cluster
    is_any = not any(other_services(cluster))
    ports: defaultdict[str, dict[Port, None]] = defaultdict(dict)
    for ingress in cluster.ingresses.values():
        for reference in _backends(ingress):
            ports[f"{ingress.meta.namespace}/{reference.service}"][reference.port] = None
        if fallback := ingress.meta.annotations.get(flags.prefix + "default-backend"):
            ports[f"{ingress.meta.namespace}/{fallback}"].setdefault(80)
    if flags.default_backend_service:
        ports[flags.default_backend_service].setdefault(80)
    if not ports:
        return cluster
    made = {key: _service(key, list(wanted)) for key, wanted in ports.items() if key not in cluster.services}
    if is_any:
        had = "none but the controller's own" if cluster.services else "no Service at all"
        taken.append(f"the Services that are named exist and have ready Pods (the input has {had})")
    else:
        made = {key: service for key, service in made.items() if _may_be_left_out(key, cluster)}
        if made:
            names = f"{'Service' if len(made) == 1 else 'Services'} {some(sorted(made), SHOWN)}"
            verb, own = ("exists", "has") if len(made) == 1 else ("exist", "have")
            taken.append(f"{names} {verb} and {own} ready Pods: not all that goes to the namespace is in the input")
    slices = {key: cluster.slices.get(key) or (_slice(service),) for key, service in made.items()}
    return replace(cluster, services={**made, **cluster.services}, slices={**cluster.slices, **slices})


def _may_be_left_out(key: str, cluster: Cluster) -> bool:
    """Something was not rendered that goes to its namespace, or may go to it as the input has no Service there."""
    namespace = key.partition("/")[0]
    unknown = {each.namespace for each in cluster.omitted if each.is_gap}
    is_known = any(service.meta.namespace == namespace for service in cluster.services.values())
    return namespace in unknown or ("" in unknown and not is_known)


def _backends(ingress: Ingress) -> Iterator[BackendRef]:
    written = [path.backend for rule in ingress.rules for path in rule.paths or ()]
    references = [*written, ingress.default_backend] if ingress.default_backend else written
    return (each for each in references if each.service and each.port)


def _service(key: str, wanted: list[Port]) -> Service:
    namespace, _, name = key.partition("/")
    ports = tuple(_ports(wanted))
    spec: Mapping[str, object] = {
        "type": "ClusterIP",
        "sessionAffinity": "None",
        "ports": [
            {"name": port.name, "port": port.port, "protocol": "TCP", "targetPort": port.target_port} for port in ports
        ],
    }
    meta = Meta("Service", name, namespace, uid=_uid(key))
    return Service(meta, cluster_ip=_address("10.96.{}.{}", key), ports=ports, spec=spec)


def _ports(wanted: list[Port]) -> Iterator[ServicePort]:
    """A port that is named gets a number that no other has."""
    taken = {port for port in wanted if isinstance(port, int)}
    for port in wanted:
        number = port if isinstance(port, int) else next(n for n in range(80, 65536) if n not in taken)
        taken.add(number)
        yield ServicePort(f"port-{port}" if isinstance(port, int) else port, number, "TCP", number)


def _slice(service: Service) -> EndpointSlice:
    meta = service.meta
    ports = tuple(SlicePort(port.name, port.port, port.protocol) for port in service.ports)
    endpoint = SliceEndpoint((_address(ADDRESS, meta.key),), ready=True)
    return EndpointSlice(replace(meta, kind="EndpointSlice"), meta.name, "IPv4", ports, (endpoint,), "workload")


def _address(pattern: str, key: str) -> str:
    number = zlib.crc32(key.encode())
    return pattern.format(number >> 8 & 0xFF, number % 254 + 1)
