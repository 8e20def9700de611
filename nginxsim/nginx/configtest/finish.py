"""What nginx finds out only at the end of http or stream: relations between values, and names nobody defined."""

# nginx 1.27.1: src/http/ngx_http.c (ngx_http_block, ngx_http_join_exact_locations, ngx_http_server_names),
# src/http/ngx_http_variables.c (ngx_http_variables_init_vars), the merge functions of src/http/modules

from __future__ import annotations

from collections.abc import Collection, Iterator

from nginxsim.nginx.configtest import values
from nginxsim.nginx.configtest.certificates import certificates_of_listeners, late_text, server_tls, tls
from nginxsim.nginx.configtest.hashes import aligned, complaint, too_long
from nginxsim.nginx.configtest.readers.http import is_hostname
from nginxsim.nginx.configtest.readers.listens import Address, Options, bind
from nginxsim.nginx.configtest.readers.upstreams import undeclared
from nginxsim.nginx.configtest.scopes import Conf, Names, Scope
from nginxsim.nginx.directives import rows
from nginxsim.nginx.tree import Directive
from nginxsim.nginx.upstream_readers import DEFAULT_HEADERS

MAX_SIZES = {"types_hash": 1024, "variables_hash": 1024, "proxy_headers_hash": 512, "server_names_hash": 512}
SIZES = ("buffers", "buffer_size", "busy_buffers_size", "temp_file_write_size", "max_temp_file_size")
ANY = "0.0.0.0:"
BUFFERING = ("proxy", "fastcgi")
POSTPONED = tuple(row.name for row in rows() if row.check[1] == "late")
"""Directives of pairs whose second text is read at the end only, where it takes effect."""
DEFAULT_MAX_TEMP_FILE = 1 << 30


def finish_http(conf: Conf, http: Scope) -> None:
    undeclared(conf, conf.http)
    for server in conf.http.servers:
        if not server.facts.get("listens"):
            bind(conf, server, ("tcp", f"{ANY}80"), f"{ANY}80", Options())
    for scope in _scopes(http) if conf.http.servers else ():
        _relations(conf, scope)
    for server in conf.http.servers:
        _locations(conf, server)
    _finish_names(conf, http, conf.http)


def finish_stream_server(conf: Conf, server: Scope) -> None:
    if not server.facts.get("listens"):
        conf.fault('no "listen" is defined for server', server.directive)


def finish_stream(conf: Conf, stream: Scope) -> None:
    undeclared(conf, conf.stream)
    for scope in _scopes(stream) if conf.stream.servers else ():
        server_tls(conf, scope)
    _finish_names(conf, stream, conf.stream)


def _finish_names(conf: Conf, block: Scope, names: Names) -> None:
    certificates_of_listeners(conf, names)
    _unknown_variables(conf, names)
    _hash_of_variables(conf, block, names)
    _server_names(conf, block, names)


def finish(conf: Conf, main: Scope) -> None:
    """When the whole file is read: memory zones nobody gave a size, and whether connections suffice for the sockets."""
    for name, zone in conf.zones.items():
        if not zone.size:
            conf.fault(f'zero size shared memory zone "{name}"', zone.used_by)
    events = next((scope for scope in main.inner if scope.kind == "events"), None)
    if events is None:
        conf.fault('no "events" section in configuration', None)
        return
    sockets = _sockets(conf.http) + _sockets(conf.stream)
    connections = events.value("worker_connections", 512)
    if connections < sockets + 1:
        message = f"{connections} worker_connections are not enough for {sockets} listening sockets"
        conf.fault(message, events.setters.get("worker_connections"))


def _sockets(names: Names) -> int:
    """One for each address, but where a port is bound on all addresses those without options of their own need none."""
    whole = {text.rpartition(":")[2] for _, text in names.listening if text.startswith(ANY)}
    return sum(
        address.options_set or text.startswith(ANY) or text.rpartition(":")[2] not in whole
        for (_, text), address in names.listening.items()
    )


