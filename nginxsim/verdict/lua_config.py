"""What the controller's Lua is told beside nginx.conf: its configuration file and the certificates it may show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nginxsim.config.certificate import Certificate
from nginxsim.config.certificate_names import names_include
from nginxsim.config.controller import Controller
from nginxsim.controller.model import Model
from nginxsim.controller.redirects import www_redirects
from nginxsim.lua.config import LuaConfig


def lua_config(controller: Controller) -> LuaConfig:
    """The file's content."""
    settings, flags = controller.settings, controller.flags
    return LuaConfig(
        https_port=str(flags.https_port),
        status_port=str(flags.status_port),
        ssl_proxy_port=str(flags.ssl_passthrough_proxy_port),
        use_forwarded_headers=settings.use_forwarded_headers,
        use_proxy_protocol=settings.use_proxy_protocol,
        is_ssl_passthrough_enabled=flags.enable_ssl_passthrough,
        http_redirect_code=settings.http_redirect_code,
        limits_globally=bool(settings.global_rate_limit_memcached_host and settings.global_rate_limit_memcached_port),
        plugins=settings.plugins,
        hsts=settings.hsts,
        hsts_max_age=settings.hsts_max_age,
        hsts_include_subdomains=settings.hsts_include_subdomains,
        hsts_preload=settings.hsts_preload,
    )


def served_certificates(model: Model) -> Mapping[str, Certificate]:
    """Server name -> the certificate that the controller posts to its Lua for it; later entries replace earlier ones.

    An alias and the other name of a www redirect share their server's certificate only where it names them.
    """
    # ingress-nginx 1.15.1: internal/ingress/controller/nginx.go, configureCertificates
    posted: dict[str, Certificate | None] = dict(_own_certificates(model))
    posted |= {each.name: _if_named(each.target.traits.certificate, each.name) for each in www_redirects(model)}
    return {name: certificate for name, certificate in posted.items() if certificate is not None}


def _own_certificates(model: Model) -> Iterator[tuple[str, Certificate | None]]:
    for server in model.servers.values():
        yield server.hostname, server.traits.certificate
        for alias in server.traits.aliases:
            yield alias, _if_named(server.traits.certificate, alias)


def _if_named(certificate: Certificate | None, host: str) -> Certificate | None:
    return certificate if certificate is not None and names_include(certificate, host) else None
