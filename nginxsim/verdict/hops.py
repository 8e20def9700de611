"""What came before nginx, as steps of the trace, and the settings with which nginx would see the client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nginxsim.around.balancer import Arrival
from nginxsim.around.caching import Kept, kept_by, with_times
from nginxsim.around.events import ClientTaken, HeaderWritten, HopPassed
from nginxsim.around.hops import FORWARDED_FOR, OWN, Chain, Hop, Passed, Tls
from nginxsim.nginx.events import ClientNamed
from nginxsim.nginx.exchange import ProxyLine, Request, RoutedOutcome, or_fine
from nginxsim.nginx.steps import Phase, Step

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

SPEAKING = ("cache-control", "content-type", "expires", "set-cookie")
"""Headers that a cache goes by."""
STRANGER = "198.51.100.66"
"""An address that somebody might write into a header of his own."""
Settings = Mapping[str, Any]
"""Fields of the controller's settings and other values for them."""
Mend = Callable[[], Settings | None]
"""Finds settings with which nginx would take the client that set out for the client."""


def arrived(arrival: Arrival, routed: RoutedOutcome, mend: Mend) -> Iterator[Step]:
    """The hops, and whom nginx took for the client in the end, where it came so far.

    mend: finds settings with which it takes the real one.
    """
    for each in arrival.passed:
        yield Step(_passed(each))
        yield from (Step(HeaderWritten(each.hop.name, name, value)) for name, value in each.changed)
    if not any(step.phase is Phase.LOCATION for step in routed.steps):
        return
    came, (taken, by) = set_out(arrival), client_of(arrival.request, routed)
    mended = mend() if taken != came.client else None
    yield Step(ClientTaken(taken, came.client, by, tuple((mended or {}).items()), lost_at(arrival.passed)))


def lost_at(passed: Sequence[Passed]) -> tuple[str, str]:
    """The last hop that connects as itself and hands on no name of its client."""
    hop = next((each.hop for each in reversed(passed) if each.hop.address and not _names_client(each)), None)
    return (hop.name, hop.remedy) if hop else ("", "")


def _names_client(passed: Passed) -> bool:
    return bool(passed.hop.proxy) or any(passed.came.client in value for _, value in passed.changed)


def set_out(arrival: Arrival) -> Request:
    """The request as its client sent it."""
    return arrival.passed[0].came if arrival.passed else arrival.request


def _passed(passed: Passed) -> HopPassed:
    line = passed.request.proxy_protocol
    return HopPassed(
        passed.hop.name,
        passed.hop.address,
        line.client if passed.hop.proxy and isinstance(line, ProxyLine) else "",
        passed.came.scheme == "https" and passed.hop.tls is Tls.ENDED,
    )


def client_of(sent: Request, routed: RoutedOutcome) -> tuple[str, str]:
    """Whom nginx took for the client, and by which header; "" where nothing but the connection told."""
    for step in routed.steps:
        if isinstance(step.event, ClientNamed) and not step.within:
            return step.event.client, step.event.header
    return sent.client, ""


def kept(arrival: Arrival, routed: RoutedOutcome) -> Kept | None:
    """What the first cache, from the client inward, may do with the answer."""
    passed = next((each for each in arrival.passed if each.hop.caches), None)
    if passed is None or routed.status is None:
        return None
    from nginxsim.around.cache_table import POLICIES  # noqa: PLC0415  # few hops keep answers

    policy = with_times(POLICIES[passed.hop.caches], dict(passed.hop.times))
    found = kept_by(policy, passed.came, routed.status, routed.headers)
    told = any(name.lower() in SPEAKING for name, _ in routed.headers)
    return found._replace(is_played=routed.upstream is not None and not told)


# --- which settings would mend it -------------------------------------------------------------------------------------


def remedy(estate: Simulation, request: Request) -> Settings | None:
    """Settings with which nginx would take the client that set out for the client, found by trying; None where none of
    those that are tried does.

    Best are those that nobody gets past with an X-Forwarded-For of his own.
    """
    now = estate.controller.settings
    tries = [(settings, estate.with_settings(settings)) for settings in _tries(estate, request)]
    forged = replace(request, headers=[*request.headers, (FORWARDED_FOR, STRANGER)])
    for asked in (forged, request):
        for settings, other in tries:
            if taken_with(other, asked) == request.client:
                return {name: value for name, value in settings.items() if getattr(now, name) != value}
    return None


def taken_with(estate: Simulation, request: Request) -> str:
    routing = estate.routing(request.host, request.sni)
    arrival = routing.arriving(request)
    return client_of(arrival.request, routing.routed(arrival.request, or_fine(None))[0])[0]


def _tries(estate: Simulation, request: Request) -> Iterator[Settings]:
    """The narrowest first."""
    passed = estate.routing(request.host, request.sni).arriving(request).passed
    hops = [each.hop for each in passed]
    headers = [FORWARDED_FOR, *_naming(passed, request)]
    networks = _networks(hops)
    if any(hop.proxy for hop in hops):
        yield {"use_proxy_protocol": True}
        yield {"use_proxy_protocol": True, "use_forwarded_headers": True, "proxy_real_ip_cidr": networks}
    for trusted in ({"proxy_real_ip_cidr": networks}, {}):
        for header in headers:
            named = {"forwarded_for_header": header} if header != FORWARDED_FOR else {}
            yield {"use_forwarded_headers": True, **named, **trusted}


def _networks(hops: Sequence[Hop]) -> tuple[str, ...]:
    """Those whose word about the client is to be believed, and addresses that load balancers add of their own."""
    own = (f"{OWN}/32" for hop in hops if hop.chain is Chain.APPENDED_WITH_OWN)
    return tuple(dict.fromkeys((*(network for hop in hops for network in hop.connects_from), *own)))


def _naming(passed: Sequence[Passed], request: Request) -> Iterator[str]:
    """Headers of the hops that name the client and nobody else."""
    for each in passed:
        yield from (name for name, value in each.changed if value == request.client and name != FORWARDED_FOR)
