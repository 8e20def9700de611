"""The load balancer in front of the controller, as its Service asks for it, and what it makes of a client's request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from nginxsim.around.hops import Hop, Passed, Place, hops_of, through
from nginxsim.around.providers import HTTPS, NAMED, TlsEnd, proxy_annotation, says_no_proxy, tls_end
from nginxsim.config.controller import Controller
from nginxsim.config.front import services_of
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Service, ServicePort
from nginxsim.nginx.exchange import ProxyLine, Request
from nginxsim.origins import Origin


@dataclass(frozen=True, slots=True)
class Listener:
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
    """A request as it comes to nginx, what is taken for granted of its way, in words, and what it came through."""

    request: Request
    taken: tuple[str, ...] = ()
    listener: Listener | None = None
    passed: tuple[Passed, ...] = ()


def came_through(request: Request) -> Arrival:
    """A request that names what it comes through. Raises UsageError for a name that nobody knows."""
    hops = hops_of(tuple(request.via))
    if not hops:
        return Arrival(request)
    sent, passed = through(hops, request)
    if sent.proxy_protocol is None and _has_balancer(hops):
        sent = replace(sent, proxy_protocol=False)
    return Arrival(sent, tuple(words for hop in hops for words in _taken(hop)), None, passed)


def _has_balancer(hops: Iterable[Hop]) -> bool:
    return any(hop.place is Place.BALANCER for hop in hops)


def _taken(hop: Hop) -> Iterator[str]:
    if hop.address:
        whence = "one of its networks" if hop.published else f"an example: {hop.name}@ADDRESS says which"
        yield f"{hop.title} connects from {hop.address}, {whence}"
    if hop.unsure:
        yield f"{hop.title} {hop.unsure}"


class Balancer:
    """What stands before the controller's Service of type LoadBalancer."""

    def __init__(self, service: Service, listeners: dict[int, Listener]) -> None:
        self.service = service
        self._listeners = listeners
        lines = (listener.proxy for listener in listeners.values() if listener.proxy)
        self._silent = next(lines, "") or says_no_proxy(service)

    def listeners(self) -> Iterator[Listener]:
        return iter(self._listeners.values())

    def listener(self, scheme: str) -> Listener | None:
        return self._listeners.get(HTTPS if scheme == "https" else 80)

    def sends_none(self, listener: Listener) -> str:
        """The annotation that tells that it writes no PROXY line at a port; "" where nothing does."""
        return "" if listener.proxy else self._silent

    @property
    def is_named(self) -> bool:
        """Its status has a host name, so that requests from within the cluster go through it as well."""
        return any(name.startswith(NAMED) for name in self.service.meta.annotations)

    def origin(self, annotation: str) -> Origin:
        return self.service.meta.annotation_origins.get(annotation, self.service.meta.origin)

    def arrival(self, came: Arrival, *, awaited: bool) -> Arrival:
        """The request as this hands it on; one that names a port goes past it, and so does one that has come through a
        load balancer already. awaited: nginx reads PROXY lines.
        """
        request = came.request
        listener = self.listener(request.scheme) if request.port is None else None
        if listener is None or not listener.target or (came.passed and _has_balancer(one.hop for one in came.passed)):
            return came
        told = [self._end_of_tls(listener)] if listener.tls else []
        sent = _handed_on(request, listener)
        if request.proxy_protocol is None and (listener.proxy or (awaited and self.sends_none(listener))):
            sent = replace(sent, proxy_protocol=ProxyLine(port=listener.port.port) if listener.proxy else False)
            told.append(f"{self.service.meta} has its load balancer send {'a' if listener.proxy else 'no'} PROXY line")
        return Arrival(sent, (*came.taken, *told), listener, came.passed)

    def _end_of_tls(self, listener: Listener) -> str:
        spoken = "https" if listener.tls and listener.tls.speaks_tls else "plain http"
        at = f"port {listener.port.port}"
        return f"{self.service.meta} has its load balancer end TLS at {at} and speak {spoken} to nginx"


def _handed_on(request: Request, listener: Listener) -> Request:
    scheme = "http" if listener.hands_on_plain else request.scheme
    sent = replace(request, scheme=scheme, port=listener.target)
    if listener.tls is None or not listener.tls.adds_forwarded:
        return sent
    present = {name.lower() for name, _ in request.headers}
    added = {
        "X-Forwarded-For": request.client,
        "X-Forwarded-Proto": request.scheme,
        "X-Forwarded-Port": str(listener.port.port),
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
    listeners = {port.port: _listener(service, port, named) for port in service.ports if port.protocol == "TCP"}
    return Balancer(service, listeners)


def _fronts(cluster: Cluster, controller: Controller) -> Iterator[Service]:
    if published := cluster.services.get(controller.flags.publish_service):
        yield published
    yield from services_of(cluster, controller)


def _listener(service: Service, port: ServicePort, named: dict[str, int]) -> Listener:
    target = port.target_port if isinstance(port.target_port, int) else named.get(port.target_port, 0)
    tls = tls_end(service, port) or _by_target(port, target, named["http"])
    return Listener(port, target, tls, proxy_annotation(service, port))


def _by_target(port: ServicePort, target: int, http: int) -> TlsEnd | None:
    """Port 443 that leads to nginx' port for plain http: somebody ends TLS on the way, whoever it is."""
    return TlsEnd("") if port.port == HTTPS and target in (http, 80) else None
