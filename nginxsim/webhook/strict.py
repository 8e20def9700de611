"""Reasons to refuse an Ingress that the original lets through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nginxsim.admission import Review
from nginxsim.controller.model import DEFAULT_SERVER, Model
from nginxsim.kube.objects import Ingress
from nginxsim.simulation import Simulation
from nginxsim.verdict import Finding
from nginxsim.verdict.refusals import refusals


class Strictness:
    """Looks at what an Ingress would make of the configuration, at the servers it has a part in."""

    def __init__(self, stored: Simulation) -> None:
        self._stored = stored
        self._newest = max((other.meta.created for other in stored.cluster.ingresses.values()), default=0.0)

    def objections(self, ingress: Ingress, review: Review) -> list[str]:
        if review.denied:
            return [f"every request would come out denied: {review.denied}"]
        told = dict.fromkeys(found.message for found in self._faults(ingress))
        return [f"nginx would refuse the configuration: {message}" for message in told]

    def _faults(self, ingress: Ingress) -> list[Finding]:
        """What nginx would refuse because of the Ingress: in its own lines, or where nothing was wrong before."""
        changed = self._stored.with_ingress(self._aged(ingress))
        hosts = set(_hosts_of(ingress, changed.model))
        found = _refused(changed, hosts)
        if all(one.ingress == ingress.meta.key for one in found):
            return found
        before = {(one.message, one.owner) for one in _refused(self._stored, hosts)}
        return [one for one in found if one.ingress == ingress.meta.key or (one.message, one.owner) not in before]

    def _aged(self, ingress: Ingress) -> Ingress:
        """An update keeps the age of what it replaces; what is new is the youngest, and the youngest gives way."""
        stored = self._stored.cluster.ingresses.get(ingress.meta.key)
        created = stored.meta.created if stored else self._newest + 1
        return replace(ingress, meta=replace(ingress.meta, created=created))


def _hosts_of(ingress: Ingress, model: Model) -> Iterator[str]:
    """The servers it makes or has a location in."""
    yield from (rule.host or DEFAULT_SERVER for rule in ingress.rules)
    for server in model.servers.values():
        if any(location.ingress and location.ingress.meta.key == ingress.meta.key for location in server.locations):
            yield server.hostname


def _refused(simulation: Simulation, hosts: set[str]) -> list[Finding]:
    return refusals(simulation, simulation.renderer.for_hosts(hosts))
