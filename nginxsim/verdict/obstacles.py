"""What keeps an answer from ever being given: objects that are never stored, a controller that ends, a refused file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from nginxsim.controller.model import Model, NoticeCode
from nginxsim.errors import InputError
from nginxsim.nginx.exchange import Request
from nginxsim.nginx.tree import ConfError
from nginxsim.origins import Origin
from nginxsim.verdict.claims import Wishes
from nginxsim.verdict.notices import finding_of
from nginxsim.verdict.types import Cause, Explained, Finding, Outcome, Stood, Verdict

if TYPE_CHECKING:
    from nginxsim.kube.validation import Documents
    from nginxsim.simulation import Simulation


class Obstacles:
    """Those of one estate, each looked for once and only when asked for."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def around(self, places: Iterable[Origin]) -> tuple[Finding, ...]:
        """What is in the way before nginx: of the objects that stand at these places, and of the controller."""
        return (*self.unstored(places), *self._simulation.crashes)

    def of(self, places: Iterable[Origin]) -> tuple[Finding, ...]:
        """All that is in the way of an answer that these objects have a part in, in the order of events."""
        return (*self.around(places), *self._simulation.refused_by_nginx)

    @cached_property
    def wishes(self) -> Wishes:
        return Wishes(self._simulation.cluster)

    @cached_property
    def _documents(self) -> Documents:
        from nginxsim.kube.validation import Documents  # noqa: PLC0415  # most sessions only route

        return Documents(self._simulation.given.texts, self._simulation.kubernetes)

    def unstored(self, places: Iterable[Origin]) -> tuple[Finding, ...]:
        """What the API server, or kubectl, refuses of the objects that stand at these places."""
        from nginxsim.verdict.api import api_findings_at  # noqa: PLC0415

        return tuple(found.finding for found in api_findings_at(self._documents, places) if found.refused)


def crashes(model: Model) -> Sequence[Finding]:
    """Objects that the controller does not survive."""
    return [finding_of(notice) for notice in model.notices if notice.code is NoticeCode.CONTROLLER_CRASH]


def unrouted(simulation: Simulation, request: Request, problem: InputError) -> Verdict:
    """The verdict without an answer where the file cannot be read to the end that a request needs.

    Raises the problem, a ConfError too for what nginx takes and the router does not.
    """
    if not isinstance(problem, ConfError):
        raise problem
    obstacles = simulation.obstacles
    found = obstacles.of(obstacles.wishes.of(request.host or "", request.path.partition("?")[0]))
    if not found:
        raise problem
    return unanswered(request, found, simulation.assumptions)


def unanswered(request: Request, obstacles: Sequence[Finding], assumptions: tuple[str, ...]) -> Verdict:
    """No answer could be given even if nothing else were in the way: there is nothing to answer from."""
    explanation = Explained(lambda: _nothing_to_answer_from(obstacles[-1]), tuple)
    outcome = Outcome(1.0, None, [], None, (), assumptions, explanation)
    return Verdict(request, [outcome], Stood(lambda: tuple(obstacles)))


def _nothing_to_answer_from(obstacle: Finding) -> Cause:
    return Cause(
        obstacle.code, obstacle.number, "error", obstacle.message, fix=obstacle.fix, evidence=obstacle.evidence
    )
