"""From a Service and a port to the addresses behind it, with the reason where there are none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from nginxsim.config.controller import Controller
from nginxsim.config.zone import zone_of
from nginxsim.controller.drafts import Reach
from nginxsim.controller.model import Endpoint
from nginxsim.controller.reasons import Break, Gap
from nginxsim.controller.references import service_port
from nginxsim.golang.net import parse_ip
from nginxsim.golang.strconv import atoi
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.names import is_subdomain
from nginxsim.kube.objects import BackendRef, EndpointSlice, Port, Service, ServicePort, SliceEndpoint
from nginxsim.kube.workloads import WorkloadIndex

# k8s.io/apiserver/pkg/storage/names: a generated name is cut at this length and gets five random characters.
_GENERATED_NAME_LENGTH = 58

TOPOLOGY_MODE = "service.kubernetes.io/topology-mode"


def port_number(text: str) -> int | None:
    """The number that a port is given by; None where the text is a name."""
    try:
        return atoi(text)
    except ValueError:
        return None


def _target_number(port: ServicePort) -> int:
    """Go's IntOrString.IntValue: a name counts as 0."""
    target = port.target_port
    return target if isinstance(target, int) else port_number(target) or 0


class EndpointFinder:
    """Looks up endpoints as the controller's listers would. `cluster` is what the controller sees of it."""

    def __init__(self, cluster: Cluster, controller: Controller) -> None:
        self._cluster = cluster
        self._external_names = not controller.flags.disable_svc_external_name
        self._may_be_local = controller.release.external_names_may_be_local
        self._distributes = controller.release.traffic_distribution_counts
        self._zone = zone_of(cluster, controller).name

    def of_backend(self, key: str, port: Port) -> Reach:
        """The endpoints of a Service ("namespace/name") at the port that an Ingress names."""
        # ingress-nginx 1.15.1: internal/ingress/controller/controller.go, serviceEndpoints
        service = self._cluster.services.get(key)
        if service is None:
            kind = Break.NO_PORT_NAMED if key.endswith("/") else Break.SERVICE_MISSING
            return Reach(gap=Gap(kind, f"Service {key}"))
        if service.type == "ExternalName":
            return self._external_backend(service, port)
        wanted = str(port)
        for candidate in service.ports:
            if wanted in (str(candidate.port), str(candidate.target_port), candidate.name):
                return self.behind(service, candidate)
        offered = tuple(map(_described, service.ports))
        gap = Gap(Break.PORT_NOT_OFFERED, str(service.meta), wanted, offered)
        return Reach(gap=gap, origins=(service.meta.origin,))

    def cluster_ip(self, key: str, ref: BackendRef) -> Endpoint:
        """The Service's own address (service-upstream). Raises LookupError with the controller's reason."""
        # ingress-nginx 1.15.1: internal/ingress/controller/controller.go, getServiceClusterEndpoint
        service = self._cluster.services.get(key)
        if service is None:
            raise LookupError(f'service "{key}" does not exist')
        if service.cluster_ip in ("", "None"):
            raise LookupError(f'no ClusterIP found for Service "{key}"')
        port = service_port(ref)
        if isinstance(port, int):
            return Endpoint(service.cluster_ip, str(port))
        for candidate in service.ports:
            if candidate.name == port:
                return Endpoint(service.cluster_ip, str(candidate.port))
        raise LookupError(f'service "{service.meta.name}" does not have a port named "{port}"')

    def behind(self, service: Service, port: ServicePort, protocol: str = "TCP") -> Reach:
        """The ready endpoints of one port of a Service."""
        # ingress-nginx 1.15.1: internal/ingress/controller/endpointslices.go
        if service.type == "ExternalName":
            return _external(service, port, may_be_local=self._may_be_local)
        slices = self._slices(service)
        found: dict[tuple[str, int], Endpoint] = {}
        for piece in slices:
            numbers = _port_numbers(piece, port, protocol)
            for endpoint in self._ready(service, piece):
                for number in numbers:
                    for address in endpoint.addresses:
                        found.setdefault((address, number), Endpoint(address, str(number), endpoint.target))
        assumed = any(piece.source == "workload" for piece in slices)
        crashes = tuple(piece.meta.origin for piece in slices if _reads_no_number(piece, port, protocol))
        reach = Reach(tuple(found.values())) if found else self._broken(service, slices, port)
        return replace(reach, assumed=assumed, crashes=crashes)

    def _external_backend(self, service: Service, port: Port) -> Reach:
        if not self._external_names:
            gap = Gap(Break.EXTERNAL_NAME_DISABLED, str(service.meta))
            return Reach(gap=gap, origins=(service.meta.origin,))
        return _external(service, _external_port(service, str(port)), may_be_local=self._may_be_local)

    def _slices(self, service: Service) -> list[EndpointSlice]:
        """Slices labelled for the Service; hand-made ones count only if their name starts with the Service's name."""
        # ingress-nginx 1.15.1: internal/ingress/controller/store/endpointslice.go
        start = service.meta.name
        if len(start) >= _GENERATED_NAME_LENGTH:
            start = start[: _GENERATED_NAME_LENGTH - 1]
        labelled = self._cluster.slices.get(service.meta.key, ())
        return [piece for piece in labelled if piece.source != "slice" or piece.meta.name.startswith(start)]

    def _ready(self, service: Service, piece: EndpointSlice) -> Iterator[SliceEndpoint]:
        zone = self._zone_for(service)
        hinted = bool(zone) and all(endpoint.zones for endpoint in piece.endpoints)
        if hinted and self._stays_close(service):
            hinted = any(zone in endpoint.zones for endpoint in piece.endpoints)
        for endpoint in piece.endpoints:
            if endpoint.ready is not False and (not hinted or zone in endpoint.zones):
                yield endpoint

    def _zone_for(self, service: Service) -> str:
        # ingress-nginx 1.15.1: internal/ingress/controller/controller.go, getIngressPodZone
        aware = service.meta.annotations.get(TOPOLOGY_MODE, "").lower() == "auto"
        return self._zone if aware or self._stays_close(service) else ""

    def _stays_close(self, service: Service) -> bool:
        return self._distributes and service.traffic_distribution == "PreferClose"

    def _broken(self, service: Service, slices: list[EndpointSlice], port: ServicePort) -> Reach:
        """Why nothing is behind a port of a Service that exists."""
        if not slices:
            return self._without_slice(service)
        name = str(service.meta)
        origins = tuple(piece.meta.origin for piece in slices)
        if not any(piece.endpoints for piece in slices):
            return Reach(gap=Gap(Break.SLICES_EMPTY, name), origins=origins)
        if not any(True for piece in slices for _ in self._ready(service, piece)):
            if any(endpoint.ready is not False for piece in slices for endpoint in piece.endpoints):
                return Reach(gap=Gap(Break.OTHER_ZONES, name, self._zone, _zones(slices)), origins=origins)
            return Reach(gap=Gap(Break.NONE_READY, name), origins=origins)
        return Reach(gap=Gap(Break.SLICES_WITHOUT_PORT, name, _described(port)), origins=origins)

    def _without_slice(self, service: Service) -> Reach:
        name = str(service.meta)
        if ignored := self._cluster.slices.get(service.meta.key, ()):
            names = tuple(piece.meta.name for piece in ignored)
            gap = Gap(Break.SLICES_OF_OTHER_NAMES, name, names=names)
            return Reach(gap=gap, origins=tuple(piece.meta.origin for piece in ignored))
        if not service.selector:
            return Reach(gap=Gap(Break.NO_SELECTOR, name), origins=(service.meta.origin,))
        selected = self._workloads.selected_by(service)
        if selected and not any(each.replicas or each.meta.kind == "Pod" for each in selected):
            gap = Gap(Break.SCALED_DOWN, name, names=tuple(str(each.meta) for each in selected))
            return Reach(gap=gap, origins=tuple(each.meta.origin for each in selected))
        if self._workloads.knows(service.meta.namespace) and not selected:
            labels = tuple(f"{key}={value}" for key, value in sorted(service.selector.items()))
            gap = Gap(Break.NO_POD_MATCHES, name, names=labels)
            return Reach(gap=gap, origins=(service.selector_origin,))
        return Reach(gap=Gap(Break.NO_SLICE, name), origins=(service.meta.origin,))

    @cached_property
    def _workloads(self) -> WorkloadIndex:
        return WorkloadIndex(self._cluster.workloads)


