"""Ingresses and annotations that count no longer, or count from now on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from nginxsim.annotations import Effect
from nginxsim.kube.objects import Ingress
from nginxsim.upgrade.gate import Rule, Trouble
from nginxsim.upgrade.keeping import Keep
from nginxsim.upgrade.kinds import Change, Course, Kind
from nginxsim.upgrade.road import Road
from nginxsim.upgrade.wording import Case, heard, ignored, kept_until_restart, lost, served

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

FOREIGN = (Rule.CLASS, Rule.NAMESPACE, Rule.CATCH_ALL)
"""Rules that a running controller follows at once."""


def ingress_changes(road: Road) -> Iterator[Change]:
    for ingress in road.ingresses():
        before, after = road.old_gate().troubles(ingress), road.new_gate().troubles(ingress)
        if before != after or any(each.effect is Effect.DROPPED for each in before):
            yield from _Judge(road, ingress, before, after).changes()


class _Judge:
    """One Ingress that has some trouble before or after."""

    def __init__(self, road: Road, ingress: Ingress, before: Sequence[Trouble], after: Sequence[Trouble]) -> None:
        self.road, self.ingress = road, ingress
        self.before, self.after = before, after
        self.come = tuple(each for each in after if each not in before)

    def changes(self) -> Iterator[Change]:
        was, now = _fate(self.before), _fate(self.after)
        if now is not was and now in (Effect.DROPPED, Effect.DENIED) and was is not Effect.DROPPED:
            yield self._lost(now)
        elif was is not now and was is not None:
            yield self._served(was)
        elif was is Effect.DROPPED:
            yield from self._held()
            return
        if now is not Effect.DROPPED and was is not Effect.DROPPED:
            yield from self._annotations()

    def _lost(self, effect: Effect) -> Change:
        reasons = [each for each in self.come if each.effect is effect]
        course = self.road.course(partial(self._comes_to, effect))
        keeps = self._keeps(lambda troubles: _rank(_fate(troubles)) <= _rank(_fate(self.before)))
        kind = Kind.DROPPED if effect is Effect.DROPPED else Kind.DENIED
        told = lost(kind, self.ingress, Case(reasons, self.road.new.controller, course, keeps))
        return Change(kind, _subject(reasons), course, told, keeps)

    def _comes_to(self, effect: Effect, name: str) -> bool:
        """That, or worse."""
        return _rank(_fate(self.road.gate(name).troubles(self.ingress))) >= _rank(effect)

    def _served(self, was: Effect) -> Change:
        reasons = [each for each in self.before if each.effect is was]
        course = self.road.course(lambda name: not self._comes_to(was, name))
        return Change(Kind.SERVED, _subject(reasons), course, served(self.ingress, was, reasons, course))

    def _held(self) -> Iterator[Change]:
        """Dropped by both: what was written before may still be served, as a running controller keeps it."""
        reasons = [each for each in self.before if each.rule not in FOREIGN]
        if reasons:
            told = kept_until_restart(self.ingress, reasons, self.road.old.controller)
            yield Change(Kind.RESTART, _subject(reasons), Course(), told)

    def _annotations(self) -> Iterator[Change]:
        for trouble in self.come:
            is_gone = trouble.rule is Rule.NO_SUCH_ANNOTATION  # Whoever wrote it has to hear of that in any case.
            if trouble.effect is Effect.IGNORED and (is_gone or self._counted(trouble)):
                yield self._ignored(trouble)
        for trouble in self.before:
            comes = trouble.effect is Effect.IGNORED and trouble not in self.after
            if comes and self._counts(trouble, self.road.new):
                course = self.road.course(partial(self._lacks, trouble))
                yield Change(Kind.HEARD, trouble.subject, course, heard(self.ingress, trouble, course))

    def _counted(self, trouble: Trouble) -> bool:
        """Whether it did, and does no longer: a part of an annotation may count although its value is refused."""
        return self._counts(trouble, self.road.old) and not self._counts(trouble, self.road.new)

    def _counts(self, trouble: Trouble, end: Simulation) -> bool:
        """Whether what is said to count no longer, or from now on, makes a difference at the other end."""
        return self.road.effects.has(self.ingress, trouble.subject, end)

    def _ignored(self, trouble: Trouble) -> Change:
        course = self.road.course(partial(self._has, trouble), partial(self._is_mended, trouble))
        keeps = self._keeps(lambda troubles: trouble not in troubles and _fate(troubles) is _fate(self.before))
        told = ignored(self.ingress, Case([trouble], self.road.new.controller, course, keeps))
        return Change(Kind.IGNORED, trouble.subject, course, told, keeps)

    def _has(self, trouble: Trouble, name: str) -> bool:
        return trouble in self.road.gate(name).troubles(self.ingress)

    def _is_mended(self, trouble: Trouble, name: str) -> bool:
        """And not for something worse."""
        troubles = self.road.gate(name).troubles(self.ingress)
        return trouble not in troubles and _rank(_fate(troubles)) <= _rank(_fate(self.after))

    def _lacks(self, trouble: Trouble, name: str) -> bool:
        return not self._has(trouble, name)

    def _keeps(self, is_fine: Callable[[Collection[Trouble]], bool]) -> tuple[Keep, ...]:
        alike = frozenset((each.effect, each.rule, each.subject) for each in self.come)
        return self.road.keeping.found(alike, lambda gate: is_fine(gate.troubles(self.ingress)))


def _fate(troubles: Collection[Trouble]) -> Effect | None:
    """What becomes of the Ingress as a whole."""
    effects = {each.effect for each in troubles}
    return next((effect for effect in (Effect.DROPPED, Effect.DENIED) if effect in effects), None)


def _rank(effect: Effect | None) -> int:
    return (None, Effect.DENIED, Effect.DROPPED).index(effect)


def _subject(reasons: Sequence[Trouble]) -> str:
    return reasons[0].subject if reasons else ""
