"""One compiled router and the way back from what it says to the manifests."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from nginxsim.nginx.exchange import AnswerFunction, Request, RoutedOutcome, Step, everything_is_fine
from nginxsim.nginx.router import Router
from nginxsim.nginx.tree import Directive, parse_conf
from nginxsim.origins import Source
from nginxsim.verdict.provenance import Provenance
from nginxsim.verdict.types import Cause, Outcome, TraceStep, Verdict

if TYPE_CHECKING:
    from nginxsim.render import Rendered
    from nginxsim.simulation import Simulation


class Routing:
    """A rendered conf, parsed and compiled once; `label` is the name that line numbers of this text go by."""

    def __init__(self, estate: Simulation, rendered: Rendered, *, label: str) -> None:
        self.estate = estate
        self.label = label
        self._sources = rendered.sources
        self.text = rendered.text
        self.tree = parse_conf(rendered.text)
        self._router = Router(self.tree, estate.lua, estate.files)
        flags = estate.flags
        self._ports = {"http": flags.http_port, "https": flags.https_port}

    @cached_property
    def provenance(self) -> Provenance:
        return Provenance(self.tree, self._sources)

    @cached_property
    def directives(self) -> dict[int, Directive]:
        """The first directive on each line."""
        found: dict[int, Directive] = {}
        stack = list(self.tree.block or ())
        while stack:
            directive = stack.pop()
            found.setdefault(directive.line, directive)
            stack.extend(directive.block or ())
        return found

    def verdict(self, request: Request, answer: AnswerFunction | None = None) -> Verdict:
        """Plays the request; one that names no port comes to the controller's port for its scheme."""
        if request.port is None:
            request = replace(request, port=self._ports[request.scheme])
        routed = self._router.route(request, answer or everything_is_fine)
        return Verdict(request, [self._outcome(request, one) for one in routed])

    def _outcome(self, request: Request, routed: RoutedOutcome) -> Outcome:
        return Outcome(
            probability=routed.probability,
            status=routed.status,
            headers=routed.headers,
            upstream=routed.upstream,
            also=routed.also,
            assumptions=self.estate.assumptions + routed.assumptions,
            _explain=partial(self._explained, request, routed),
        )

    def _explained(self, request: Request, routed: RoutedOutcome) -> tuple[Cause, tuple[TraceStep, ...]]:
        from nginxsim.verdict.explain import explain  # noqa: PLC0415  # only who asks for reasons pays for them

        return explain(self, request, routed), tuple(self._traced(request, step) for step in routed.steps)

    def _traced(self, request: Request, step: Step) -> TraceStep:
        source = self.provenance.of(step.line) if step.line else None
        conf = f"{self.label}:{step.line}" if step.line else ""
        why = step.why.strip() or (_asked_for(source) if source else "")
        look_around = partial(self._considered, request, step)
        return TraceStep(step.phase, step.text.strip(), why, conf, source, _look_around=look_around)

    def _considered(self, request: Request, step: Step) -> tuple[TraceStep, ...]:
        from nginxsim.verdict.near_misses import near_misses  # noqa: PLC0415  # most reports never ask

        return near_misses(self, request, step)


def _asked_for(source: Source) -> str:
    """Who put a directive there, where nginx itself has nothing to say about why it acts."""
    names = {"annotation": f"annotation {source.name}", "configmap": f"ConfigMap key {source.name}"}
    return names.get(source.kind, source.name or "the controller's own")
