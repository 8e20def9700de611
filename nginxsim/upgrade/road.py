"""The way from one release to another, through the published releases between them and past them.

Facts have dates, so that most releases on the way do what their neighbour does: of each run of equals one is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import fields, replace
from functools import cache, cached_property
from itertools import chain
from typing import TYPE_CHECKING

from nginxsim.annotations import TABLE, Effect, known_names
from nginxsim.config.controller import Controller
from nginxsim.config.told import Told
from nginxsim.releases import Release, between, later
from nginxsim.releases import release as release_named
from nginxsim.simulation import Simulation
from nginxsim.upgrade.effects import Effects
from nginxsim.upgrade.gate import Gate
from nginxsim.upgrade.installed import at_release
from nginxsim.upgrade.keeping import Keep, tries, with_all
from nginxsim.upgrade.kinds import Course

if TYPE_CHECKING:
    from nginxsim.kube.cluster import Cluster
    from nginxsim.kube.objects import Ingress

_OF_THE_NAME = frozenset({"name", "date", "kubernetes", "assumptions", "scripts"})
_FACTS = tuple(field.name for field in fields(Release) if field.name not in _OF_THE_NAME)


class Road:
    """old: the estate under the controller that runs; new: under the one to come."""

    def __init__(self, old: Simulation, new: Simulation) -> None:
        self.old, self.new = old, new
        self.path = between(old.controller.release, new.controller.release)
        self._beyond = later(new.controller.release)
        self._gates: dict[str, Gate] = {}
        self._parts: dict[tuple[str, frozenset[str]], Simulation] = {}

    @cached_property
    def _likeness(self) -> dict[str, str]:
        """Release -> the first on the road that differs from it in nothing that counts."""
        first: dict[object, str] = {}
        ends = (self.old.controller.release.name, self.new.controller.release.name)
        return {name: first.setdefault(facts_of(name), name) for name in (*ends, *self.path, *self._beyond)}

    def gate(self, name: str) -> Gate:
        """What a release on the road lets in."""
        like = self._likeness[name]
        if like not in self._gates:
            self._gates[like] = self.gate_of(self.controller(like))
        return self._gates[like]

    def gate_of(self, controller: Controller) -> Gate:
        return Gate(self.new.cluster, controller, self.new.certificates)

    def controller(self, name: str) -> Controller:
        """That of a release, with this estate's flags and ConfigMap."""
        end = self._ends.get(name)
        return end.controller if end else self._told(name).controller(self._given(name))

    def _told(self, name: str) -> Told:
        end = self._ends.get(name)
        return end.told if end else self.old.told.at(name)

    def _given(self, name: str) -> Cluster:
        """The estate as it is with the chart of a release, where its controller was made of values."""
        end = self._ends.get(name)
        return end.given if end else at_release(self.old.given, name)

    @cached_property
    def _ends(self) -> dict[str, Simulation]:
        return {end.controller.release.name: end for end in (self.old, self.new)}

    @cached_property
    def effects(self) -> Effects:
        return Effects(self)

    @cached_property
    def keeping(self) -> Keeping:
        return Keeping(self)

    def course(self, holds: Callable[[str], bool], mends: Callable[[str], bool] | None = None) -> Course:
        """When something that holds for the new release begins on the way, and when it ends past it.

        mends: whether a release ends it for good; left out: whether it no longer holds.
        """
        remembered, mended = cache(holds), cache(mends or (lambda like: not remembered(like)))
        return self.dated(lambda name: remembered(self._likeness[name]), lambda name: mended(self._likeness[name]))

    def dated(self, holds: Callable[[str], bool], mends: Callable[[str], bool] | None = None) -> Course:
        """The same for what is no fact of a release, so that two that decide everything alike may differ in it."""
        before = (self.old.controller.release.name, *self.path)
        since = (name for name, last in zip(self.path, before, strict=False) if holds(name) and not holds(last))
        return Course(tuple(since), self._mended(mends or (lambda name: not holds(name))))

    def bisected(self, holds: Callable[[str], bool], mends: Callable[[str], bool]) -> Course:
        """The same for what is dear to ask: found by halving, as if it began but once on the way."""
        remembered, mended = cache(holds), cache(mends)
        low, high = 0, len(self.path) - 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if remembered(self._likeness[self.path[middle]]) else (middle + 1, high)
        return Course(self.path[low : low + 1], self._mended(lambda name: mended(self._likeness[name])))

    def _mended(self, mends: Callable[[str], bool]) -> str:
        return next((name for name in self._beyond if mends(name)), "")

    def part(self, name: str, keys: Collection[str]) -> Simulation:
        """Under a release, with these Ingresses alone."""
        asked = (self._likeness[name], frozenset(keys))
        if asked not in self._parts:
            self._parts[asked] = self.piece(name, asked[1])
        return self._parts[asked]

    def piece(self, name: str, keys: Collection[str], instead: Ingress | None = None) -> Simulation:
        """The same, asked once. instead: stands for the Ingress of its name."""
        given = self.old.given.ingresses
        ingresses = {key: given[key] for key in given if key in keys}
        if instead is not None:
            ingresses[instead.meta.key] = instead
        like = self._likeness[name]
        return Simulation(replace(self._given(like), ingresses=ingresses), self._told(like), self.old.assume)

    def old_gate(self) -> Gate:
        return self.gate(self.old.controller.release.name)

    def new_gate(self) -> Gate:
        return self.gate(self.new.controller.release.name)

    def drops(self, key: str, name: str) -> bool:
        """Whether a release drops an Ingress."""
        ingress = self.new.cluster.ingresses.get(key)
        return ingress is not None and any(each.effect is Effect.DROPPED for each in self.gate(name).troubles(ingress))

    def ingresses(self) -> Iterable[Ingress]:
        return self.new.cluster.ingresses.values()


class Keeping:
    """Finds by trying the fewest settings with which the new release goes on as the old one did."""

    def __init__(self, road: Road) -> None:
        self._road = road
        self._gates: dict[tuple[Keep, ...], Gate] = {}
        self._found: dict[Hashable, tuple[Keep, ...]] = {}

    def found(self, alike: Hashable, is_kept: Callable[[Gate], bool]) -> tuple[Keep, ...]:
        """() for none. alike: equal for what the same settings help."""
        known = self._found.get(alike)
        if known is None or (known and not is_kept(self._gate(known))):
            candidates = tries(self._road.new.controller)
            known = next((tried for tried in candidates if is_kept(self._gate(tried))), ())
        self._found[alike] = known
        return known

    def _gate(self, keeps: tuple[Keep, ...]) -> Gate:
        if keeps not in self._gates:
            self._gates[keeps] = self._road.gate_of(with_all(self._road.new.controller, keeps))
        return self._gates[keeps]


@cache
def facts_of(name: str) -> tuple[object, ...]:
    """Equal for releases that decide everything alike."""
    release = release_named(name)
    rows = chain.from_iterable((row.at(release).risk, id(row.validator.at(release))) for row in TABLE)
    return (*(repr(getattr(release, fact)) for fact in _FACTS), known_names(release), *rows)
