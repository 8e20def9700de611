"""Pods and what makes them, and the endpoints to assume where a cluster would know them."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from nginxsim.kube.containers import read_containers
from nginxsim.kube.fields import Fields
from nginxsim.kube.objects import EndpointSlice, Meta, Port, Service, ServicePort, SliceEndpoint, SlicePort, Workload

MOST_REPLICAS = 3
"""More Pods of one template than these say nothing new about a route."""

FOREIGN_WORKLOADS: Mapping[str, str] = {
    "CloneSet": "apps.kruise.io/v1alpha1",
    "DeploymentConfig": "apps.openshift.io/v1",
    "Rollout": "argoproj.io/v1alpha1",
}
"""Kinds of other people's that run Pods as a Deployment does. One that only refers to a Deployment has no template."""

_FINISHED = ("Succeeded", "Failed")


def read_pod(document: Fields, meta: Meta) -> Workload:
    status = document.fields("status")
    conditions = {c.text("type"): c.text("status") for c in status.items("conditions")}
    alive = status.text("phase") not in _FINISHED
    return Workload(
        meta=meta,
        pod_labels=meta.labels,
        container_ports=_named_ports(document.fields("spec")),
        ports=_ports(document.fields("spec")),
        replicas=int(alive),
        ready=conditions.get("Ready", "True") == "True",
        address=status.text("podIP"),
        owned=bool(document.fields("metadata").items("ownerReferences")),
        node=document.fields("spec").text("nodeName"),
        containers=read_containers(document.fields("spec"), meta),
        host_network=bool(document.fields("spec").flag("hostNetwork")),
    )


def read_template(document: Fields, meta: Meta) -> Workload:
    """Deployment, StatefulSet, ReplicaSet and DaemonSet (without replicas: one Pod stands for those of all nodes)."""
    spec = document.fields("spec")
    template = spec.fields("template")
    pod = _pod(template.fields("metadata"), meta.namespace)
    return Workload(
        meta=meta,
        pod_labels=pod.labels,
        container_ports=_named_ports(template.fields("spec")),
        ports=_ports(template.fields("spec")),
        replicas=spec.number("replicas", 1),
        owned=bool(document.fields("metadata").items("ownerReferences")),
        containers=read_containers(template.fields("spec"), pod),
        replicas_origin=spec.origin("replicas") if "replicas" in spec else None,
        host_network=bool(template.fields("spec").flag("hostNetwork")),
    )


def _pod(metadata: Fields, namespace: str) -> Meta:
    """What is known of the Pods of a template; they get a name when they are made."""
    labels, annotations = metadata.fields("labels").texts(), metadata.fields("annotations").texts()
    return Meta("Pod", "", namespace, labels=labels, annotations=annotations)


def _container_ports(pod: Fields) -> Iterator[Fields]:
    for container in pod.items("containers"):
        yield from container.items("ports")


def _named_ports(pod: Fields) -> dict[str, int]:
    """The first container that uses a name has it."""
    named: dict[str, int] = {}
    for port in _container_ports(pod):
        if name := port.text("name"):
            named.setdefault(name, port.number("containerPort"))
    return named


def _ports(pod: Fields) -> tuple[int, ...]:
    return tuple(port.number("containerPort") for port in _container_ports(pod))


class WorkloadIndex:
    """Which workloads a selector finds, without a look at each of them for each Service."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._by_label: dict[tuple[str, str, str], list[Workload]] = defaultdict(list)
        self._namespaces: set[str] = set()
        for workload in workloads:
            self._namespaces.add(workload.meta.namespace)
            for label, value in workload.pod_labels.items():
                self._by_label[workload.meta.namespace, label, value].append(workload)

    def knows(self, namespace: str) -> bool:
        """Whether there are any workloads at all: without them a selector proves nothing."""
        return namespace in self._namespaces

    def selected_by(self, service: Service) -> list[Workload]:
        """Of the Service's namespace; none when it has no selector."""
        wanted = service.selector.items()
        namespace = service.meta.namespace
        # Only those with the rarest of the labels are looked through.
        candidates = min((self._by_label.get((namespace, *label), []) for label in wanted), key=len, default=[])
        return [workload for workload in candidates if wanted <= workload.pod_labels.items()]


class AssumedEndpoints:
    """The slices that the control plane would make for a Service from the Pods its selector matches.

    Addresses of Pods that only exist as a template are invented, in 10.244.0.0/16 and from the workload's name, so that
    another workload beside it does not change them.
    """

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._workloads = WorkloadIndex(workloads)
        self._addresses: dict[str, str] = {}
        self._taken: set[int] = set()

    def slices(self, service: Service) -> list[EndpointSlice]:
        """One for each workload, since each may resolve a named port to a number of its own."""
        if service.type == "ExternalName":
            return []
        selected = _current(self._workloads.selected_by(service))
        made = (self._slice(service, workload) for workload in selected)
        return [found for found in made if found.endpoints]

    def _slice(self, service: Service, workload: Workload) -> EndpointSlice:
        addresses = [self._address(workload, i) for i in range(min(workload.replicas, MOST_REPLICAS))]
        ready = workload.ready or service.publish_not_ready
        return EndpointSlice(
            meta=workload.meta,
            service=service.meta.name,
            address_type="IPv6" if ":" in workload.address else "IPv4",
            ports=_resolved(service.ports, workload.container_ports),
            endpoints=tuple(SliceEndpoint((address,), ready, target=str(workload.meta)) for address in addresses),
            source="workload",
        )

    def _address(self, workload: Workload, index: int) -> str:
        if workload.address:
            return workload.address
        name = f"{workload.meta} {index}"
        if name not in self._addresses:
            self._addresses[name] = self._invented(name)
        return self._addresses[name]

    def _invented(self, name: str) -> str:
        number = zlib.crc32(name.encode()) & 0xFFFF
        while number in self._taken or number & 0xFF in (0, 0xFF):
            number = (number + 1) & 0xFFFF
        self._taken.add(number)
        return f"10.244.{number >> 8}.{number & 0xFF}"


def _current(workloads: Sequence[Workload]) -> Sequence[Workload]:
    """A dump of a cluster has a Deployment, its ReplicaSets and their Pods: only the Pods count then."""
    if any(workload.owned and workload.meta.kind == "Pod" for workload in workloads):
        return [workload for workload in workloads if workload.meta.kind == "Pod"]
    return [workload for workload in workloads if not workload.owned] or workloads


def _resolved(ports: Iterable[ServicePort], named: Mapping[str, int]) -> tuple[SlicePort, ...]:
    """A target that names no container port is left out, as in the cluster."""
    numbers = {port: _number(port.target_port, named) for port in ports}
    return tuple(SlicePort(port.name, number, port.protocol) for port, number in numbers.items() if number)


def _number(target: Port, named: Mapping[str, int]) -> int:
    return named.get(target, 0) if isinstance(target, str) else target
