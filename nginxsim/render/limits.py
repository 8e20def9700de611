"""Request limits: the zones of the http level and the directives of a location.

ingress-nginx 1.15.1: internal/ingress/controller/template/template.go, filterRateLimits to buildRateLimit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nginxsim.annotations.values import RateLimit
from nginxsim.controller.model import Server


def limits_of(servers: Iterable[Server]) -> list[RateLimit]:
    """Each Ingress' limits once, in the servers' order."""
    found: dict[str, RateLimit] = {}
    for server in servers:
        for location in server.locations:
            limit = location.annotations.rate_limit
            if limit.id:
                found.setdefault(limit.id, limit)
    return list(found.values())


def zones_of(servers: Iterable[Server]) -> list[str]:
    """The zone directives without their semicolon, sorted as the controller does."""
    seen: dict[int, RateLimit] = {}
    for server in servers:
        for location in server.locations:
            seen[id(location.annotations.rate_limit)] = location.annotations.rate_limit
    return sorted({zone for limit in seen.values() for zone in _zones(limit)})


def _zones(limit: RateLimit) -> Iterator[str]:
    if limit.connections.limit > 0:
        zone = limit.connections
        yield f"limit_conn_zone $limit_{limit.id} zone={zone.name}:{zone.shared_size}m"
    for zone, unit in ((limit.rpm, "m"), (limit.rps, "s")):
        if zone.limit > 0:
            yield f"limit_req_zone $limit_{limit.id} zone={zone.name}:{zone.shared_size}m rate={zone.limit}r/{unit}"


def limit_directives(limit: RateLimit) -> Iterator[tuple[str, str]]:
    """(annotation, directive) of a location: connections, requests a second, requests a minute, bandwidth."""
    if limit.connections.limit > 0:
        yield "limit-connections", f"limit_conn {limit.connections.name} {limit.connections.limit}"
    if limit.rps.limit > 0:
        yield "limit-rps", f"limit_req zone={limit.rps.name} burst={limit.rps.burst} nodelay"
    if limit.rpm.limit > 0:
        yield "limit-rpm", f"limit_req zone={limit.rpm.name} burst={limit.rpm.burst} nodelay"
    if limit.rate_after > 0:
        yield "limit-rate-after", f"limit_rate_after {limit.rate_after}k"
    if limit.rate > 0:
        yield "limit-rate", f"limit_rate {limit.rate}k"
