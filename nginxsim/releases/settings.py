"""The dates of the ConfigMap's keys: which releases know them, and the defaults they had.

The default of the newest release is that of the field in config/settings_table.py; here stands what it was otherwise.
ingress-nginx: internal/ingress/controller/config/config.go, internal/ingress/defaults/main.go at each release's tag.
"""

from __future__ import annotations

from collections.abc import Mapping

from nginxsim.releases.facts import Fact

KNOWN: Mapping[str, str] = {
    "Resolver": "1.9.0..",
    "allow-cross-namespace-resources": "1.9.0..",
    "allow-snippet-annotations": "0.49.1..0.51.0 1.0.1..",
    "annotation-value-word-blocklist": "0.51.0 1.0.5..",
    "annotations-risk-level": "1.9.0..",
    "brotli-min-length": "1.0.5..",
    "datadog-collector-host": "..1.9.4",
    "datadog-collector-port": "..1.9.4",
    "datadog-environment": "..1.9.4",
    "datadog-operation-name-override": "..1.9.4",
    "datadog-priority-sampling": "..1.8.1",
    "datadog-sample-rate": "..1.9.4",
    "datadog-service-name": "..1.9.4",
    "debug-connections": "1.3.0..",
    "denylist-source-range": "1.6.4..",
    "disable-proxy-intercept-errors": "1.9.5..",
    "enable-aio-write": "1.9.0..",
    "enable-auth-access-log": "1.8.2..",
    "enable-opentelemetry": "1.7.0..",
    "enable-opentracing": "..1.9.4",
    "enable-serial-reloads": "1.11.0..",
    "forwarded-for-proxy-protocol-header": "1.13.0..",
    "forwarded-host-header": "1.13.0..",
    "geoip2-autoreload-in-minutes": "1.11.0..",
    "global-allowed-response-headers": "1.11.0..",
    "global-auth-always-set-cookie": "1.2.1..",
    "global-rate-limit-memcached-connect-timeout": "0.44.0..1.11.8",
    "global-rate-limit-memcached-host": "0.44.0..1.11.8",
    "global-rate-limit-memcached-max-idle-timeout": "0.44.0..1.11.8",
    "global-rate-limit-memcached-pool-size": "0.44.0..1.11.8",
    "global-rate-limit-memcached-port": "0.44.0..1.11.8",
    "global-rate-limit-status-code": "0.44.0..1.11.8",
    "grpc-buffer-size-kb": "1.11.0..",
    "gzip-disable": "1.6.4..",
    "jaeger-baggage-header": "..1.9.4",
    "jaeger-collector-host": "..1.9.4",
    "jaeger-collector-port": "..1.9.4",
    "jaeger-debug-header": "..1.9.4",
    "jaeger-endpoint": "0.45.0..1.9.4",
    "jaeger-propagation-format": "0.45.0..1.9.4",
    "jaeger-sampler-host": "..1.9.4",
    "jaeger-sampler-param": "..1.9.4",
    "jaeger-sampler-port": "..1.9.4",
    "jaeger-sampler-type": "..1.9.4",
    "jaeger-service-name": "..1.9.4",
    "jaeger-trace-context-header-name": "..1.9.4",
    "jaeger-tracer-baggage-header-prefix": "..1.9.4",
    "log-format-escape-none": "1.4.0..",
    "opentelemetry-config": "1.7.0..",
    "opentelemetry-operation-name": "1.7.0..",
    "opentelemetry-trust-incoming-span": "1.7.0..",
    "opentracing-location-operation-name": "..1.9.4",
    "opentracing-operation-name": "..1.9.4",
    "opentracing-trust-incoming-span": "1.0.5..1.9.4",
    "otel-max-export-batch-size": "1.7.0..",
    "otel-max-queuesize": "1.7.0..",
    "otel-sampler": "1.7.0..",
    "otel-sampler-parent-based": "1.7.0..",
    "otel-sampler-ratio": "1.7.0..",
    "otel-schedule-delay-millis": "1.7.0..",
    "otel-service-name": "1.7.0..",
    "otlp-collector-host": "1.7.0..",
    "otlp-collector-port": "1.7.0..",
    "plugins": "..1.11.8",
    "preserve-trailing-slash": "0.47.0..",
    "proxy-busy-buffers-size": "1.13.0..",
    "relative-redirects": "1.13.0..",
    "service-upstream": "1.0.1..",
    "ssl-reject-handshake": "1.1.1..",
    "stream-snippet": "1.1.1..",
    "strict-validate-path-type": "1.8.0..",
    "upstream-keepalive-time": "1.2.0..",
    "use-geoip": "..1.9.1",
    "zipkin-collector-host": "..1.9.4",
    "zipkin-collector-port": "..1.9.4",
    "zipkin-sample-rate": "..1.9.4",
    "zipkin-service-name": "..1.9.4",
}
"""Keys that not every release knows; a release ignores a key that it does not know."""

