"""What the controller tells its Lua beside nginx.conf."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LuaConfig:
    """The Lua configuration file, at its defaults. Ports are text, as nginx's variables are."""

    # ingress-nginx 1.15.1: internal/ingress/controller/template/template.go, LuaConfig
    https_port: str = "443"
    status_port: str = "10246"
    ssl_proxy_port: str = "442"
    use_forwarded_headers: bool = False
    use_proxy_protocol: bool = False
    is_ssl_passthrough_enabled: bool = False
    http_redirect_code: int = 308
    limits_globally: bool = False
    """A memcached counts for global-rate-limit."""
    plugins: tuple[str, ...] = ()
    hsts: bool = True
    hsts_max_age: str = "31536000"
    hsts_include_subdomains: bool = True
    hsts_preload: bool = False
