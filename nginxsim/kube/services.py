"""Service, EndpointSlice and Endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from nginxsim.golang.net import parse_ip
from nginxsim.kube.fields import Fields
from nginxsim.kube.objects import NOWHERE, EndpointSlice, Meta, Service, ServicePort, SliceEndpoint, SlicePort

SERVICE_NAME = "kubernetes.io/service-name"
_SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror"
_ELECTION = "control-plane.alpha.kubernetes.io/leader"


def read_service(document: Fields, meta: Meta) -> Service:
    spec = document.fields("spec")
    return Service(
        meta=meta,
        type=spec.text("type") or "ClusterIP",
        cluster_ip=spec.text("clusterIP"),
        external_name=spec.text("externalName"),
        ports=tuple(_service_port(port) for port in spec.items("ports")),
        selector=spec.fields("selector").texts(),
        publish_not_ready=spec.flag("publishNotReadyAddresses") or False,
        traffic_distribution=spec.text("trafficDistribution"),
        external_traffic_policy=spec.text("externalTrafficPolicy"),
        selector_origin=spec.origin("selector") if "selector" in spec else NOWHERE,
        spec=_defaulted(spec.value()),
    )


def _service_port(port: Fields) -> ServicePort:
    number = port.number("port")
    return ServicePort(
        name=port.text("name"),
        port=number,
        protocol=port.text("protocol") or "TCP",
        target_port=port.port("targetPort") or number,
        app_protocol=port.text("appProtocol"),
        origin=port.origin("port"),
    )


def _defaulted(spec: dict[str, Any]) -> dict[str, object]:
    filled = {"sessionAffinity": "None", "type": "ClusterIP", **spec}
    ports = filled.get("ports")
    if ports:
        filled["ports"] = [_defaulted_port(port) for port in (ports if isinstance(ports, list) else [ports])]
    return filled


def _defaulted_port(written: object) -> dict[str, object]:
    port = written if isinstance(written, dict) else {}
    return {
        **port,
        "protocol": port.get("protocol") or "TCP",
        "targetPort": port.get("targetPort") or port.get("port"),
    }


def read_slice(document: Fields, meta: Meta) -> EndpointSlice:
    return EndpointSlice(
        meta=meta,
        service=meta.labels.get(SERVICE_NAME, ""),
        address_type=document.text("addressType") or "IPv4",
        ports=tuple(_slice_port(port) for port in document.items("ports")),
        endpoints=tuple(_slice_endpoint(endpoint) for endpoint in document.items("endpoints")),
    )


def _slice_port(port: Fields) -> SlicePort:
    return SlicePort(port.text("name"), port.number("port"), port.text("protocol") or "TCP")


def _slice_endpoint(endpoint: Fields) -> SliceEndpoint:
    return SliceEndpoint(
        addresses=endpoint.words("addresses"),
        ready=endpoint.fields("conditions").flag("ready"),
        zones=tuple(zone.text("name") for zone in endpoint.fields("hints").items("forZones")),
        target=_target(endpoint, "targetRef"),
    )


def _target(holder: Fields, name: str) -> str:
    target = holder.fields(name)
    namespace = target.text("namespace")
    place = f"{namespace}/{target.text('name')}" if namespace else target.text("name")
    return f"{target.text('kind')} {place}".strip()


@dataclass(frozen=True, slots=True)
class Subset:
    """Addresses of an Endpoints object that share their ports."""

    ports: tuple[SlicePort, ...]
    endpoints: tuple[SliceEndpoint, ...]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What Kubernetes had before EndpointSlices; only a way to write them."""

    meta: Meta
    subsets: tuple[Subset, ...]


def read_endpoints(document: Fields, meta: Meta) -> Endpoints:
    return Endpoints(meta, tuple(_subset(subset) for subset in document.items("subsets")))


def _subset(subset: Fields) -> Subset:
    return Subset(
        ports=tuple(_slice_port(port) for port in subset.items("ports")),
        endpoints=(
            *_addresses(subset.items("addresses"), ready=True),
            *_addresses(subset.items("notReadyAddresses"), ready=False),
        ),
    )


def _addresses(addresses: Iterable[Fields], *, ready: bool) -> Iterator[SliceEndpoint]:
    for address in addresses:
        yield SliceEndpoint((address.text("ip"),), ready=ready, target=_target(address, "targetRef"))


def mirrored(endpoints: Endpoints) -> list[EndpointSlice]:
    """The slices that the control plane makes of an Endpoints object: one for each address family and set of ports.

    Source: kubernetes, pkg/controller/endpointslicemirroring.
    """
    meta = endpoints.meta
    if meta.labels.get(_SKIP_MIRROR) == "true" or _ELECTION in meta.annotations:
        return []
    ports: dict[frozenset[SlicePort], tuple[SlicePort, ...]] = {}
    grouped: dict[tuple[str, frozenset[SlicePort]], list[SliceEndpoint]] = {}
    for subset in endpoints.subsets:
        same = frozenset(subset.ports)
        ports.setdefault(same, subset.ports)
        for endpoint in subset.endpoints:
            grouped.setdefault((_family(endpoint.addresses[0]), same), []).append(endpoint)
    return [
        EndpointSlice(meta, meta.name, family, ports[same], tuple(members), source="endpoints")
        for (family, same), members in grouped.items()
    ]


def _family(address: str) -> str:
    parsed = parse_ip(address)
    return "IPv6" if parsed and parsed.version == 6 else "IPv4"
