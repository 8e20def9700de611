"""The upstreams: one for each Service port that an Ingress names, and the default backend."""

from __future__ import annotations

from collections.abc import Sequence

from nginxsim.annotations.values import Named
from nginxsim.controller.context import Context
from nginxsim.controller.drafts import NO_SERVICE, BackendDraft, Reach
from nginxsim.controller.ingresses import Arrival
from nginxsim.controller.model import (
    DEFAULT_UPSTREAM,
    About,
    Endpoint,
    NoticeCode,
)
from nginxsim.controller.reasons import EmptyCode
from nginxsim.controller.references import claims_of, default_ref, service_port, upstream_name
from nginxsim.kube.objects import BackendRef

OPTION = "--default-backend-service"


def default_upstream(context: Context) -> BackendDraft:
    """The upstream behind everything that matches nothing: --default-backend-service, else the controller itself."""
    # ingress-nginx 1.15.1: internal/ingress/controller/controller.go, getDefaultUpstream
    own = Reach((Endpoint("127.0.0.1", str(context.controller.flags.default_server_port)),))
    draft = BackendDraft(DEFAULT_UPSTREAM, service=None, reach=own)
    key = context.controller.flags.default_backend_service
    if not key:
        return draft
    service = context.cluster.services.get(key)
    if service is None:
        missing = Named("Service", key)
        context.notices.add(NoticeCode.DEFAULT_BACKEND_MISSING, about=About(missing=missing, option=OPTION))
        return draft
    if not service.ports:
        about = About(str(service.meta), option=OPTION)
        context.notices.add(NoticeCode.CONTROLLER_CRASH, service.meta.origin, about=about)
        return draft
    draft.service = service
    reach = context.endpoints.behind(service, service.ports[0])
    context.note_crashes(reach, str(service.meta))
    if reach.endpoints:
        draft.reach = reach
    else:
        about = About(gap=reach.gap, option=OPTION)
        context.notices.add(NoticeCode.DEFAULT_BACKEND_EMPTY, service.meta.origin, about=about)
    return draft


def create_upstreams(arrivals: Sequence[Arrival], default: BackendDraft, context: Context) -> dict[str, BackendDraft]:
    """Upstreams by name, each shaped by the first Ingress that names its Service port.

    A later Ingress that makes it its spec.defaultBackend starts it anew.
    """
    # ingress-nginx 1.15.1: internal/ingress/controller/controller.go, createUpstreams
    upstreams = {default.name: default}
    for arrival in arrivals:
        ref = default_ref(arrival)
        if ref is not None:
            draft = _of_default(arrival, ref, context)
            upstreams[draft.name] = draft
        for claim in claims_of(arrival):
            if claim.leads_to_service and claim.upstream not in upstreams:
                draft = _of_path(arrival, claim.spec_path.backend, context)
                upstreams[draft.name] = draft
    return upstreams


def _of_default(arrival: Arrival, ref: BackendRef, context: Context) -> BackendDraft:
    key = f"{arrival.namespace}/{ref.service}"
    draft = _upstream(key, arrival, ref, context)
    draft.service = context.cluster.services.get(key)
    return draft


def _of_path(arrival: Arrival, ref: BackendRef, context: Context) -> BackendDraft:
    port = service_port(ref)
    key = f"{arrival.namespace}/{ref.service if port else ''}"
    draft = _upstream(key, arrival, ref, context)
    draft.port = port
    draft.service = context.cluster.services.get(key, NO_SERVICE)
    return draft


def _upstream(key: str, arrival: Arrival, ref: BackendRef, context: Context) -> BackendDraft:
    annotations = arrival.annotations
    draft = BackendDraft(
        upstream_name(arrival, ref),
        hash=annotations.upstream_hash,
        load_balancing=annotations.load_balancing or context.controller.settings.load_balance,
        origin=ref.origin,
    )
    if annotations.canary.enabled:
        draft.no_server = True
        draft.shaping = annotations.canary
    draft.reach = _reach(key, arrival, ref, context)
    return draft


def _reach(key: str, arrival: Arrival, ref: BackendRef, context: Context) -> Reach:
    if arrival.annotations.service_upstream:
        try:
            return Reach((context.endpoints.cluster_ip(key, ref),))
        except LookupError as problem:
            about = About(quoted=problem.args[0])
            context.notices.add(NoticeCode.CLUSTER_IP_MISSING, ref.origin, ingress=arrival.ingress, about=about)
    reach = context.endpoints.of_backend(key, service_port(ref))
    context.note_crashes(reach, f"Service {key}", ref.origin, ingress=arrival.ingress)
    if gap := reach.gap:
        origin = ref.port_origin if gap.code is EmptyCode.PORT_MISSING else ref.origin
        about = About(missing=gap.missing, gap=gap)
        context.notices.add(gap.code, origin, *reach.origins, ingress=arrival.ingress, about=about)
    return reach
