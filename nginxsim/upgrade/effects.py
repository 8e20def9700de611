"""Whether an annotation of an Ingress comes to anything under a release: whether all would be the same without it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nginxsim.annotations import NAMES
from nginxsim.annotations.values import ParsedAnnotations
from nginxsim.controller.payload import payload
from nginxsim.controller.references import host_of
from nginxsim.kube.objects import Ingress

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation
    from nginxsim.upgrade.road import Road


AFFINITY = "sessionAffinityConfig"


class Effects:
    """Of the annotations of one estate, found by leaving each away."""

    def __init__(self, road: Road) -> None:
        self._road = road
        self._known: dict[Hashable, bool] = {}
        self._beside: dict[Hashable, list[str]] = {}
        for ingress in road.ingresses():
            for place in (*_hosts(ingress), *_services(ingress)):
                self._beside.setdefault(place, []).append(ingress.meta.key)

    def has(self, ingress: Ingress, name: str, end: Simulation) -> bool:
        """name: of the annotation, without its prefix. end: the estate under one of the road's two releases."""
        release, written = end.controller.release.name, tuple(ingress.meta.annotations.items())
        asked: Hashable = (release, name, written, *(_neighbourhood(ingress) if _may_be_canary(written) else ()))
        if asked not in self._known:
            self._known[asked] = self._has(ingress, without(ingress, name, end.controller.flags.prefix), end)
        return self._known[asked]

    def _has(self, ingress: Ingress, bare: Ingress, end: Simulation) -> bool:
        if _read(ingress, end) == _read(bare, end):
            return False
        hosts = _hosts(ingress)
        there, here = self._parts(ingress, bare, end, hosts)
        if there.renderer.for_hosts(hosts).text != here.renderer.for_hosts(hosts).text:
            return True
        if _posted(there) == _posted(here):
            return False
        # Whoever comes first with the same Service may have decided it.
        there, here = self._parts(ingress, bare, end, (*hosts, *_services(ingress)))
        return _posted(there) != _posted(here)

    def _parts(
        self, ingress: Ingress, bare: Ingress, end: Simulation, places: Iterable[Hashable]
    ) -> tuple[Simulation, Simulation]:
        """The Ingresses of these places alone, with the Ingress as it is and without the annotation."""
        keys = {ingress.meta.key, *(key for place in places for key in self._beside[place])}
        release = end.controller.release.name
        return self._road.piece(release, keys), self._road.piece(release, keys, bare)


def without(ingress: Ingress, name: str, prefix: str) -> Ingress:
    """The Ingress without an annotation: by this name, else by whichever of its names it has."""
    names = {prefix + name}
    if not names & ingress.meta.annotations.keys() and name in NAMES:
        names = {prefix + each for each in NAMES[name].names}
    left = {key: value for key, value in ingress.meta.annotations.items() if key not in names}
    return replace(ingress, meta=replace(ingress.meta, annotations=left))


def _read(ingress: Ingress, end: Simulation) -> ParsedAnnotations | None:
    """What its annotations come to, wherever they stand and whatever is wrong with them."""
    parsed = end.extractor.extract(ingress).parsed
    return replace(parsed, sources={}, problems=()) if parsed else None


def _posted(part: Simulation) -> list[object]:
    """What the balancer is told, but for how sessions would stick where none do."""
    return [{**each, **({} if _sticks(each) else {AFFINITY: None})} for each in payload(part.model)]


def _sticks(backend: Mapping[str, Any]) -> bool:
    return bool((backend.get(AFFINITY) or {}).get("name"))


def _hosts(ingress: Ingress) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(host_of, ingress.rules)))


def _services(ingress: Ingress) -> tuple[Hashable, ...]:
    paths = (path for rule in ingress.rules for path in rule.paths or ())
    return tuple(dict.fromkeys((ingress.meta.namespace, path.backend.service) for path in paths))


def _may_be_canary(written: tuple[tuple[str, str], ...]) -> bool:
    return any(name.endswith("/canary") for name, _ in written)


def _neighbourhood(ingress: Ingress) -> Iterator[Hashable]:
    """Of a canary it matters whom it meets."""
    yield ingress.meta.key
