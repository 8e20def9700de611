"""The Services that lead to a controller: those that select its Pods, and those that are called as it is."""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.config.controller import Controller
from nginxsim.config.deployed import deployed_in
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Service, Workload

LABELS = ("app.kubernetes.io/name", "app", "k8s-app")
NAMES = frozenset({"ingress-nginx", "nginx-ingress", "rke2-ingress-nginx"})
"""What charts and manifests call the controller in labels."""


def services_of(cluster: Cluster, controller: Controller) -> Iterator[Service]:
    """Those of this controller. What is called as one is its own, unless it selects the Pods of another."""
    deployed = controller.deployed
    for service, leading in _leading(cluster):
        if deployed.key in leading if deployed and leading else not leading:
            yield service


def other_services(cluster: Cluster) -> Iterator[Service]:
    """Those that lead to no controller."""
    fronts = {service.meta.key for service, _ in _leading(cluster)}
    return (service for key, service in cluster.services.items() if key not in fronts)


def _leading(cluster: Cluster) -> Iterator[tuple[Service, list[str]]]:
    """Each with the controllers whose Pods it selects; none where only its name tells."""
    found = deployed_in(cluster)
    for service in cluster.services.values():
        leading = [each.key for each in found if _selects(service, each.workload)]
        if leading or _is_called(service):
            yield service, leading


def _is_called(service: Service) -> bool:
    labels = {**service.meta.labels, **service.selector}
    return any(labels.get(label) in NAMES for label in LABELS) or any(name in service.meta.name for name in NAMES)


def _selects(service: Service, pods: Workload) -> bool:
    alike = service.meta.namespace == pods.meta.namespace
    return alike and bool(service.selector) and service.selector.items() <= pods.pod_labels.items()
