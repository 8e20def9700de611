"""Which dynamic modules of nginx anything in the estate needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nginxsim.config.settings import Settings
from nginxsim.controller.model import Server


@dataclass(slots=True)
class Modules:
    """True for those that nginx.conf loads."""

    modsecurity: bool
    opentelemetry: bool
    opentracing: bool
    digest_auth: bool = False
    influxdb: bool = False


def modules_of(servers: Mapping[str, Server], settings: Settings) -> Modules:
    """What the settings ask for everywhere, and what any location asks for."""
    found = Modules(settings.enable_modsecurity, settings.enable_opentelemetry, settings.enable_opentracing)
    for server in servers.values():
        for location in server.locations:
            parsed = location.annotations
            found.digest_auth |= parsed.basic_auth.secured and parsed.basic_auth.type == "digest"
            found.modsecurity |= parsed.modsecurity.enable
            found.opentelemetry |= parsed.opentelemetry.enabled
            found.opentracing |= parsed.opentracing.enabled
            found.influxdb |= parsed.influxdb.enabled
    return found


def tracer_of(settings: Settings) -> str:
    """The library through which OpenTracing sends what it measures, "" where nothing is set to receive it."""
    # ingress-nginx 1.9.4: internal/ingress/controller/template/template.go (buildOpentracing)
    if settings.datadog_collector_host:
        return "libdd_opentracing.so"
    if settings.zipkin_collector_host:
        return "libzipkin_opentracing_plugin.so"
    if settings.jaeger_collector_host or settings.jaeger_endpoint:
        return "libjaegertracing_plugin.so"
    return ""
