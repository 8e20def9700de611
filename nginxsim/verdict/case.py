"""The facts of one outcome that explanations draw on: the deciding step, its directive, the location behind it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from nginxsim.controller.model import DEFAULT_SERVER, Backend, Location, Server
from nginxsim.kube.objects import Ingress
from nginxsim.nginx.steps import Phase
from nginxsim.origins import DEFAULT, Source
from nginxsim.verdict.decision import Decision
from nginxsim.verdict.routing import Routing
from nginxsim.verdict.types import Evidence

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation


class Case(Decision[Routing]):
    """One outcome under examination, with the estate behind it."""

    @property
    def estate(self) -> Simulation:
        return self.routing.estate

    @cached_property
    def source(self) -> Source:
        """What put exactly the deciding line there; DEFAULT when nobody asked for it."""
        own = self.routing.provenance.own(self.deciding.line)
        return own[0] if own else DEFAULT

    @cached_property
    def server(self) -> Server | None:
        """The model's server that answered; None for the controller's helper servers and redirects."""
        return self.routing.provenance.server_at(self.first(Phase.SERVER, Phase.TLS).line)

    @cached_property
    def location(self) -> Location | None:
        """The model's location behind the first location block that was chosen."""
        return self.routing.provenance.location_at(self.first(Phase.LOCATION).line)

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
        for step in reversed(self.until_decided):
            if step.phase is Phase.BALANCER and step.event.service in backends:
                return backends[step.event.service]
        return backends.get(self.location.backend) if self.location else None

    @property
    def is_catch_all(self) -> bool:
        return self.server is None or self.server.hostname == DEFAULT_SERVER

    def evidence(self, note: str = "") -> list[Evidence]:
        """The manifest line behind the deciding directive, else behind the location, as a list of one or none."""
        for line in (self.deciding.line, self.first(Phase.LOCATION).line):
            source = self.routing.provenance.of(line)
            if source.origin:
                return [Evidence(source.origin, "", note or source.name)]
        return []
