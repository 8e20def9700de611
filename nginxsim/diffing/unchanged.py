"""Which fields of Ingresses read the same on both sides, though what was made of them may not be there any more."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TypeAlias

from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Ingress, IngressRule
from nginxsim.origins import Origin, Source

Field: TypeAlias = tuple[str, object]
"""A field's name, as sources have it, and what it says."""


class Unchanged:
    """The fields of both sides' Ingresses, looked at when a source is asked about."""

    def __init__(self, old: Cluster, new: Cluster) -> None:
        self._sides = (old, new)
        self._fields = cache(lambda side, key: dict(_fields(self._sides[side].ingresses[key])))

    def has(self, source: Source) -> bool:
        """Whether it is a field that both sides have alike."""
        kind, _, key = source.owner.partition(" ")
        if source.kind != "spec" or kind != "Ingress" or not all(key in side.ingresses for side in self._sides):
            return False
        old, new = (self._fields(side, key) for side in (0, 1))
        field = new.get((source.name, source.origin)) or old.get((source.name, source.origin))
        return field is not None and field in old.values() and field in new.values()


def _fields(ingress: Ingress) -> Iterator[tuple[tuple[str, Origin | None], Field]]:
    """By name and place."""
    yield _field("metadata.name", ingress.meta.origin, ingress.meta.key)
    if ref := ingress.default_backend:
        yield _field("defaultBackend", ref.origin, (ref.service, ref.port))
        yield _field("defaultBackend.service.name", ref.origin, (ref.service, ref.port))
    for rule in ingress.rules:
        yield from _of_rule(rule)


def _of_rule(rule: IngressRule) -> Iterator[tuple[tuple[str, Origin | None], Field]]:
    yield _field("rules[].host", rule.origin, rule.host)
    for path in rule.paths or ():
        where = (rule.host, path.path, path.path_type)
        yield _field("rules[].http.paths[].path", path.origin, where)
        yield _field("backend.service.name", path.backend.origin, (*where, path.backend.service, path.backend.port))


def _field(name: str, origin: Origin, says: object) -> tuple[tuple[str, Origin | None], Field]:
    return (name, origin), (name, says)
