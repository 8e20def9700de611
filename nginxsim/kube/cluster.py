"""The cluster: every object by kind and "namespace/name", plus the indexes the controller's stores would hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nginxsim.kube.edges import Edge
from nginxsim.kube.kubernetes import Kubernetes
from nginxsim.kube.live import Live
from nginxsim.kube.objects import (
    ConfigMap,
    EndpointSlice,
    Ingress,
    IngressClass,
    Meta,
    Namespace,
    Node,
    Secret,
    Service,
    Workload,
)
from nginxsim.kube.webhooks import Job, Policy, Registration
from nginxsim.sources import File, Omitted


@dataclass(frozen=True, slots=True)
class Cluster:
    """All that was read. Mappings are keyed "namespace/name" (IngressClass, Namespace and Node: by name)."""

    name: str = ""
    """Among the estates of an input; "" where there is only one."""
    ingresses: Mapping[str, Ingress] = field(default_factory=dict)
    ingress_classes: Mapping[str, IngressClass] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    slices: Mapping[str, Sequence[EndpointSlice]] = field(default_factory=dict)
    """By the key of their Service; EndpointSlices, else converted Endpoints, else assumed from workloads."""
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    config_maps: Mapping[str, ConfigMap] = field(default_factory=dict)
    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    made: Mapping[str, Secret] = field(default_factory=dict)
    """Secrets that operators would make of other objects; `secrets` does not have them."""
    edges: Sequence[Edge] = ()
    """What clouds put before Services."""
    nodes: Mapping[str, Node] = field(default_factory=dict)
    workloads: Sequence[Workload] = ()
    registrations: Mapping[str, Registration] = field(default_factory=dict)
    """Of webhooks, by name."""
    policies: Sequence[Policy] = ()
    jobs: Sequence[Job] = ()
    twice: tuple[tuple[Meta, Meta], ...] = ()
    """Objects that were written more than once: the one that counts, the last, and each before it."""
    whole: frozenset[str] = frozenset()
    """Kinds of which everything in the cluster is here: what is missing is missing there."""
    unknown: Mapping[str, str] = field(default_factory=dict)
    """Kinds that are in the cluster and could not be read, and why."""
    only_in: tuple[str, ...] = ()
    """The only namespaces that were looked at; none: all."""
    live: tuple[Live, ...] = ()
    """Running clusters that it was read from, which may be asked for more."""
    files: tuple[str, ...] = ()
    """The files read, in order."""
    kubernetes: Kubernetes | None = None
    """What it runs, where that was told."""
    texts: tuple[File, ...] = field(default=(), repr=False, compare=False)
    """What was read, for those who want to look at it again."""
    stored: tuple[File, ...] = field(default=(), repr=False, compare=False)
    """The same of what an API server has stored: it has taken it already."""
    omitted: tuple[Omitted, ...] = field(default=(), repr=False, compare=False)
    """What of the folders was left out, and why."""
    ages: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """How many objects had been read before (kind, namespace, name) was first; the API server's clock, so to speak."""
