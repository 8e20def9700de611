"""Requests that end otherwise, by the probes of `diff`: asked of one host of each shape."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from functools import partial

from nginxsim.controller.model import DEFAULT_SERVER, Server
from nginxsim.diffing import BehaviourChange, behaviour_of
from nginxsim.diffing.endings import ProbedRouting
from nginxsim.diffing.facts import LISTS, Answered, alike, answered, lists
from nginxsim.diffing.scope import Estate, differing_hosts
from nginxsim.kube.objects import Ingress
from nginxsim.simulation import Simulation
from nginxsim.upgrade.kinds import Change, Kind
from nginxsim.upgrade.road import Road
from nginxsim.upgrade.wording import is_felt, otherwise
from nginxsim.verdict.acceptance import by_shape

FEW = 25
"""So many hosts are each rendered to see whether anything of them differs."""


def answer_changes(road: Road, told: Collection[str]) -> Iterator[Change]:
    """told: the Ingresses whose requests all end otherwise, as is said already."""
    before, after = Estate(road.old), Estate(road.new)
    groups = _groups(before, after, told)
    asked, said = _Asked(road), _Said()
    asked_for = sorted(groups, key=lambda name: name == DEFAULT_SERVER)  # any other host stands for no Ingress
    for change in behaviour_of(before, after, asked_for):
        ingress = _owner(road.new, change)
        if change.is_visible and not (ingress and ingress.meta.key in told) and said.is_news(change):
            mends = partial(asked.is_old, change) if is_felt(change) else _never
            course = road.bisected(partial(asked.is_new, change), mends)
            finding = otherwise(change, ingress, _others(change, groups), course)
            owners = tuple(_owners(road.new, change, groups))
            yield Change(Kind.ANSWER, ",".join(change.what), course, finding, answer=change, alike=owners)


class _Said:
    """Headers that come and go, by host: who asks with more than others adds nothing to what is told by itself."""

    def __init__(self) -> None:
        self._items: dict[str, set[tuple[str, object]]] = {}

    def is_news(self, change: BehaviourChange) -> bool:
        known = self._items.setdefault(change.probe.request.host or "", set())
        items = {(name, item) for name in change.what if name in LISTS for item in _moved(change, name)}
        is_news = is_felt(change) or not items <= known or any(name not in LISTS for name in change.what)
        known |= items
        return is_news


def _moved(change: BehaviourChange, name: str) -> Iterator[object]:
    gone, come = lists(change.before, change.after, name)
    yield from (("-", item) for item in gone)
    yield from (("+", item) for item in come)


def _never(_: str) -> bool:
    """Nobody waits for the release that takes back a header more or less."""
    return False


def _groups(before: Estate, after: Estate, told: Collection[str]) -> Mapping[str, Sequence[str]]:
    """Hosts to ask -> all those of the same shape."""
    open_hosts = [name for name in sorted({*before.servers, *after.servers}) if not _is_told(before, after, name, told)]
    if len(open_hosts) <= FEW:
        differing = set(differing_hosts(before, after))
        return {name: [name] for name in open_hosts if name in differing}
    shapes: dict[Hashable, list[str]] = {}
    for name, shape in _shapes(before, after).items():
        shapes.setdefault(shape, []).append(name)
    wanted = set(open_hosts)
    groups = ([name for name in group if name in wanted] for group in shapes.values())
    return {group[0]: group for group in groups if group}


def _is_told(before: Estate, after: Estate, name: str, told: Collection[str]) -> bool:
    """Whether every Ingress of the host is."""
    keys = {key for side in (before, after) if (server := side.servers.get(name)) for key in _keys(server)}
    return bool(keys) and keys <= set(told)


def _keys(server: Server) -> Iterator[str]:
    return (location.ingress.meta.key for location in server.locations if location.ingress)


def _shapes(before: Estate, after: Estate) -> Mapping[str, Hashable]:
    """Host -> what is equal for hosts that both releases treat alike but for their names."""
    found: dict[str, tuple[Hashable, ...]] = {}
    for side in (before, after):
        prefix = side.simulation.controller.flags.prefix
        for shape, names in by_shape(side.servers.values(), prefix).items():
            for name in names:
                choices = tuple(_choice(side, location.backend) for location in side.servers[name].locations)
                found[name] = (*found.get(name, ()), shape, choices)
    return found


def _choice(side: Estate, backend: str) -> Hashable:
    chosen = side.choices.get(backend, {})
    return bool(chosen.get("endpoints")), str(chosen.get("service")), bool(chosen.get("alternativeBackends"))


def _owner(simulation: Simulation, change: BehaviourChange) -> Ingress | None:
    """The Ingress behind what was written, else the one that made the host."""
    for source in change.sources:
        if found := simulation.cluster.ingresses.get(source.owner.removeprefix("Ingress ")):
            return found
    server = simulation.model.servers.get(change.probe.request.host or "")
    owners = (location.ingress for location in server.locations if location.ingress) if server else iter(())
    return next(owners, None)


def _others(change: BehaviourChange, groups: Mapping[str, Sequence[str]]) -> int:
    """How many hosts more there are of which the same holds."""
    return sum(len(groups[name]) for name in _asked_hosts(change, groups)) - 1


def _asked_hosts(change: BehaviourChange, groups: Mapping[str, Sequence[str]]) -> Sequence[str]:
    asked = dict.fromkeys(place.partition("/")[0].partition(" ")[0] for place in change.places)
    return [name for name in asked if name in groups]


def _owners(simulation: Simulation, change: BehaviourChange, groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The Ingresses that were asked, and those that have their part on further hosts of the same shape."""
    yield from change.ingresses
    seen, servers = set(change.ingresses), simulation.model.servers
    for name in _asked_hosts(change, groups):
        here = [position for position, key in enumerate(_owner_keys(servers.get(name))) if key in change.ingresses]
        for other in groups[name][1:]:
            keys = _owner_keys(servers.get(other))
            yield from dict.fromkeys(key for key in (keys[position] for position in here) if key and key not in seen)
            seen.update(keys)


