"""The variables nginx has by itself: plain ones, those a conf may define anew, and prefixes ($http_...)."""

# nginx 1.27.1: the ngx_http_variable_t and ngx_stream_variable_t tables of src/http and src/stream
# ingress-nginx 1.15.1: images/nginx/rootfs/patches/20_nginx-1.27.1-proxy_host_port_vars.patch

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from nginxsim.nginx.directives import Version, version

SINCE: Mapping[str, Version] = {
    "connection_time": (1, 19, 10),
    "ssl_alpn_protocol": (1, 21, 4),
    "ssl_curve": (1, 21, 5),
    "proxy_protocol_tlv_": (1, 23, 2),
    "http3": (1, 25, 0),
}
"""Which releases of nginx brought one since 1.19.6."""

TLS = """
    ssl_protocol ssl_cipher ssl_ciphers ssl_curve ssl_curves ssl_session_id ssl_session_reused ssl_server_name
    ssl_alpn_protocol ssl_client_cert ssl_client_raw_cert ssl_client_escaped_cert ssl_client_s_dn ssl_client_i_dn
    ssl_client_serial ssl_client_fingerprint ssl_client_verify ssl_client_v_start ssl_client_v_end ssl_client_v_remain
"""

SHARED = """
    binary_remote_addr remote_addr remote_port proxy_protocol_addr proxy_protocol_port proxy_protocol_server_addr
    proxy_protocol_server_port server_addr server_port server_name bytes_sent status connection nginx_version hostname
    pid msec time_iso8601 time_local realip_remote_addr realip_remote_port limit_conn_status upstream_addr
    upstream_connect_time upstream_bytes_sent upstream_bytes_received
"""


@dataclass(frozen=True, slots=True)
class BuiltIn:
    fixed: frozenset[str]
    changeable: frozenset[str]
    prefixes: tuple[str, ...]

    @cache  # noqa: B019  # there are two of them
    def of(self, release: str) -> BuiltIn:
        """Those that a release of nginx has."""
        newer = {name for name, since in SINCE.items() if version(release) < since}
        prefixes = tuple(prefix for prefix in self.prefixes if prefix not in newer)
        return BuiltIn(self.fixed - newer, self.changeable - newer, prefixes)


def _built_in(fixed: str, changeable: str, prefixes: str) -> BuiltIn:
    return BuiltIn(frozenset(fixed.split()), frozenset(changeable.split()), tuple(prefixes.split()))


HTTP = _built_in(
    SHARED
    + """
    http_host http_user_agent http_referer http_via http_x_forwarded_for http_cookie content_length content_type
    host server_protocol scheme https request_uri uri document_uri request document_root realpath_root query_string
    is_args request_filename request_method remote_user body_bytes_sent pipe request_completion request_body
    request_body_file request_length request_time request_id sent_http_content_type sent_http_content_length
    sent_http_location sent_http_last_modified sent_http_connection sent_http_keep_alive sent_http_transfer_encoding
    sent_http_cache_control sent_http_link connection_requests connection_time tcpinfo_rtt tcpinfo_rttvar
    tcpinfo_snd_cwnd tcpinfo_rcv_space fastcgi_script_name fastcgi_path_info grpc_internal_trailers limit_req_status
    proxy_add_x_forwarded_for proxy_add_via proxy_internal_body_length proxy_internal_chunked date_local date_gmt
    connections_active connections_reading connections_writing connections_waiting upstream_status
    upstream_header_time upstream_response_time upstream_response_length upstream_cache_status
    upstream_cache_last_modified upstream_cache_etag http2 http3 gzip_ratio uid_got uid_set secure_link
    secure_link_expires
    """,
    TLS
    + """
    args limit_rate proxy_host proxy_port msie modern_browser ancient_browser uid_reset invalid_referer ssl_early_data
    ssl_client_s_dn_legacy ssl_client_i_dn_legacy
    """,
    """
    proxy_protocol_tlv_ http_ sent_http_ sent_trailer_ cookie_ arg_ upstream_http_ upstream_trailer_ upstream_cookie_
    """,
)

STREAM = _built_in(
    SHARED
    + """
    bytes_received session_time protocol upstream_first_byte_time upstream_session_time ssl_preread_protocol
    ssl_preread_server_name ssl_preread_alpn_protocols
    """,
    TLS,
    "proxy_protocol_tlv_",
)

OF_MODULES = {
    # nginx 1.21.6: src/http/modules/ngx_http_geoip_module.c
    "ngx_http_geoip_module": _built_in(
        """
        geoip_country_code geoip_country_code3 geoip_country_name geoip_org geoip_city_continent_code
        geoip_city_country_code geoip_city_country_code3 geoip_city_country_name geoip_region geoip_region_name
        geoip_city geoip_postal_code geoip_latitude geoip_longitude geoip_dma_code geoip_area_code
        """,
        "",
        "",
    ),
    # opentracing-contrib/nginx-opentracing: opentracing/src/ngx_http_opentracing_module.cpp
    "ngx_http_opentracing_module.so": _built_in("opentracing_binary_context", "", "opentracing_context_"),
    # open-telemetry/opentelemetry-cpp-contrib: instrumentation/nginx/src/otel_ngx_module.cpp
    "otel_ngx_module.so": _built_in(
        "otel_ctx opentelemetry_trace_id opentelemetry_span_id opentelemetry_sampled opentelemetry_context_traceparent",
        "",
        "opentelemetry_context_",
    ),
    # google/ngx_brotli: filter/ngx_http_brotli_filter_module.c
    "ngx_http_brotli_filter_module.so": _built_in("brotli_ratio", "", ""),
}
