"""Who answers where auth-url leads, and what.

Which server that is, is looked up once for each address or backend; requests find it by its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlsplit

from nginxsim.around.auth.chart import releases
from nginxsim.around.auth.deployed import Deployed, container_of, deployed, installed, undescribed
from nginxsim.around.auth.events import AddressHeld, OAuth2ProxyReplied
from nginxsim.around.auth.known import OAUTH2_PROXY, Known, known_by_name, known_by_path
from nginxsim.around.auth.oauth2_proxy.addresses import Compared, Taken
from nginxsim.around.auth.oauth2_proxy.replies import Asked, Reply, Rule
from nginxsim.config.controller import Controller
from nginxsim.config.front import services_of
from nginxsim.controller.model import Backend
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.networks import is_private
from nginxsim.kube.objects import Service, Workload
from nginxsim.kube.workloads import WorkloadIndex
from nginxsim.nginx.exchange import Answer, Failure, Request, Role, RoutedOutcome, UpstreamRequest
from nginxsim.nginx.steps import Entry, Phase
from nginxsim.nginx.visitors import Visitor

POD_ADDRESS = "10.244.0.2"
"""Of the controller, where the input does not tell."""
SERVICE_HOST = re.compile(r"(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)(?:\.svc(?:\..+)?)?")

Route = Callable[[Request], RoutedOutcome]
"""Plays a request that comes to the controller from within the cluster."""


@dataclass(frozen=True)
class Place:
    """Where a request leads: to an auth server, to the controller's own hosts, or to whoever it is.

    title: how it is called in reports.
    """

    title: str
    known: Known | None = None
    deployed: Deployed | None = None
    leads_back: bool = False
    taken: tuple[str, ...] = ()

    @cached_property
    def let_through(self) -> Answer:
        """What is played for a server that nobody describes."""
        told = f"the auth server {self.title} lets the request through: it is played as answering 200"
        also = (self.known.what_is_known,) if self.known else ()
        return Answer(taken=(told, *also, *self.taken))


class AuthServers:
    """The auth servers of one estate."""

    def __init__(
        self,
        cluster: Cluster,
        controller: Controller,
        backends: Mapping[str, Backend],
        leads_back: Callable[[str, str], bool],
    ) -> None:
        """leads_back: whether the controller itself serves a path of a host, and not only by what asks for it."""
        self._cluster, self._controller, self._backends = cluster, controller, backends
        self._leads_back = leads_back
        self._by_address: dict[tuple[str, str], Place] = {}
        self._by_backend: dict[str, Deployed | None] = {}
        self._deployed: dict[str, Deployed] = {}

    # --- where a request leads ------------------------------------------------------------------------------------

    def of_backend(self, name: str) -> Deployed | None:
        """The oauth2-proxy behind a backend of the controller's."""
        if name not in self._by_backend:
            backend = self._backends.get(name) if self.any_runs else None
            service = backend.service if backend else None
            self._by_backend[name] = self._behind(service) if service else None
        return self._by_backend[name]

    def of_address(self, address: str, path: str) -> Place:
        """Where a URL leads: host and port, and the path without a query."""
        key = (address, path)
        found = self._by_address.get(key)
        if found is None:
            found = self._by_address[key] = self._place(address, path)
        return found

    @cached_property
    def any_runs(self) -> bool:
        """Whether the input has an oauth2-proxy at all."""
        named = (known_by_name(_names(service)) for service in self._cluster.services.values())
        return any(map(container_of, self._cluster.workloads)) or any(known is OAUTH2_PROXY for known in named)

    @cached_property
    def _workloads(self) -> WorkloadIndex:
        return WorkloadIndex(self._cluster.workloads)

    def _place(self, address: str, path: str) -> Place:
        host, _, port = address.rpartition(":")
        service = self.service_at(host)
        if service is not None:
            return self._at_service(service, host, port, path)
        if self._leads_back(host, path):
            return Place(host, leads_back=True)
        by_name = known_by_name([host]) if _is_of_cluster(host) else None
        known = by_name or known_by_name([host]) or known_by_path(path)
        if by_name is not OAUTH2_PROXY:
            return Place(host, known)
        match = SERVICE_HOST.fullmatch(host)
        installed = self._installed(f"{match['namespace']}/{match['name']}") if match else None
        return Place(host, known, installed or undescribed(host))

    def service_at(self, host: str) -> Service | None:
        """The Service of a cluster's name or address, through an ExternalName too."""
        services = self._cluster.services
        match = SERVICE_HOST.fullmatch(host)
        found = services.get(f"{match['namespace']}/{match['name']}") if match else self._by_cluster_ip.get(host)
        if found is not None and found.external_name and found.external_name != host:
            return self.service_at(found.external_name) or found
        return found

    @cached_property
    def _by_cluster_ip(self) -> Mapping[str, Service]:
        """An address that several have is nobody's."""
        given = [each for each in self._cluster.services.values() if each.cluster_ip not in ("", "None")]
        found = {each.cluster_ip: each for each in given}
        twice = {each.cluster_ip for each in given if found[each.cluster_ip] is not each}
        return {address: each for address, each in found.items() if address not in twice}

    def _at_service(self, service: Service, host: str, port: str, path: str) -> Place:
        title = str(service.meta)
        runs = self._behind(service)
        offered = not service.ports or any(str(each.port) == port for each in service.ports)
        taken = () if offered else (f"port {port} of {title} leads to its Pods, though the Service lists no such port",)
        if runs is not None:
            return Place(title, OAUTH2_PROXY, runs, taken=taken)
        images = [each.image for pods in self._workloads.selected_by(service) for each in pods.containers]
        known = known_by_name([*_names(service), *images, host]) or known_by_path(path)
        return Place(title, known, taken=taken)

    def _behind(self, service: Service) -> Deployed | None:
        """The oauth2-proxy that a Service's Pods run, as far as the input says how."""
        if service.external_name:
            target = self.service_at(service.external_name)
            return self._behind(target) if target is not None and target is not service else None
        for workload in self._workloads.selected_by(service):
            if found := self.running(workload):
                return found
        if known_by_name(_names(service)) is not OAUTH2_PROXY:
            return None
        return self._installed(service.meta.key) or undescribed(str(service.meta))

    def _installed(self, key: str) -> Deployed | None:
        """The oauth2-proxy whose chart would make the Service of that key."""
        return self._by_chart.get(key)

    @cached_property
    def _by_chart(self) -> Mapping[str, Deployed]:
        return {release.key: installed(release) for release in releases(self._cluster)}

    def running(self, workload: Workload) -> Deployed | None:
        key = str(workload.meta)
        if key not in self._deployed and (container := container_of(workload)):
            self._deployed[key] = deployed(self._cluster, workload, container)
        return self._deployed.get(key)

    # --- what it answers ------------------------------------------------------------------------------------------

    @cached_property
    def peer(self) -> tuple[str, bool]:
        """The address that nginx asks from, and whether it is known."""
        for service in services_of(self._cluster, self._controller):
            for one in self._cluster.slices.get(service.meta.key, ()):
                for endpoint in one.endpoints:
                    return endpoint.addresses[0], one.source != "workload"
        return POD_ADDRESS, False

    def answer(self, sent: UpstreamRequest, visitor: Visitor, route: Route) -> Answer | None:
        """None: it is no auth server that is known, and no request to one."""
        if sent.role is not Role.AUTH:
            runs = self.of_backend(sent.service)
            return self._reply(runs, sent, visitor) if runs is not None and _speaks_for(runs, sent) else None
        place = self.of_address(sent.addresses[0], sent.uri.partition("?")[0])
        if place.leads_back:
            return self._come_back(place, sent, route)
        if place.known is not None and place.known.is_go and _hosts(sent) > 1:
            return Answer(400, taken=(f"{place.known.title} answers 400 to a request with two Host headers",))
        if place.deployed is not None:
            answer = self._reply(place.deployed, sent, visitor)
            return replace(answer, taken=(*place.taken, *answer.taken)) if place.taken else answer
        return place.let_through

    def _reply(self, runs: Deployed, sent: UpstreamRequest, visitor: Visitor) -> Answer:
        peer, is_known = self.peer
        asked = Asked(sent.method, sent.uri, sent.host, sent.headers, peer, visitor)
        reply = runs.proxy.reply(asked)
        taken = [*runs.taken, *reply.taken]
        if visitor.has_session and (words := _of_cookie(runs, sent, visitor)):
            taken.append(words)
        if not is_known and (words := _of_peer(runs, reply.compared, peer)):
            taken.append(words)
        told = tuple(self._told(runs, asked, reply, sent.role))
        if reply.rule is Rule.NOT_STARTED:
            return replace(Answer.failure(Failure.REFUSED), told=told, taken=tuple(taken))
        return Answer(reply.status, reply.headers, told=told, taken=tuple(taken))

    def _told(self, runs: Deployed, asked: Asked, reply: Reply, role: Role) -> Iterator[Entry]:
        if reply.compared is not None:
            setting = runs.proxy.settings["trusted-ip"]
            yield AddressHeld, 0, (reply.compared, reply.compared.within(setting.values), setting, runs.called), ()
        phase = Phase.AUTH if role is Role.AUTH else Phase.PROXY
        yield OAuth2ProxyReplied, 0, (phase, runs.called, str(runs.proxy.version), asked.path, reply), ()

    def _come_back(self, place: Place, sent: UpstreamRequest, route: Route) -> Answer:
        """auth-url names a host of the controller's own: nginx is its own client."""
        headers = [(name, value) for name, value in sent.headers if name.lower() not in HOP_BY_HOP]
        peer, is_known = self.peer
        request = Request(
            host=sent.host,
            path=sent.uri,
            scheme="https" if sent.protocol == "https" else "http",
            method=sent.method,
            headers=headers,
            client=peer,
            sni=place.title,
        )
        routed = route(request)
        taken = [*routed.assumptions, f"a request for {place.title} from within the cluster comes to the controller "
                 "itself, past what may stand before it"]  # fmt: skip
        if not is_known:
            taken.append(f"the controller's Pod has the address {peer}")
        told = tuple((kind, line, data, (*within, sent.addresses[0])) for kind, line, data, within in routed.trace)
        if routed.status is None:
            return replace(Answer.failure(Failure.PROTOCOL), told=told, taken=tuple(taken))
        return Answer(routed.status, routed.headers, told=told, taken=tuple(taken))


