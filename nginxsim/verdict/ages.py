"""Paths that two Ingresses claim, where the input does not say which of them is the older."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from nginxsim.config.assumed import SHOWN, Assumable
from nginxsim.controller.model import DEFAULT_SERVER, Location, NoticeCode
from nginxsim.errors import some
from nginxsim.kube.objects import Ingress

if TYPE_CHECKING:
    from nginxsim.nginx.exchange import Request
    from nginxsim.simulation import Simulation


class Contest(NamedTuple):
    """Two Ingresses, as "namespace/name", that claim one path; the first has got it."""

    winner: str
    loser: str


class Ages:
    """What is taken for granted of an estate's ages, and what would be otherwise."""

    def __init__(self, estate: Simulation) -> None:
        self._estate = estate

    @cached_property
    def contests(self) -> Mapping[tuple[str, str], Contest]:
        """By host and path."""
        return {place: each[0] for place, each in self.claims.items()}

    @cached_property
    def claims(self) -> Mapping[tuple[str, str], list[Contest]]:
        """The same with each that has lost."""
        found: defaultdict[tuple[str, str], list[Contest]] = defaultdict(list)
        for notice in self._estate.model.notices:
            kind, _, winner = notice.about.other.partition(" ")
            if notice.code is NoticeCode.PATH_TAKEN and kind == "Ingress" and self._is_open(winner, notice.ingress):
                found[notice.host, notice.path].append(Contest(winner, notice.ingress))
        return found

    def _is_open(self, *keys: str) -> bool:
        """Whether one does not say when it was created, and they are not one and the same."""
        ingresses = self._estate.cluster.ingresses
        return len(set(keys)) > 1 and not all(ingresses[key].meta.is_dated for key in keys if key in ingresses)

    @property
    def taken(self) -> tuple[str, ...]:
        if not self.contests:
            return ()
        rule = (
            "created at once, so that the alphabetically last has a path"
            if Assumable.AGES in self._estate.assume
            else "created in the order of the documents"
        )
        names = [f"{'*' if host in ('', DEFAULT_SERVER) else host}{path}" for host, path in self.contests]
        return (f"Ingresses that do not say when they were created were {rule} ({some(names, SHOWN)})",)

    def told(self, location: Location | None, request: Request) -> str:
        """What is taken for granted where this location answers, and what the answer would be otherwise; services and
        auth servers all answer 200 then.
        """
        contest = self._contest(location)
        if contest is None:
            return ""
        verdict = self._otherwise.route(request)
        served = f" from {verdict.upstream.service}" if verdict.upstream is not None else ""
        answered = f"{verdict.status or 'no answer'}{served}"
        return f"Ingress {contest.winner} is older than Ingress {contest.loser}; were it younger: {answered}"

    def _contest(self, location: Location | None) -> Contest | None:
        if location is None or location.ingress is None or not self.contests:
            return None
        path = location.ingress_path or location.path
        key = location.ingress.meta.key
        return next((each for (_, at), each in self.contests.items() if at == path and each.winner == key), None)

    @cached_property
    def _otherwise(self) -> Simulation:
        """The estate in which those that have lost are the oldest, and those that have won the youngest."""
        ingresses = dict(self._estate.given.ingresses)
        for contest in self.contests.values():
            ingresses[contest.winner] = _created(ingresses[contest.winner], LAST)
        for contest in self.contests.values():
            ingresses[contest.loser] = _created(ingresses[contest.loser], FIRST)
        return self._estate.with_cluster(replace(self._estate.given, ingresses=ingresses))


FIRST, LAST = 0.0, float(1 << 40)


def _created(ingress: Ingress, when: float) -> Ingress:
    """At another time, where it does not say one itself."""
    known = ingress.meta.is_dated and ingress.meta.created not in (FIRST, LAST)
    return ingress if known else replace(ingress, meta=replace(ingress.meta, created=when, is_dated=True))