def _scopes(scope: Scope) -> Iterator[Scope]:
    pending = [scope]
    while pending:
        one = pending.pop()
        yield one
        pending.extend(reversed(one.inner))


# --- values that have to fit together, wherever one of them is set


def _relations(conf: Conf, scope: Scope) -> None:
    if not scope.values or scope.kind == "ups":
        return
    for handler in BUFFERING:
        names = tuple(f"{handler}_{name}" for name in SIZES)
        if (at := _setter(scope, names)) and _takes_effect(scope, names):
            _buffers(conf, scope, handler, at)
        if f"{handler}_cache" in scope.setters:
            _cache(conf, scope, f"{handler}_cache")
    if at := _setter(scope, ("large_client_header_buffers", "connection_pool_size")):
        sizes = scope.value("large_client_header_buffers", (4, 8192))
        if sizes and sizes[1] < (scope.value("connection_pool_size") or 512):
            conf.fault(
                'the "large_client_header_buffers" size must be equal to or greater than "connection_pool_size"', at
            )
    for name in POSTPONED:
        for d in scope.values.get(name, ()) if _takes_effect(scope, (name,)) else ():
            late_text(conf, scope, d, d.args[1])
    if body := scope.values.get("proxy_set_body"):
        late_text(conf, scope, scope.setters["proxy_set_body"], body)
    _hashes(conf, scope)
    tls(conf, scope)


def _setter(scope: Scope, names: tuple[str, ...]) -> Directive | None:
    return next((scope.setters[name] for name in names if name in scope.setters), None)


def _takes_effect(scope: Scope, names: tuple[str, ...]) -> bool:
    """What http sets is judged server by server: never where every server sets something of its own."""
    return scope.kind != "http" or any(not _setter(server, names) for server in scope.inner if server.kind == "srv")


def _buffers(conf: Conf, scope: Scope, handler: str, at: Directive) -> None:
    """The messages of ngx_http_proxy_merge_loc_conf; the first that applies ends the reading."""
    count, each = scope.value(f"{handler}_buffers") or (8, values.PAGE)
    largest = max(scope.value(f"{handler}_buffer_size") or values.PAGE, each)
    maximum = f'the maximum of the value of "{handler}_buffer_size" and one of the "{handler}_buffers"'
    busy, written, total = (scope.value(f"{handler}_{name}") for name in SIZES[2:])
    busy = 2 * largest if busy is None else busy
    written = 2 * largest if written is None else written
    total = DEFAULT_MAX_TEMP_FILE if total is None else total
    if count < 2:
        message = f'there must be at least 2 "{handler}_buffers"'
    elif busy < largest:
        message = f'"{handler}_busy_buffers_size" must be equal to or greater than {maximum}'
    elif busy > (count - 1) * each:
        message = (
            f'"{handler}_busy_buffers_size" must be less than the size of all "{handler}_buffers" minus one buffer'
        )
    elif written < largest:
        message = f'"{handler}_temp_file_write_size" must be equal to or greater than {maximum}'
    elif total and total < largest:
        message = (
            f'"{handler}_max_temp_file_size" must be equal to zero to disable temporary files usage or must be '
            f"equal to or greater than {maximum}"
        )
    else:
        return
    conf.fault(message, at)


def _cache(conf: Conf, scope: Scope, setting: str) -> None:
    name = scope.values[setting]
    zone = conf.zones.get(name)
    if name != "off" and "$" not in name and zone is not None and not zone.bound:
        conf.fault(f'"{setting}" zone "{name}" is unknown', scope.setters[setting])
        zone.size = zone.size or 1


