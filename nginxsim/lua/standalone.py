"""The controller's Lua where nothing is known but the nginx.conf: no backends, no certificates, perhaps no settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from nginxsim.lua import written_out
from nginxsim.lua.assembly import assembled
from nginxsim.lua.certificates import CertificateChooser
from nginxsim.lua.config import LuaConfig
from nginxsim.lua.hooks import Hook, hook_of
from nginxsim.lua.ingress import IngressScript, by_variables
from nginxsim.nginx.lua_api import NO_LUA, Handler, LuaRequest, LuaRuntime, Peers, Script
from nginxsim.releases import Release

ENDPOINT = "<endpoint>:<port>"


@dataclass(frozen=True, slots=True)
class UnknownBackends:
    """The conf names the backends; whom they consist of, it does not say. own: the addresses of those that it does."""

    own: Mapping[str, str]

    def rewrite(self, request: LuaRequest) -> None:
        """Nobody is turned away."""

    def __call__(self, request: LuaRequest) -> Peers:
        name = request.var("proxy_upstream_name") or ""
        if name in self.own:
            request.assume(f"{name} is the controller's own, as without --default-backend-service")
            return Peers(name, (self.own[name],))
        request.assume(f"{name} has endpoints, and no canary takes its requests")
        return Peers(name, (ENDPOINT,))


@dataclass(frozen=True, slots=True)
class Settings:
    """is_told: whether the file tells all of it, or only what it shows in other ways."""

    config: LuaConfig
    is_told: bool


def standalone(settings: Settings, release: Release, own: Mapping[str, str]) -> LuaRuntime:
    """own: name of a backend -> its address."""
    ingress = IngressScript(settings.config, CertificateChooser({}))
    lua = assembled(ingress, UnknownBackends(own), release)

    def handler(script: Script) -> Handler | None:
        known, tells = lua.handler(script), _TELLING.get(hook_of(script))
        return _telling(known, tells, script, is_told=settings.is_told) if known and tells else known

    return replace(lua, handler=cache(handler), certificate=NO_LUA.certificate)


def _telling(known: Handler, tells: _Telling, script: Script, *, is_told: bool) -> Handler:
    def run(request: LuaRequest) -> None:
        tells(request, script, is_told)
        known(request)

    return run


def _redirecting(request: LuaRequest, script: Script, is_told: bool) -> None:
    options = None if script.file else written_out.options_of(script)
    wants = by_variables(request) if options is None else (lambda name: options.get(name, False))
    if request.var("scheme") != "http" or wants("force_no_ssl_redirect"):
        return
    if wants("force_ssl_redirect"):
        if not is_told:
            request.assume(f"http-redirect-code is {LuaConfig().http_redirect_code}")
    elif wants("ssl_redirect"):
        request.assume(f"no Ingress has a certificate for {request.var('host')}; with one, http is redirected to https")


def _securing(request: LuaRequest, _: Script, is_told: bool) -> None:
    if request.var("scheme") == "https" and not is_told:
        request.assume("hsts and what belongs to it are the ConfigMap's defaults")


_Telling = Callable[[LuaRequest, Script, bool], None]
_TELLING: Mapping[Hook | None, _Telling] = {Hook.REWRITE: _redirecting, Hook.HEADER_FILTER: _securing}
