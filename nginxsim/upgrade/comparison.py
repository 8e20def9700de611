"""An estate under two releases in, what the upgrade changes out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from posixpath import normpath
from typing import TYPE_CHECKING

from nginxsim.errors import UsageError
from nginxsim.releases import Release, between
from nginxsim.releases import release as release_named
from nginxsim.simulation import Simulation
from nginxsim.upgrade.answers import answer_changes
from nginxsim.upgrade.chart import chart_changes
from nginxsim.upgrade.clients import client_changes
from nginxsim.upgrade.files import file_changes
from nginxsim.upgrade.ingresses import ingress_changes
from nginxsim.upgrade.installed import as_told, at_release, with_controller_of
from nginxsim.upgrade.kinds import RANKS, Change, Kind, Upgrade
from nginxsim.upgrade.moved import moved_changes
from nginxsim.upgrade.objects import object_changes
from nginxsim.upgrade.road import Road
from nginxsim.upgrade.settings import defaults_moved, protocols_lost, settings_known, settings_read
from nginxsim.upgrade.template import template_changes
from nginxsim.upgrade.webhook import webhook_changes
from nginxsim.upgrade.widened import widened_changes

if TYPE_CHECKING:
    from nginxsim.sources import File


def compare_each(
    estates: Sequence[Simulation], to: str, facts: Sequence[str] = (), values: Sequence[File] = ()
) -> list[Upgrade]:
    """The same of each estate and controller. Of several, those that are newer already stay as they are."""
    if len(estates) == 1:
        return [compare(estates[0], to, facts, values)]
    target, names = release_named(to), {old.given.name for old in estates}
    return [
        _stays(old, target.name)
        if _is_newer(old, target)
        else compare(old, to, facts, _besides(values, names - {old.given.name}))
        for old in estates
    ]


def _besides(values: Sequence[File], others: Collection[str]) -> list[File]:
    """Without those that lie in the folders of other estates."""
    return [file for file in values if not any(normpath(file.name).startswith(f"{name}/") for name in others)]


def _is_newer(old: Simulation, target: Release) -> bool:
    running = old.controller.release
    return running.name != target.name and not between(running, target)


def _stays(old: Simulation, to: str) -> Upgrade:
    return Upgrade(old.controller.release.name, to, (), ingresses=len(old.cluster.ingresses), whose=old.whose)


def compare(old: Simulation, to: str, facts: Sequence[str] = (), values: Sequence[File] = ()) -> Upgrade:
    """What changes once the estate's controller is of release `to`.

    facts: "KEY=VALUE", what that build has otherwise. values: files with values of the chart, beside those that objects
    of the estate have. Raises UsageError for a release that is older.
    """
    old = as_told(with_controller_of(old, values))
    told = old.told.at(to)
    release = told.release.name if told.release else to
    told = replace(told, facts=(*told.facts, *facts))
    new = Simulation(at_release(old.given, release), told, old.assume)
    road = Road(old, new)
    before, after = old.controller.release, new.controller.release
    if _is_newer(old, after):
        raise UsageError(
            f"{after.name} is older than {before.name}, which the controller runs: upgrade looks ahead only"
        )
    return Upgrade(
        old=before.name,
        new=after.name,
        path=road.path,
        changes=tuple(sorted((*_changes(road), *chart_changes(road, values)), key=_rank)),
        ingresses=len(new.cluster.ingresses),
        assumptions=tuple(dict.fromkeys((*old.taken, *_further(new)))),
        whose=old.whose,
    )


def _further(new: Simulation) -> Iterator[str]:
    """What is taken for granted of the new side, but for which controller it is: the old one's."""
    return (words for words in new.taken if words not in new.controller.identity)


def _rank(change: Change) -> tuple[bool, int]:
    return change.finding.level == "notice", RANKS[change.kind]


def _changes(road: Road) -> Iterator[Change]:
    lost = list(ingress_changes(road))
    told = {change.finding.ingress for change in lost if change.kind in WHOLE}
    yield from lost
    yield from object_changes(road)
    yield from template_changes(road)
    yield from webhook_changes(road, told)
    yield from file_changes(road)
    yield from answer_changes(road, told)
    yield from client_changes(road)
    yield from widened_changes(road, told)
    yield from moved_changes(road, told)
    yield from settings_known(road)
    yield from settings_read(road)
    yield from protocols_lost(road)
    yield from defaults_moved(road)


WHOLE = (Kind.DROPPED, Kind.DENIED, Kind.SERVED)
"""What concerns all requests of an Ingress, so that nothing else has to be said of these."""
