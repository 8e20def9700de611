"""What a controller has to be allowed in its cluster, by the releases that want it.

ingress-nginx: charts/ingress-nginx/templates/clusterrole.yaml, controller-role.yaml; internal/ingress/controller/store/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Use(StrEnum):
    """What a right is for."""

    CLASSES = "classes"
    LEADER = "leader"
    BACKENDS = "backends"


@dataclass(frozen=True, slots=True)
class Right:
    """To use objects of a kind. releases: those that want it."""

    group: str
    resource: str
    verbs: tuple[str, ...]
    releases: str
    use: Use


RIGHTS: Sequence[Right] = (
    Right("discovery.k8s.io", "endpointslices", ("list", "watch"), "1.4.0..", Use.BACKENDS),
    Right("networking.k8s.io", "ingressclasses", ("list", "watch"), "1.0.0..", Use.CLASSES),
    Right("coordination.k8s.io", "leases", ("create", "get", "update"), "1.3.0..", Use.LEADER),
)
"""Beside what every release wants. The worst to lack comes first."""
