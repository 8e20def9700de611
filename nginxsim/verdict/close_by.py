"""What lies close to a broken reference: the same name elsewhere, the ports on offer, the labels that Pods do carry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from nginxsim.annotations import Problem
from nginxsim.controller.model import (
    Backend,
)
from nginxsim.controller.reasons import Break, EmptyCode
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import BackendRef, Meta, Secret, Service, ServicePort, Workload
from nginxsim.kube.workloads import WorkloadIndex
from nginxsim.verdict.types import Evidence

NAMED = 3
"""So many of a kind are named at most."""


@dataclass(frozen=True, slots=True)
class Hint:
    """More about an empty backend; what is left empty stays as it was."""

    reason: str = ""
    fix: str = ""
    evidence: tuple[Evidence, ...] = ()
    """Takes the place of the objects where the chain breaks."""


Finder: TypeAlias = Callable[[Cluster, Service], Hint]


def hint(cluster: Cluster, backend: Backend, reference: BackendRef | None, namespace: str) -> Hint:
    """What the cluster knows of a backend without endpoints. reference: how an Ingress of the namespace names it."""
    if backend.service is None or not backend.service.meta.name:
        return _elsewhere(cluster, reference, namespace)
    if backend.gap and backend.gap.kind is Break.SCALED_DOWN:
        return _scaled_down(backend, backend.gap.names)
    code = backend.gap.code if backend.gap else None
    if code is EmptyCode.PORT_MISSING and reference is not None:
        return port_hint(cluster, backend.service, reference)
    find = FINDERS.get(code)
    return find(cluster, backend.service) if find else Hint()


def _elsewhere(cluster: Cluster, reference: BackendRef | None, namespace: str) -> Hint:
    if reference is None:
        return Hint()
    found = [each.meta for each in cluster.services.values() if _is_namesake(each.meta, reference.service, namespace)]
    if not found:
        return Hint()
    places = " or ".join(meta.namespace for meta in found[:NAMED])
    fix = f"move the Ingress to namespace {places}: a backend is looked for in the namespace of its Ingress"
    return Hint(fix=fix, evidence=tuple(_not_here(meta, namespace) for meta in found[:NAMED]))


def _is_namesake(meta: Meta, name: str, namespace: str) -> bool:
    return meta.name == name and meta.namespace != namespace


def _not_here(meta: Meta, namespace: str) -> Evidence:
    return Evidence(meta.origin, "", f"{meta} is not in namespace {namespace}")


def port_hint(cluster: Cluster, service: Service, reference: BackendRef) -> Hint:
    """What is wrong with the port that a backend names: the Service has none such, or its Pods do not."""
    wanted = str(reference.port)
    ports = service.ports
    named = next((port for port in ports if wanted in (str(port.port), str(port.target_port), port.name)), None)
    return _offered(service, reference) if named is None else _targets(cluster, service, named)


def _targets(cluster: Cluster, service: Service, port: ServicePort) -> Hint:
    """A targetPort that no container, or no EndpointSlice, has."""
    target = port.target_port
    mine = Evidence(port.origin, "", f"leads to targetPort {target}")
    workload = next(iter(WorkloadIndex(cluster.workloads).selected_by(service)), None)
    if workload is None or not isinstance(target, str):
        return Hint(fix=f"give the EndpointSlice of {service.meta} a port for targetPort {target}", evidence=(mine,))
    known = ", ".join(f"{name} ({number})" for name, number in workload.container_ports.items()) or "no named port"
    reason = (
        f"no container of {workload.meta} has a port called {target}, targetPort of {service.meta}; there is {known}"
    )
    instead = next(iter(workload.container_ports), None) or next(map(str, workload.ports), "the port's number")
    fix = f"write targetPort: {instead} in {service.meta}, or call the container's port {target}"
    return Hint(reason, fix, (mine, Evidence(workload.meta.origin, "", f"its containers have {known}")))


def _offered(service: Service, reference: BackendRef) -> Hint:
    offered = (
        Evidence(port.origin, "", f"{port.name or 'a port without name'}: {port.port}, targetPort {port.target_port}")
        for port in service.ports[:NAMED]
    )
    asked = Evidence(reference.port_origin, "", f"asks for port {reference.port}")
    names = " or ".join(f"{port.port}" for port in service.ports[:NAMED])
    return Hint(fix=f"name port {names} in the Ingress, or add the port to the Service", evidence=(asked, *offered))


def _labels(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _other_labels(cluster: Cluster, service: Service) -> Hint:
    """The workload that was probably meant: of the Service's name, or with labels of the same values."""
    there = [each for each in cluster.workloads if each.meta.namespace == service.meta.namespace]
    close = max(there, key=lambda each: _likeness(each, service), default=None)
    if close is None or not _likeness(close, service):
        return Hint()
    wanted = Evidence(service.selector_origin, "", "selects " + _labels(service.selector))
    carried = Evidence(close.meta.origin, "", f"its Pods carry {_labels(close.pod_labels) or 'no labels'}")
    fix = f"make the selector of {service.meta} match the Pods of {close.meta}"
    return Hint(fix=fix, evidence=(wanted, carried))


