"""Simulation: runs the stages from manifests to a verdict, each at most once and only when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from nginxsim.config.assumed import Assumable, assumables, with_assumed
from nginxsim.config.chart_class import with_chart_class
from nginxsim.config.deployed import Deployed, deployed_in
from nginxsim.config.live import with_named
from nginxsim.config.machine import Machine
from nginxsim.config.told import Told, meant
from nginxsim.config.zone import zone_of
from nginxsim.errors import InputError, UsageError
from nginxsim.kube import Cluster, load
from nginxsim.kube.kubernetes import NEWEST as NEWEST_KUBERNETES
from nginxsim.kube.kubernetes import Kubernetes
from nginxsim.sources import PLAIN_READING, Reading

if TYPE_CHECKING:
    from nginxsim.admission import Review, Reviewer
    from nginxsim.annotations import Extractor
    from nginxsim.around.auth.servers import AuthServers
    from nginxsim.around.balancer import Balancer
    from nginxsim.around.found import FoundHop
    from nginxsim.config.certificates import CertificateStore
    from nginxsim.controller.host_index import HostIndex
    from nginxsim.controller.ingresses import Gatekeeper
    from nginxsim.controller.model import Model
    from nginxsim.kube.manifests import Readable
    from nginxsim.kube.objects import Ingress
    from nginxsim.nginx.exchange import AnswerFunction, Request
    from nginxsim.nginx.lua_api import LuaRuntime
    from nginxsim.render import Rendered, Renderer
    from nginxsim.verdict import Finding, Verdict
    from nginxsim.verdict.ages import Ages
    from nginxsim.verdict.certificates import ShownCertificates
    from nginxsim.verdict.claims import Claims
    from nginxsim.verdict.obstacles import Obstacles
    from nginxsim.verdict.passthrough import PassthroughFront
    from nginxsim.verdict.routing import Routing
    from nginxsim.verdict.types import Whose

WHOLE_FILE_SERVERS = 25
"""Up to so many servers the router reads the whole file, so that line numbers are those of `nginxsim conf`; a larger
estate is read one host at a time."""
MOST_NAMES = 100_000
"""So many names that were asked for are kept, each with its router."""


class Simulation:
    """One estate under one controller. Every stage is computed on first use; nothing is shared between simulations."""

    def __init__(self, cluster: Cluster, told: Told, assume: frozenset[Assumable] = frozenset()) -> None:
        self.given = cluster
        """The cluster as it was read, without what is assumed."""
        self.assume = assume
        self.told = told
        self.controller = told.controller(cluster)
        with_class, assumed_class = with_chart_class(cluster, self.controller.flags)
        self.cluster, assumed = with_assumed(with_class, self.controller.flags, assume)
        self._assumed = (*assumed, *filter(None, (zone_of(cluster, self.controller).taken,)))
        self._assumed_class = tuple(filter(None, (assumed_class,)))
        self._routings: dict[frozenset[str], Routing] = {}
        self._routings_by_name: dict[tuple[str | None, ...], Routing] = {}

    @property
    def whose(self) -> Whose:
        """Whose answers these are, among those about one input."""
        from nginxsim.verdict.types import Whose

        controller = self.controller
        return Whose(self.given.name, controller.deployed.key if controller.deployed and controller.others else "")

    def __getstate__(self) -> dict[str, Any]:
        """Another process gets what the stages start from, and works out anew what it is asked for."""
        kept = ("given", "assume", "told", "controller", "cluster", "_assumed", "_assumed_class")
        return {name: getattr(self, name) for name in kept} | {"_routings": {}, "_routings_by_name": {}}

    def with_cluster(self, cluster: Cluster) -> Simulation:
        """Another estate under the same controller."""
        return Simulation(cluster, self.told, self.assume)

    def with_controller(self, told: Told) -> Simulation:
        """The same estate under another controller."""
        return Simulation(self.given, told, self.assume)

    def with_settings(self, changed: Mapping[str, Any]) -> Simulation:
        """The same estate, with other values in some fields of the controller's settings."""
        other = self.with_cluster(self.given)
        other.controller = replace(self.controller, settings=replace(self.controller.settings, **changed))
        return other

    @cached_property
    def taken(self) -> tuple[str, ...]:
        """What every report about the estate has to say that it takes for granted."""
        return (*self._taken, *self.ages.taken)

    @cached_property
    def assumptions(self) -> tuple[str, ...]:
        """What each answer has to say so, the IngressClass too that every estate of applications lacks."""
        return (*self._taken, *self._assumed_class)

    @cached_property
    def _taken(self) -> tuple[str, ...]:
        """Worked out when somebody asks: places in what a tool has rendered take another run of it."""
        return (*self.controller.assumptions, *self._assumed)

    @cached_property
    def ages(self) -> Ages:
        """The paths that go to one of several Ingresses, of which nobody knows which is the older."""
        from nginxsim.verdict.ages import Ages

        return Ages(self)

    def with_ingress(self, ingress: Ingress) -> Simulation:
        """The estate once this Ingress is stored. What does not depend on Ingresses is not worked out again."""
        changed = self.with_cluster(replace(self.given, ingresses={**self.given.ingresses, ingress.meta.key: ingress}))
        changed.certificates, changed.extractor = self.certificates, self.extractor
        return changed

    @cached_property
    def certificates(self) -> CertificateStore:
        from nginxsim.config.certificates import CertificateStore

        return CertificateStore(self.cluster, self.controller.flags)

    @cached_property
    def extractor(self) -> Extractor:
        from nginxsim.annotations import Extractor

        return Extractor(self.cluster, self.controller, self.certificates)

    @cached_property
    def gate(self) -> Gatekeeper:
        """Which Ingresses are the controller's own."""
        from nginxsim.controller.ingresses import Gatekeeper

        return Gatekeeper(self.cluster, self.controller, self.extractor)

    def own(self) -> Iterator[Ingress]:
        """The Ingresses that the controller looks at, by class and namespace."""
        return (each for each in self.cluster.ingresses.values() if not self.gate.is_another_s(each))

    @cached_property
    def model(self) -> Model:
        """What the controller decides: servers, locations, backends, and what it dropped or ignored."""
        from nginxsim.controller import build_model

        return build_model(self.cluster, self.controller, self.certificates, self.extractor)

    @cached_property
    def reviewer(self) -> Reviewer:
        """The admission webhook in front of this estate."""
        from nginxsim.admission import Reviewer

        return Reviewer(self.cluster, self.controller, self.model, self.extractor, self._nginx_says)

    def _nginx_says(self, ingress: Ingress) -> str:
        """What `nginx -t` names first in the conf with this Ingress, which may be the stored one; "" for nothing."""
        if self.controller.flags.disable_full_test:
            alone = replace(self.given, ingresses={ingress.meta.key: ingress})
            errors = self.with_cluster(alone).nginx_errors()
        elif self.cluster.ingresses.get(ingress.meta.key) is ingress:
            errors = self.nginx_errors()
        else:
            errors = self.with_ingress(ingress).nginx_errors()
        return errors[0].message if errors else ""

    @cached_property
    def renderer(self) -> Renderer:
        from nginxsim.render import Renderer

        return Renderer(self.model, self.controller, self.cluster)

    @cached_property
    def _whole(self) -> Rendered:
        return self.renderer.whole()

    @cached_property
    def hosts(self) -> HostIndex:
        from nginxsim.controller.host_index import HostIndex

        return HostIndex(self.model)

    def knows(self, *names: str | None) -> bool:
        """Whether an Ingress names one of these hosts, also one that never reached the model."""
        from nginxsim.controller.model import DEFAULT_SERVER

        asked = [name.lower().partition(":")[0] for name in names if name]
        claimed = any(rule.host in asked for dropped in self.model.dropped for rule in dropped.ingress.rules)
        return claimed or bool(self.hosts.candidates(*names) - {DEFAULT_SERVER})

    @cached_property
    def claims(self) -> Claims:
        """Paths of Ingresses that never reached the model, by host."""
        from nginxsim.verdict.claims import Claims

        return Claims(self.model)

    @cached_property
    def shown_certificates(self) -> ShownCertificates:
        """Which certificate clients see, by the name they ask for."""
        from nginxsim.verdict.certificates import ShownCertificates

        return ShownCertificates(self.model)

    @cached_property
    def _backends(self) -> list[dict[str, Any]]:
        from nginxsim.controller.payload import payload

        return payload(self.model)

    @cached_property
    def lua(self) -> LuaRuntime:
        """Stand-ins for the controller's Lua, told what the controller posts to it."""
        from nginxsim.lua import runtime
        from nginxsim.verdict.lua_config import lua_config, served_certificates

        return runtime(
            self._backends,
            config=lua_config(self.controller),
            release=self.controller.release,
            certificates=served_certificates(self.model),
        )

    @cached_property
    def files(self) -> dict[str, bytes]:
        """Contents of the files that the conf names: password files and CA bundles."""
        from nginxsim.controller.files import files_of

        return files_of(self.model)

    def nginx_conf(self, host: str | None = None) -> str:
        """The nginx.conf the controller would write; with `host`, only that server's block(s), "" if unknown."""
        return self.rendered(host).text

    def rendered(self, host: str | None = None) -> Rendered:
        """The same with what made each line."""
        return self._whole if host is None else self.renderer.server_lines(host)

    def backends(self) -> list[dict[str, Any]]:
        """What the controller posts to its Lua balancer."""
        from copy import deepcopy

        return deepcopy(self._backends)

    def review(self) -> list[Review]:
        """The validating webhook's word on every Ingress, taken as an update of the stored one."""
        return self.reviewer.stored()

    @cached_property
    def rulings(self) -> Mapping[str, Review]:
        """The same by the Ingress' key, whatever nginx says of the file, which is asked for elsewhere."""
        from nginxsim.admission import Reviewer

        reviewer = Reviewer(self.cluster, self.controller, self.model, self.extractor, lambda _: "")
        return {review.ingress: review for review in reviewer.stored()}

    def nginx_errors(self) -> list[Finding]:
        """What `nginx -t` would refuse in nginx_conf(); empty when nginx would take the file."""
        return list(self._refusals)

    @cached_property
    def _refusals(self) -> Sequence[Finding]:
        from nginxsim.verdict.refusals import refusals

        return refusals(self, self._whole)

    @cached_property
    def refused_by_nginx(self) -> Sequence[Finding]:
        """The same, each fault once; of a large estate, looked for in one server of each shape."""
        from nginxsim.verdict.acceptance import refused

        return refused(self)

    @cached_property
    def crashes(self) -> Sequence[Finding]:
        """What ends the controller."""
        from nginxsim.verdict.obstacles import crashes

        return crashes(self.model)

    @cached_property
    def obstacles(self) -> Obstacles:
        """What keeps the estate, or objects of it, from ever being there."""
        from nginxsim.verdict.obstacles import Obstacles

        return Obstacles(self)

    @cached_property
    def kubernetes(self) -> Kubernetes:
        """What the manifests are applied to: as told, else the newest that the controller is for and whose rules are
        known.
        """
        return self.given.kubernetes or min(NEWEST_KUBERNETES, Kubernetes.named(self.controller.release.kubernetes))

    def api_errors(self) -> list[Finding]:
        """What the API server (or kubectl, which validates strictly) would refuse in the input, in the order of the
        manifests; empty when `kubectl apply` would take it all.
        """
        from nginxsim.verdict.api import api_findings

        return [found.finding for found in api_findings(self) if found.refused]

    def check(self) -> list[Finding]:
        """Everything the coded rules find wrong with the estate, in the order of the manifests."""
        from nginxsim.checks import check

        return check(self)

    def route(self, request: Request, answer: AnswerFunction | None = None) -> Verdict:
        """Plays one request; `answer` stands for the services and auth servers (left out: all answer 200).

        It is asked for every try that nginx makes (proxy-next-upstream). A file that cannot be read to its end gives no
        answer, and Verdict.obstacles says what nginx refuses.
        """
        try:
            return self.routing(request.host, request.sni).verdict(request, answer)
        except InputError as problem:
            from nginxsim.verdict.obstacles import unrouted

            return unrouted(self, request, problem)

    @cached_property
    def front(self) -> PassthroughFront | None:
        """What stands before nginx with --enable-ssl-passthrough."""
        if not self.controller.flags.enable_ssl_passthrough:
            return None
        from nginxsim.verdict.passthrough import PassthroughFront

        return PassthroughFront(self)

    @cached_property
    def balancer(self) -> Balancer | None:
        """The load balancer that the controller's Service in the input asks for."""
        from nginxsim.around.balancer import balancer_of

        return balancer_of(self.cluster, self.controller)

    @cached_property
    def auth_servers(self) -> AuthServers:
        """The auth servers that locations lead to, as the input configures them."""
        from nginxsim.around.auth.servers import AuthServers

        return AuthServers(self.cluster, self.controller, self.model.backends, self._serves)

    def _serves(self, host: str, path: str) -> bool:
        """Whether an Ingress of the input leads a path somewhere. A guarded root is taken to stand for the rest of the
        host only: the Ingress of an auth server may be outside of the input.
        """
        from nginxsim.verdict.claims import covers

        server = self.model.servers.get(host)
        claims = [each for each in server.locations if each.spec_path] if server else []
        claimed = [each for each in claims if covers(each.ingress_path, path)]
        nearest = max(claimed, key=lambda each: len(each.ingress_path), default=None)
        if nearest is None:
            return server is None and self._is_own(host)
        return bool(nearest.ingress_path.strip("/")) or not nearest.annotations.external_auth.url

    def _is_own(self, host: str) -> bool:
        return bool(self.hosts.candidates(host) - self.hosts.candidates())

    @cached_property
    def hops(self) -> tuple[FoundHop, ...]:
        """What the input says stands before nginx, from the client inward."""
        from nginxsim.around.found import hops_found

        return hops_found(self.cluster, self.controller)

    def leads_back(self, host: str) -> bool:
        """Whether a name is one of the controller's own, and Pods that ask for it come to the controller itself: what
        is sent to an address of the load balancer, the cluster's network hands on at once.
        """
        named = self.balancer is not None and self.balancer.is_named
        return not named and self._is_own(host)

    def burst(self, request: Request, count: int, answer: AnswerFunction | None = None) -> Verdict:
        """Plays `count` equal requests at once: which of them end how, in order of their places."""
        from nginxsim.verdict.bursts import burst

        return burst(lambda placed: self.route(placed, answer), request, count)

    def routing(self, *names: str | None) -> Routing:
        """The compiled router for the servers that may answer for these names."""
        found = self._routings_by_name.get(names)
        if found is None:
            if len(self._routings_by_name) == MOST_NAMES:
                self._routings_by_name.clear()
            found = self._routings_by_name[names] = self._routing(names)
        return found

    @cached_property
    def whole_routing(self) -> Routing | None:
        """The router of the whole file; None for an estate that is read one host at a time."""
        return self.routing() if len(self.model.servers) <= WHOLE_FILE_SERVERS else None

    def routed_text(self, request: Request) -> str:
        """The conf that lines in a request's trace are numbered by; "" where none can be read to its end."""
        try:
            return self.routing(request.host, request.sni).text
        except InputError:
            return ""

    def _routing(self, names: tuple[str | None, ...]) -> Routing:
        from nginxsim.verdict.routing import Routing

        everything = len(self.model.servers) <= WHOLE_FILE_SERVERS
        hostnames = frozenset() if everything else self.hosts.candidates(*names)
        routing = self._routings.get(hostnames)
        if routing is None:
            rendered = self._whole if everything else self.renderer.for_hosts(hostnames)
            label = "nginx.conf" if everything else f"nginx.conf[{','.join(sorted(hostnames))}]"
            routing = self._routings[hostnames] = Routing(self, rendered, label=label)
        return routing


