"""What of an estate the suite's requests exercised: servers, locations, annotations, ConfigMap keys, manifest lines."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from nginxsim.annotations import known_names
from nginxsim.controller.model import DEFAULT_SERVER
from nginxsim.kube.objects import NOWHERE, Ingress
from nginxsim.origins import Origin
from nginxsim.simulation import Simulation
from nginxsim.suites.estates import Estates
from nginxsim.suites.hits import REQUEST, Key, backend_key, ingress_key
from nginxsim.suites.results import Hits
from nginxsim.verdict.ingresses import PathState, rows_of

KINDS = ("servers", "locations", "annotations", "configmap keys")
REACHABLE = frozenset({"served", "no endpoints", "denied", "canary"})


@dataclass(frozen=True, slots=True)
class Item:
    """A thing that requests can exercise, with the number of those that did."""

    kind: str
    label: str
    origin: Origin
    requests: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """All items of the estates tested, by kind and then as they stand in the manifests."""

    items: tuple[Item, ...]

    def of(self, kind: str) -> list[Item]:
        return [item for item in self.items if item.kind == kind]

    @property
    def percent(self) -> float:
        """Items exercised, per cent; 100 where there is nothing to exercise."""
        return percent(self.items)

    @property
    def lines(self) -> Mapping[str, Mapping[int, int]]:
        """By file: line -> requests."""
        found: dict[str, dict[int, int]] = defaultdict(dict)
        for item in self.items:
            if item.origin != NOWHERE:
                of_file = found[os.path.normpath(item.origin.file)]
                of_file[item.origin.line] = max(of_file.get(item.origin.line, 0), item.requests)
        return {file: dict(sorted(found[file].items())) for file in sorted(found)}


def percent(items: Sequence[Item]) -> float:
    return 100 * sum(item.requests > 0 for item in items) / len(items) if items else 100.0


def coverage(hits: Hits, estates: Estates | None = None) -> Coverage:
    """The coverage of every estate that the run played requests in; one that several specs share is added up."""
    estates = estates or Estates()
    found: dict[tuple[str, str, Origin], int] = {}
    for spec, counts in hits.by_estate.items():
        for item in inventory(estates.simulation(spec), counts):
            key = item.kind, item.label, item.origin
            found[key] = found.get(key, 0) + item.requests
    items = (Item(*key, requests) for key, requests in found.items())
    return Coverage(tuple(sorted(items, key=lambda item: (KINDS.index(item.kind), item.origin, item.label))))


def inventory(simulation: Simulation, counts: Counter[Key]) -> Iterator[Item]:
    """What is there to exercise; paths that no request can reach (dropped, shadowed, foreign) are left out."""
    rows = [row for row in rows_of(simulation) if row.state in REACHABLE]
    reachable = {f"{row.namespace}/{row.name}" for row in rows}
    canaries = {f"{row.namespace}/{row.name}": row for row in rows if row.state == "canary"}
    ingresses = [found for found in simulation.cluster.ingresses.values() if found.meta.key in reachable]
    return chain(
        _servers(simulation, counts),
        (Item("locations", row.host + row.path, row.origin, _requests(row, counts)) for row in rows),
        chain.from_iterable(_annotations(found, simulation, counts, canaries) for found in ingresses),
        _keys(simulation, counts),
    )


def _servers(simulation: Simulation, counts: Counter[Key]) -> Iterator[Item]:
    by_place: Counter[str] = Counter()
    for (_, place), requests in counts.items():
        by_place[place] = max(by_place[place], requests)
    for server in simulation.model.servers.values():
        if server.hostname != DEFAULT_SERVER and server.origin is not None:
            yield Item("servers", server.hostname, server.origin, by_place[str(server.origin)])


def _requests(row: PathState, counts: Counter[Key]) -> int:
    """A canary's path has no location of its own: what counts is that its backend answered."""
    if row.state == "canary":
        return counts[backend_key(f"{row.namespace}-{row.service.replace(':', '-')}")]
    return counts[f"Ingress {row.namespace}/{row.name}", str(row.origin)]


def _annotations(
    ingress: Ingress, simulation: Simulation, counts: Counter[Key], canaries: Mapping[str, PathState]
) -> Iterator[Item]:
    meta = ingress.meta
    prefix = simulation.controller.flags.prefix
    known = known_names(simulation.controller.release)
    for full in meta.annotations:
        name = full.removeprefix(prefix)
        if name == full or name not in known:
            continue
        key = (str(meta), str(meta.annotation_origins.get(full, NOWHERE)))
        if canary := canaries.get(meta.key):
            requests = _requests(canary, counts)
        else:
            # What makes no line of a server (session affinity, load balancing) works on all of the Ingress's locations.
            requests = counts[key] if key in counts else counts[ingress_key(str(meta))]
        origin = meta.annotation_name_origins.get(full, NOWHERE)
        yield Item("annotations", f"{name} of {meta}", origin, requests)


def _keys(simulation: Simulation, counts: Counter[Key]) -> Iterator[Item]:
    for name, source in simulation.controller.settings.sources.items():
        if source.origin is None:
            continue
        key = (source.owner, str(source.origin))
        requests = counts[key] if key in counts else counts[REQUEST]
        yield Item("configmap keys", name, source.origin, requests)
