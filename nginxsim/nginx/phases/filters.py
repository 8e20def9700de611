"""The header filters, in the order they run: Lua, more_set_headers, add_header, and nginx's own last word.

nginx 1.27.1: src/http/ngx_http_header_filter_module.c, modules/ngx_http_headers_filter_module.c;
openresty/headers-more-nginx-module
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nginxsim.nginx.events import ScriptExited, ScriptFailed
from nginxsim.nginx.live_request import LuaExit
from nginxsim.nginx.lua_api import LuaError, Phase, Script
from nginxsim.nginx.phases.compression import compress
from nginxsim.nginx.phases.expires import set_expires
from nginxsim.nginx.variables import NGINX_VERSION

if TYPE_CHECKING:
    from nginxsim.nginx.conf import HeaderAdd, HeaderChange
    from nginxsim.nginx.live_request import LiveRequest

SAFE_STATUSES = frozenset({200, 201, 204, 206, 301, 302, 303, 304, 307, 308})
SERVER_NAMES = {"on": f"nginx/{NGINX_VERSION}", "off": "nginx", "build": f"nginx/{NGINX_VERSION}"}


def send_header(request: LiveRequest) -> None:
    """Fixes status and headers of the response as the client gets them."""
    if request.err_status:
        request.status = request.err_status
    else:
        request.status_is_final()
    request.sent = True
    conf = request.conf
    if conf.lua_header_filter is not None:
        _lua(request, conf.lua_header_filter)
    if conf.lua_body_filter is not None:
        _lua(request, conf.lua_body_filter)
    for change in conf.set_headers:
        change_header(request, change)
    if request.parent is not None:
        return
    safe = request.status in SAFE_STATUSES
    if conf.expires is not None and safe:
        set_expires(request)
    if conf.add_headers:
        for header in conf.add_headers:
            if safe or header.always:
                _add(request, header)
    if conf.gzip.on or conf.brotli.on:
        compress(request)
    _finish(request)


def _lua(request: LiveRequest, script: Script) -> None:
    handler = request.run.lua.handler(script)
    if handler is None:
        request.assume(f"{script.directive} {script.name or 'block'} changes nothing")
        return
    try:
        handler(request)
    except LuaExit as end:
        request.note(ScriptExited, script.line, Phase.FILTER, script.name, end.status)
    except LuaError as error:
        request.note(ScriptFailed, script.line, Phase.FILTER, script.name, str(error), error.variable)


def change_header(request: LiveRequest, change: HeaderChange) -> None:
    if change.statuses and request.status not in change.statuses:
        return
    if change.types and _bare_type(request) not in change.types:
        return
    value = change.value.get(request)
    name = change.name.lower()
    if name == "content-type":
        request.content_type = value
        return
    if name == "server" and not value:
        request.headers_out = [pair for pair in request.headers_out if pair[0].lower() != "server"]
        request.names_itself = False
        return
    if name == "location":
        request.location_header = value
    _replace(request, change, name, value)


def _bare_type(request: LiveRequest) -> str:
    return request.content_type.partition(";")[0].strip()


def _replace(request: LiveRequest, change: HeaderChange, name: str, value: str) -> None:
    """The first header of that name takes the value and the others go; without one it is added."""
    if change.append:
        if value:
            request.headers_out.append((change.name, value))
        return
    prefix = change.prefix
    kept: list[tuple[str, str]] = []
    done = False
    for key, old in request.headers_out:
        hit = key.lower().startswith(prefix) if prefix else key.lower() == name
        if not hit:
            kept.append((key, old))
        elif value and not done:
            kept.append((key, value))
        done = done or hit
        if hit and not value and key.lower() == "server":
            request.names_itself = False
    if not done and (value or name == "cache-control"):  # which comes out empty
        kept.append((change.name, value))
    request.headers_out = kept


def _add(request: LiveRequest, header: HeaderAdd) -> None:
    value = header.value.get(request)
    name = header.name.lower()
    if name in ("last-modified", "etag"):
        request.headers_out = [pair for pair in request.headers_out if pair[0].lower() != name]
    if value:
        request.headers_out.append((header.name, value))


def _finish(request: LiveRequest) -> None:
    """Server, Content-Type, and Location made absolute."""
    conf = request.conf
    if request.status == 204:
        request.content_type = ""
    if request.location_header.startswith("/") and conf.absolute_redirect:
        absolute = _absolute(request, request.location_header)
        request.headers_out = [
            (key, absolute if key.lower() == "location" and value == request.location_header else value)
            for key, value in request.headers_out
        ]
    if request.names_itself and not any(key.lower() == "server" for key, _ in request.headers_out):
        request.headers_out.append(("Server", SERVER_NAMES.get(conf.server_tokens, "nginx")))


def _absolute(request: LiveRequest, path: str) -> str:
    host = request.server.name if request.conf.server_name_in_redirect else request.host or request.server_addr
    port = request.original.listen_port
    scheme, usual = ("https", 443) if request.is_tls else ("http", 80)
    shown = f":{port}" if request.conf.port_in_redirect and port != usual else ""
    return f"{scheme}://{host}{shown}{path}"