def simulate(
    paths: Iterable[Readable] | Cluster,
    *,
    release: str | None = None,
    flags: Sequence[str] = (),
    facts: Sequence[str] = (),
    host: Machine | None = None,
    templates: Sequence[str | Path] = (),
    stdin: TextIO | None = None,
    after: Simulation | None = None,
    kubernetes: str | None = None,
    reading: Reading = PLAIN_READING,
    assume: Iterable[str] = (),
    controller: str = "",
) -> Simulation:
    """Reads manifests (files, folders, "-"): their Simulation under a controller of `release` run with `flags`.

    Where the manifests have the controller itself, its release and flags are those that it is deployed with; `release`
    and `flags` go before these, each flag by itself. Where they have several, `controller` is the one that is meant, as
    "namespace/name"; by default the first that has Ingresses. Without any, the release is the newest known.

    Where they hold several estates, an InputError names these; nginxsim.kube.load_each reads each, and paths may be one
    of those as well.

    facts: "KEY=VALUE", what a distributor's build of that release has otherwise.
    templates: folders whose Jinja2 templates lie over those of nginxsim, the first of them uppermost.
    after: what was there before; objects that only the new estate has are younger than all of its own.
    assume: what may be missing from the input without being missing from the cluster: "secrets", "services" and "ages"
    (nginxsim.config.assumed.Assumable); by default the input is the whole cluster.
    kubernetes: the release whose API server the manifests meet, as "1.34"; by default the newest that the controller is
    for.
    reading: what of folders is left out.

    Raises InputError (with file:line:column) on unreadable input, UsageError on an unknown release, fact, flag or
    folder. What is wrong with a template is an InputError of what renders it first.
    """
    before = after.given if after else None
    cluster = paths if isinstance(paths, Cluster) else load(list(paths), stdin, after=before, reading=reading)
    told = Told.of(release, flags, machine=host, templates=templates, facts=facts, name=controller)
    return first_of(each_controller(simulation_of(cluster, told, assumables(assume), kubernetes)))


