"""Findings about several controllers in one input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from nginxsim.checks.estate import Estate, at, finding
from nginxsim.config.controller import Controller
from nginxsim.config.deployed import Deployed, deployed_in
from nginxsim.errors import UsageError
from nginxsim.kube.cluster import Cluster
from nginxsim.verdict.types import Evidence, Finding


class Started(NamedTuple):
    """A controller of the input, and what it comes to."""

    deployed: Deployed
    controller: Controller

    def place(self, flag: str) -> tuple[Evidence, ...]:
        """Of the flag, or of the controller that leaves it at its default."""
        given = self.controller.flags.given.get(flag)
        if given is not None and given.source.origin is not None:
            return at(given.source.origin, f"--{flag}")
        return at(self.deployed.origin, note=f"has the default of --{flag}")


def class_shared(estate: Estate) -> Iterator[Finding]:
    """Two controllers that take the same Ingresses: both serve them, each writes its own address into their status."""
    cluster, asked = estate.simulation.given, estate.simulation.controller.deployed
    started = [found for each in deployed_in(cluster) if (found := _started(estate, each))]
    for one, other in combinations(started, 2):
        flag = _shared(one.controller, other.controller)
        if flag and asked in (one.deployed, other.deployed) and _overlap(one.controller, other.controller, cluster):
            yield _finding(one, other, flag)


def _started(estate: Estate, deployed: Deployed) -> Started | None:
    """None: one that runs nowhere."""
    if deployed.replicas == 0:
        return None
    try:
        controller = replace(estate.simulation.told, name=str(deployed)).controller(estate.simulation.given)
    except UsageError:
        return None
    return Started(deployed, controller)


def _shared(one: Controller, other: Controller) -> str:
    """The flag that is alike and decides which Ingresses are taken, "" for none."""
    if one.release.classes_are_names and other.release.classes_are_names:
        alike = (one.flags.ingress_class or "nginx") == (other.flags.ingress_class or "nginx")
        return "ingress-class" if alike else ""
    if one.flags.controller_class == other.flags.controller_class:
        return "controller-class"
    without = one.flags.watch_ingress_without_class and other.flags.watch_ingress_without_class
    return "watch-ingress-without-class" if without else ""


def _overlap(one: Controller, other: Controller, cluster: Cluster) -> bool:
    """Whether there is a namespace that both look at, as far as that can be known."""
    named = [each.flags.watch_namespace for each in (one, other) if each.flags.watch_namespace]
    if len(named) == 2:
        return named[0] == named[1]
    limited = [each for each in (one, other) if each.flags.watch_namespace or each.flags.watch_namespace_selector]
    if len(limited) < 2:
        return True
    spaces = {*named, *cluster.namespaces, *(ingress.meta.namespace for ingress in cluster.ingresses.values())}
    return any(all(each.flags.watches(space, cluster.namespaces) for each in limited) for space in spaces)


REASONS = {
    "controller-class": "of an IngressClass with controller {value}",
    "ingress-class": "of class {value}",
    "watch-ingress-without-class": "that name no class",
}


def _finding(one: Started, other: Started, flag: str) -> Finding:
    value = getattr(one.controller.flags, flag.replace("-", "_")) or "nginx"
    return finding(
        "class-served-twice",
        *one.place(flag),
        *other.place(flag),
        meta=one.deployed.workload.meta,
        other=other.deployed,
        what=REASONS[flag].format(value=value),
    )
