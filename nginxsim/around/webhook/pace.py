"""How long a review takes, by measurements of the original."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from nginxsim.around.webhook.kinds import Fault, Kind
from nginxsim.around.webhook.way import Way
from nginxsim.config.controller import Controller
from nginxsim.kube.cluster import Cluster

Measured: TypeAlias = Sequence[tuple[int, float]]
"""Ingresses, and seconds."""

# ingress-nginx 1.15.1, measured on one machine with 2 cores: hosts with two paths each and mixed annotations. Every
# review builds the model of all Ingresses anew (quadratic in their number) and writes the whole file.
MODEL: Measured = ((100, 0.003), (1_000, 0.17), (10_000, 114.0))
TEMPLATE: Measured = ((100, 0.044), (1_000, 0.56), (10_000, 11.6))
MUCH = 0.5
"""Of the time that the API server waits."""


def seconds(ingresses: int, *, writes_all: bool = True) -> float:
    """An estimate; writes_all: the file of all Ingresses, not only of the one that is reviewed."""
    template = _between(TEMPLATE, ingresses) if writes_all else 0.0
    return _between(MODEL, ingresses) + template


def _between(measured: Measured, count: int) -> float:
    """On the line through the nearest two, as powers go; fewer than the fewest in proportion."""
    least, quickest = measured[0]
    if count <= least:
        return quickest * count / least
    (low, fast), (high, slow) = next((pair for pair in pairwise(measured) if count <= pair[1][0]), measured[-2:])
    power = math.log(slow / fast) / math.log(high / low)
    return float(fast * (count / low) ** power)


def slow(cluster: Cluster, controller: Controller, way: Way) -> Iterator[Fault]:
    count = len(cluster.ingresses)
    takes = seconds(count, writes_all=not controller.flags.disable_full_test)
    if takes > way.webhook.timeout * MUCH:
        facts = {
            "policy": way.webhook.failure_policy,
            "service": way.webhook.service,
            "count": count,
            "takes": takes,
            "timeout": way.webhook.timeout,
            "tests": controller.release.webhook_tests_conf,
            "release": controller.release.name,
        }
        place = way.webhook.place("timeoutSeconds")
        yield Fault(Kind.SLOW, way.registration.meta, (place,), facts, takes > way.webhook.timeout)
