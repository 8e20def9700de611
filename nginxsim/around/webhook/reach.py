"""How the API server gets to Pods: it is none itself, and who runs it decides which ports it reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from nginxsim.around.webhook.kinds import Fault, Kind
from nginxsim.around.webhook.way import Way
from nginxsim.errors import UsageError, did_you_mean
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Workload
from nginxsim.origins import Origin


class Provider(StrEnum):
    """Who runs the API server, as --provider takes it."""

    GKE_PRIVATE = "gke-private"
    GKE = "gke"
    EKS_OVERLAY = "eks-overlay"
    EKS = "eks"
    AKS = "aks"
    TUNNEL = "konnectivity"
    OWN = "self-managed"


@dataclass(frozen=True, slots=True)
class Row:
    """kind: what keeps it from a webhook; None: nothing that is known. is_sure: it does, unless something else is said.

    open_ports: those of machines that it reaches in any case. by_pods: it comes through Pods, whose policies count.
    source: whose documentation says so.
    """

    provider: Provider
    kind: Kind | None
    is_sure: bool = False
    open_ports: frozenset[int] = frozenset()
    by_pods: bool = False
    source: str = ""


ROWS: Mapping[Provider, Row] = {
    row.provider: row
    for row in (
        Row(
            Provider.GKE_PRIVATE,
            Kind.FIREWALL,
            is_sure=True,
            open_ports=frozenset({443, 10250}),
            source="cloud.google.com/kubernetes-engine/docs/concepts/firewall-rules",
        ),
        Row(
            Provider.GKE,
            Kind.FIREWALL,
            open_ports=frozenset({443, 10250}),
            source="cloud.google.com/kubernetes-engine/docs/concepts/firewall-rules",
        ),
        Row(
            Provider.EKS_OVERLAY,
            Kind.OVERLAY,
            is_sure=True,
            source="docs.aws.amazon.com/eks/latest/userguide/alternate-cni-plugins.html",
        ),
        Row(
            Provider.EKS,
            Kind.FIREWALL,
            open_ports=frozenset({443, 10250}),
            source="docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html",
        ),
        Row(Provider.AKS, Kind.TUNNEL, by_pods=True, source="learn.microsoft.com/azure/aks/core-aks-concepts"),
        Row(
            Provider.TUNNEL,
            Kind.TUNNEL,
            by_pods=True,
            source="kubernetes.io/docs/tasks/extend-kubernetes/setup-konnectivity/",
        ),
        Row(Provider.OWN, None),
    )
}


@dataclass(frozen=True, slots=True)
class Reach:
    """By whom: the object that says so, "" where a person did."""

    row: Row
    by: str = ""
    origin: Origin | None = None
    network: str = ""
    """The Pod network that is not the provider's own."""
    is_unsure: bool = False
    """It may be made of the provider's addresses all the same."""
    tunnel: str = ""
    """The Pods through which it comes."""

    @property
    def by_pods(self) -> bool:
        return self.row.by_pods or bool(self.tunnel)

    @property
    def is_told(self) -> bool:
        return not self.by


def provider_named(word: str) -> Provider:
    """Raises UsageError."""
    try:
        return Provider(word)
    except ValueError:
        known = list(Provider)
        raise UsageError(f'no provider "{word}": use {", ".join(known)}{did_you_mean(word, known)}') from None


def reach_of(cluster: Cluster, told: Provider | None = None) -> Reach | None:
    """As somebody says, else by the Nodes and the Services of the input; None where nothing tells."""
    found = _found(cluster)
    tunnel = next((str(each.meta) for each in cluster.workloads if _is_named(each, TUNNELS)), "")
    if told is not None:
        found = Reach(ROWS[told], network=found.network if found else "")
    elif found is None and tunnel:
        found = Reach(ROWS[Provider.TUNNEL], tunnel)
    return replace(found, tunnel=tunnel) if found else None


