"""Request limits: the zones of the http level and the directives of a location.

ingress-nginx 1.15.1: internal/ingress/controller/template/template.go, filterRateLimits to buildRateLimit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from nginxsim.annotations.values import RateLimit
from nginxsim.controller.model import Location, Server
from nginxsim.render.provenance import Line

MarksOf: TypeAlias = Callable[[Location], dict[str, str]]
"""Marks by annotation for what shapes a location."""


def limits_of(servers: Iterable[Server], marks_of: MarksOf) -> list[tuple[RateLimit, str]]:
    """Each Ingress' limits once, in the servers' order, with the marks of the annotations that make them."""
    found: dict[str, tuple[RateLimit, str]] = {}
    for location in _locations(servers):
        limit = location.annotations.rate_limit
        if limit.id and limit.id not in found:
            marks = marks_of(location)
            found[limit.id] = limit, "".join(marks[name] for name, _ in _zones(limit))
    return list(found.values())


def zones_of(servers: Iterable[Server], marks_of: MarksOf) -> list[Line]:
    """The zone directives without their semicolon, sorted as the controller does."""
    found: dict[str, Line] = {}
    seen: set[int] = set()
    for location in _locations(servers):
        limit = location.annotations.rate_limit
        if id(limit) not in seen:
            seen.add(id(limit))
            for name, zone in _zones(limit):
                found.setdefault(zone, Line(zone, marks_of(location)[name]))
    return [found[zone] for zone in sorted(found)]


def _locations(servers: Iterable[Server]) -> Iterator[Location]:
    return (location for server in servers for location in server.locations)


def _zones(limit: RateLimit) -> Iterator[tuple[str, str]]:
    """(annotation, directive) of each zone."""
    if limit.connections.limit > 0:
        zone = limit.connections
        yield "limit-connections", f"limit_conn_zone $limit_{limit.id} zone={zone.name}:{zone.shared_size}m"
    for name, zone, unit in (("limit-rpm", limit.rpm, "m"), ("limit-rps", limit.rps, "s")):
        if zone.limit > 0:
            size = f"{zone.shared_size}m"
            yield name, f"limit_req_zone $limit_{limit.id} zone={zone.name}:{size} rate={zone.limit}r/{unit}"


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
