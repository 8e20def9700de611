"""Custom default backends: they stand in for an empty upstream, or show errors in its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from nginxsim.controller.context import Context
from nginxsim.controller.drafts import BackendDraft, LocationDraft, Reach, ServerDraft
from nginxsim.controller.model import (
    DEFAULT_UPSTREAM,
    ROOT,
    About,
    NoticeCode,
)
from nginxsim.controller.reasons import Break, Gap
from nginxsim.kube.objects import Service


def add_fallbacks(
    upstreams: Mapping[str, BackendDraft], servers: Mapping[str, ServerDraft], context: Context
) -> Iterator[BackendDraft]:
    """Copies an upstream for each location that needs its own default backend, and points the location at the copy."""
    # ingress-nginx 1.15.1: internal/ingress/controller/controller.go, getBackendServers
    waiting = _waiting(servers.values())
    for name in sorted(waiting.keys() & upstreams.keys() - {DEFAULT_UPSTREAM}):
        upstream = upstreams[name]
        passed_through = False
        for server, location, service in waiting[name]:
            if upstream.reach.endpoints and not location.annotations.custom_http_errors:
                continue
            if not service.ports:
                broken = Reach(gap=Gap(Break.NO_PORTS, str(service.meta)), origins=(service.meta.origin,))
                _say(NoticeCode.FALLBACK_WITHOUT_PORTS, broken, location, context)
                continue
            yield from _fallback(upstream, location, service, context)
            passed_through |= server.traits.ssl_passthrough and location.path == ROOT
        upstream.ssl_passthrough = passed_through


def _waiting(servers: Iterable[ServerDraft]) -> Mapping[str, list[tuple[ServerDraft, LocationDraft, Service]]]:
    """Locations whose Ingress names a default backend, by the upstream they use."""
    waiting = defaultdict(list)
    for server in sorted(servers, key=lambda server: server.hostname):
        for location in server.locations:
            if (service := location.annotations.default_backend) is not None:
                waiting[location.backend].append((server, location, service))
    return waiting


def _fallback(
    upstream: BackendDraft, location: LocationDraft, service: Service, context: Context
) -> Iterator[BackendDraft]:
    reach = context.endpoints.behind(service, service.ports[0])
    context.note_crashes(reach, str(service.meta), *reach.origins, ingress=location.ingress)
    if not reach.endpoints:
        _say(NoticeCode.FALLBACK_EMPTY, reach, location, context)
        return
    namespace = f"{service.meta.namespace}-" if context.controller.release.fallbacks_have_namespace else ""
    name = f"custom-default-backend-{namespace}{service.meta.name}"
    location.default_backend_upstream = name
    if not upstream.reach.endpoints:
        location.backend = name
    yield replace(upstream, name=name, reach=Reach(reach.endpoints, assumed=reach.assumed))


def _say(code: NoticeCode, reach: Reach, location: LocationDraft, context: Context) -> None:
    origin = location.annotations.source("default-backend").origin
    context.notices.add(code, origin, *reach.origins, ingress=location.ingress, about=About(gap=reach.gap))