def _owner_keys(server: Server | None) -> list[str]:
    return [location.ingress.meta.key if location.ingress else "" for location in server.locations] if server else []


class _Asked:
    """Probes that are asked of releases on the way, of an estate with the Ingresses of the host alone."""

    def __init__(self, road: Road) -> None:
        self._road = road
        self._sides: dict[tuple[int, str], tuple[ProbedRouting, Estate]] = {}

    def is_new(self, change: BehaviourChange, name: str) -> bool:
        """Whether a release answers as the new one does."""
        return alike(self._answer(change, name), change.after, change.what)

    def is_old(self, change: BehaviourChange, name: str) -> bool:
        return alike(self._answer(change, name), change.before, change.what)

    def _answer(self, change: BehaviourChange, name: str) -> Answered:
        host = change.probe.request.host or ""
        keys = frozenset(self._keys(host))
        part = self._road.part(name, keys)
        if (id(part), host) not in self._sides:
            self._sides[id(part), host] = _opened(part, host)
        routing, estate = self._sides[id(part), host]
        certificate = estate.certificate(host) if change.probe.request.scheme == "https" else ""
        return answered(routing.ask(change.probe), certificate)

    def _keys(self, host: str) -> Iterator[str]:
        for side in (self._road.old, self._road.new):
            for hostname in side.hosts.candidates(host) | {DEFAULT_SERVER}:
                yield from _keys(side.model.servers[hostname]) if hostname in side.model.servers else ()


def _opened(part: Simulation, host: str) -> tuple[ProbedRouting, Estate]:
    estate = Estate(part)
    rendered = part.renderer.for_hosts({DEFAULT_SERVER, *part.hosts.candidates(host)})
    return ProbedRouting(part, rendered, estate.services), estate
