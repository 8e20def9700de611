"""The facts of one outcome that need no manifests: which step decided, by which directive, what came after."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from nginxsim.nginx.exchange import Request, RoutedOutcome
from nginxsim.nginx.steps import Event, Phase, Step
from nginxsim.nginx.tree import Directive
from nginxsim.verdict.wording import said

if TYPE_CHECKING:
    from nginxsim.verdict.routing import ConfRouting

R = TypeVar("R", bound="ConfRouting")


class Nothing(Event):
    """No step decided: the request went all the way, and the answer is nginx's own."""

    __slots__ = ()
    phase = Phase.LOG


NO_STEP = Step(Nothing())
NO_DIRECTIVE = Directive("")


class Decision(Generic[R]):
    """One outcome under examination."""

    def __init__(self, routing: R, request: Request, routed: RoutedOutcome) -> None:
        self.routing = routing
        self.request = request
        self.routed = routed

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        return self.routed.steps

    @cached_property
    def error_page(self) -> Step | None:
        """The first step that handed a finished status to an error page."""
        return next((step for step in self.steps if step.phase is Phase.ERROR_PAGE), None)

    @cached_property
    def deciding(self) -> Step:
        """What settled the first status: an error page only dresses up what was decided before it."""
        if self.error_page is None:
            return self.routed.ended_by or NO_STEP
        return next(reversed(self.until_decided), NO_STEP)

    @property
    def until_decided(self) -> tuple[Step, ...]:
        """The steps up to an error page, if one stepped in."""
        return self.steps if self.error_page is None else self.steps[: self.steps.index(self.error_page)]

    @cached_property
    def directive(self) -> Directive:
        """The one that decided, NO_DIRECTIVE where a rule of nginx's own did."""
        return self.routing.directive(self.deciding.line, self.event.directive)

    @property
    def event(self) -> Event:
        """What happened in the deciding step."""
        return self.deciding.event

    @property
    def text(self) -> str:
        """The directive or name that the deciding step is about, in words."""
        return said(self.event).text

    @property
    def reason(self) -> str:
        """Why the deciding step was taken, in words."""
        return said(self.event).why or self.text

    @property
    def told(self) -> str:
        """The whole of the deciding step, in words."""
        text, why = said(self.event)
        return " ".join(filter(None, (text, f"({why})" if why else ""))) or "nginx itself"

    @property
    def host(self) -> str:
        return (self.request.host or "").lower()

    @property
    def uri(self) -> str:
        return self.request.path.partition("?")[0]

    def first(self, *phases: Phase) -> Step:
        """The first step of the first of these phases that has any."""
        found = (step for phase in phases for step in self.steps if step.phase is phase)
        return next(found, NO_STEP)
