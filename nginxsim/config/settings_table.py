"""The controller's settings: every key of its ConfigMap with the type it is read as and its default.

A key is named here and nowhere else: `proxy-body-size` is the field `proxy_body_size`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from nginxsim.config.external_auth import ExternalAuth
from nginxsim.origins import DEFAULT, Origin, Source
from nginxsim.releases.settings import LUA_SHARED_DICTS

Int32: TypeAlias = int
Seconds: TypeAlias = float

# The zero value of the list of response headers is one empty name, not an empty list.
NO_GLOBAL_AUTH = ExternalAuth(response_headers=("",))


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """A ConfigMap key that did not come through.

    reason: the controller's own words where it logs any. is_unknown: the controller knows no such key; nearest: the one
    that it knows and that is most like it, else "".
    """

    key: str
    reason: str
    origin: Origin | None = None
    value: str = ""
    nearest: str = ""
    is_unknown: bool = False


# ingress-nginx 1.15.1: internal/ingress/controller/config/config.go, internal/ingress/defaults/main.go
@dataclass(frozen=True, slots=True)
class Settings:
    """What the ConfigMap and its defaults come to. Times in seconds unless the field is text; sizes as nginx text."""

    app_root: str = ""
    custom_http_errors: tuple[int, ...] = ()
    preserve_trailing_slash: bool = False
    disable_proxy_intercept_errors: bool = False
    proxy_body_size: str = "1m"
    proxy_connect_timeout: int = 5
    proxy_read_timeout: int = 60
    proxy_send_timeout: int = 60
    proxy_buffers_number: int = 4
    proxy_buffer_size: str = "4k"
    proxy_busy_buffers_size: str = ""
    proxy_cookie_path: str = "off"
    proxy_cookie_domain: str = "off"
    proxy_next_upstream: str = "error timeout"
    proxy_next_upstream_timeout: int = 0
    proxy_next_upstream_tries: int = 3
    proxy_redirect_from: str = "off"
    proxy_redirect_to: str = "off"
    proxy_request_buffering: str = "on"
    skip_access_log_urls: tuple[str, ...] = ()
    ssl_redirect: bool = True
    force_ssl_redirect: bool = False
    use_port_in_redirects: bool = False
    relative_redirects: bool = False
    upstream_hash_by: str = ""
    upstream_hash_by_subset: bool = False
    upstream_hash_by_subset_size: int = 0
    load_balance: str = ""
    whitelist_source_range: tuple[str, ...] = ()
    denylist_source_range: tuple[str, ...] = ()
    limit_rate: int = 0
    limit_rate_after: int = 0
    proxy_buffering: str = "off"
    proxy_http_version: str = "1.1"
    proxy_max_temp_file_size: str = "1024m"
    service_upstream: bool = False
    global_allowed_response_headers: tuple[str, ...] = ()
    allow_snippet_annotations: bool = False
    allow_cross_namespace_resources: bool = False
    annotations_risk_level: str = "High"
    annotation_value_word_blocklist: str = ""
    add_headers: str = ""
    allow_backend_server_header: bool = False
    access_log_params: str = ""
    enable_access_log_for_default_backend: bool = False
    enable_auth_access_log: bool = False
    access_log_path: str = "/var/log/nginx/access.log"
    http_access_log_path: str = ""
    stream_access_log_path: str = ""
    worker_cpu_affinity: str = ""
    error_log_path: str = "/var/log/nginx/error.log"
    enable_modsecurity: bool = False
    enable_ocsp: bool = False
    enable_owasp_modsecurity_crs: bool = False
    modsecurity_snippet: str = ""
    client_header_buffer_size: str = "1k"
    client_header_timeout: int = 60
    client_body_buffer_size: str = "8k"
    client_body_timeout: int = 60
    disable_access_log: bool = False
    disable_http_access_log: bool = False
    disable_stream_access_log: bool = False
    disable_ipv6_dns: bool = False
    disable_ipv6: bool = False
    enable_underscores_in_headers: bool = False
    ignore_invalid_headers: bool = True
    retry_non_idempotent: bool = False
    error_log_level: str = "notice"
    http2_max_field_size: str = ""
    http2_max_header_size: str = ""
    http2_max_requests: int = 0
    http2_max_concurrent_streams: int = 128
    hsts: bool = True
    hsts_include_subdomains: bool = True
    hsts_max_age: str = "31536000"
    hsts_preload: bool = False
    keep_alive: int = 75
    keep_alive_requests: int = 1000
    large_client_header_buffers: str = "4 8k"
    log_format_escape_none: bool = False
    log_format_escape_json: bool = False
    log_format_upstream: str = (
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
        '"$http_user_agent" $request_length $request_time [$proxy_upstream_name] '
        "[$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time "
        "$upstream_status $req_id"
    )
    log_format_stream: str = "[$remote_addr] [$time_local] $protocol $status $bytes_sent $bytes_received $session_time"
    enable_multi_accept: bool = True
    max_worker_connections: int = 16384
    max_worker_open_files: int = 0
    map_hash_bucket_size: int = 64
    nginx_status_ipv4_whitelist: tuple[str, ...] = ("127.0.0.1",)
    nginx_status_ipv6_whitelist: tuple[str, ...] = ("::1",)
    proxy_real_ip_cidr: tuple[str, ...] = ("0.0.0.0/0",)
    proxy_set_headers: str = ""
    server_name_hash_max_size: int = 1024
    server_name_hash_bucket_size: int = 0
    proxy_headers_hash_max_size: int = 512
    proxy_headers_hash_bucket_size: int = 64
    server_tokens: bool = False
    ssl_ciphers: str = (
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
        "DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256"
    )
    ssl_ecdh_curve: str = "auto"
    ssl_dh_param: str = ""
    ssl_protocols: str = "TLSv1.2 TLSv1.3"
    ssl_early_data: bool = False
    ssl_session_cache: bool = True
    ssl_session_cache_size: str = "10m"
    ssl_session_tickets: bool = False
    ssl_session_ticket_key: str = ""
    ssl_session_timeout: str = "10m"
    ssl_buffer_size: str = "4k"
    ssl_reject_handshake: bool = False
    use_proxy_protocol: bool = False
    proxy_protocol_header_timeout: Seconds = 5.0
    enable_aio_write: bool = True
    use_gzip: bool = False
    use_geoip: bool = False
    use_geoip2: bool = False
    geoip2_autoreload_in_minutes: int = 0
    enable_brotli: bool = False
    brotli_level: int = 4
    brotli_min_length: int = 20
    brotli_types: str = (
        "application/xml+rss application/atom+xml application/javascript application/x-javascript "
        "application/json application/rss+xml application/vnd.ms-fontobject application/x-font-ttf "
        "application/x-web-app-manifest+json application/xhtml+xml application/xml font/opentype image/svg+xml "
        "image/x-icon text/css text/javascript text/plain text/x-component"
    )
    use_http2: bool = True
    gzip_disable: str = ""
    gzip_level: int = 1
    gzip_min_length: int = 256
    gzip_types: str = (
        "application/atom+xml application/javascript application/x-javascript application/json "
        "application/rss+xml application/vnd.ms-fontobject application/x-font-ttf "
        "application/x-web-app-manifest+json application/xhtml+xml application/xml font/opentype image/svg+xml "
        "image/x-icon text/css text/javascript text/plain text/x-component"
    )
    worker_processes: str = ""
    enable_serial_reloads: bool = False
    worker_shutdown_timeout: str = "240s"
    variables_hash_bucket_size: int = 256
    variables_hash_max_size: int = 2048
    upstream_keepalive_connections: int = 320
    upstream_keepalive_time: str = "1h"
    upstream_keepalive_timeout: int = 60
    upstream_keepalive_requests: int = 10000
    limit_conn_zone_variable: str = "$binary_remote_addr"
    proxy_stream_timeout: str = "600s"
    proxy_stream_next_upstream: bool = True
    proxy_stream_next_upstream_timeout: str = "600s"
    proxy_stream_next_upstream_tries: int = 3
    proxy_stream_responses: int = 1
    bind_address_ipv4: tuple[str, ...] = ()
    bind_address_ipv6: tuple[str, ...] = ()
    use_forwarded_headers: bool = False
    enable_real_ip: bool = False
    forwarded_for_header: str = "X-Forwarded-For"
    forwarded_for_proxy_protocol_header: str = "X-Forwarded-For-Proxy-Protocol"
    forwarded_host_header: str = "X-Forwarded-Host"
    compute_full_forwarded_for: bool = False
    generate_request_id: bool = True
    proxy_add_original_uri_header: bool = False
    enable_opentracing: bool = False
    opentracing_operation_name: str = ""
    opentracing_location_operation_name: str = ""
    opentracing_trust_incoming_span: bool = True
    zipkin_collector_host: str = ""
    zipkin_collector_port: int = 9411
    zipkin_service_name: str = "nginx"
    zipkin_sample_rate: float = 1.0
    jaeger_collector_host: str = ""
    jaeger_collector_port: int = 6831
    jaeger_endpoint: str = ""
    jaeger_service_name: str = "nginx"
    jaeger_propagation_format: str = "jaeger"
    jaeger_sampler_type: str = "const"
    jaeger_sampler_param: str = "1"
    jaeger_sampler_host: str = "http://127.0.0.1"
    jaeger_sampler_port: int = 5778
    jaeger_trace_context_header_name: str = ""
    jaeger_debug_header: str = ""
    jaeger_baggage_header: str = ""
    jaeger_tracer_baggage_header_prefix: str = ""
    datadog_collector_host: str = ""
    datadog_collector_port: int = 8126
    datadog_environment: str = "prod"
    datadog_service_name: str = "nginx"
    datadog_operation_name_override: str = "nginx.handle"
    datadog_priority_sampling: bool = True
    datadog_sample_rate: float = 1.0
    enable_opentelemetry: bool = False
    opentelemetry_config: str = "/etc/ingress-controller/telemetry/opentelemetry.toml"
    opentelemetry_operation_name: str = ""
    opentelemetry_trust_incoming_span: bool = True
    otlp_collector_host: str = ""
    otlp_collector_port: str = "4317"
    otel_service_name: str = "nginx"
    otel_sampler: str = "AlwaysOn"
    otel_sampler_ratio: float = 0.01
    otel_sampler_parent_based: bool = True
    otel_max_queuesize: Int32 = 2048
    otel_schedule_delay_millis: Int32 = 5000
    otel_max_export_batch_size: Int32 = 512
    main_snippet: str = ""
    http_snippet: str = ""
    server_snippet: str = ""
    stream_snippet: str = ""
    location_snippet: str = ""
    http_redirect_code: int = 308
    reuse_port: bool = True
    hide_headers: tuple[str, ...] = ()
    limit_req_status_code: int = 503
    limit_conn_status_code: int = 503
    enable_syslog: bool = False
    syslog_host: str = ""
    syslog_port: int = 514
    no_tls_redirect_locations: str = "/.well-known/acme-challenge"
    no_auth_locations: str = "/.well-known/acme-challenge"
    block_cidrs: tuple[str, ...] = ()
    block_user_agents: tuple[str, ...] = ()
    block_referers: tuple[str, ...] = ()
    lua_shared_dicts: Mapping[str, int] = field(default_factory=lambda: LUA_SHARED_DICTS)
    proxy_ssl_location_only: bool = False
    default_type: str = "text/html"
    debug_connections: tuple[str, ...] = ()
    strict_validate_path_type: bool = True
    plugins: tuple[str, ...] = ()
    global_rate_limit_memcached_host: str = ""
    global_rate_limit_memcached_port: int = 11211
    global_rate_limit_memcached_connect_timeout: int = 50
    global_rate_limit_memcached_max_idle_timeout: int = 10000
    global_rate_limit_memcached_pool_size: int = 50
    global_rate_limit_status_code: int = 429
    grpc_buffer_size_kb: int = 0
    global_external_auth: ExternalAuth = NO_GLOBAL_AUTH

    sources: Mapping[str, Source] = field(default_factory=dict)
    """Where the ConfigMap sets a key, by the key's proper spelling."""
    problems: tuple[SettingProblem, ...] = ()
    checksum: str = "0"
    """Decimal; equal for equal ConfigMaps."""

    def source(self, key: str) -> Source:
        """Where the ConfigMap sets `key`, or DEFAULT."""
        return self.sources.get(key, DEFAULT)