def _zones(slices: Sequence[EndpointSlice]) -> tuple[str, ...]:
    """The zones that the hints name."""
    return tuple(sorted({zone for piece in slices for endpoint in piece.endpoints for zone in endpoint.zones}))


def _reads_no_number(piece: EndpointSlice, port: ServicePort, protocol: str) -> bool:
    """Whether the controller follows a pointer to nothing: the API server lets a port leave out its number."""
    return any(
        candidate.port == 0 and candidate.protocol == protocol and port.name in ("", candidate.name)
        for candidate in piece.ports
    )


def _port_numbers(piece: EndpointSlice, port: ServicePort, protocol: str) -> list[int]:
    """The ports to use in one slice: all of the protocol for an unnamed Service port, else the one of that name.

    A numeric targetPort steps in where the slice has no port of that name.
    """
    fallback = port.target_port if isinstance(port.target_port, int) else 0
    if not piece.ports and isinstance(port.target_port, int):
        return [fallback]
    offered = (candidate for candidate in piece.ports if candidate.protocol == protocol)
    numbers = ((candidate.port if port.name in ("", candidate.name) else 0) or fallback for candidate in offered)
    return [number for number in numbers if number]


def _external(service: Service, port: ServicePort, *, may_be_local: bool) -> Reach:
    name = service.external_name
    address = parse_ip(name)
    if not may_be_local and (name == "localhost" or (address is not None and address.is_loopback)):
        kind = Break.EXTERNAL_NAME_LOCAL
    elif address is None and not is_subdomain(name.removesuffix(".")):
        kind = Break.EXTERNAL_NAME_NO_NAME
    else:
        return Reach((Endpoint(name, str(_target_number(port))),))
    return Reach(gap=Gap(kind, str(service.meta), name), origins=(service.meta.origin,))


def _external_port(service: Service, wanted: str) -> ServicePort:
    """The port of an ExternalName Service; one that it does not list is taken as it is."""
    # ingress-nginx 1.15.1: internal/ingress/controller/controller.go, externalNamePorts
    number = port_number(wanted)
    if number is None:
        for port in service.ports:
            if port.name == wanted:
                return ServicePort("", port.port, "TCP", _target_number(port) or port.port)
    for port in service.ports:
        if port.port == (number or 0):
            return ServicePort("", port.port, "TCP", port.target_port)
    return ServicePort("", number or 0, "TCP", number or 0)


def _described(port: ServicePort) -> str:
    return f"{port.name}/{port.port}" if port.name else str(port.port)
