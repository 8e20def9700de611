"""One side of the asking: routers that know the probes' password, and how a probe ends there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from nginxsim.catalogue.entries import Level
from nginxsim.diffing.probes import PASSWORD, USER, Probe
from nginxsim.nginx.exchange import Answer, Request, Role, RoutedOutcome, UpstreamRequest
from nginxsim.nginx.router import Router
from nginxsim.nginx.steps import Phase
from nginxsim.nginx.tree import Directive
from nginxsim.origins import Origin
from nginxsim.verdict.explain import explain
from nginxsim.verdict.routing import Routing
from nginxsim.verdict.types import Cause

if TYPE_CHECKING:
    from nginxsim.render import Rendered
    from nginxsim.simulation import Simulation


class ProbedRouting(Routing):
    """A routing in which every password file knows the user of the probes."""

    def __init__(self, estate: Simulation, rendered: Rendered, services: Mapping[str, str]) -> None:
        super().__init__(estate, rendered, label="nginx.conf")
        self.services = services
        directives = chain.from_iterable(self.on_line.values())
        named = {directive.args[0] for directive in directives if directive.name == "auth_basic_user_file"}
        known = f"\n{USER}:{{PLAIN}}{PASSWORD}\n".encode()
        files = {path: content + known if path in named else content for path, content in estate.files.items()}
        self._router = Router(self.tree, estate.lua, files)
        self._reasons: dict[tuple[object, ...], Reason] = {}

    @cached_property
    def http(self) -> Directive:
        return self.tree.first("http") or self.tree

    def ask(self, probe: Probe) -> tuple[Ending, ...]:
        """Every way the probe may end, most likely first."""
        request = replace(probe.request, port=self._ports[probe.request.scheme])

        def answer(asked: UpstreamRequest) -> Answer:
            return Answer(probe.auth_status if asked.role is Role.AUTH else 200)

        return tuple(Ending(self, request, routed) for routed in self._router.route(request, answer))

    def reason(self, ending: Ending) -> Reason:
        """Code and origins of the cause, worked out once for all requests that the same lines decide."""
        key = ending.decided
        found = self._reasons.get(key)
        if found is None:
            cause = ending.cause
            found = self._reasons[key] = Reason(cause.code, cause.level, tuple(cause.origins))
        return found


@dataclass(frozen=True, slots=True)
class Reason:
    """What many requests have in common of their causes."""

    code: str
    level: Level
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """One way a request may end on one side."""

    routing: ProbedRouting
    request: Request
    routed: RoutedOutcome

    @property
    def cause(self) -> Cause:
        return explain(self.routing, self.request, self.routed)

    @property
    def service(self) -> str:
        """Who answered, as people say it; "" for nginx itself."""
        upstream = self.routed.upstream
        return "" if upstream is None else self.routing.services.get(upstream.service, upstream.service)

    @property
    def backends(self) -> tuple[str, ...]:
        """The backend that answered, by the name the balancer knows it by."""
        return (self.routed.upstream.service,) if self.routed.upstream else ()

    @property
    def reason(self) -> Reason:
        return self.routing.reason(self)

    @property
    def decided(self) -> tuple[object, ...]:
        """The lines that decided; with Ingresses that were dropped, also the path, which one of them may claim."""
        ended = self.routed.ended_by
        step = (ended.event, ended.line) if ended else ()
        path = self.request.path if self.routing.estate.model.dropped else ""
        server, location = self._line(Phase.SERVER), self._line(Phase.LOCATION)
        return self.request.host, path, self.routed.status, step, server, location

    @property
    def where(self) -> tuple[str, str]:
        """Host of the server and text of the location ("location /cart") that were chosen first."""
        location = self.routing.directive(self._line(Phase.LOCATION))
        host = self.routing.provenance.host_at(self._line(Phase.SERVER))
        return host, str(location) if location.name == "location" else ""

    @property
    def ingress(self) -> str:
        """ "namespace/name" of the one whose location was chosen first, "" where it is nobody's."""
        location = self.routing.provenance.location_at(self._line(Phase.LOCATION))
        return location.ingress.meta.key if location and location.ingress else ""

    @property
    def directive(self) -> str:
        """The directive that settled the status, in lower case; "" where a rule of nginx's own did."""
        ended = self.routed.ended_by
        return str(self.routing.directive(ended.line, ended.event.directive)).lower() if ended and ended.line else ""

    def _line(self, phase: Phase) -> int:
        return next((step.line for step in self.routed.steps if step.phase is phase), 0)
