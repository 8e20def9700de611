"""limit_req and limit_conn, and their zones."""

# nginx 1.27.1: src/http/modules/ngx_http_limit_{req,conn}_module.c, src/stream/ngx_stream_limit_conn_module.c

from __future__ import annotations

from nginxsim.nginx.configtest import values
from nginxsim.nginx.configtest.faults import Refused
from nginxsim.nginx.configtest.readers.slots import invalid
from nginxsim.nginx.configtest.scopes import ArgumentReader, Conf, Scope
from nginxsim.nginx.tree import Directive

SMALLEST = 8 * values.PAGE


def _zone(word: str) -> tuple[str, int]:
    name, colon, text = word.removeprefix("zone=").partition(":")
    size = values.size(text) if colon else None
    if size is None:
        raise Refused(f'invalid zone size "{word}"')
    if size < SMALLEST:
        raise Refused(f'zone "{word}" is too small')
    return name, size


def _bind(conf: Conf, d: Directive, name: str, size: int, owner: str) -> None:
    if not name:
        raise Refused(f'"{d.name}" must have "zone" parameter')
    zone = conf.zone(d, name, size, owner)
    if zone.bound:
        key = zone.used_by.args[0]
        raise Refused(f'{d.name} "{name}" is already bound to key "{key}"')
    zone.bound, zone.used_by = True, d


def limit_req_zone(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    conf.text(scope, d, d.args[0])
    name, size = "", 0
    for word in d.args[1:]:
        if word.startswith("zone="):
            name, size = _zone(word)
        elif word.startswith("rate="):
            rate = word[5:]
            if not values.number(rate[:-3] if rate.endswith(("r/s", "r/m")) else rate):
                raise Refused(f'invalid rate "{word}"')
        else:
            raise Refused(f'invalid parameter "{word}"')
    _bind(conf, d, name, size, "limit_req")


def limit_conn_zone(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    conf.text(scope, d, d.args[0])
    word = d.args[1]
    if not word.startswith("zone="):
        raise Refused(f'invalid parameter "{word}"')
    name, size = _zone(word)
    _bind(conf, d, name, size, "stream limit_conn" if scope.is_stream else "limit_conn")


def _once_a_zone(scope: Scope, d: Directive, zone: str) -> None:
    zones: set[str] = scope.values.setdefault(d.name, set())
    if zone in zones:
        raise invalid(d, "is duplicate")
    zones.add(zone)


def limit_req(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    zone = None
    for word in d.args:
        key, _equals, given = word.partition("=")
        if key == "zone" and _equals:
            zone = given
            conf.zone(d, given, 0, "limit_req")
        elif key in ("burst", "delay") and _equals:
            if not values.number(given):
                raise Refused(f'invalid {key} value "{word}"')
        elif word != "nodelay":
            raise Refused(f'invalid parameter "{word}"')
    if zone is None:
        raise Refused(f'"{d.name}" must have "zone" parameter')
    _once_a_zone(scope, d, zone)


def limit_conn(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    zone, most = d.args
    conf.zone(d, zone, 0, "stream limit_conn" if scope.is_stream else "limit_conn")
    if zone in scope.values.get(d.name, ()):
        raise invalid(d, "is duplicate")
    amount = values.number(most)
    if not amount:
        raise Refused(f'invalid number of connections "{most}"')
    if amount > 65535:
        raise Refused("connection limit must be less 65536")
    _once_a_zone(scope, d, zone)


READERS: dict[str, ArgumentReader] = {
    "limit_req_zone": limit_req_zone,
    "limit_conn_zone": limit_conn_zone,
    "limit_req": limit_req,
    "limit_conn": limit_conn,
}
