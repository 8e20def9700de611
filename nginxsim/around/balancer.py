"""The load balancer in front of the controller, as its Service asks for it, and what it makes of a client's request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from nginxsim.around.providers import HTTPS, NAMED, TlsEnd, proxy_annotation, says_no_proxy, tls_end
from nginxsim.config.controller import Controller
from nginxsim.config.front import services_of
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Service, ServicePort
from nginxsim.nginx.exchange import ProxyLine, Request
from nginxsim.origins import Origin


@dataclass(frozen=True, slots=True)
class Hop:
    """One port of the load balancer. target: the port of nginx that it leads to, 0 where that is not known."""

    port: ServicePort
    target: int
    tls: TlsEnd | None
    proxy: str
    """The annotation that makes it write PROXY lines, "" where it writes none."""

    @property
    def hands_on_plain(self) -> bool:
        """It ends TLS and speaks plain HTTP to nginx."""
        return self.tls is not None and not self.tls.speaks_tls


class Arrival(NamedTuple):
    """A request as it comes to nginx, and what the load balancer did to it, in words."""

    request: Request
    taken: tuple[str, ...] = ()
    hop: Hop | None = None


class Balancer:
    """What stands before the controller's Service of type LoadBalancer."""

    def __init__(self, service: Service, hops: dict[int, Hop]) -> None:
        self.service = service
        self._hops = hops
        self._silent = next((hop.proxy for hop in hops.values() if hop.proxy), "") or says_no_proxy(service)

    def hops(self) -> Iterator[Hop]:
        return iter(self._hops.values())

    def hop(self, scheme: str) -> Hop | None:
        return self._hops.get(HTTPS if scheme == "https" else 80)

    def sends_none(self, hop: Hop) -> str:
        """The annotation that tells that it writes no PROXY line at a port; "" where nothing does."""
        return "" if hop.proxy else self._silent

    @property
    def is_named(self) -> bool:
        """Its status has a host name, so that requests from within the cluster go through it as well."""
        return any(name.startswith(NAMED) for name in self.service.meta.annotations)

    def origin(self, annotation: str) -> Origin:
        return self.service.meta.annotation_origins.get(annotation, self.service.meta.origin)

    def arrival(self, request: Request, *, awaited: bool) -> Arrival:
        """The request as this hands it on; one that names a port goes past it. awaited: nginx reads PROXY lines."""
        hop = self.hop(request.scheme) if request.port is None else None
        if hop is None or not hop.target:
            return Arrival(request)
        told = [self._end_of_tls(hop)] if hop.tls else []
        sent = _handed_on(request, hop)
        if request.proxy_protocol is None and (hop.proxy or (awaited and self.sends_none(hop))):
            sent = replace(sent, proxy_protocol=ProxyLine(port=hop.port.port) if hop.proxy else False)
            told.append(f"{self.service.meta} has its load balancer send {'a' if hop.proxy else 'no'} PROXY line")
        return Arrival(sent, tuple(told), hop)

    def _end_of_tls(self, hop: Hop) -> str:
        spoken = "https" if hop.tls and hop.tls.speaks_tls else "plain http"
        return f"{self.service.meta} has its load balancer end TLS at port {hop.port.port} and speak {spoken} to nginx"


def _handed_on(request: Request, hop: Hop) -> Request:
    scheme = "http" if hop.hands_on_plain else request.scheme
    sent = replace(request, scheme=scheme, port=hop.target)
    if hop.tls is None or not hop.tls.adds_forwarded:
        return sent
    present = {name.lower() for name, _ in request.headers}
    added = {
        "X-Forwarded-For": request.client,
        "X-Forwarded-Proto": request.scheme,
        "X-Forwarded-Port": str(hop.port.port),
    }
    lines = [(name, value) for name, value in added.items() if name.lower() not in present]
    return replace(sent, headers=[*request.headers, *lines])


def balancer_of(cluster: Cluster, controller: Controller) -> Balancer | None:
    """The load balancer that leads to the controller; None where the input has none."""
    service = next((each for each in _fronts(cluster, controller) if each.type == "LoadBalancer"), None)
    if service is None:
        return None
    named = {"http": controller.flags.http_port, "https": controller.flags.https_port}
    for pod in controller.deployed.members if controller.deployed else ():
        named |= pod.container_ports
    hops = {port.port: _hop(service, port, named) for port in service.ports if port.protocol == "TCP"}
    return Balancer(service, hops)


def _fronts(cluster: Cluster, controller: Controller) -> Iterator[Service]:
    if published := cluster.services.get(controller.flags.publish_service):
        yield published
    yield from services_of(cluster, controller)


def _hop(service: Service, port: ServicePort, named: dict[str, int]) -> Hop:
    target = port.target_port if isinstance(port.target_port, int) else named.get(port.target_port, 0)
    tls = tls_end(service, port) or _by_target(port, target, named["http"])
    return Hop(port, target, tls, proxy_annotation(service, port))


def _by_target(port: ServicePort, target: int, http: int) -> TlsEnd | None:
    """Port 443 that leads to nginx' port for plain http: somebody ends TLS on the way, whoever it is."""
    return TlsEnd("") if port.port == HTTPS and target in (http, 80) else None
