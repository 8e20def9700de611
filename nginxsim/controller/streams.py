"""TCP and UDP services, from the ConfigMaps that --tcp-services-configmap and --udp-services-configmap name."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nginxsim.annotations import Named
from nginxsim.config.flags import Flags
from nginxsim.controller.context import Context
from nginxsim.controller.drafts import Reach
from nginxsim.controller.endpoints import port_number
from nginxsim.controller.model import (
    About,
    NoticeCode,
    StreamService,
)
from nginxsim.controller.reasons import Break, Gap
from nginxsim.kube.objects import Service
from nginxsim.origins import Origin


def stream_services(flag: str, protocol: str, context: Context) -> tuple[StreamService, ...]:
    """The services of one protocol ("TCP", "UDP") by port; `flag` is the ConfigMap's "namespace/name", "" for none."""
    # ingress-nginx 1.15.1: internal/ingress/controller/controller.go, getStreamServices
    if not flag:
        return ()
    config_map = context.cluster.config_maps.get(flag)
    if flag.count("/") != 1 or config_map is None:
        option = f"--{protocol.lower()}-services-configmap"
        about = About(missing=Named("ConfigMap", flag), option=option)
        context.notices.add(NoticeCode.STREAM_CONFIGMAP_MISSING, about=about)
        return ()
    reserved = reserved_ports(context.controller.flags)
    services = []
    for key, text in sorted(config_map.data.items()):
        try:
            services.append(_stream_service(key, text, protocol, reserved, context))
        except _RefusedError as problem:
            origins = config_map.key_origins if problem.about_key else config_map.origins
            about = replace(problem.about, subject=f"{protocol} {key}")
            context.notices.add(problem.code, origins.get(key), *problem.origins, about=about)
    return tuple(sorted(services, key=lambda service: service.port))


def reserved_ports(flags: Flags) -> frozenset[int]:
    """Ports the controller uses itself, which no stream may take."""
    return frozenset({
        flags.http_port,
        flags.https_port,
        flags.ssl_passthrough_proxy_port,
        flags.healthz_port,
        flags.default_server_port,
        flags.profiler_port,
        flags.status_port,
        flags.stream_port,
    })  # fmt: skip


@dataclass
class _RefusedError(Exception):
    """One entry of the ConfigMap that makes no stream service."""

    code: NoticeCode
    about: About
    about_key: bool = False
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class _Target:
    """What an entry's value says: namespace/name:port[:PROXY[:PROXY]]."""

    namespace: str
    name: str
    port: str
    decode: bool
    encode: bool


def _stream_service(key: str, text: str, protocol: str, reserved: frozenset[int], context: Context) -> StreamService:
    port = port_number(key)
    if port is None:
        raise _RefusedError(NoticeCode.STREAM_PORT_INVALID, About(other=key), about_key=True)
    if port in reserved:
        raise _RefusedError(NoticeCode.STREAM_PORT_RESERVED, About(other=str(port)), about_key=True)
    target = _target(text, protocol)
    service = context.cluster.services.get(f"{target.namespace}/{target.name}")
    if service is None:
        missing = Named("Service", f"{target.namespace}/{target.name}")
        raise _RefusedError(NoticeCode.STREAM_SERVICE_MISSING, About(missing=missing))
    reach = _reach(service, target.port, protocol, context)
    if not reach.endpoints:
        raise _RefusedError(NoticeCode.STREAM_SERVICE_EMPTY, About(gap=reach.gap), origins=reach.origins)
    return StreamService(
        port=port,
        name=target.name,
        namespace=target.namespace,
        service_port=target.port,
        protocol=protocol,
        decode_proxy_protocol=target.decode,
        encode_proxy_protocol=target.encode,
        endpoints=reach.endpoints,
        service=service,
    )


def _target(text: str, protocol: str) -> _Target:
    parts = text.split(":")
    if len(parts) < 2 or parts[0].count("/") != 1:
        raise _RefusedError(NoticeCode.STREAM_REFERENCE_INVALID, About(other=text))
    namespace, _, name = parts[0].partition("/")
    tcp = protocol == "TCP"
    decode = tcp and len(parts) >= 3 and parts[2].upper() == "PROXY"
    encode = tcp and len(parts) == 4 and parts[3].upper() == "PROXY"
    return _Target(namespace, name, parts[1], decode, encode)


def _reach(service: Service, wanted: str, protocol: str, context: Context) -> Reach:
    number = port_number(wanted)
    for port in service.ports:
        named = port.name == wanted if number is None else port.port == number
        if named and port.protocol == protocol:
            reach = context.endpoints.behind(service, port, protocol)
            context.note_crashes(reach, str(service.meta))
            return reach
    gap = Gap(Break.PROTOCOL_NOT_OFFERED, str(service.meta), wanted, protocol=protocol)
    return Reach(gap=gap, origins=(service.meta.origin,))
