"""Certificates: missing, unfit, defaulted, or another Ingress' business."""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.checks.estate import Estate, at, finding
from nginxsim.controller.model import Server
from nginxsim.controller.traits import ServerTrait
from nginxsim.kube.objects import Ingress, IngressTLS
from nginxsim.verdict.types import Finding

EXPLAINED = ("tls-secret-missing", "tls-secret-unusable", "certificate-mismatch")


def defaulted(estate: Estate) -> Iterator[Finding]:
    """Hosts that show the controller's own certificate, for another reason than a Secret that is of no use."""
    explained = {notice.host for code in EXPLAINED for notice in estate.notices[code]}
    for server in estate.model.servers.values():
        owner, shown = server.owners.get(ServerTrait.CERTIFICATE), server.traits.certificate
        if owner is None or server.hostname in explained or not shown or not shown.is_fake:
            continue
        reason = "its tls entry names no secretName" if _entry(owner, server.hostname) else "no tls entry lists it"
        yield finding(
            "certificate-default",
            *at(owner.tls[0].origin),
            meta=owner.meta,
            host=server.hostname,
            reason=reason,
        )


def _entry(ingress: Ingress, host: str) -> IngressTLS | None:
    wanted = host.lower()
    return next((entry for entry in ingress.tls if wanted in map(str.lower, entry.hosts)), None)


def unused_host(estate: Estate) -> Iterator[Finding]:
    """A name in `tls` that no rule of the Ingress has."""
    for ingress, parsed in estate.plain():
        ruled = {rule.host.lower() for rule in ingress.rules}
        for entry in ingress.tls:
            for host in entry.hosts:
                if ruled and host.lower() not in ruled and host not in parsed.aliases:
                    yield finding("tls-host-unused", *at(entry.origin), meta=ingress.meta, host=host)


def taken(estate: Estate) -> Iterator[Finding]:
    """The oldest Ingress with a `tls` section decides for the host."""
    for ingress, _ in estate.plain():
        for host in dict.fromkeys(rule.host for rule in ingress.rules if ingress.tls):
            server = estate.model.servers.get(host)
            if server and (found := _taken(ingress, server)):
                yield found


def _taken(ingress: Ingress, server: Server) -> Finding | None:
    owner = server.owners.get(ServerTrait.CERTIFICATE)
    mine = _entry(ingress, server.hostname)
    if owner is None or owner is ingress or mine is None or not mine.secret:
        return None
    theirs = _entry(owner, server.hostname)
    same_namespace = owner.meta.namespace == ingress.meta.namespace
    if theirs and theirs.secret == mine.secret and same_namespace:
        return None
    place = theirs or owner.tls[0]
    return finding(
        "tls-taken",
        *at(mine.origin, mine.secret),
        *at(place.origin, note=f"{owner.meta} is older and decides"),
        meta=ingress.meta,
        host=server.hostname,
        secret=mine.secret,
        first=owner.meta,
    )


def passthrough_off(estate: Estate) -> Iterator[Finding]:
    if estate.flags.enable_ssl_passthrough:
        return
    for ingress, parsed in estate.served():
        if parsed.ssl_passthrough:
            yield finding("passthrough-off", *estate.mark(ingress, "ssl-passthrough"), meta=ingress.meta)
