"""An estate under two releases in, what the upgrade changes out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from nginxsim.errors import UsageError
from nginxsim.upgrade.ingresses import ingress_changes
from nginxsim.upgrade.kinds import RANKS, Change, Upgrade
from nginxsim.upgrade.road import Road
from nginxsim.upgrade.settings import defaults_moved, flags_unknown, settings_known

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

FINDERS = (flags_unknown, ingress_changes, settings_known, defaults_moved)
"""Each asks the road about one matter."""


def compare(old: Simulation, to: str) -> Upgrade:
    """What changes once the estate's controller is of release `to`. Raises UsageError for a release that is older."""
    new = old.with_controller(old.told.at(to))
    road = Road(old, new)
    before, after = old.controller.release.name, new.controller.release.name
    if not road.path and before != after:
        raise UsageError(f"{after} is older than {before}, which the controller runs: upgrade looks ahead only")
    return Upgrade(
        old=before,
        new=after,
        path=road.path,
        changes=tuple(sorted(_changes(road), key=lambda change: RANKS[change.kind])),
        ingresses=len(new.cluster.ingresses),
        assumptions=tuple(dict.fromkeys((*old.taken, *new.taken))),
    )


def _changes(road: Road) -> Iterator[Change]:
    return chain.from_iterable(finder(road) for finder in FINDERS)
