"""Before access control: the client's real address, then limits.

A request meets the counters as the equal ones sent at once before it left them (Request.place); one alone finds them
empty. The trace says which keys count.

nginx 1.27.1: src/http/modules/ngx_http_{limit_req,limit_conn}_module.c
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from nginxsim.nginx.addresses import any_contains, parse_address
from nginxsim.nginx.escapes import to_bytes
from nginxsim.nginx.events import ClientNamed, Counted, Delayed, LimitExceeded, LimitKind, NotCounted
from nginxsim.nginx.phases.access import access
from nginxsim.nginx.phases.finish import finalize
from nginxsim.nginx.phases.screening import screen

if TYPE_CHECKING:
    from nginxsim.nginx.conf import Limit, LocationConf
    from nginxsim.nginx.live_request import LiveRequest
    from nginxsim.nginx.phases.states import State
    from nginxsim.nginx.server import Zone

LONGEST_KEYS: Mapping[LimitKind, int] = {"limit_req": 65535, "limit_conn": 255}
"""A key of more bytes is logged and not counted."""


def preaccess(request: LiveRequest) -> State | None:
    conf = request.conf
    if conf.modsecurity.on and (refused := screen(request, 2)):
        return finalize(request, refused)
    if conf.realip_from:
        real_ip(request, conf)
    if conf.limit_req and request.main.limit_status is None and _exceeds_rate(request):
        return finalize(request, conf.limit_req_status)
    if conf.limit_conn and request.main.limit_conn_status is None and _exceeds_connections(request):
        return finalize(request, conf.limit_conn_status)
    return access


# --- limits -----------------------------------------------------------------------------------------------------------


def _exceeds_rate(request: LiveRequest) -> bool:
    """Buckets that leak at a zone's rate; of requests at once, each that gets in stays in.

    A request is let in by all zones or by none, so the smallest bucket decides, and no other is ever fuller.
    """
    conf, place = request.conf, request.original.place
    counted = list(_counted(request, "limit_req", conf.limit_req, conf.limit_req_status))
    if not counted:
        return False
    limit, zone = min(counted, key=lambda each: each[0].amount)
    if place <= limit.amount + 1:
        wait = max(_wait(each, its_zone, place - 1) for each, its_zone in counted)
        dry = conf.limit_req_dry_run and wait
        request.main.limit_status = f"DELAYED{'_DRY_RUN' if dry else ''}" if wait else "PASSED"
        if wait and not dry:
            request.note(Delayed, limit.line, "limit_req", limit.zone, wait / 1000)
        return False
    request.main.limit_status = f"REJECTED{'_DRY_RUN' if conf.limit_req_dry_run else ''}"
    return _refuse(request, "limit_req", limit, zone, conf.limit_req_dry_run)


def _wait(limit: Limit, zone: Zone, before: int) -> int:
    """Milliseconds that a request waits when so many are in the bucket."""
    return max(before - limit.delay, 0) * 1_000_000 // zone.per_second


def _exceeds_connections(request: LiveRequest) -> bool:
    """Requests that are being answered; a limit_req that refuses goes first, so all those before this one are."""
    conf, place = request.conf, request.original.place
    for limit, zone in _counted(request, "limit_conn", conf.limit_conn, conf.limit_conn_status):
        request.main.limit_conn_status = "PASSED"
        if place > limit.amount:
            request.assume(f"the {place - 1} requests before it are still being answered")
            request.main.limit_conn_status = f"REJECTED{'_DRY_RUN' if conf.limit_conn_dry_run else ''}"
            return _refuse(request, "limit_conn", limit, zone, conf.limit_conn_dry_run)
    return False


def _refuse(request: LiveRequest, kind: LimitKind, limit: Limit, zone: Zone, dry_run: bool) -> bool:
    """Whether the request ends here: not if the limit is only tried out."""
    tell = request.note if dry_run else request.settle
    tell(LimitExceeded, limit.line, kind, limit.zone, zone.rate, limit.amount, request.original.place, dry_run)
    return not dry_run


def _counted(
    request: LiveRequest, kind: LimitKind, limits: Sequence[Limit], status: int
) -> Iterator[tuple[Limit, Zone]]:
    """The limits that have a key to count this request by."""
    for limit in limits:
        zone = request.run.http.zones.get((kind, limit.zone))
        if zone is None:
            continue
        key = zone.key.get(request)
        if not key or len(to_bytes(key)) > LONGEST_KEYS[kind]:
            request.note(NotCounted, limit.line, kind, limit.zone, key)
            continue
        request.note(Counted, limit.line, kind, limit.zone, key, zone.key.source, zone.rate, limit.amount, status)
        yield limit, zone


def real_ip(request: LiveRequest, conf: LocationConf) -> None:
    """The client that trusted proxies name; once a request."""
    # nginx 1.27.1: src/http/modules/ngx_http_realip_module.c
    if request.remote_addr != request.peer_addr:
        return
    header = conf.realip_header.lower()
    if header == "proxy_protocol":
        values = [] if request.proxy_line.is_unknown else [request.proxy_line.client]
    else:
        values = request.header_values(header)
        if header != "x-forwarded-for":
            values = values[:1]
    if not values:
        return
    found = _forwarded(request.peer_addr, values, conf)
    if found is not None and found != request.peer_addr:
        header = conf.realip_header
        request.note(ClientNamed, conf.realip_line, found, request.peer_addr, header, tuple(values))
        request.remote_addr = found


def _forwarded(peer: str, values: list[str], conf: LocationConf) -> str | None:
    """The last address of the list, or with real_ip_recursive the last one that is not trusted."""
    current, found = peer, None
    words = [word for value in values for word in value.replace(",", " ").split()]
    while words and any_contains(conf.realip_from, parse_address(current)):
        word = _without_port(words.pop())
        if not parse_address(word).version:
            break
        current = found = word
        if not conf.realip_recursive:
            break
    return found


def _without_port(word: str) -> str:
    if word.startswith("["):
        return word[1:].partition("]")[0]
    return word.partition(":")[0] if word.count(":") == 1 else word
