"""The zone that the controller runs in: EndpointSlices may keep endpoints for the zones that are near to them.

ingress-nginx 1.15.1: internal/ingress/controller/controller.go (getIngressPodZone), pkg/flags/flags.go
"""

from __future__ import annotations

from typing import NamedTuple

from nginxsim.config.controller import Controller
from nginxsim.kube.cluster import Cluster


class Zone(NamedTuple):
    """name "": endpoints of all zones are used. taken: what is taken for granted about it, "" for nothing."""

    name: str = ""
    taken: str = ""


NO_ZONE = Zone()


def zone_of(cluster: Cluster, controller: Controller) -> Zone:
    """Where the controller is, if it asks: as told, else by its Pod's node, else by the zone that all nodes share."""
    if not controller.flags.enable_topology_aware_routing:
        return NO_ZONE
    if controller.machine.zone:
        return Zone(controller.machine.zone)
    pods = controller.deployed.members if controller.deployed else ()
    nodes = [cluster.nodes[pod.node] for pod in pods if pod.node in cluster.nodes]
    zones = sorted({node.zone for node in nodes or cluster.nodes.values()})
    if len(zones) == 1:
        return Zone(zones[0])
    if nodes:
        return Zone(zones[0], f"the controller that is asked runs in zone {zones[0]} (others: {', '.join(zones[1:])})")
    return Zone("", "the controller finds no zone of its own, so that zone hints do not count (--zone tells it)")