def _likeness(workload: Workload, service: Service) -> int:
    same = set(service.selector.values()) & set(workload.pod_labels.values())
    return len(same) + (workload.meta.name == service.meta.name)


def _unready(cluster: Cluster, service: Service) -> Hint:
    evidence, addresses = [], []
    for piece in cluster.slices.get(service.meta.key, ()):
        here = [address for endpoint in piece.endpoints for address in endpoint.addresses]
        evidence.append(Evidence(piece.meta.origin, "", f"not ready: {', '.join(here[:NAMED])}"))
        addresses += here
    if not addresses:
        return Hint()
    count = "its only endpoint is not" if len(addresses) == 1 else f"none of its {len(addresses)} endpoints is"
    return Hint(reason=f"{service.meta} is there, but {count} ready", evidence=tuple(evidence))


def _passed_over(cluster: Cluster, service: Service) -> Hint:
    """Slices that are labelled for the Service and named otherwise."""
    pieces = [each.meta for each in cluster.slices.get(service.meta.key, ())][:NAMED]
    if not pieces:
        return Hint()
    name = service.meta.name
    reason = f"the controller passes over {pieces[0]}, whose name does not begin with {name}"
    evidence = tuple(Evidence(each.origin, "", f"does not begin with {name}") for each in pieces)
    return Hint(reason, f"give it a name that begins with {name}, such as {name}-1", evidence)


def _scaled_down(backend: Backend, workloads: Sequence[str]) -> Hint:
    evidence = tuple(Evidence(origin, "", "replicas: 0") for origin in backend.empty_origins[:NAMED])
    return Hint(fix=f"scale {', '.join(workloads[:NAMED])} up", evidence=evidence)


FINDERS: Mapping[EmptyCode | None, Finder] = {
    EmptyCode.SELECTOR_MATCHES_NOTHING: _other_labels,
    EmptyCode.NO_READY_ENDPOINT: _unready,
    EmptyCode.NO_SLICE: _passed_over,
}


def secrets(cluster: Cluster, problems: Iterable[Problem], namespace: str) -> Iterator[Evidence]:
    """The Secrets that annotations name in vain: what they hold, or where else one of that name is."""
    for problem in problems:
        if problem.annotation.endswith("-secret"):
            place, _, name = problem.value.rpartition("/")
            yield from _secret(cluster, name, place or namespace, namespace)


def _secret(cluster: Cluster, name: str, place: str, namespace: str) -> Iterator[Evidence]:
    if secret := cluster.secrets.get(f"{place}/{name}"):
        yield _not_here(secret.meta, namespace) if place != namespace else _kept(secret)
        return
    namesakes = (each.meta for each in cluster.secrets.values() if _is_namesake(each.meta, name, namespace))
    yield from (_not_here(meta, namespace) for meta in [*namesakes][:NAMED])


def _kept(secret: Secret) -> Evidence:
    keys = ", ".join(f'"{key}"' for key in sorted(secret.data)[:NAMED])
    return Evidence(secret.meta.origin, "", f"holds the key {keys}" if keys else "holds nothing")
