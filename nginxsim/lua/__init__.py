"""Stand-ins for the controller's Lua: what each Lua file that its nginx.conf names does to a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nginxsim.lua import scripts
from nginxsim.lua.backends import Pools, Resolver, guess
from nginxsim.lua.balancer import BackendChooser
from nginxsim.lua.certificates import CertificateChooser
from nginxsim.lua.config import LuaConfig
from nginxsim.lua.ingress import IngressScript
from nginxsim.nginx.lua_api import Handler, LuaRequest, LuaRuntime

__all__ = ["LuaConfig", "runtime"]


def runtime(
    backends: Iterable[Mapping[str, Any]],
    *,
    config: LuaConfig | None = None,
    certificates: Mapping[str, Any] | None = None,
    resolve: Resolver = guess,
) -> LuaRuntime:
    """The Lua of one configuration.

    backends: the payload that the controller posts. config: its Lua configuration file. certificates: server name ->
    the certificate it shows (any object that is not None). resolve: DNS, for Services of type ExternalName.
    """
    config = config or LuaConfig()
    chooser = BackendChooser(Pools(backends, resolve), config.status_port)
    certificate = CertificateChooser(certificates or {})
    script = IngressScript(config, certificate)
    return LuaRuntime(
        handlers=_handlers(script, chooser),
        balancers={"ngx_conf_balancer.lua": chooser},
        setters={"ngx_srv_redirect.lua": scripts.WwwRedirect(config)},
        certificate=certificate.shown,
    )


def _handlers(script: IngressScript, chooser: BackendChooser) -> Mapping[str, Handler]:
    def rewrite(request: LuaRequest) -> None:
        script.rewrite(request)
        chooser.rewrite(request)

    return {
        "ngx_rewrite.lua": rewrite,
        "ngx_conf_srv_hdr_filter.lua": script.header,
        "ngx_conf_external_auth.lua": scripts.external_auth,
        "ngx_conf_rewrite_auth.lua": scripts.auth_cache_key,
        "ngx_conf_is_dynamic_lb_initialized.lua": scripts.is_balancer_ready,
        "ngx_conf_configuration.lua": scripts.configuration,
        "ngx_conf_log_block.lua": scripts.nothing,
        "ngx_conf_log.lua": scripts.nothing,
    }
