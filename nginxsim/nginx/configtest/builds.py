"""An nginx as somebody built it: what it knows depends on its release and on the modules that are in it."""

from __future__ import annotations

from dataclasses import dataclass

from nginxsim.nginx.directives import NGINX

# ingress-nginx 1.15.1: images/nginx/rootfs/build.sh
_LOADABLE = (
    "ngx_http_auth_digest_module.so",
    "ngx_http_brotli_filter_module.so",
    "ngx_http_brotli_static_module.so",
    "ngx_http_geoip2_module.so",
    "ngx_stream_geoip2_module.so",
    "ngx_http_js_module.so",
    "ngx_stream_js_module.so",
    "ngx_http_modsecurity_module.so",
    "otel_ngx_module.so",
)


@dataclass(frozen=True, slots=True)
class Build:
    """By default that of the newest controller's image.

    modules: what it has beyond what nginx has anyway, a .so file standing for one that is loaded. loadable: the .so
    files that a conf may load.
    """

    release: str = NGINX
    modules: tuple[str, ...] = ()
    loadable: tuple[str, ...] = _LOADABLE


IMAGE = Build()
STOCK = Build(modules=("stock",))
"""nginx without the patches that take directives away."""