def _hashes(conf: Conf, scope: Scope) -> None:
    """The tables whose sizes may differ from location to location."""
    at = _setter(scope, ("types_hash_max_size", "types_hash_bucket_size"))
    if at and (scope.kind == "http" or "types" in scope.values):
        _table(conf, scope, "types_hash", ("html", "gif", "jpg"), at)
    headers: list[Directive] = scope.values.get("proxy_set_header", [])
    at = _setter(scope, ("proxy_headers_hash_max_size", "proxy_headers_hash_bucket_size", "proxy_set_header"))
    if at and (scope.kind == "http" or headers):
        names = [d.args[0] for d in headers] or [*DEFAULT_HEADERS["proxy"]]
        bucket = scope.value("proxy_headers_hash_bucket_size", values.CACHE_LINE)
        long = too_long(names, bucket)
        at = next((d for d in headers if d.args[0] == long), at)
        _table(conf, scope, "proxy_headers_hash", names, at)
    for header in scope.values.get("grpc_set_header", []):
        if message := complaint("grpc_headers_hash", header.args[:1], 512, values.CACHE_LINE):
            conf.fault(message, header)


def _table(conf: Conf, scope: Scope, title: str, names: Collection[str], at: Directive | None) -> None:
    most = scope.value(f"{title}_max_size", MAX_SIZES[title])
    bucket = scope.value(f"{title}_bucket_size", values.CACHE_LINE)
    if message := complaint(title, names, most, bucket):
        conf.fault(message, at)


# --- locations and names


def _locations(conf: Conf, server: Scope) -> None:
    for scope in _scopes(server):
        seen: dict[tuple[str, bool], Directive] = {}
        for inner in scope.inner:
            facts = inner.facts
            if inner.kind != "loc" or facts["regex"] or facts["named"]:
                continue
            key = (facts["name"], facts["modifier"] == "=")
            if key in seen:
                conf.fault(f'duplicate location "{facts["name"]}"', inner.directive, beside=seen[key])
            seen.setdefault(key, inner.directive)


def _unknown_variables(conf: Conf, names: Names) -> None:
    for name, directive in names.used.items():
        if not conf.is_known(names, name):
            conf.fault(f'unknown "{name}" variable', directive)


def _hash_of_variables(conf: Conf, scope: Scope, names: Names) -> None:
    everything = sorted(names.defined | names.built_in.fixed | names.built_in.changeable)
    at = _setter(scope, ("variables_hash_max_size", "variables_hash_bucket_size"))
    _table(conf, scope, "variables_hash", everything, at)


def _server_names(conf: Conf, scope: Scope, names: Names) -> None:
    bucket = scope.value("server_names_hash_bucket_size") or values.CACHE_LINE
    reported: set[str] = set()
    for address in names.listening.values():
        if len(address.servers) < 2:
            continue
        plain: list[str] = []
        for message, at, severity in _names_of(address, bucket, plain):
            if message not in reported:
                reported.add(message)
                conf.fault(message, at, severity)
        if not reported:
            setter = _setter(scope, ("server_names_hash_max_size", "server_names_hash_bucket_size"))
            _table(conf, scope, "server_names_hash", plain, setter)


def _names_of(address: Address, bucket: int, plain: list[str]) -> Iterator[tuple[str, Directive, str]]:
    """What is wrong with the names of the servers of an address; the names without "*" are added to `plain`."""
    owners: dict[str, Scope] = {}
    for server in address.servers:
        for name, at in server.values.get("server_name", ()):
            if name.startswith("~"):
                continue
            lowered = name.lower()
            if not is_hostname(lowered):
                yield f'invalid server name or wildcard "{name}" on {address.text}', at, "emerg"
            elif lowered in owners:
                yield f'conflicting server name "{name}" on {address.text}, ignored', at, "warn"
            elif too_long(lowered.split(".") if "*" in lowered else (lowered,), bucket) is not None:
                message = "could not build server_names_hash, you should increase server_names_hash_bucket_size"
                yield f"{message}: {aligned(bucket)}", at, "emerg"
            elif "*" not in lowered:
                plain.append(lowered)
            owners.setdefault(lowered, server)
