"""upstream blocks, and what names one: proxy_pass and its like."""

# nginx 1.27.1: src/http/ngx_http_upstream.c (ngx_http_upstream_add), src/http/modules: proxy, grpc, fastcgi, memcached,
# upstream_*; src/stream: upstream, proxy, pass

from __future__ import annotations

from dataclasses import dataclass

from nginxsim.nginx.configtest import values
from nginxsim.nginx.configtest.faults import Refused
from nginxsim.nginx.configtest.readers.core import unreachable
from nginxsim.nginx.configtest.readers.slots import invalid
from nginxsim.nginx.configtest.scopes import ArgumentReader, Conf, Names, Scope
from nginxsim.nginx.tree import Directive

SMALLEST_ZONE = 8 * values.PAGE

PARAMETERS = {
    "weight": lambda text: values.number(text) or None,
    "max_conns": values.number,
    "max_fails": values.number,
    "fail_timeout": values.seconds,
}
LACKING = {
    "backup": ("hash", "ip_hash", "random", "balancer_by_lua_block", "balancer_by_lua_file"),
    "max_conns": ("balancer_by_lua_block", "balancer_by_lua_file"),
}
"""The balancing methods that refuse a parameter, once they are named."""


@dataclass(slots=True)
class Upstream:
    """host: as named. port: of the URL, None without. declared: by an upstream block. at: the directive naming it."""

    host: str
    port: int | None
    default_port: int
    declared: bool
    at: Directive
    numeric: bool
    unix: bool = False
    only_backups: bool = False


def upstream(conf: Conf, scope: Scope, d: Directive, _: str) -> Scope:
    _add(conf.names(scope), d, values.Url(host=d.args[0]), declared=True)
    return scope.open("stream-ups" if scope.is_stream else "ups", d, servers=0, primary=0, method="")


def close_upstream(conf: Conf, scope: Scope) -> None:
    if not scope.facts["servers"]:
        conf.fault("no servers are inside upstream", scope.directive)
    elif not scope.facts["primary"]:
        _declared(conf, scope).only_backups = True


def _declared(conf: Conf, scope: Scope) -> Upstream:
    known: list[Upstream] = conf.names(scope).upstreams[scope.directive.args[0].lower()]
    return next(one for one in known if one.declared)


def _add(names: Names, d: Directive, url: values.Url, default_port: int = 0, *, declared: bool = False) -> None:
    known = names.upstreams.setdefault(url.host.lower(), [])
    for other in known:
        if declared and other.declared:
            raise Refused(f'duplicate upstream "{url.host}"')
        if other.declared and url.port is not None:
            raise Refused(f'upstream "{url.host}" may not have port {url.port}')
        if declared and other.port is not None:
            raise Refused(f'upstream "{url.host}" may not have port {other.port}')
        port = url.port or default_port
        if other.declared or declared or (other.port or other.default_port) == port:
            other.declared = other.declared or declared
            return
    numeric = url.address is not None
    known.append(Upstream(url.host, url.port, default_port, declared, d, numeric, url.unix))


def undeclared(conf: Conf, names: Names) -> None:
    """At the end of the block: what no upstream block declares has to be a host that exists, with a port."""
    for upstreams in names.upstreams.values():
        for one in upstreams:
            if one.declared:
                if one.only_backups:
                    conf.fault(f'no servers in upstream "{one.host}"', one.at)
            elif one.unix:
                continue
            elif not (one.port or one.default_port):
                conf.fault(f'no port in upstream "{one.host}"', one.at)
            elif not one.numeric and not conf.resolves(one.host):
                conf.fault(f'host not found in upstream "{one.host}"', one.at)


