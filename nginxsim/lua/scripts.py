"""The controller's small Lua files, one function each.

ingress-nginx 1.15.1: rootfs/etc/nginx/lua/nginx/
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha1

from nginxsim.lua.config import LuaConfig
from nginxsim.lua.events import AuthServerAnswered
from nginxsim.lua.values import given
from nginxsim.nginx.escapes import to_bytes
from nginxsim.nginx.exchange import Answer
from nginxsim.nginx.lua_api import LuaError, LuaRequest


def nothing(_: LuaRequest) -> None:
    """A script whose work no request shows: logging and metrics."""


def not_found(request: LuaRequest) -> None:
    """What nothing else of the controller's own server answers."""
    request.exit(404)


def is_balancer_ready(request: LuaRequest) -> None:
    """/is-dynamic-lb-initialized: the backends have always arrived."""
    request.exit(200)


def configuration(request: LuaRequest) -> None:
    """/configuration: what the controller posts to and reads from."""
    method, target = request.var("request_method"), request.var("request_uri")
    readable = target in ("/configuration/backends", "/configuration/general")
    if method in ("GET", "POST") and request.var("uri") == "/configuration/certs":
        request.exit(404 if method == "GET" and request.var("arg_hostname") is not None else 400)
    if method == "GET" and readable:
        request.exit(200)
    if method == "POST" and (readable or target == "/configuration/servers"):
        request.exit(201)
    known = readable or target == "/configuration/servers" or method not in ("GET", "POST")
    request.exit(400 if known else 404)


def auth_cache_key(request: LuaRequest) -> None:
    """auth-cache-key, hashed so that it fits a cache key."""
    key = to_bytes(request.var("tmp_cache_key") or "")
    request.set_var("cache_key", b64encode(sha1(key, usedforsecurity=False).digest()).decode())


@dataclass(frozen=True, slots=True)
class ExternalAuth:
    """auth_request for auth servers behind a keepalive upstream: only 200 lets pass, 401 and 403 are handed on.

    The header variables count from 1 here and from 0 in the conf: the first header lands in the second one's place, and
    the last one in a variable that nobody made, which ends the request.
    """

    reads_share_vars: bool = True
    """What auth-keepalive-share-vars says; else its text goes on as it is, which ngx.location.capture refuses."""

    def __call__(self, request: LuaRequest) -> None:
        if not self.reads_share_vars:
            # lua-nginx-module: src/ngx_http_lua_subrequest.c
            raise LuaError("Bad share_all_vars option value")
        shares = request.var("auth_keepalive_share_vars") == "true"
        names = (request.var("auth_response_headers") or "").rstrip(",")
        headers = dict(enumerate(names.split(","), 1)) if names else {}
        ask_auth_server(request, request.var("auth_path") or "", headers, shares=shares)


def ask_auth_server(
    request: LuaRequest,
    path: str,
    headers: Mapping[int, str],
    *,
    shares: bool,
    handed_on: Collection[int] = (401, 403),
) -> None:
    """The subrequest at `path`; headers: of its answer, by the number of the variable that each goes to."""
    answer = request.capture(path, shares)
    request.step(AuthServerAnswered, answer.status)
    if answer.status != 200:
        request.exit(answer.status if answer.status in handed_on else 500)
    request.set_var("auth_cookie", _header(answer, "Set-Cookie"))
    for number, name in headers.items():
        request.set_var(f"authheader{number}", _header(answer, name))


def _header(answer: Answer, name: str) -> str:
    """A header's value, "" without one; of several the script gets a list, whose text is its place in memory."""
    values = [value for key, value in answer.headers if key.lower() == name.lower()]
    return "table: <id>" if len(values) > 1 else "".join(values)


@dataclass(frozen=True, slots=True)
class WwwRedirect:
    """from-to-www-redirect: the other name, always with a port."""

    config: LuaConfig

    def __call__(self, request: LuaRequest, arguments: Sequence[str]) -> str:
        uri = (request.var("request_uri") or "").removesuffix("/")
        scheme, port = request.var("scheme") or "", request.var("server_port") or ""
        if self.config.use_forwarded_headers:
            scheme = given(request.var("http_x_forwarded_proto"), scheme)
            port = given(request.var("http_x_forwarded_port"), port)
        return f"{scheme}://{arguments[0]}:{port}{uri}"
