"""Which annotations are behind a backend that takes its share of requests otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from nginxsim.diffing.scope import Estate
from nginxsim.kube.objects import Ingress
from nginxsim.origins import Source

SHAPED_BY = {
    "weight": "canary-weight",
    "weightTotal": "canary-weight-total",
    "header": "canary-by-header",
    "headerValue": "canary-by-header-value",
    "headerPattern": "canary-by-header-pattern",
    "cookie": "canary-by-cookie",
}
"""Fields of a posted trafficShapingPolicy, and the annotation that fills each."""


class CanaryIndex:
    """Backend -> what was written behind its changed traffic shaping; the Ingresses are only read where some has."""

    def __init__(self, old: Estate, new: Estate) -> None:
        self._found: dict[str, dict[Source, None]] = defaultdict(dict)
        changed = {name: fields for name in {*old.backends, *new.backends} if (fields := _changed(old, new, name))}
        for estate in (new, old) if changed else ():
            prefix = estate.simulation.controller.flags.annotations_prefix
            for ingress in estate.simulation.cluster.ingresses.values():
                for name in _backends(ingress) & changed.keys():
                    self._found[name].update(dict.fromkeys(_sources(ingress, prefix, changed[name])))
        for estate in (new, old):
            for main, backend in estate.backends.items():
                for canary in backend.get("alternativeBackends") or ():
                    self._found[main].update(self._found.get(canary, {}))

    def sources(self, backends: Iterable[str]) -> Iterator[Source]:
        for name in backends:
            yield from self._found.get(name, ())


def _changed(old: Estate, new: Estate, name: str) -> list[str]:
    """The annotations whose fields differ."""
    before, after = (_shaping(estate, name) for estate in (old, new))
    return [annotation for field, annotation in SHAPED_BY.items() if before.get(field) != after.get(field)]


def _shaping(estate: Estate, name: str) -> dict[str, Any]:
    policy = estate.backends.get(name, {}).get("trafficShapingPolicy") or {}
    return {field: value for field, value in policy.items() if value}


def _backends(ingress: Ingress) -> set[str]:
    references = (path.backend for rule in ingress.rules for path in rule.paths or ())
    return {f"{ingress.meta.namespace}-{reference.service}-{reference.port}" for reference in references}


def _sources(ingress: Ingress, prefix: str, annotations: Iterable[str]) -> Iterator[Source]:
    for annotation in annotations:
        if origin := ingress.meta.annotation_origins.get(f"{prefix}/{annotation}"):
            yield Source("annotation", annotation, origin, str(ingress.meta))