def server(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    scope.facts["servers"] += 1
    scope.facts["primary"] += "backup" not in d.args[1:]
    method = scope.facts["method"]
    for word in d.args[1:]:
        key, equals, given = word.partition("=")
        if method in LACKING.get(key, ()):
            raise Refused(f'balancing method does not support parameter "{word}"')
        known = key in ("backup", "down") and not equals
        if not known and (key not in PARAMETERS or not equals or PARAMETERS[key](given) is None):
            raise Refused(f'invalid parameter "{word}"')
    url = values.url(d.args[0])
    if why := unreachable(conf, url):
        raise Refused(f'{why} in upstream "{d.args[0]}"')
    if scope.is_stream and url.port is None and not url.unix:
        raise Refused(f'no port in upstream "{d.args[0]}"')


def upstream_zone(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    name, *sizes = d.args
    if not name:
        raise Refused(f'invalid zone name "{name}"')
    size = 0
    if sizes:
        size = values.size(sizes[0]) or 0
        if values.size(sizes[0]) is None:
            raise Refused(f'invalid zone size "{sizes[0]}"')
        if size < SMALLEST_ZONE:
            raise Refused(f'zone "{name}" is too small')
    conf.zone(d, name, size, "stream upstream" if scope.is_stream else "upstream")


def upstream_keepalive(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if not values.number(d.args[0]):
        raise Refused(f'invalid value "{d.args[0]}" in "{d.name}" directive')


def upstream_method(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.facts["method"] = d.name


def upstream_hash(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    scope.facts["method"] = d.name
    conf.text(scope, d, d.args[0])
    if len(d.args) > 1 and d.args[1] != "consistent":
        raise Refused(f'invalid parameter "{d.args[1]}"')


def upstream_random(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.facts["method"] = d.name
    if d.args and d.args[0] != "two":
        raise Refused(f'invalid parameter "{d.args[0]}"')
    if len(d.args) > 1 and d.args[1] != "least_conn":
        raise Refused(f'invalid parameter "{d.args[1]}"')


def _url_of(
    conf: Conf, scope: Scope, d: Directive, text: str, default_port: int = 0, *, uri: bool = False
) -> values.Url:
    url = values.url(text, uri_part=uri)
    if url.error:
        raise Refused(f'{url.error} in upstream "{text}"')
    _add(conf.names(scope), d, url, default_port)
    return url


def proxy_pass(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    scope.once(d, d.args[0])
    text = d.args[0]
    if conf.text(scope, d, text):
        return
    lowered = text.lower()
    prefix = next((prefix for prefix in ("http://", "https://") if lowered.startswith(prefix)), "")
    if not prefix:
        raise Refused("invalid URL prefix")
    port = 80 if prefix == "http://" else 443
    url = _url_of(conf, scope, d, text[len(prefix) :], port, uri=True)
    facts = scope.facts
    if url.uri and (facts.get("named") or facts.get("regex") or facts.get("noname")):
        raise Refused(
            '"proxy_pass" cannot have URI part in location given by regular expression, or inside named location, '
            'or inside "if" statement, or inside "limit_except" block'
        )


def grpc_pass(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    scope.once(d, d.args[0])
    text = d.args[0]
    if not conf.text(scope, d, text):
        lowered = text.lower()
        prefix = next((prefix for prefix in ("grpc://", "grpcs://") if lowered.startswith(prefix)), "")
        _url_of(conf, scope, d, text[len(prefix) :])


def plain_pass(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    """fastcgi_pass and the stream's proxy_pass: a host and a port, or an upstream."""
    scope.once(d, d.args[0])
    if not conf.text(scope, d, d.args[0]):
        _url_of(conf, scope, d, d.args[0])


def memcached_pass(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    scope.once(d, d.args[0])
    _url_of(conf, scope, d, d.args[0])
    conf.use(scope, d, ["memcached_key"])


def stream_pass(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    scope.once(d)
    if conf.text(scope, d, d.args[0]):
        return
    url = values.url(d.args[0])
    if url.error:
        raise Refused(f'{url.error} in "{d.args[0]}" of the "pass" directive')
    if url.address is None and not url.unix:
        raise invalid(d, "has no addresses")
    if url.port is None and not url.unix:
        raise invalid(d, "has no port")


READERS: dict[str, ArgumentReader] = {
    "upstream": upstream,
    "upstream_server": server,
    "upstream_zone": upstream_zone,
    "upstream_keepalive": upstream_keepalive,
    "upstream_method": upstream_method,
    "upstream_hash": upstream_hash,
    "upstream_random": upstream_random,
    "proxy_pass": proxy_pass,
    "grpc_pass": grpc_pass,
    "fastcgi_pass": plain_pass,
    "memcached_pass": memcached_pass,
    "stream_proxy_pass": plain_pass,
    "stream_pass": stream_pass,
}
