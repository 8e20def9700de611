"""Before access control: the client's real address, then limits.

One request alone meets empty counters, so no limit stops it; the trace says which keys would count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nginxsim.nginx.addresses import any_contains, parse_address
from nginxsim.nginx.phases.access import access

if TYPE_CHECKING:
    from nginxsim.nginx.conf import Limit, LocationConf
    from nginxsim.nginx.context import Context
    from nginxsim.nginx.phases.states import State


def preaccess(request: Context) -> State | None:
    conf = request.conf
    if conf.realip_from:
        real_ip(request, conf)
    if conf.limit_req and request.main.limit_status is None:
        for limit in conf.limit_req:
            _count(request, limit, "limit_req", conf.limit_req_status)
        request.main.limit_status = "PASSED"
    for limit in conf.limit_conn:
        _count(request, limit, "limit_conn", conf.limit_conn_status)
    return access


def _count(request: Context, limit: Limit, kind: str, status: int) -> None:
    zone = request.run.http.zones.get(limit.zone)
    if zone is None:
        return
    key = zone.key.get(request)
    if not key:
        request.note("limit", f"{kind} zone={limit.zone}", "the key is empty: not counted", limit.line)
        return
    facts = {
        "zone": limit.zone,
        "key": key,
        "source": zone.key.source,
        "rate": zone.rate,
        "burst": str(limit.amount),
        "status": str(status),
    }
    request.note("limit", f"{kind} zone={limit.zone}", "counted", limit.line, facts)


def real_ip(request: Context, conf: LocationConf) -> None:
    """The client that trusted proxies name; once a request."""
    # nginx 1.27.1: src/http/modules/ngx_http_realip_module.c
    if request.remote_addr != request.peer_addr:
        return
    header = conf.realip_header.lower()
    if header == "proxy_protocol":
        values = [request.proxy_protocol_addr] if request.proxy_protocol_addr else []
    else:
        values = request.header_values(header)
        if header != "x-forwarded-for":
            values = values[:1]
    if not values:
        return
    found = _forwarded(request.peer_addr, values, conf)
    if found is not None and found != request.peer_addr:
        why = f"{conf.realip_header}: {', '.join(values)}"
        request.note(
            "access", f"client is {found}", why, conf.realip_line, {"client": found, "peer": request.peer_addr}
        )
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
