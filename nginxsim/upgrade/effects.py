"""Whether an annotation of an Ingress comes to anything under a release: whether all would be the same without it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from nginxsim.annotations import NAMES
from nginxsim.annotations.values import ParsedAnnotations
from nginxsim.controller.payload import payload
from nginxsim.controller.references import host_of
from nginxsim.kube.objects import Ingress

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation
    from nginxsim.upgrade.road import Road


class Effects:
    """Of the annotations of one estate, found by leaving each away."""

    def __init__(self, road: Road) -> None:
        self._road = road
        self._known: dict[Hashable, bool] = {}
        self._hosts: dict[str, list[str]] = {}
        for ingress in road.ingresses():
            for host in _hosts(ingress):
                self._hosts.setdefault(host, []).append(ingress.meta.key)

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
        keys = {ingress.meta.key, *(key for host in hosts for key in self._hosts[host])}
        release = end.controller.release.name
        there, here = self._road.piece(release, keys), self._road.piece(release, keys, bare)
        return _made(there, hosts) != _made(here, hosts)


def without(ingress: Ingress, name: str, prefix: str) -> Ingress:
    """The Ingress without an annotation, by whichever of its names."""
    names = {prefix + each for each in (name, *(NAMES[name].names if name in NAMES else ()))}
    left = {key: value for key, value in ingress.meta.annotations.items() if key not in names}
    return replace(ingress, meta=replace(ingress.meta, annotations=left))


def _read(ingress: Ingress, end: Simulation) -> ParsedAnnotations | None:
    """What its annotations come to, wherever they stand and whatever is wrong with them."""
    parsed = end.extractor.extract(ingress).parsed
    return replace(parsed, sources={}, problems=()) if parsed else None


def _made(part: Simulation, hosts: tuple[str, ...]) -> tuple[object, ...]:
    return part.renderer.for_hosts(hosts).text, payload(part.model)


def _hosts(ingress: Ingress) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(host_of, ingress.rules)))


def _may_be_canary(written: tuple[tuple[str, str], ...]) -> bool:
    return any(name.endswith("/canary") for name, _ in written)


def _neighbourhood(ingress: Ingress) -> Iterator[Hashable]:
    """Of a canary it matters whom it meets."""
    yield ingress.meta.key
