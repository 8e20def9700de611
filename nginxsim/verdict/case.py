"""The facts of one outcome that explanations draw on: the deciding step, its directive, the location behind it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from nginxsim.controller.model import DEFAULT_SERVER, ROOT, Backend, Location, Server
from nginxsim.kube.objects import Ingress
from nginxsim.nginx.exchange import Request, RoutedOutcome, Step
from nginxsim.nginx.tree import Directive
from nginxsim.origins import DEFAULT, Source
from nginxsim.verdict.types import Evidence

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation
    from nginxsim.verdict.routing import Routing

NO_STEP = Step("", "")
NO_DIRECTIVE = Directive("")


class Case:
    """One outcome under examination."""

    def __init__(self, routing: Routing, request: Request, routed: RoutedOutcome) -> None:
        self.routing = routing
        self.request = request
        self.routed = routed

    @property
    def estate(self) -> Simulation:
        return self.routing.estate

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.routed.steps

    @cached_property
    def error_page(self) -> Step | None:
        """The first step that handed a finished status to an error page."""
        return next((step for step in self.steps if step.phase == "error_page"), None)

    @cached_property
    def deciding(self) -> Step:
        """What settled the first status: an error page only dresses up what was decided before it."""
        if self.error_page is None:
            return self.routed.ended_by or NO_STEP
        return next(reversed(self._until_decided), NO_STEP)

    @property
    def _until_decided(self) -> tuple[Step, ...]:
        """The steps up to an error page, if one stepped in."""
        return self.steps if self.error_page is None else self.steps[: self.steps.index(self.error_page)]

    @cached_property
    def directive(self) -> Directive:
        """The directive on the deciding line."""
        return self.routing.directives.get(self.deciding.line, NO_DIRECTIVE)

    @cached_property
    def source(self) -> Source:
        """What put exactly the deciding line there; DEFAULT when nobody asked for it."""
        own = self.routing.provenance.own(self.deciding.line)
        return own[0] if own else DEFAULT

    @cached_property
    def server(self) -> Server | None:
        """The model's server that answered; None for the controller's helper servers and redirects."""
        step = self._first("server", "tls")
        block = self.routing.directives.get(step.line, NO_DIRECTIVE)
        named = block.first("server_name")
        return self.estate.model.servers.get(named.args[0].lstrip("\\")) if named and named.args else None

    @cached_property
    def location(self) -> Location | None:
        """The model's location behind the first location block that was chosen."""
        if self.server is None:
            return None
        block = self.routing.directives.get(self._first("location").line, NO_DIRECTIVE)
        sets = {each.args[0]: each.args[1] for each in block.all("set") if len(each.args) == 2}
        wanted = (sets.get("$namespace"), sets.get("$ingress_name"), sets.get("$location_path"))
        found = (location for location in self.server.locations if identity(location) == wanted)
        return next(found, None)

    @property
    def ingress(self) -> Ingress | None:
        return self.location.ingress if self.location else None

    @property
    def owner(self) -> str:
        """The Ingress as "Ingress default/shop"."""
        return str(self.ingress.meta) if self.ingress else self.source.owner or "the controller"

    @cached_property
    def backend(self) -> Backend | None:
        """The backend of the location, or the one that the trace says was chosen instead."""
        backends = self.estate.model.backends
        for step in reversed(self._until_decided):
            if step.phase == "balancer" and (name := step.data.get("backend", step.text)) in backends:
                return backends[name]
        return backends.get(self.location.backend) if self.location else None

    @property
    def host(self) -> str:
        return (self.request.host or "").lower()

    @property
    def is_catch_all(self) -> bool:
        return self.server is None or self.server.hostname == DEFAULT_SERVER

    @property
    def uri(self) -> str:
        return self.request.path.partition("?")[0]

    def evidence(self, note: str = "") -> list[Evidence]:
        """The manifest line behind the deciding directive, else behind the location, as a list of one or none."""
        for line in (self.deciding.line, self._first("location").line):
            source = self.routing.provenance.of(line)
            if source.origin:
                return [Evidence(source.origin, "", note or source.name)]
        return []

    def _first(self, *phases: str) -> Step:
        """The first step of the first of these phases that has any."""
        found = (step for phase in phases for step in self.steps if step.phase == phase)
        return next(found, NO_STEP)


def identity(location: Location) -> tuple[str, str, str]:
    """What the rendered location block says of itself in its variables."""
    if location.ingress is None:
        return "", "", ""
    meta = location.ingress.meta
    return meta.namespace, meta.name, location.ingress_path or ROOT
