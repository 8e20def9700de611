"""What is wrong on the way to the webhook, from the configuration to the Pod."""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.around.webhook.certificates import certificate_faults
from nginxsim.around.webhook.kinds import Empty, Fault, Kind
from nginxsim.around.webhook.pace import slow
from nginxsim.around.webhook.policies import shut_out
from nginxsim.around.webhook.reach import Reach, unreached
from nginxsim.around.webhook.way import ADDRESS, Way, address_in, asks_in, flag, labels_of, listens_on, ways_of
from nginxsim.config.controller import Controller
from nginxsim.config.deployed import deployed_in
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.webhooks import Webhook
from nginxsim.kube.workloads import WorkloadIndex

VERSIONS = ("v1", "v1beta1")
"""Of Ingresses, as API servers have served them."""
GROUP = "networking.k8s.io"


def faults_of(cluster: Cluster, controller: Controller, reach: Reach | None = None) -> Iterator[Fault]:
    """Of every way that leads to the controller, or to none; `reach`: how the API server gets to Pods."""
    ways = ways_of(cluster, controller)
    for way in ways:
        yield from _of_way(cluster, controller, way, reach)
    yield from _twice(ways)
    yield from _failed_jobs(cluster)


def _of_way(cluster: Cluster, controller: Controller, way: Way, reach: Reach | None) -> Iterator[Fault]:
    if way.runs is not None:
        yield from _versions(controller, way)
        yield from _unasked(cluster, way)
    if not way.webhook.service:
        return
    if way.service is None:
        yield from _no_service(cluster, way)
        return
    if way.port is None:
        yield _no_port(way)
        return
    yield from _no_pod(cluster, way)
    yield from unreached(way, reach, flag(controller, ADDRESS)[1] if way.runs else None)
    yield from shut_out(cluster, way, reach)
    if way.runs is not None:
        yield from _listening(cluster, controller, way)
        yield from certificate_faults(cluster, controller, way)
        yield from slow(cluster, controller, way)


def effect(webhook: Webhook) -> dict[str, object]:
    """What comes of it that the webhook gives no answer."""
    return {"policy": webhook.failure_policy, "service": webhook.service}


# --- What it is asked -------------------------------------------------------------------------------------------------


def _versions(controller: Controller, way: Way) -> Iterator[Fault]:
    release = controller.release
    facts = {**effect(way.webhook), "release": release.name}
    spoken = asks_in(way.webhook)
    if spoken != "v1" and not release.webhook_reads_old_reviews:
        place = way.webhook.place("admissionReviewVersions")
        yield Fault(Kind.REVIEW_VERSION, way.registration.meta, (place,), {**facts, "version": spoken})
    taken = release.webhook_reviews
    rules = [rule for rule in way.webhook.rules if rule.is_about(GROUP, "ingresses")]
    asked = [each for each in VERSIONS if any(rule.has_version(each) for rule in rules)]
    if asked and taken not in asked:
        place = rules[0].versions_origin
        yield Fault(
            Kind.INGRESS_VERSION, way.registration.meta, (place,), {**facts, "version": asked[0], "wanted": taken}
        )


def _unasked(cluster: Cluster, way: Way) -> Iterator[Fault]:
    """Selectors that leave out every Ingress of the input; labels of a namespace that is not in it are not known."""
    webhook = way.webhook
    known = [each for each in cluster.ingresses.values() if each.meta.namespace in cluster.namespaces]
    if not known or len(known) < len(cluster.ingresses):
        return
    namespaces = [labels_of(cluster, each.meta.namespace) for each in known]
    objects = [each.meta.labels for each in known]
    asked = ((webhook.namespaces, "namespaceSelector", namespaces), (webhook.objects, "objectSelector", objects))
    for selector, field, labels in asked:
        if not any(map(selector.matches, labels)):
            facts = {**effect(webhook), "field": field, "count": len(known)}
            yield Fault(Kind.UNASKED, way.registration.meta, (webhook.place(field),), facts)


def _twice(ways: tuple[Way, ...]) -> Iterator[Fault]:
    seen: dict[tuple[str, int], Way] = {}
    for way in ways:
        first = seen.setdefault((way.webhook.service, way.webhook.port), way)
        if first is not way and way.webhook.service:
            places = (way.webhook.origin, first.webhook.origin)
            facts = {**effect(way.webhook), "other": str(first.registration.meta), "name": way.registration.meta.name}
            yield Fault(Kind.TWICE, way.registration.meta, places, facts)


# --- The Service ------------------------------------------------------------------------------------------------------


def _no_service(cluster: Cluster, way: Way) -> Iterator[Fault]:
    if knows_services(cluster, way.namespace):
        facts = {**effect(way.webhook), "name": way.registration.meta.name, "others": _serving(cluster)}
        yield Fault(Kind.SERVICE_MISSING, way.registration.meta, (way.webhook.place("service.name"),), facts)


