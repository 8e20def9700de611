"""Certificates: missing, unfit, defaulted, or another Ingress' business."""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.checks.estate import Estate, at, finding
from nginxsim.checks.noticed import noticed
from nginxsim.controller.model import Server
from nginxsim.controller.redirects import www_name
from nginxsim.controller.traits import ServerTrait
from nginxsim.kube.objects import Ingress
from nginxsim.verdict.certificates import Reason, entry_for
from nginxsim.verdict.types import Finding
from nginxsim.verdict.wording.certificates import certificate_words, reason_words

UNLISTED = (Reason.NOT_LISTED, Reason.NO_SECRET)


def defaulted(estate: Estate) -> Iterator[Finding]:
    """Hosts that show the controller's own certificate, for another reason than a Secret that is of no use."""
    for server in estate.model.servers.values():
        owner = server.owners.get(ServerTrait.CERTIFICATE)
        shown = estate.simulation.shown_certificates.to(server.hostname) if owner else None
        if owner and shown and shown.certificate.is_fake and shown.reason in UNLISTED:
            place, reason = at(owner.tls[0].origin), reason_words(shown)
            yield finding("certificate-default", *place, meta=owner.meta, host=server.hostname, reason=reason)


def mismatch(estate: Estate) -> Iterator[Finding]:
    """Certificates that are not made out to the host, or to a further name that leads to it."""
    yield from noticed("certificate-mismatch")(estate)
    for shown in estate.simulation.shown_certificates.further():
        server = shown.server
        owner = server.owners.get(ServerTrait.CERTIFICATE) if server else None
        if server and owner and shown.reason is Reason.NOT_NAMED and shown.objection:
            entry = entry_for(owner.tls, shown.name) or entry_for(owner.tls, server.hostname) or owner.tls[0]
            reason = f"{shown.name} is shown {certificate_words(shown)}: {reason_words(shown)}"
            yield finding("certificate-mismatch", *at(entry.origin), meta=owner.meta, host=shown.name, reason=reason)


def unused_host(estate: Estate) -> Iterator[Finding]:
    """A name in `tls` that no rule of the Ingress has."""
    for ingress, parsed in estate.plain():
        ruled = {rule.host.lower() for rule in ingress.rules}
        for entry in ingress.tls:
            for host in entry.hosts:
                www = parsed.redirect.from_to_www and www_name(host.lower()) in ruled
                if ruled and host.lower() not in ruled and host not in parsed.aliases and not www:
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
    mine = entry_for(ingress.tls, server.hostname)
    if owner is None or owner is ingress or mine is None or not mine.secret:
        return None
    theirs = entry_for(owner.tls, server.hostname)
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
