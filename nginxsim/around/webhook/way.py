"""Whom the API server asks about Ingresses: from a webhook's configuration to the port of a Pod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nginxsim.config.controller import Controller
from nginxsim.config.deployed import Deployed, deployed_in
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.live import LABEL
from nginxsim.kube.objects import EndpointSlice, Service, ServicePort, Workload
from nginxsim.kube.validation.rules.webhook import REVIEWS
from nginxsim.kube.webhooks import Registration, Webhook
from nginxsim.kube.workloads import WorkloadIndex
from nginxsim.origins import Origin

NAME = "validate.nginx.ingress.kubernetes.io"
PATHS = ("/networking/v1/ingresses", "/networking/v1beta1/ingresses", "/extensions/v1beta1/ingresses")
"""As the charts have them; the controller itself looks at no path."""
GROUPS = ("networking.k8s.io", "extensions")
ADDRESS, CERTIFICATE, KEY = "validating-webhook", "validating-webhook-certificate", "validating-webhook-key"
"""Flags."""


@dataclass(frozen=True, slots=True)
class Way:
    """One webhook and what it leads to, as far as the input has it.

    runs: the controller behind the Service; None where nobody knows it. target: the port of the Pods, 0 where it is not
    known.
    """

    registration: Registration
    webhook: Webhook
    service: Service | None = None
    port: ServicePort | None = None
    slices: tuple[EndpointSlice, ...] = ()
    selected: tuple[Workload, ...] = ()
    target: int = 0
    runs: Deployed | None = None

    @property
    def namespace(self) -> str:
        return self.webhook.service.partition("/")[0]

    @property
    def host(self) -> str:
        """What the API server calls it, and its certificate has to be for."""
        namespace, _, name = self.webhook.service.partition("/")
        return f"{name}.{namespace}.svc"

    def is_stored(self, cluster: Cluster) -> bool:
        """The configuration is the cluster's own, as it is now."""
        file = self.registration.meta.origin.file
        return file.startswith(LABEL) or any(file == each.name for each in cluster.stored)


def ways_of(cluster: Cluster, controller: Controller) -> tuple[Way, ...]:
    """Those that lead to this controller, and those that lead to none."""
    found = deployed_in(cluster)
    index = WorkloadIndex(cluster.workloads)
    own = controller.deployed.key if controller.deployed else ""
    ways = (
        _way(cluster, index, found, registration, webhook)
        for registration in cluster.registrations.values()
        for webhook in registration.webhooks
        if is_asked_about_ingresses(webhook)
    )
    return tuple(way for way in ways if (way.runs.key == own if way.runs else is_the_controllers(way.webhook)))


def is_asked_about_ingresses(webhook: Webhook) -> bool:
    return any(rule.is_about(group, "ingresses") for rule in webhook.rules for group in GROUPS)


def is_the_controllers(webhook: Webhook) -> bool:
    """By its name, or the path that is asked."""
    return webhook.name == NAME or webhook.path in PATHS


def asks_in(webhook: Webhook) -> str:
    """The version of AdmissionReview: the first that the API server knows."""
    # kubernetes 1.34: apiserver/pkg/admission/plugin/webhook/request/admissionreview.go (CreateAdmissionObjects)
    return next((each for each in webhook.review_versions if each in REVIEWS), "v1")


def _way(
    cluster: Cluster, index: WorkloadIndex, found: list[Deployed], registration: Registration, webhook: Webhook
) -> Way:
    service = cluster.services.get(webhook.service)
    if service is None:
        return Way(registration, webhook)
    port = next((each for each in service.ports if each.port == webhook.port), None)
    slices = tuple(cluster.slices.get(webhook.service, ()))
    selected = tuple(index.selected_by(service))
    target = _target(port, slices, selected)
    return Way(registration, webhook, service, port, slices, selected, target, _runner(found, selected))


def _runner(found: list[Deployed], selected: tuple[Workload, ...]) -> Deployed | None:
    keys = {workload.meta.key for workload in selected}
    return next((each for each in found if any(member.meta.key in keys for member in each.members)), None)


def _target(port: ServicePort | None, slices: tuple[EndpointSlice, ...], selected: tuple[Workload, ...]) -> int:
    """Of the slices, else as the Service and the Pods say."""
    if port is None:
        return 0
    known = (each.port for one in slices for each in one.ports if each.name == port.name)
    if (number := next(known, 0)) or isinstance(port.target_port, int):
        return number or int(port.target_port)
    named = (pods.container_ports.get(port.target_port, 0) for pods in selected)
    return next(filter(None, named), 0)


def flag(controller: Controller, name: str) -> tuple[str, Origin | None]:
    """What the controller is started with, and where it stands; "" where it is not."""
    given = controller.flags.given.get(name)
    return (given.text, given.source.origin) if given else ("", None)


def listens_on(address: str) -> int:
    """The port of "<host>:port"; 0 for none."""
    port = address.rpartition(":")[2]
    return int(port) if port.isdecimal() and len(port) < 6 else 0


def address_in(deployed: Deployed) -> int:
    """The webhook's port by the command line alone."""
    words = (word.text for word in deployed.container.words)
    return next((listens_on(word.partition("=")[2]) for word in words if word.startswith(f"--{ADDRESS}=")), 0)


def labels_of(cluster: Cluster, namespace: str) -> Mapping[str, str]:
    """Those of a namespace; the name is one that the API server sets."""
    known = cluster.namespaces.get(namespace)
    return {"kubernetes.io/metadata.name": namespace, **(known.meta.labels if known else {})}


def jobs_about(cluster: Cluster, way: Way) -> Iterator[str]:
    """What fills in the caBundle, in words that name it: Jobs, and what annotations ask others for."""
    meta = way.registration.meta
    for job in cluster.jobs:
        words = [word.text for container in job.containers for word in container.words]
        if f"--webhook-name={meta.name}" in words:
            yield str(job.meta)
    for name, maker in INJECTORS.items():
        if name in meta.annotations:
            yield maker


INJECTORS: Mapping[str, str] = {
    "cert-manager.io/inject-ca-from": "cert-manager",
    "cert-manager.io/inject-ca-from-secret": "cert-manager",
    "cert-manager.io/inject-apiserver-ca": "cert-manager",
    "certmanager.k8s.io/inject-ca-from": "cert-manager",
    "service.beta.openshift.io/inject-cabundle": "OpenShift",
}
"""Annotations of a configuration with which something in the cluster fills in its caBundle."""
