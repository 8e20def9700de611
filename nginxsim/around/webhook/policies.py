"""NetworkPolicies that keep the API server from the webhook.

kubernetes 1.34: staging/src/k8s.io/api/networking/v1/types.go. The API server is no Pod: what names Pods alone does not
let it in, unless a tunnel of Pods is its way.
"""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.around.webhook.kinds import Fault, Kind
from nginxsim.around.webhook.reach import Reach
from nginxsim.around.webhook.way import Way
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Workload
from nginxsim.kube.webhooks import Entrance, Policy


def shut_out(cluster: Cluster, way: Way, reach: Reach | None) -> Iterator[Fault]:
    """Policies add up: one that lets it in is enough. Pods on the network of their node are outside of them."""
    pods = next((each for each in way.selected if each.replicas), None)
    if pods is None or not way.target or pods.host_network:
        return
    holding = [each for each in cluster.policies if _is_about(each, pods)]
    entrances = [(policy, each) for policy in holding for each in policy.entrances or ()]
    open_ones = [(policy, each) for policy, each in entrances if each.opens(way.target, pods.container_ports)]
    comes_as_pod = reach is not None and reach.by_pods
    if not holding or any(_lets_in(each, comes_as_pod=comes_as_pod) for _, each in open_ones):
        return
    policy, place = (open_ones[0][0], open_ones[0][1].origin) if open_ones else (holding[0], holding[0].origin)
    facts = {
        "policy": way.webhook.failure_policy,
        "service": way.webhook.service,
        "port": way.target,
        "pods": str(pods.meta),
        "only_pods": bool(open_ones),
    }
    yield Fault(Kind.SHUT_OUT, policy.meta, (place, way.webhook.origin), facts)


def _is_about(policy: Policy, pods: Workload) -> bool:
    alike = policy.meta.namespace == pods.meta.namespace
    return alike and policy.entrances is not None and policy.pods.matches(pods.pod_labels)


def _lets_in(entrance: Entrance, *, comes_as_pod: bool) -> bool:
    """A block of addresses may be the API server's."""
    return entrance.is_for_all or bool(entrance.blocks) or (comes_as_pod and entrance.pods)
