"""The model stage: from the cluster and the controller's configuration to the Model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from nginxsim.annotations import Extractor
from nginxsim.collector import collector_paused
from nginxsim.config.certificates import CertificateStore
from nginxsim.config.controller import Controller
from nginxsim.config.scope import in_scope
from nginxsim.controller.canaries import CanaryMerger
from nginxsim.controller.context import Context
from nginxsim.controller.drafts import BackendDraft, NoticeBoard, ServerDraft
from nginxsim.controller.endpoints import EndpointFinder
from nginxsim.controller.fallbacks import add_fallbacks
from nginxsim.controller.ingresses import Arrival, Gatekeeper
from nginxsim.controller.locations import Block, PathFiller, blocks_of, in_rendering_order
from nginxsim.controller.model import (
    ROOT,
    Backend,
    Dropped,
    Location,
    Model,
    NoticeCode,
    PassthroughBackend,
    Server,
)
from nginxsim.controller.servers import create_servers
from nginxsim.controller.streams import stream_services
from nginxsim.controller.upstreams import create_upstreams, default_upstream
from nginxsim.kube.cluster import Cluster


@collector_paused()
def build_model(
    cluster: Cluster, controller: Controller, certificates: CertificateStore, extractor: Extractor | None = None
) -> Model:
    """What the controller makes of the cluster when it starts. `extractor` reads annotations; None makes one."""
    visible = in_scope(cluster, controller.flags)
    reader = extractor or Extractor(visible, controller, certificates)
    arrivals, dropped = Gatekeeper(visible, controller, reader).sort_out(visible.ingresses.values())
    return configure(arrivals, visible, controller, certificates, dropped)


def configure(
    arrivals: Sequence[Arrival],
    cluster: Cluster,
    controller: Controller,
    certificates: CertificateStore,
    dropped: Iterable[Dropped] = (),
) -> Model:
    """The Model of these Ingresses, which come in the controller's order; `cluster` is what the controller sees."""
    # ingress-nginx 1.15.1: internal/ingress/controller/controller.go, getBackendServers and getConfiguration
    context = Context(cluster, controller, certificates, EndpointFinder(cluster, controller), NoticeBoard())
    flags = controller.flags
    default = default_upstream(context)
    upstreams = create_upstreams(arrivals, default, context)
    drafts = create_servers(arrivals, upstreams, default, context)
    PathFiller(upstreams, drafts, context).fill(arrivals)
    CanaryMerger(upstreams, drafts, context).merge(arrivals)
    copies = [_frozen_backend(copy) for copy in add_fallbacks(upstreams, drafts, context)]
    backends, further = _by_name([*map(_frozen_backend, upstreams.values()), *copies])
    servers = {name: _frozen_server(draft) for name, draft in sorted(drafts.items())}
    return Model(
        servers=servers,
        backends=backends,
        tcp_services=stream_services(flags.tcp_services_configmap, "TCP", context),
        udp_services=stream_services(flags.udp_services_configmap, "UDP", context),
        passthrough_backends=tuple(_passthrough_backends(servers, context.notices)),
        default_certificate=certificates.default,
        stream_snippets=tuple(filter(None, (arrival.annotations.stream_snippet for arrival in arrivals))),
        ingresses=tuple(arrival.ingress for arrival in arrivals),
        dropped=tuple(dropped),
        notices=context.notices.all(),
        backend_copies=further,
        problems={each.ingress.meta.key: each.annotations.problems for each in arrivals if each.annotations.problems},
    )


def _by_name(backends: Iterable[Backend]) -> tuple[dict[str, Backend], tuple[Backend, ...]]:
    """Backends by name in order, and those that repeat a name."""
    first: dict[str, Backend] = {}
    ordered = sorted(backends, key=lambda backend: backend.name)
    repeats = [backend for backend in ordered if first.setdefault(backend.name, backend) is not backend]
    return first, tuple(repeats)


def _frozen_backend(draft: BackendDraft) -> Backend:
    return Backend(
        name=draft.name,
        service=draft.service,
        port=draft.port,
        ssl_passthrough=draft.ssl_passthrough,
        endpoints=draft.reach.endpoints,
        affinity=draft.affinity,
        hash=draft.hash,
        load_balancing=draft.load_balancing,
        no_server=draft.no_server,
        shaping=draft.shaping,
        alternatives=tuple(draft.alternatives),
        origin=draft.origin,
        gap=draft.reach.gap,
        empty_origins=draft.reach.origins,
        assumed=draft.reach.assumed,
    )


def _frozen_server(draft: ServerDraft) -> Server:
    ordered = in_rendering_order(draft.locations)
    return Server(
        hostname=draft.hostname,
        locations=tuple(map(_frozen_location, blocks_of(ordered))),
        traits=draft.traits,
        origin=draft.origin,
        owners=draft.owners,
    )


def _frozen_location(block: Block) -> Location:
    draft = block.location
    return Location(
        path=block.path,
        path_type=block.path_type,
        is_default_backend=draft.is_default_backend,
        backend=draft.backend,
        annotations=draft.annotations,
        ingress=draft.ingress,
        rule=draft.rule,
        spec_path=draft.spec_path,
        default_ref=draft.default_ref,
        ingress_path=block.ingress_path,
        service=draft.service,
        port=draft.port,
        default_backend_upstream=draft.default_backend_upstream,
    )


def _passthrough_backends(servers: Mapping[str, Server], notices: NoticeBoard) -> Iterator[PassthroughBackend]:
    """Hosts whose TLS connections go to the backend of their root unopened; their other paths are out of reach."""
    for server in servers.values():
        if not server.traits.ssl_passthrough:
            continue
        for location in server.locations:
            if location.path == ROOT:
                yield PassthroughBackend(location.backend, server.hostname, location.service, location.port)
                break
            origin = location.spec_path.origin if location.spec_path else None
            notices.add(
                NoticeCode.PASSTHROUGH_IGNORED,
                origin,
                ingress=location.ingress,
                host=server.hostname,
                path=location.path,
            )
