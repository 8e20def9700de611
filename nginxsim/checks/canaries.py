"""Canaries that get no traffic, or more than was meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from nginxsim.annotations.values import Canary
from nginxsim.checks.estate import Estate, at, finding
from nginxsim.controller.ingresses import Arrival, arrived
from nginxsim.controller.model import Location
from nginxsim.controller.references import host_of, upstream_name
from nginxsim.controller.traits import ServerTrait
from nginxsim.errors import some
from nginxsim.kube.objects import Ingress
from nginxsim.verdict.types import Evidence, Finding

TRIGGERS = (
    "canary-weight",
    "canary-by-header",
    "canary-by-header-value",
    "canary-by-header-pattern",
    "canary-by-cookie",
)


def idle(estate: Estate) -> Iterator[Finding]:
    """A canary that no header, cookie or weight leads to."""
    for ingress, parsed in estate.served():
        canary = parsed.canary
        if canary.enabled and not _is_reachable(canary):
            evidence = estate.mark(ingress, "canary") + estate.mark(ingress, *TRIGGERS, note="does nothing by itself")
            yield finding("canary-idle", *evidence, meta=ingress.meta)


def _is_reachable(canary: Canary) -> bool:
    return bool(canary.weight > 0 or canary.header or canary.cookie)


def wider(estate: Estate) -> Iterator[Finding]:
    """Canaries join backends, not paths: every other path of the same Service takes part."""
    served = _places_by_backend(estate)
    mains: defaultdict[str, list[str]] = defaultdict(list)
    for backend in estate.model.backends.values():
        for alternative in backend.alternatives[:1]:
            mains[alternative].append(backend.name)
    for ingress, parsed in estate.served():
        if parsed.canary.enabled:
            yield from _wider(arrived(ingress, parsed, estate.controller), mains, served)


def _wider(
    arrival: Arrival, mains: Mapping[str, list[str]], served: Mapping[str, Mapping[tuple[str, str], Location]]
) -> Iterator[Finding]:
    ingress = arrival.ingress
    claimed = {(host_of(rule), path.path or "/") for rule in ingress.rules for path in rule.paths or ()}
    told: set[str] = set()
    for rule in ingress.rules:
        for path in rule.paths or ():
            for main in mains.get(upstream_name(arrival, path.backend), ()):
                further = {place: each for place, each in served.get(main, {}).items() if place not in claimed}
                if further and main not in told:
                    told.add(main)
                    yield _about_wider(ingress, Evidence(path.origin, path.path), main, further)


def _about_wider(ingress: Ingress, claim: Evidence, main: str, further: Mapping[tuple[str, str], Location]) -> Finding:
    names = [host + path for host, path in further]
    spec = next(iter(further.values())).spec_path
    beside = at(spec.origin, spec.path, "takes part as well") if spec else ()
    return finding("canary-wider", claim, *beside, meta=ingress.meta, main=main, further=some(names, most=3))


def _places_by_backend(estate: Estate) -> Mapping[str, Mapping[tuple[str, str], Location]]:
    places: defaultdict[str, dict[tuple[str, str], Location]] = defaultdict(dict)
    for server in estate.model.servers.values():
        for location in server.locations:
            if location.spec_path is not None:
                places[location.backend][server.hostname, location.spec_path.path or "/"] = location
    return places


HOST_WIDE = ((ServerTrait.CLIENT_CERTIFICATE, "auth-tls-secret"), (ServerTrait.PROXY_TLS, "proxy-ssl-secret"))


def host_wide(estate: Estate) -> Iterator[Finding]:
    """auth-tls-secret and proxy-ssl-secret belong to the server, also when a canary brings them."""
    for server in estate.model.servers.values():
        for trait, name in HOST_WIDE:
            owner = server.owners.get(trait)
            parsed = estate.parsed.get(owner.meta.key) if owner else None
            if owner and parsed and parsed.canary.enabled and estate.value(owner, name):
                yield finding(
                    "canary-host-wide",
                    *estate.mark(owner, name),
                    meta=owner.meta,
                    host=server.hostname,
                    annotation=name,
                )
