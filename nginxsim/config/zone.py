"""The zone that the controller runs in: EndpointSlices may keep endpoints for the zones that are near to them.

ingress-nginx 1.15.1: internal/ingress/controller/controller.go (getIngressPodZone), pkg/flags/flags.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nginxsim.config.flags import Flags
from nginxsim.config.machine import Machine
from nginxsim.golang.strconv import parse_bool
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Workload

BINARY = "/nginx-ingress-controller"
ROUTING = "--enable-topology-aware-routing"


class Zone(NamedTuple):
    """name "": endpoints of all zones are used. taken: what is taken for granted about it, "" for nothing."""

    name: str = ""
    taken: str = ""


NO_ZONE = Zone()


def zone_of(cluster: Cluster, flags: Flags, machine: Machine) -> Zone:
    """Where the controller is, if it asks: as told, else by its Pod's node, else by the zone that all nodes share."""
    pods = list(controller_pods(cluster))
    if not _asks(flags, pods):
        return NO_ZONE
    if machine.zone:
        return Zone(machine.zone)
    nodes = [cluster.nodes[pod.node] for pod in pods if pod.node in cluster.nodes]
    zones = sorted({node.zone for node in nodes or cluster.nodes.values()})
    if len(zones) == 1:
        return Zone(zones[0])
    if nodes:
        return Zone(zones[0], f"the controller that is asked runs in zone {zones[0]} (others: {', '.join(zones[1:])})")
    return Zone("", "the controller finds no zone of its own, so that zone hints do not count (--zone tells it)")


def controller_pods(cluster: Cluster) -> Iterator[Workload]:
    """The Pods of the controller, and what makes them, by what they run."""
    return (each for each in cluster.workloads if any(word.endswith(BINARY) for word in each.arguments))


def _asks(flags: Flags, pods: list[Workload]) -> bool:
    """The command line of nginxsim counts, else what the Pods in the input are started with."""
    if flags.enable_topology_aware_routing or "enable-topology-aware-routing" in flags.given:
        return flags.enable_topology_aware_routing
    return any(map(_is_on, (word for pod in pods for word in pod.arguments)))


def _is_on(word: str) -> bool:
    name, equals, value = word.partition("=")
    if name != ROUTING:
        return False
    try:
        return not equals or parse_bool(value)
    except ValueError:
        return False
