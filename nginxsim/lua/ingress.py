"""What every location of an Ingress does before and after its backend: schemes, ports, the https redirect, HSTS.

ingress-nginx 1.15.1: rootfs/etc/nginx/lua/lua_ingress.lua
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from nginxsim.lua.certificates import CertificateChooser
from nginxsim.lua.config import LuaConfig
from nginxsim.lua.events import HttpsRedirect
from nginxsim.lua.values import first_part, given
from nginxsim.nginx.lua_api import LuaRequest

Options: TypeAlias = Callable[[str], bool]
"""Whether a location asks for something, by the name that the Lua has for it."""


@dataclass(frozen=True, slots=True)
class IngressScript:
    config: LuaConfig
    certificates: CertificateChooser

    def rewrite(self, request: LuaRequest, wants: Options | None = None) -> None:
        """Fills the variables that later phases read; may redirect to https.

        wants: what the location asks for where that is written into the Lua; else variables of its name say so.
        """
        wants = wants or by_variables(request)
        scheme, host = self._set_facts(request)
        request.set_var("pass_port", self._pass_port(request.var("pass_server_port") or ""))
        if scheme == "http" and self._redirects(request, wants):
            location = self._https_url(request, host, wants)
            request.step(HttpsRedirect, self.config.http_redirect_code, location, wants("force_ssl_redirect"))
            request.redirect(location, self.config.http_redirect_code)

    def header(self, request: LuaRequest) -> None:
        """Strict-Transport-Security on every https answer; it replaces what the service said."""
        if not self.config.hsts or request.var("scheme") != "https":
            return
        value = f"max-age={self.config.hsts_max_age}"
        if self.config.hsts_include_subdomains:
            value += "; includeSubDomains"
        if self.config.hsts_preload:
            value += "; preload"
        request.set_response_header("Strict-Transport-Security", value)

    def _set_facts(self, request: LuaRequest) -> tuple[str, str]:
        """Scheme, port and host as the client saw them; from X-Forwarded-* only where trusted. Scheme and host."""
        scheme = request.var("scheme") or ""
        host = request.var("http_host")
        if host is None:
            host = request.var("host") or ""
        if self.config.use_forwarded_headers:
            scheme = given(request.var("http_x_forwarded_proto"), scheme)
            port = request.var("http_x_forwarded_port")
            if port is not None:
                request.set_var("pass_server_port", port)
            forwarded = request.var("http_x_forwarded_host")
            if forwarded is not None:
                host = first_part(forwarded, ",") or ""
        if self.config.use_proxy_protocol and request.var("proxy_protocol_server_port") == "443":
            scheme = "https"
        request.set_var("pass_access_scheme", scheme)
        request.set_var("best_http_host", host)
        return scheme, host

    def _pass_port(self, port: str) -> str:
        """The port to tell the service: 443 for the one that https listens on, or that passthrough hands https to."""
        config = self.config
        own = config.ssl_proxy_port if config.is_ssl_passthrough_enabled else config.https_port
        return "443" if port == own else port

    def _redirects(self, request: LuaRequest, wants: Options) -> bool:
        """Whether a plain request is sent to https: by force, or because the host has a certificate."""
        if wants("force_no_ssl_redirect"):
            return False
        covered = wants("ssl_redirect") and self.certificates.covers(request.var("host") or "")
        return wants("force_ssl_redirect") or covered

    def _https_url(self, request: LuaRequest, best_host: str, wants: Options) -> str:
        uri = request.var("request_uri") or ""
        if not wants("preserve_trailing_slash"):
            uri = uri.removesuffix("/")
        host = first_part(best_host, ":")
        port = f":{self.config.https_port}" if wants("use_port_in_redirects") else ""
        return f"https://{'nil' if host is None else host}{port}{uri}"


def by_variables(request: LuaRequest) -> Options:
    return lambda name: request.var(name) == "true"
