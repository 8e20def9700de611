"""Stand-ins for Lua that a conf writes out, as releases before 1.12 did: what a location asks for stands in its text.

ingress-nginx 1.11.5: rootfs/etc/nginx/template/nginx.tmpl, internal/ingress/controller/template/template.go
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nginxsim.lua.config import LuaConfig
from nginxsim.lua.scripts import ask_auth_server
from nginxsim.lua.values import given
from nginxsim.nginx.lua_api import LuaRequest, Script

_OPTION = re.compile(r"\b(\w+) = (true|false)\b")
_TEXT_OPTION = re.compile(r"""\b(\w+) = ["']([^"']*)["']""")
_NUMBER_OPTION = re.compile(r"\b(\w+) = (\d+)\b")
_GLOBAL_LIMIT = re.compile(r"\blimit = (\d+), window_size = (\d+)")
_ASKED = re.compile(r"ngx\.location\.capture\('([^']*)'")
_KEPT = re.compile(r"ngx\.var\.authHeader(\d+) = res\.header\['([^']*)'\]")
_SENT_TO = re.compile(r'return string\.format\("[^"]*", [\w.]+, "([^"]*)", (?:"([^"]*)", )?request_uri\)')


def options_of(script: Script) -> dict[str, bool]:
    """The switches that are handed to the Lua."""
    return {name: text == "true" for name, text in _OPTION.findall(script.text)}


def limits_globally(script: Script) -> bool:
    """Whether the location has a global-rate-limit."""
    found = _GLOBAL_LIMIT.search(script.text)
    return bool(found and int(found[1]) and int(found[2]))


def config_of(script: Script) -> LuaConfig:
    """What the Lua of init_by_lua tells the others."""
    told = {**dict(_TEXT_OPTION.findall(script.text)), **dict(_NUMBER_OPTION.findall(script.text))}
    default, switches = LuaConfig(), options_of(script)
    return LuaConfig(
        use_forwarded_headers=switches.get("use_forwarded_headers", False),
        use_proxy_protocol=switches.get("use_proxy_protocol", False),
        is_ssl_passthrough_enabled=switches.get("is_ssl_passthrough_enabled", False),
        hsts=switches.get("hsts", default.hsts),
        hsts_include_subdomains=switches.get("hsts_include_subdomains", default.hsts_include_subdomains),
        hsts_preload=switches.get("hsts_preload", default.hsts_preload),
        https_port=told.get("https", default.https_port),
        ssl_proxy_port=told.get("ssl_proxy", default.ssl_proxy_port),
        status_port=told.get("prohibited_localhost_port", default.status_port),
        http_redirect_code=int(told.get("http_redirect_code", default.http_redirect_code)),
        limits_globally=bool(told.get("host")),
        hsts_max_age=told.get("hsts_max_age", default.hsts_max_age),
    )


class ExternalAuth:
    """auth_request for auth servers behind a keepalive upstream."""

    def __init__(self, script: Script) -> None:
        asked = _ASKED.search(script.text)
        self._path = asked[1] if asked else ""
        self._headers = {int(number): name for number, name in _KEPT.findall(script.text)}
        self._shares = options_of(script).get("share_all_vars", False)
        self._handed_on = (401, 403) if "HTTP_UNAUTHORIZED" in script.text else (403,)

    def __call__(self, request: LuaRequest) -> None:
        ask_auth_server(request, self._path, self._headers, shares=self._shares, handed_on=self._handed_on)


@dataclass(frozen=True, slots=True)
class WwwRedirect:
    """from-to-www-redirect: the other name, with a port only where https has one of its own."""

    config: LuaConfig
    script: Script

    def __call__(self, request: LuaRequest, _arguments: Sequence[str]) -> str:
        uri = (request.var("request_uri") or "").removesuffix("/")
        scheme = request.var("scheme") or ""
        if "http_x_forwarded_proto" in self.script.text:
            scheme = given(request.var("http_x_forwarded_proto"), scheme)
        found = _SENT_TO.search(self.script.text)
        target, port = (found[1], found[2] or "") if found else ("", "")
        return f"{scheme}://{target}{port}{uri}"
