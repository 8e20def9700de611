"""map, geo, split_clients, charset_map, geoip2: blocks of entries that are no directives."""

# nginx 1.27.1: src/http/modules/ngx_http_{map,geo,split_clients,charset_filter}_module.c; leev/ngx_http_geoip2_module

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from nginxsim.nginx.configtest import values
from nginxsim.nginx.configtest.faults import Refused
from nginxsim.nginx.configtest.hashes import complaint
from nginxsim.nginx.configtest.readers.http import is_hostname
from nginxsim.nginx.configtest.readers.slots import invalid
from nginxsim.nginx.configtest.scopes import ArgumentReader, Conf, Scope
from nginxsim.nginx.sizes import parse_hundredths
from nginxsim.nginx.tree import Directive

WHOLE = 10000
"""100 % in hundredths of a percent."""


def each_entry(conf: Conf, d: Directive, read: Callable[[Directive], None]) -> None:
    """Read every entry, noting each refusal."""
    for entry in d.block or ():
        try:
            if entry.block is not None:
                raise Refused('unexpected "{"')
            read(entry)
        except Refused as refused:
            conf.fault(str(refused), entry)


def map_(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    conf.text(scope, d, d.args[0])
    conf.define(scope, d.args[1])
    # the first map settles the hash sizes: a later map_hash_bucket_size comes too late
    most = _settled(scope, "map_hash_max_size", 2048)
    bucket = _settled(scope, "map_hash_bucket_size", values.CACHE_LINE)
    body = _Map(conf, scope)
    each_entry(conf, d, body.entry)
    if body.keys and (message := complaint("map_hash", body.keys, most, bucket)):
        raise Refused(message)


def _settled(scope: Scope, name: str, default: int) -> int:
    """The size that counts from now on; one that was refused counts as none."""
    if scope.values.get(name) is None:
        scope.values[name] = default
    size: int = scope.values[name]
    return size


class _Map:
    def __init__(self, conf: Conf, scope: Scope) -> None:
        self.conf, self.scope = conf, scope
        self.keys: set[str] = set()
        self.default = False
        self.hostnames = False

    def entry(self, entry: Directive) -> None:
        key = entry.name
        if not entry.args and key in ("hostnames", "volatile"):
            self.hostnames |= key == "hostnames"
            return
        if len(entry.args) != 1:
            raise Refused("invalid number of the map parameters")
        if key == "include":
            return
        self.conf.text(self.scope, entry, entry.args[0])
        if key == "default":
            if self.default:
                raise Refused("duplicate default map parameter")
            self.default = True
        elif key.startswith("~"):
            starred = key.startswith("~*")
            self.conf.regex(self.scope, key[2 if starred else 1 :], caseless=starred)
        else:
            self.plain(key.removeprefix("\\").lower())

    def plain(self, key: str) -> None:
        if self.hostnames and not is_hostname(key):
            raise Refused(f'invalid hostname or wildcard "{key}"')
        if key in self.keys:
            raise Refused(f'conflicting parameter "{key}"')
        self.keys.add(key)


def geo(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    *source, name = d.args
    if source and not source[0].startswith("$"):
        raise Refused(f'invalid variable name "{source[0]}"')
    conf.define(scope, name)
    conf.use(scope, d, [word[1:] for word in source])
    body = _Geo(conf)
    each_entry(conf, d, body.entry)


class _Geo:
    def __init__(self, conf: Conf) -> None:
        self.conf = conf
        self.ranges = self.started = False
        self.networks: dict[str, str] = {}

    def entry(self, entry: Directive) -> None:
        if not entry.args and entry.name == "ranges":
            if self.started:
                raise Refused('the "ranges" directive must be the first directive inside "geo" block')
            self.ranges = True
            return
        if not entry.args and entry.name == "proxy_recursive":
            return
        if len(entry.args) != 1:
            raise Refused("invalid number of the geo parameters")
        if entry.name == "include":
            return
        self.started |= entry.name != "proxy" and not self.ranges
        if entry.name == "default":
            return
        network = entry.args[0] if entry.name in ("delete", "proxy") else entry.name
        if self.ranges and entry.name != "proxy":
            self.range(network)
        else:
            self.network(entry, network)

    def range(self, text: str) -> None:
        low, dash, high = text.partition("-")
        first, last = values.address(low), values.address(high)
        if not (dash and isinstance(first, ipaddress.IPv4Address) and isinstance(last, ipaddress.IPv4Address)):
            raise Refused(f'invalid range "{text}"')
        if first > last:
            raise Refused(f'invalid range "{text}"')

    def network(self, entry: Directive, text: str) -> None:
        if text == "255.255.255.255":
            return
        parsed = values.cidr(text)
        if parsed is None:
            raise Refused(f'invalid network "{text}"')
        if not parsed.exact:
            self.conf.warn(f"low address bits of {text} are meaningless", entry)
        if entry.name in ("delete", "proxy"):
            return
        key, value = str(parsed.network), entry.args[0]
        if key in self.networks:
            self.conf.warn(f'duplicate network "{text}", value: "{value}", old value: "{self.networks[key]}"', entry)
        self.networks[key] = value


def split_clients(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    conf.text(scope, d, d.args[0])
    conf.define(scope, d.args[1])
    shares: list[int] = []

    def share(entry: Directive) -> None:
        hundredths = parse_hundredths(entry.name) or 0
        if entry.name != "*" and not hundredths:
            raise Refused(f'invalid percent value "{entry.name}"')
        shares.append(hundredths)

    each_entry(conf, d, share)
    total = 0
    for hundredths in shares:
        # "*" takes all that is left, so that nothing may come after it
        total = total + hundredths if hundredths else WHOLE
        if total > WHOLE:
            raise Refused("percent total is greater than 100%")


def charset_map(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    del scope
    if d.args[0].lower() == d.args[1].lower():
        raise Refused(f'"charset_map" between the same charsets "{d.args[0]}" and "{d.args[1]}"')

    def pair(entry: Directive) -> None:
        if len(entry.args) != 1:
            raise Refused("invalid parameters number")
        for word in (entry.name, entry.args[0]):
            if not re.fullmatch(r"[0-9A-Fa-f]{1,12}", word):
                raise Refused(f'invalid value "{word}"')

    each_entry(conf, d, pair)


def geoip2(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    databases: set[str] = scope.values.setdefault(d.name, set())
    if d.args[0] in databases:
        raise Refused(f"Duplicate GeoIP2 mmdb - {d.args[0]}")
    databases.add(d.args[0])

    def entry(line: Directive) -> None:
        if line.name == "auto_reload":
            if len(line.args) != 1:
                raise Refused("invalid number of arguments for auto_reload")
            if values.seconds(line.args[0]) is None:
                raise Refused(f'invalid interval for auto_reload "{line.args[0]}"')
            return
        if not line.name.startswith("$"):
            raise Refused(f'invalid setting "{line.name}"')
        if not line.args:
            raise Refused("invalid number of arguments")
        conf.define(scope, line.name)
        for word in line.args:
            if word.startswith("source="):
                conf.text(scope, line, word[7:])

    each_entry(conf, d, entry)


def geoip2_proxy(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    del conf, scope
    if d.args[0] != "255.255.255.255" and values.cidr(d.args[0]) is None:
        raise Refused(f'invalid network "{d.args[0]}"')


def js_set(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    conf.define(scope, d.args[0])
    if d.name == "js_var" and len(d.args) > 1:
        conf.text(scope, d, d.args[1])


def lua_add_variable(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    """openresty/stream-lua-nginx-module: src/ngx_stream_lua_variable.c"""
    if len(d.args[0]) < 2:
        raise invalid(d)
    conf.define(scope, d.args[0])


READERS: dict[str, ArgumentReader] = {
    "map": map_,
    "geo": geo,
    "split_clients": split_clients,
    "charset_map": charset_map,
    "geoip2": geoip2,
    "geoip2_proxy": geoip2_proxy,
    "js_set": js_set,
    "lua_add_variable": lua_add_variable,
}