def simulation_of(
    cluster: Cluster, told: Told, assume: frozenset[Assumable] = frozenset(), kubernetes: str | None = None
) -> Simulation:
    """Of one estate; of a running cluster also what the controller names in it is fetched."""
    if kubernetes is not None:
        cluster = replace(cluster, kubernetes=Kubernetes.named(kubernetes))
    return Simulation(with_named(cluster, told), told, assume)


def each_controller(simulation: Simulation) -> list[Simulation]:
    """An estate under each controller that its input has, or under the one that is meant.

    What another takes by class or namespace is not in a controller's estate; what nobody takes is in all.
    """
    found = deployed_in(simulation.given)
    if len(found) < 2:
        return [simulation]
    chosen = meant(found, simulation.told.name) if simulation.told.name else None
    tried = [_under(simulation, one, is_meant=chosen in (None, one)) for one in found]
    each = {one: frozenset(ingress.meta.key for ingress in one.own()) for one in tried if one is not None}
    taken = frozenset[str]().union(*each.values())
    return [
        one.with_cluster(_without(one.given, taken - own))
        for one, own in each.items()
        if chosen in (None, one.controller.deployed)
    ]


def _under(simulation: Simulation, deployed: Deployed, *, is_meant: bool) -> Simulation | None:
    """None: one that nobody asked about, and that would not start."""
    try:
        told = replace(simulation.told, name=str(deployed))
        return simulation_of(simulation.given, told, simulation.assume)
    except UsageError:
        if is_meant:
            raise
        return None


def _without(cluster: Cluster, keys: frozenset[str]) -> Cluster:
    return replace(cluster, ingresses={key: each for key, each in cluster.ingresses.items() if key not in keys})


def first_of(simulations: Sequence[Simulation]) -> Simulation:
    """Of the controllers of one estate, the first that has Ingresses of its own."""
    return next((one for one in simulations if any(one.own())), simulations[0])