# internal/ingress/controller/template/configmap.go
LUA_SHARED_DICTS: Mapping[str, int] = {
    "configuration_data": 20480,
    "certificate_data": 20480,
    "balancer_ewma": 10240,
    "balancer_ewma_last_touched_at": 10240,
    "balancer_ewma_locks": 1024,
    "certificate_servers": 5120,
    "ocsp_response_cache": 5120,
}
"""Those that every release has, in kilobytes."""

DEFAULTS: Mapping[str, Mapping[str, Fact]] = {
    "allow-cross-namespace-resources": {"..1.11.8": True},
    "allow-snippet-annotations": {"..1.8.5": True},
    "annotation-value-word-blocklist": {
        "1.0.5": "load_module,lua_package,_by_lua,location,root,proxy_pass,serviceaccount,{,},',\\",
    },
    "annotations-risk-level": {"..1.11.8": "Critical"},
    "hsts-max-age": {"..1.9.4": "15724800"},
    "http2-max-field-size": {"..1.8.0": "4k"},
    "http2-max-header-size": {"..1.8.0": "16k"},
    "http2-max-requests": {"..1.8.0": 1000},
    "keep-alive-requests": {"..1.5.1": 100},
    "lua-shared-dicts": {"0.44.0..1.11.8": {**LUA_SHARED_DICTS, "global_throttle_cache": 10240}},
    "opentelemetry-config": {"..1.9.4": "/etc/nginx/opentelemetry.toml"},
    "otel-max-export-batch-size": {"..1.7.1": 0},
    "otel-max-queuesize": {"..1.7.1": 0},
    "otel-sampler": {"..1.7.1": "AlwaysOff"},
    "otel-sampler-parent-based": {"..1.7.1": False},
    "otel-schedule-delay-millis": {"..1.7.1": 0},
    "proxy-busy-buffers-size": {"1.13.0..1.13.1": "8k"},
    "ssl-ciphers": {
        "..1.13.9": "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
        "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384",
    },
    "strict-validate-path-type": {"..1.11.8": False},
    "use-geoip": {"..1.9.1": True},
}
"""Defaults of the past. What a release does not know has the default that comes to the same as not knowing it."""

INSTEAD: Mapping[str, str] = {
    "enable-opentracing": "enable-opentelemetry",
    "datadog-collector-host": "otlp-collector-host",
    "jaeger-collector-host": "otlp-collector-host",
    "zipkin-collector-host": "otlp-collector-host",
    "datadog-collector-port": "otlp-collector-port",
    "jaeger-collector-port": "otlp-collector-port",
    "zipkin-collector-port": "otlp-collector-port",
    "datadog-service-name": "otel-service-name",
    "jaeger-service-name": "otel-service-name",
    "zipkin-service-name": "otel-service-name",
    "datadog-sample-rate": "otel-sampler-ratio",
    "jaeger-sampler-param": "otel-sampler-ratio",
    "zipkin-sample-rate": "otel-sampler-ratio",
    "opentracing-operation-name": "opentelemetry-operation-name",
    "opentracing-trust-incoming-span": "opentelemetry-trust-incoming-span",
    "use-geoip": "use-geoip2",
}
"""Keys that are gone -> the key that does the like in the newest release."""
