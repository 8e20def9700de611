"""How the controller reads the parts of an Ingress: names of upstreams, hosts, paths and path types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nginxsim.annotations.values import ParsedAnnotations
from nginxsim.controller.drafts import PREFIX
from nginxsim.controller.ingresses import Arrival
from nginxsim.controller.model import DEFAULT_SERVER, ROOT
from nginxsim.kube.objects import BackendRef, Ingress, IngressPath, IngressRule, Port


@dataclass(frozen=True, slots=True)
class Claim:
    """One path of one rule: what an Ingress asks a location for."""

    arrival: Arrival
    rule: IngressRule
    spec_path: IngressPath

    @property
    def ingress(self) -> Ingress:
        return self.arrival.ingress

    @property
    def annotations(self) -> ParsedAnnotations:
        return self.arrival.annotations

    @property
    def host(self) -> str:
        return host_of(self.rule)

    @property
    def path(self) -> str:
        return self.spec_path.path or ROOT

    @property
    def path_type(self) -> str:
        """Everything but Exact counts as Prefix: a missing type and ImplementationSpecific too."""
        # ingress-nginx 1.15.1: internal/k8s/main.go, SetDefaultNGINXPathType
        written = self.spec_path.path_type
        return PREFIX if written in (None, "ImplementationSpecific") else written

    @property
    def upstream(self) -> str:
        return upstream_name(self.arrival, self.spec_path.backend)

    @property
    def leads_to_service(self) -> bool:
        """False where the controller skips it."""
        return counts(self.arrival, self.spec_path.backend)


def claims_of(arrival: Arrival) -> Iterator[Claim]:
    """Each path of each rule, in the order of the manifest."""
    for rule in arrival.ingress.rules:
        for path in rule.paths or ():
            yield Claim(arrival, rule, path)


def host_of(rule: IngressRule) -> str:
    return rule.host or DEFAULT_SERVER


def upstream_name(arrival: Arrival, ref: BackendRef) -> str:
    """The upstream that serves a backend reference."""
    # ingress-nginx 1.15.1, 0.51.0: internal/ingress/controller/util.go
    if arrival.counts_resources or (ref.service and service_port(ref)):
        return f"{arrival.namespace}-{ref.service}-{ref.port}"
    return f"{arrival.namespace}-INVALID"


def service_port(ref: BackendRef) -> Port:
    """The port a reference names; 0 when it names none."""
    return ref.port if isinstance(ref.port, str) else max(ref.port, 0)


def default_ref(arrival: Arrival) -> BackendRef | None:
    """spec.defaultBackend, if it counts."""
    ref = arrival.ingress.default_backend
    return ref if ref is not None and counts(arrival, ref) else None


def counts(arrival: Arrival, ref: BackendRef) -> bool:
    """Whether the controller looks at it: at a Service, and in old releases at anything."""
    return arrival.counts_resources or bool(ref.service)