def _found(cluster: Cluster) -> Reach | None:
    for node in cluster.nodes.values():
        for label, provider in LABELS.items():
            if label in node.meta.labels and node.meta.labels[label] != "false":
                return _with_network(cluster, Reach(ROWS[provider], str(node.meta), node.meta.origin))
    for service in cluster.services.values():
        for note in service.meta.annotations:
            provider_ = next((each for start, each in NOTES.items() if note.startswith(start)), None)
            if provider_ is not None:
                origin = service.meta.annotation_origins.get(note, service.meta.origin)
                return _with_network(cluster, Reach(ROWS[provider_], f"annotation {note} of {service.meta}", origin))
    return None


def _with_network(cluster: Cluster, reach: Reach) -> Reach:
    """EKS with another Pod network than Amazon's is a matter of its own."""
    if reach.row.provider is not Provider.EKS or any(_is_named(each, (AMAZONS,)) for each in cluster.workloads):
        return reach
    other = next((each for each in cluster.workloads if _is_named(each, NETWORKS)), None)
    addresses = _addresses_of_cilium(cluster) if other is not None and other.meta.name == CILIUM else "its own"
    if other is None or addresses == "eni":
        return reach
    row = ROWS[Provider.EKS_OVERLAY]
    return replace(reach, row=row, network=str(other.meta), origin=other.meta.origin, is_unsure=not addresses)


def _addresses_of_cilium(cluster: Cluster) -> str:
    """Where its Pods have their addresses from, "eni" for those of the VPC; "" where nobody knows."""
    # docs.cilium.io/en/stable/network/concepts/ipam/
    found = cluster.config_maps.get("kube-system/cilium-config")
    return found.data.get("ipam", "") if found else ""


def _is_named(workload: Workload, names: tuple[str, ...]) -> bool:
    return workload.meta.kind in ("DaemonSet", "Deployment") and workload.meta.name in names


LABELS: Mapping[str, Provider] = {
    "cloud.google.com/private-node": Provider.GKE_PRIVATE,
    "cloud.google.com/gke-nodepool": Provider.GKE,
    "eks.amazonaws.com/nodegroup": Provider.EKS,
    "eks.amazonaws.com/compute-type": Provider.EKS,
    "kubernetes.azure.com/cluster": Provider.AKS,
}
"""Of Nodes; the first that one has counts."""
NOTES: Mapping[str, Provider] = {
    "cloud.google.com/": Provider.GKE,
    "networking.gke.io/": Provider.GKE,
    "service.beta.kubernetes.io/aws-": Provider.EKS,
    "service.beta.kubernetes.io/azure-": Provider.AKS,
}
"""What annotations of Services begin with; Kubernetes that somebody runs on machines of that cloud has them too."""
AMAZONS = "aws-node"
CILIUM = "cilium"
NETWORKS = ("calico-node", CILIUM, "weave-net", "kube-flannel-ds", "kube-router", "antrea-agent")
TUNNELS = ("konnectivity-agent", "aks-link", "tunnelfront")


def unreached(way: Way, reach: Reach | None, listens: Origin | None) -> Iterator[Fault]:
    """What keeps the API server from the Pods' port, where it is known who runs it; `listens`: what has it listen."""
    if reach is None or not way.target:
        return
    row = reach.row
    on_host = any(pods.host_network for pods in way.selected)
    # A tunnel of Pods is in the Pod network and behind no firewall.
    kind = Kind.TUNNEL if reach.tunnel else row.kind
    if kind is None or (kind is Kind.FIREWALL and way.target in row.open_ports) or (kind is Kind.OVERLAY and on_host):
        return
    assert way.service is not None
    about = way.runs.workload.meta if way.runs else way.service.meta
    facts = {
        "policy": way.webhook.failure_policy,
        "service": way.webhook.service,
        "provider": row.provider,
        "port": way.target,
        "network": reach.network,
        "tunnel": reach.tunnel,
    }
    port = listens or (way.port.origin if way.port else None)
    places = (about.origin if kind is Kind.OVERLAY else port, reach.origin)
    yield Fault(kind, about, places, facts, row.is_sure and kind is row.kind and not reach.is_unsure)