def knows_services(cluster: Cluster, namespace: str) -> bool:
    """Whether a Service of the namespace that is not here is nowhere: others of it are, or the controller is."""
    if cluster.only_in and namespace not in cluster.only_in:
        return False
    has_neighbours = any(key.startswith(f"{namespace}/") for key in cluster.services)
    return "Service" in cluster.whole or has_neighbours or bool(deployed_in(cluster))


def _serving(cluster: Cluster) -> tuple[str, ...]:
    """Services that are called as webhooks of the controller are."""
    return tuple(key for key in cluster.services if key.endswith("-admission"))


def _no_port(way: Way) -> Fault:
    assert way.service is not None
    ports = tuple(each.port for each in way.service.ports)
    facts = {**effect(way.webhook), "port": way.webhook.port, "ports": ports}
    places = (way.webhook.place("service.port", "service.name"), way.service.meta.origin)
    return Fault(Kind.PORT_MISSING, way.registration.meta, places, facts)


def _no_pod(cluster: Cluster, way: Way) -> Iterator[Fault]:
    assert way.service is not None
    assert way.port is not None
    why = _emptiness(cluster, way)
    if why is None:
        return
    down = next((each for each in way.selected if not each.replicas), None)
    place = {
        Empty.UNSELECTED: way.service.selector_origin,
        Empty.SCALED_DOWN: down.replicas_origin if down else None,
        Empty.PORT_UNNAMED: way.port.origin,
        Empty.NOT_READY: way.slices[0].meta.origin if way.slices else None,
    }[why]
    facts = {**effect(way.webhook), "why": why, "pods": str(down.meta) if down else "", "port": way.port.target_port}
    yield Fault(Kind.NO_POD, way.service.meta, (place or way.service.meta.origin, way.webhook.origin), facts)


def _emptiness(cluster: Cluster, way: Way) -> Empty | None:
    """Why there is no endpoint; None where there is one, or where nobody knows."""
    assert way.service is not None
    assert way.port is not None
    if way.service.type == "ExternalName":
        return None
    endpoints = [each for one in way.slices for each in one.endpoints if each.addresses]
    if not endpoints:
        return _without_endpoints(cluster, way)
    if not any(each.name == way.port.name for one in way.slices for each in one.ports):
        return Empty.PORT_UNNAMED
    return None if any(each.ready is not False for each in endpoints) else Empty.NOT_READY


def _without_endpoints(cluster: Cluster, way: Way) -> Empty | None:
    assert way.service is not None
    if not way.service.selector:
        return Empty.UNSELECTED if "EndpointSlice" in cluster.whole else None
    if way.selected:
        return Empty.SCALED_DOWN if not any(each.replicas for each in way.selected) else Empty.NOT_READY
    known = "Pod" in cluster.whole or WorkloadIndex(cluster.workloads).knows(way.namespace)
    return Empty.UNSELECTED if known else None


# --- The controller ---------------------------------------------------------------------------------------------------


def _listening(cluster: Cluster, controller: Controller, way: Way) -> Iterator[Fault]:
    assert way.runs is not None
    assert way.port is not None
    address, place = flag(controller, ADDRESS)
    about = way.runs.workload.meta
    if not way.runs.starts_by_itself:
        return
    if not address:
        yield Fault(Kind.OFF, about, (about.origin, way.webhook.origin), effect(way.webhook))
        return
    listens = listens_on(address)
    if listens and way.target and listens != way.target:
        facts = {
            **effect(way.webhook),
            "port": way.target,
            "listens": listens,
            "nginx": _of_nginx(controller, way.target),
        }
        yield Fault(Kind.PORT_DIFFERS, about, (way.port.origin, place), facts)
    yield from _shared_port(cluster, way, listens)


def _of_nginx(controller: Controller, port: int) -> str:
    """Which of nginx's own ports it is: "http", "https" or ""."""
    flags = controller.flags
    return "http" if port == flags.http_port else "https" if port == flags.https_port else ""


def _shared_port(cluster: Cluster, way: Way, listens: int) -> Iterator[Fault]:
    """Two controllers on the network of the same nodes."""
    assert way.runs is not None
    if not way.runs.workload.host_network or not listens:
        return
    for other in deployed_in(cluster):
        is_other = other.key != way.runs.key and other.workload.host_network
        if is_other and address_in(other) == listens:
            facts = {**effect(way.webhook), "port": listens, "other": str(other)}
            yield Fault(Kind.HOST_PORT, way.runs.workload.meta, (way.runs.origin, other.origin), facts)


def _failed_jobs(cluster: Cluster) -> Iterator[Fault]:
    for job in cluster.jobs:
        words = [word.text for container in job.containers for word in container.words]
        secret = next((word.partition("=")[2] for word in words if word.startswith("--secret-name=")), "")
        if job.failed and secret:
            yield Fault(Kind.JOB_FAILED, job.meta, (job.meta.origin,), {"secret": f"{job.meta.namespace}/{secret}"})
