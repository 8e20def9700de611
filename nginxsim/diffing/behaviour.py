"""Asks both sides the same requests and tells which end otherwise, like changes together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from nginxsim.diffing.canaries import CanaryIndex
from nginxsim.diffing.confs import ConfIndex
from nginxsim.diffing.endings import Ending, ProbedRouting
from nginxsim.diffing.facts import Answered, answered, aspects, is_decided_otherwise, signature, words
from nginxsim.diffing.probes import Probe, Side, probes
from nginxsim.diffing.scope import Estate
from nginxsim.diffing.types import NEW, OLD, BehaviourChange
from nginxsim.diffing.unchanged import Unchanged
from nginxsim.origins import Origin, Source

MOST_SOURCES = 3
RANKS = {"error": 0, "denied": 1, "notice": 2, "fine": 3}


@dataclass(frozen=True, slots=True)
class _Change:
    """One request that ends otherwise."""

    probe: Probe
    before: Answered
    after: Answered
    what: tuple[str, ...]
    side: str
    blamed: Ending
    sources: tuple[Source, ...]
    ingresses: tuple[str, ...]

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for requests that change alike for the same reason."""
        like = signature(self.before, self.after, self.what, self.probe.request)
        if not is_decided_otherwise(self.what):
            return like, self.sources
        reason = self.blamed.reason
        # What no longer holds may stand in many places; what holds from now on is told place by place.
        origins = () if self.side == OLD or reason.level == "fine" else reason.origins
        return like, self.side, reason.code, origins, self.sources

    @property
    def plainness(self) -> tuple[int, int, str]:
        """The smaller, the better an example."""
        request = self.probe.request
        return len(self.probe.extras), len(request.path), request.scheme


@dataclass(slots=True)
class _Group:
    """Requests that change alike."""

    example: _Change
    requests: int = 0
    places: dict[str, None] = field(default_factory=dict)
    schemes: set[str] = field(default_factory=set)
    ingresses: dict[str, None] = field(default_factory=dict)

    def add(self, change: _Change) -> None:
        self.requests += 1
        self.places[change.probe.place] = None
        self.schemes.add(change.probe.request.scheme)
        self.ingresses.update(dict.fromkeys(change.ingresses))
        if change.plainness < self.example.plainness:
            self.example = change

    def told(self) -> BehaviourChange:
        example = self.example
        return BehaviourChange(
            probe=example.probe,
            before=example.before,
            after=example.after,
            what=example.what,
            cause=example.blamed.cause,
            side=example.side,
            sources=example.sources,
            requests=self.requests,
            places=tuple(dict.fromkeys((example.probe.place, *self.places))),
            schemes=tuple(sorted(self.schemes)),
            ingresses=tuple(self.ingresses),
        )


class Behaviour:
    """What has been asked so far, and the changes found."""

    def __init__(self, old: Estate, new: Estate) -> None:
        self.estates = (old, new)
        self.canaries = CanaryIndex(old, new)
        self._unchanged = Unchanged(old.simulation.cluster, new.simulation.cluster)
        self.requests = 0
        self._groups: dict[tuple[object, ...], _Group] = {}

    @property
    def changes(self) -> tuple[BehaviourChange, ...]:
        """Outages, refusals, the rest, repairs, the same answer for another reason; within these as they were found."""
        found = (group.told() for group in self._groups.values())
        return tuple(sorted(found, key=_rank))

    def ask_about(self, hostname: str, routings: Sequence[ProbedRouting], conf: ConfIndex) -> None:
        """Raises InputError where nginx would not load what answers for the host."""
        sides = (
            Side(routing.http, routing.provenance, estate.backends)
            for routing, estate in zip(routings, self.estates, strict=True)
        )
        further = [name for estate in self.estates if (name := estate.redirecting(hostname))]
        for probe in dict.fromkeys(probes(hostname, further, *sides)):
            self._ask(probe, routings, conf)

    def _ask(self, probe: Probe, routings: Sequence[ProbedRouting], conf: ConfIndex) -> None:
        self.requests += 1
        old, new = (routing.ask(probe) for routing in routings)
        before, after = (
            answered(endings, _certificate(estate, probe))
            for endings, estate in zip((old, new), self.estates, strict=True)
        )
        if what := aspects(before, after):
            side, blamed = _to_blame(old[0], new[0])
            found = self._shared(what, (*new, *old))
            found = found or _written(conf, words(before, after, what), new[0], old[0], blamed if side == NEW else None)
            owners = _owners(old) or _owners(new)
            sources = tuple(self._changed(found)[:MOST_SOURCES])
            change = _Change(probe, before, after, what, side, blamed, sources, owners)
            self._groups.setdefault(change.key, _Group(change)).add(change)

    def _changed(self, sources: Sequence[Source]) -> Sequence[Source]:
        """Those that say something else on the other side: a host's line stays when its Ingress is dropped."""
        return [source for source in sources if not self._unchanged.has(source)]

    def _shared(self, what: Sequence[str], endings: Iterable[Ending]) -> list[Source]:
        """What was written of a canary, where only its share or its choice has moved."""
        if "share" not in what or "status" in what or not {*what} <= {"share", "service"}:
            return []
        return list(dict.fromkeys(self.canaries.sources(name for ending in endings for name in ending.backends)))


def _written(conf: ConfIndex, mentioned: set[str], new: Ending, old: Ending, blamed: Ending | None) -> list[Source]:
    """What was written behind the directives that differ where it was decided; of a repair, all of it."""
    wanted, origins = set(mentioned), set[Origin]()
    if blamed is not None:
        wanted |= {text for ending in (new, old) if (text := ending.directive)}
        origins |= set(blamed.reason.origins)
    found = (source for ending in (new, old) for source in conf.sources(*ending.where, wanted, origins))
    return list(dict.fromkeys(found))


def _rank(change: BehaviourChange) -> tuple[bool, bool, int]:
    return not change.is_visible, change.side == OLD, RANKS[change.cause.level]


def _owners(endings: Iterable[Ending]) -> tuple[str, ...]:
    return tuple(filter(None, dict.fromkeys(ending.ingress for ending in endings)))


def _certificate(estate: Estate, probe: Probe) -> str:
    return estate.certificate(probe.request.host or "") if probe.request.scheme == "https" else ""


def _to_blame(old: Ending, new: Ending) -> tuple[str, Ending]:
    """The side whose cause tells most: the new one, unless it serves what the old one did not."""
    if new.reason.level == "fine" and old.reason.level != "fine":
        return OLD, old
    return NEW, new
