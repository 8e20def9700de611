"""Which stand-in is whose: what the Lua of an nginx.conf does at each of its hooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any, Protocol, TypeAlias

from nginxsim.lua import scripts, written_out
from nginxsim.lua.backends import Pools, Resolver, guess
from nginxsim.lua.balancer import BackendChooser
from nginxsim.lua.certificates import CertificateChooser
from nginxsim.lua.config import LuaConfig
from nginxsim.lua.hooks import Hook, hook_of
from nginxsim.lua.ingress import IngressScript
from nginxsim.nginx.lua_api import CertificatePicker, Handler, LuaRequest, LuaRuntime, Peers, Script, Setter
from nginxsim.releases import Release
from nginxsim.releases import release as release_named

Maker: TypeAlias = Callable[[Script], Handler]


class Chooser(Protocol):
    """The two ends of the balancer."""

    def rewrite(self, request: LuaRequest) -> None:
        """Turns away whom nobody could serve."""

    def __call__(self, request: LuaRequest) -> Peers | None: ...


def runtime(
    backends: Iterable[Mapping[str, Any]],
    *,
    config: LuaConfig | None = None,
    certificates: Mapping[str, Any] | None = None,
    resolve: Resolver = guess,
    release: Release | None = None,
) -> LuaRuntime:
    """The Lua of one configuration.

    backends: the payload that the controller posts. config: its Lua configuration file. certificates: server name ->
    the certificate it shows (any object that is not None). resolve: DNS, for Services of type ExternalName. release:
    whose Lua it is; None: the newest.
    """
    config, release = config or LuaConfig(), release or release_named()
    chooser = BackendChooser(Pools(backends, resolve, release), config.status_port, release)
    return assembled(IngressScript(config, CertificateChooser(certificates or {})), chooser, release)


def assembled(ingress: IngressScript, chooser: Chooser, release: Release) -> LuaRuntime:
    """The Lua of a release, with what it knows of certificates and settings, and with a balancer."""
    makers = _makers(ingress, chooser, release)

    def handler(script: Script) -> Handler | None:
        maker = makers.get(hook_of(script))
        return maker(script) if maker else None

    def balancer(script: Script) -> Chooser | None:
        return chooser if hook_of(script) is Hook.BALANCER else None

    def setter(script: Script) -> Setter | None:
        return _setter(script, ingress.config) if hook_of(script) is Hook.WWW_REDIRECT else None

    def picker(script: Script) -> CertificatePicker | None:
        return ingress.certificates.shown if hook_of(script) is Hook.CERTIFICATE else None

    return LuaRuntime(cache(handler), cache(balancer), cache(setter), picker)


def _written(options: Mapping[str, bool], name: str) -> bool:
    return options.get(name, False)


def _setter(script: Script, config: LuaConfig) -> Setter:
    return scripts.WwwRedirect(config) if script.file else written_out.WwwRedirect(config, script)


def _makers(ingress: IngressScript, chooser: Chooser, release: Release) -> Mapping[Hook | None, Maker]:
    """How the stand-in of each hook is made from its script."""

    def rewrite(script: Script) -> Handler:
        wants = None if script.file else partial(_written, written_out.options_of(script))
        taken = [f"the Lua plugin {plugin} changes nothing" for plugin in ingress.config.plugins]
        if ingress.config.limits_globally and written_out.limits_globally(script):
            taken.append("global-rate-limit lets the request pass: memcached has counted few before")

        def run(request: LuaRequest) -> None:
            ingress.rewrite(request, wants)
            for assumption in taken:
                request.assume(assumption)
            chooser.rewrite(request)

        return run

    def external_auth(script: Script) -> Handler:
        if script.file:
            return scripts.ExternalAuth(release.auth_reads_share_vars)
        return written_out.ExternalAuth(script)

    return {
        Hook.REWRITE: rewrite,
        Hook.EXTERNAL_AUTH: external_auth,
        **{hook: _same(handler) for hook, handler in _PLAIN.items()},
        Hook.HEADER_FILTER: _same(ingress.header),
    }


_PLAIN: Mapping[Hook, Handler] = {
    Hook.AUTH_CACHE_KEY: scripts.auth_cache_key,
    Hook.READINESS: scripts.is_balancer_ready,
    Hook.CONFIGURATION: scripts.configuration,
    Hook.NOT_FOUND: scripts.not_found,
    Hook.BODY_FILTER: scripts.nothing,
    Hook.LOG: scripts.nothing,
    Hook.ERROR_LOG: scripts.nothing,
}


def _same(handler: Handler) -> Maker:
    return lambda _: handler
