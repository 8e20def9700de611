"""The order in which an upgrade is done: what is put right first, then a step for each branch that changes a thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nginxsim.releases.charts import charts_of
from nginxsim.upgrade.kinds import Change, Upgrade


@dataclass(frozen=True, slots=True)
class Step:
    """release: to run from now on, "" for the step before the first; chart: the newest that installs it.

    first: what has to be put right before it is done; then: what comes with it. back: the release to go back to.
    """

    release: str
    chart: str = ""
    first: tuple[Change, ...] = ()
    then: tuple[Change, ...] = ()
    back: str = ""


def plan_of(upgrade: Upgrade) -> tuple[Step, ...]:
    """Of the releases of a branch its newest, which has what the others were repaired for."""
    if not upgrade.path:
        return ()
    urgent = [change for change in upgrade.changes if change.finding.level != "notice"]
    silent = [change for change in upgrade.changes if change.finding.level == "notice"]
    stations = list(_stations(upgrade, urgent))
    steps = [Step("", first=tuple(urgent))]
    for station, before in zip(stations, (upgrade.old, *stations), strict=False):
        comes = tuple(each for each in silent if _met(upgrade, each, stations) == station)
        steps.append(Step(station, next(reversed(charts_of(station)), ""), then=comes, back=before))
    return tuple(steps)


def _stations(upgrade: Upgrade, urgent: Sequence[Change]) -> Iterator[str]:
    """In the order of the way; the release to come is the last."""
    wanted = {_station(upgrade, change) for change in urgent} | {upgrade.new}
    return (name for name in upgrade.path if name in wanted)


def _station(upgrade: Upgrade, change: Change) -> str:
    """The newest release on the way of the branch that brings it last."""
    brings = change.course.since[-1:] or (upgrade.new,)
    alike = [name for name in upgrade.path if _branch(name) == _branch(brings[0])]
    return alike[-1] if alike else upgrade.new


def _met(upgrade: Upgrade, change: Change, stations: Sequence[str]) -> str:
    """The first station at which it is so."""
    own = upgrade.path.index(_station(upgrade, change))
    return next(station for station in stations if upgrade.path.index(station) >= own)


def _branch(name: str) -> str:
    return name.rpartition(".")[0]
