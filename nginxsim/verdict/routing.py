"""One compiled router and the way back from what it says to the manifests."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from nginxsim.around.balancer import Arrival, came_through
from nginxsim.around.caching import Kept
from nginxsim.around.hops import INPUT, Layer, hops_of
from nginxsim.controller.files import unread_files
from nginxsim.nginx.events import Handshake, LocationChosen
from nginxsim.nginx.exchange import AnswerFunction, Answering, Request, RoutedOutcome, or_fine
from nginxsim.nginx.router import Router
from nginxsim.nginx.steps import Event, Phase, Step
from nginxsim.nginx.tree import Directive, parse_conf
from nginxsim.nginx.visitors import NOBODY as NOBODY_SIGNED_IN
from nginxsim.origins import Origin, Source
from nginxsim.verdict.certificates import Shown
from nginxsim.verdict.decision import NO_DIRECTIVE
from nginxsim.verdict.hops import Mend, Settings, arrived, kept, remedy, set_out
from nginxsim.verdict.playing import Playing
from nginxsim.verdict.provenance import Provenance
from nginxsim.verdict.types import Cause, Explanation, Finding, Outcome, Standing, TraceStep, Verdict
from nginxsim.verdict.wording import said
from nginxsim.verdict.wording.certificates import certificate_words, objection_words
from nginxsim.verdict.wording.rows import Said

if TYPE_CHECKING:
    from nginxsim.render import Rendered
    from nginxsim.simulation import Simulation
    from nginxsim.verdict.passthrough import PassthroughFront


class ConfRouting(ABC):
    """A conf, parsed and compiled once, and what its router says put into words.

    Where a line was written and why an outcome came about is for subclasses to know.
    """

    _front: PassthroughFront | None = None
    """What stands before nginx and answers some requests in its place."""

    def __init__(self, tree: Directive, router: Router, assumptions: tuple[str, ...]) -> None:
        self.tree = tree
        self._router = router
        self._assumptions = assumptions

    @cached_property
    @abstractmethod
    def provenance(self) -> Provenance: ...

    @abstractmethod
    def written(self, line: int) -> tuple[str, Source | None]:
        """What a line of the conf is called, and what put it there."""

    @abstractmethod
    def cause_of(self, request: Request, routed: RoutedOutcome) -> Cause: ...

    @abstractmethod
    def considered(self, request: Request, step: Step, steps: Sequence[Step]) -> tuple[TraceStep, ...]:
        """What the step, one of these, might have chosen instead, the nearest first."""

    def added(self, step: Step) -> str:  # noqa: ARG002
        """What else is to be said of why the step was taken."""
        return ""

    @cached_property
    def on_line(self) -> Mapping[int, Sequence[Directive]]:
        """Every directive that begins on a line, outer ones first."""
        found: dict[int, list[Directive]] = {}
        blocks = deque([self.tree])
        while blocks:
            for directive in blocks.popleft().block or ():
                found.setdefault(directive.line, []).append(directive)
                if directive.block:
                    blocks.append(directive)
        return found

    def directive(self, line: int, text: str = "") -> Directive:
        """The one on that line that reads so, or has that name; the first for no text, NO_DIRECTIVE where none is."""
        there = self.on_line.get(line, (NO_DIRECTIVE,))
        exact = (each for each in there if str(each) == text)
        named = (each for each in there if each.name == text.partition(" ")[0])
        return next(exact, None) or next(named, there[0])

    @abstractmethod
    def obstacles(
        self, request: Request, routed: Sequence[RoutedOutcome], outcomes: Sequence[Outcome]
    ) -> tuple[Finding, ...]:
        """What keeps these outcomes from ever coming about."""

    def arriving(self, request: Request) -> Arrival:
        """The request as it comes to this nginx."""
        return came_through(request) if request.via else Arrival(request)

    def answering(self, request: Request, answer: AnswerFunction | None) -> Answering:  # noqa: ARG002
        """Who plays what is behind nginx, and beside it."""
        return or_fine(answer)

    def routed(self, arrived: Request, answer: Answering) -> list[RoutedOutcome]:
        """Every way that a request ends which has come to this nginx."""
        return self._router.route(arrived, answer)

    def verdict(self, request: Request, answer: AnswerFunction | None = None) -> Verdict:
        if self._front is not None and (passed := self._front.verdict(request, answer)):
            return passed
        arrival = self.arriving(request)
        sent = arrival.request
        routed = self.routed(sent, self.answering(sent, answer))
        outcomes = [self._outcome(arrival, one) for one in routed]
        return Verdict(sent, outcomes, _RoutedStanding(self, sent, routed, outcomes))

    def lost(self, phase: Phase, text: str, why: str, line: int = 0) -> TraceStep:
        """A line of the conf that might have decided; text: its directive, or a name in it."""
        conf, source = self.written(line) if line else ("", None)
        return TraceStep(phase, text, why, conf, source, line=line)

    def _outcome(self, arrival: Arrival, routed: RoutedOutcome) -> Outcome:
        probability, status, headers, upstream, _, _, also, assumptions = routed
        taken = self._assumptions + assumptions + arrival.taken + self.doubts(arrival.request, routed)
        return Outcome(probability, status, headers, upstream, also, taken, _RoutedExplanation(self, arrival, routed))

    def mend(self, request: Request) -> Settings | None:  # noqa: ARG002
        """Settings with which nginx would take the client of a request that came through hops for the client."""
        return None

    def doubts(self, request: Request, routed: RoutedOutcome) -> tuple[str, ...]:  # noqa: ARG002
        """What else is taken for granted of this one outcome."""
        return ()

    def said(self, event: Event) -> Said:
        """An event in words."""
        return said(event)

    def arrived_cause(self, arrival: Arrival, routed: RoutedOutcome, mend: Mend) -> Cause:  # noqa: ARG002
        """The cause, what stands before nginx included."""
        return self.cause_of(arrival.request, routed)

    def trace(self, arrival: Arrival, routed: RoutedOutcome, mend: Mend) -> tuple[TraceStep, ...]:
        steps = (*arrived(arrival, routed, mend), *routed.steps) if arrival.passed else routed.steps
        return tuple(self._traced(arrival.request, step, steps) for step in steps)

    def _traced(self, request: Request, step: Step, steps: Sequence[Step]) -> TraceStep:
        event, line, within = step
        conf, source = self.written(line) if line else ("", event.asked_by)
        words = self.said(event)
        # Within the controller's own servers, nobody asked for anything.
        why = words.why.strip() or (_asked_for(source) if source and not within else "")
        why = "; ".join(filter(None, (why, self.added(step))))
        return TraceStep(
            event.phase,
            words.text.strip(),
            why,
            conf,
            source,
            event=event,
            line=line,
            within=within,
            _look_around=partial(self.considered, request, step, steps),
        )


class _RoutedExplanation(Explanation):
    """Of one way that the router found."""

    def __init__(self, routing: ConfRouting, arrival: Arrival, routed: RoutedOutcome) -> None:
        self._routing, self._arrival, self._routed = routing, arrival, routed

    def find_cause(self) -> Cause:
        return self._routing.arrived_cause(self._arrival, self._routed, self._mend)

    def tell(self) -> tuple[TraceStep, ...]:
        return self._routing.trace(self._arrival, self._routed, self._mend)

    def _mend(self) -> Settings | None:
        """For the cause and the trace, which may both ask: found once, as every try renders the host anew."""
        return self._mended

    @cached_property
    def _mended(self) -> Settings | None:
        return self._routing.mend(set_out(self._arrival))

    def keep(self) -> Kept | None:
        return kept(self._arrival, self._routed)


class _RoutedStanding(Standing):
    """Of all ways that the router found."""

    def __init__(
        self, routing: ConfRouting, request: Request, routed: Sequence[RoutedOutcome], outcomes: Sequence[Outcome]
    ) -> None:
        self._routing, self._request, self._routed, self._outcomes = routing, request, routed, outcomes

    def look(self) -> tuple[Finding, ...]:
        return self._routing.obstacles(self._request, self._routed, self._outcomes)


class Routing(ConfRouting):
    """A rendered conf; `label` is the name that line numbers of this text go by."""

    def __init__(self, estate: Simulation, rendered: Rendered, *, label: str) -> None:
        tree = parse_conf(rendered.text)
        router = Router(
            tree,
            estate.lua,
            estate.files,
            leads_here=estate.leads_back,
            unread=unread_files(estate.model),
            has_http2_sizes=estate.controller.release.has_http2_sizes,
        )
        super().__init__(tree, router, estate.assumptions)
        self.estate = estate
        self.label = label
        self.text = rendered.text
        self._rendered = rendered
        flags = estate.controller.flags
        self._ports = {"http": flags.http_port, "https": flags.https_port}
        self._front = estate.front
        self._balancer = estate.balancer
        self._awaits_proxy_line = estate.controller.settings.use_proxy_protocol
        self._contests = estate.ages.contests
        self._usual_answers = Playing(estate, NOBODY_SIGNED_IN, None)
        self._behind = {flags.https_port: flags.ssl_passthrough_proxy_port} if flags.enable_ssl_passthrough else {}

    @cached_property
    def provenance(self) -> Provenance:
        return Provenance(self.tree, self._rendered.sources, self._rendered.sites)

    def written(self, line: int) -> tuple[str, Source | None]:
        return f"{self.label}:{line}", self.provenance.of(line)

    def arriving(self, request: Request) -> Arrival:
        """One that names no port comes through the load balancer in the input, to the controller's port for its scheme,
        or to the one behind its TLS front.
        """
        balancer = self._balancer
        arrival = self._came(request) if request.via else Arrival(request)
        if balancer is not None:
            arrival = balancer.arrival(arrival, awaited=self._awaits_proxy_line)
        sent = arrival.request
        port = sent.port
        if port is None or (request.port is None and not self._router.listens_on(port)):
            port = self._ports[sent.scheme]
        if self._behind:
            port = self._behind.get(port, port)
        return arrival if sent.listen_port == port else arrival._replace(request=replace(sent, port=port))

    def answering(self, request: Request, answer: AnswerFunction | None) -> Answering:
        if answer is None and request.as_ is NOBODY_SIGNED_IN:
            return self._usual_answers
        return Playing(self.estate, request.visitor, answer)

    def _came(self, request: Request) -> Arrival:
        """Through the hops that it names, those of the input in the place where it says so."""
        if INPUT not in request.via:
            return came_through(request)
        found = tuple(each.word for each in self.estate.hops)
        via = (word for each in request.via for word in (found if each == INPUT else (each,)))
        arrival = came_through(replace(request, via=tuple(via)))
        return arrival._replace(taken=(*filter(None, (each.unsure for each in self.estate.hops)), *arrival.taken))

    def doubts(self, request: Request, routed: RoutedOutcome) -> tuple[str, ...]:
        if request.scheme != "https" and not self._contests:
            return ()
        return tuple(filter(None, (*self._objections(request, routed), self._younger(request, routed))))

    def _objections(self, request: Request, routed: RoutedOutcome) -> Iterator[str]:
        """A client may refuse the certificate that it is shown; behind a hop that understands HTTP it is shown that
        hop's own.
        """
        if request.via and (last := _reader(request)):
            yield f"{last} accepts the certificate that nginx shows"
            return
        # Behind a PROXY line the handshake comes second. Events are made only where there is one.
        if Handshake in [kind for kind, *_ in routed.trace[:2]]:
            shown = (self._shown(step.event) for step in routed.steps[:2])
            yield from (objection_words(each) for each in shown if each is not None)

    def _younger(self, request: Request, routed: RoutedOutcome) -> str:
        """Who answers may hang on which Ingress is the older."""
        if not self._contests:
            return ""
        chosen = (line for kind, line, _, within in routed.trace if kind is LocationChosen and not within)
        return self.estate.ages.told(self.provenance.location_at(next(chosen, 0)), request)

    def arrived_cause(self, arrival: Arrival, routed: RoutedOutcome, mend: Mend) -> Cause:
        from nginxsim.verdict.connection import around  # noqa: PLC0415  # only who asks for reasons pays for them

        return around(self.estate, arrival, routed, mend, super().arrived_cause(arrival, routed, mend))

    def mend(self, request: Request) -> Settings | None:
        return remedy(self.estate, request)

    def said(self, event: Event) -> Said:
        words = super().said(event)
        shown = self._shown(event)
        return words if shown is None else words._replace(why=f"{words.why}; {certificate_words(shown)}")

    def _shown(self, event: Event) -> Shown | None:
        if not isinstance(event, Handshake) or not event.by_lua:
            return None
        return self.estate.shown_certificates.to(event.sni)

    def cause_of(self, request: Request, routed: RoutedOutcome) -> Cause:
        from nginxsim.verdict.explain import explain  # noqa: PLC0415  # only who asks for reasons pays for them

        return explain(self, request, routed)

    def obstacles(
        self, request: Request, routed: Sequence[RoutedOutcome], outcomes: Sequence[Outcome]
    ) -> tuple[Finding, ...]:
        causes = (origin for outcome in outcomes for origin in outcome.cause.origins)
        wishes = self.estate.obstacles.wishes.of(request.host or "", request.path.partition("?")[0])
        return self.estate.obstacles.of((*self._objects(routed), *causes, *wishes))

    def _objects(self, routed: Sequence[RoutedOutcome]) -> Iterator[Origin]:
        """The Ingresses and Services whose locations were chosen."""
        for step in (step for outcome in routed for step in outcome.steps):
            location = self.provenance.location_at(step.line) if step.phase is Phase.LOCATION else None
            for owner in (location.ingress, location.service) if location else ():
                if owner is not None:
                    yield owner.meta.origin

    def considered(self, request: Request, step: Step, steps: Sequence[Step]) -> tuple[TraceStep, ...]:
        from nginxsim.verdict.near_misses import near_misses  # noqa: PLC0415  # most reports never ask

        return near_misses(self, request, step, steps)

    def added(self, step: Step) -> str:
        """Whose annotations a location has that no rule asks for."""
        location = self.provenance.location_at(step.line) if step.phase is Phase.LOCATION and not step.within else None
        if location is None or location.ingress is None or location.spec_path or location.default_ref:
            return ""
        return f"the controller's own, with the annotations of {location.ingress.meta}"


def _reader(request: Request) -> str:
    """The hop that speaks TLS with nginx; "" where that is the client."""
    readers = (hop.title for hop in reversed(hops_of(tuple(request.via))) if hop.layer is Layer.HTTP)
    return next(readers, "")


def _asked_for(source: Source) -> str:
    """Who put a directive there, where nginx itself has nothing to say about why it acts."""
    names = {"annotation": f"annotation {source.name}", "configmap": f"ConfigMap key {source.name}", "conf": ""}
    return names.get(source.kind, source.name or "the controller's own")