def _names(service: Service) -> list[str]:
    """What it is called."""
    labels = [value for name, value in service.meta.labels.items() if name.endswith(("name", "app"))]
    return [service.meta.name, *labels, service.external_name]


def _speaks_for(runs: Deployed, sent: UpstreamRequest) -> bool:
    """Of one whose configuration nobody knows, only what it answers to /oauth2/auth is certain enough to be played."""
    return runs.owner is not None or sent.uri.partition("?")[0] == f"{runs.proxy.prefix}/auth"


def _hosts(sent: UpstreamRequest) -> int:
    return sum(name.lower() == "host" for name, _ in sent.headers)


def _is_of_cluster(host: str) -> bool:
    return ".svc." in f"{host}."


HOP_BY_HOP = frozenset({"host", "connection", "transfer-encoding", "keep-alive"})


def _of_cookie(runs: Deployed, sent: UpstreamRequest, visitor: Visitor) -> str:
    """What is taken for granted of the session's cookie: a browser sends it to the hosts of cookie-domain only."""
    domains = runs.proxy.settings.list("cookie-domain")
    address = next((value for name, value in sent.headers if name.lower() == "x-original-url"), "")
    host = urlsplit(address).hostname or ""
    if not domains or not host or any(f".{host}".endswith(f".{domain.lstrip('.')}") for domain in domains):
        return ""
    return (
        f"the session of {visitor.email or visitor.user} comes to {host}, though cookie-domain is {', '.join(domains)}"
    )


def _of_peer(runs: Deployed, compared: Compared | None, peer: str) -> str:
    """What is taken for granted of the controller's own address, where that matters."""
    settings = runs.proxy.settings
    by_peer = compared is not None and compared.how in (Taken.PEER, Taken.UNTRUSTED)
    lists = ["trusted-ip"] if by_peer else []
    lists += ["trusted-proxy-ip"] if settings.list("trusted-proxy-ip") else []
    if not any(is_private(text) for name in lists for text in settings.list(name)):
        return ""
    return f"the controller's Pod has the address {peer}, which its cluster gives it"
