"""What the API server asks about objects before it stores them, and what stands on its way to those whom it asks.

Fields: kubernetes 1.34 staging/src/k8s.io/api/admissionregistration/v1/types.go (defaults: pkg/apis/
admissionregistration/v1/defaults.go), networking/v1/types.go, batch/v1/types.go
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from nginxsim.kube.containers import read_containers
from nginxsim.kube.fields import Fields
from nginxsim.kube.objects import NOWHERE, Container, Meta, Port
from nginxsim.kube.selectors import Requirement, Selector
from nginxsim.origins import Origin

Places: TypeAlias = Mapping[str, Origin]
"""Where the value of each field stands that is written."""

PATIENCE = 10
"""timeoutSeconds, where nobody says it."""
ANY = "*"
_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "absent"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One of a webhook's rules: what it is asked about."""

    groups: tuple[str, ...]
    versions: tuple[str, ...]
    resources: tuple[str, ...]
    operations: tuple[str, ...]
    origin: Origin = NOWHERE
    versions_origin: Origin = NOWHERE

    def is_about(self, group: str, resource: str) -> bool:
        return _has(self.groups, group) and any(each in (resource, ANY, "*/*") for each in self.resources)

    def has_version(self, version: str) -> bool:
        return _has(self.versions, version)

    def has_operation(self, operation: str) -> bool:
        return _has(self.operations, operation)


def _has(listed: tuple[str, ...], word: str) -> bool:
    return word in listed or ANY in listed


@dataclass(frozen=True, slots=True)
class Webhook:
    """service: "namespace/name" of whom the API server asks; "" for one that is asked by URL."""

    name: str
    service: str = ""
    port: int = 443
    path: str = ""
    url: str = ""
    ca_bundle: bytes | None = None
    """None: empty."""
    rules: tuple[Asked, ...] = ()
    failure_policy: str = "Fail"
    match_policy: str = "Equivalent"
    timeout: int = PATIENCE
    namespaces: Selector = Selector()
    objects: Selector = Selector()
    review_versions: tuple[str, ...] = ()
    origin: Origin = NOWHERE
    places: Places = field(default_factory=dict, hash=False, compare=False)

    def place(self, *names: str) -> Origin:
        """Of the first of these fields that is written, else of the webhook itself."""
        return next((self.places[name] for name in names if name in self.places), self.origin)


@dataclass(frozen=True, slots=True)
class Registration:
    """A ValidatingWebhookConfiguration."""

    meta: Meta
    webhooks: tuple[Webhook, ...] = ()


def read_registration(document: Fields, meta: Meta) -> Registration:
    return Registration(meta, tuple(map(_webhook, document.items("webhooks"))))


def _webhook(fields: Fields) -> Webhook:
    client = fields.fields("clientConfig")
    service = client.fields("service")
    named = "/".join((service.text("namespace"), service.text("name")))
    return Webhook(
        name=fields.text("name"),
        service=named if "service" in client else "",
        port=service.number("port", 443),
        path=service.text("path"),
        url=client.text("url"),
        ca_bundle=_bundle(client.text("caBundle")),
        rules=tuple(map(_asked, fields.items("rules"))),
        failure_policy=fields.text("failurePolicy", "Fail"),
        match_policy=fields.text("matchPolicy", "Equivalent"),
        timeout=fields.number("timeoutSeconds", PATIENCE),
        namespaces=read_selector(fields.fields("namespaceSelector")),
        objects=read_selector(fields.fields("objectSelector")),
        review_versions=fields.words("admissionReviewVersions"),
        origin=fields.origin("name"),
        places={**fields.origins(), **client.origins(), **{f"service.{k}": v for k, v in service.origins().items()}},
    )


def _bundle(written: str) -> bytes | None:
    """Where it says "Cg==", a line's end, it stands for nothing: manifests of old had that for whoever fills it in."""
    try:
        found = base64.b64decode("".join(written.split()), validate=True)
    except (binascii.Error, ValueError):
        found = written.encode(errors="surrogatepass")
    return found if found.strip() else None


def _asked(fields: Fields) -> Asked:
    return Asked(
        fields.words("apiGroups"),
        fields.words("apiVersions"),
        fields.words("resources"),
        fields.words("operations"),
        fields.origin(),
        fields.origin("apiVersions"),
    )


def read_selector(fields: Fields) -> Selector:
    """Of matchLabels and matchExpressions; without either, everything is meant."""
    labels = fields.fields("matchLabels").texts()
    equal = (Requirement(name, "in", frozenset({value})) for name, value in labels.items())
    return Selector((*equal, *_expressions(fields)))


def _expressions(fields: Fields) -> Iterator[Requirement]:
    for each in fields.items("matchExpressions"):
        operator = _OPERATORS.get(each.text("operator"))
        if operator is not None:
            yield Requirement(each.text("key"), operator, frozenset(each.words("values")))  # type: ignore[arg-type]


# --- NetworkPolicy ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opening:
    """Some of the ports that a policy lets in. last: the end of a range; port 0: every port."""

    port: Port = 0
    last: int = 0
    protocol: str = "TCP"

    def lets_in(self, port: int, names: Mapping[str, int]) -> bool:
        if self.protocol != "TCP":
            return False
        first = names.get(self.port, -1) if isinstance(self.port, str) else self.port
        return first == 0 or first <= port <= max(first, self.last)


@dataclass(frozen=True, slots=True)
class Entrance:
    """One ingress rule of a policy. blocks: of addresses; pods: whether Pods are named among those let in."""

    openings: tuple[Opening, ...] = ()
    blocks: tuple[str, ...] = ()
    pods: bool = False
    origin: Origin = NOWHERE

    @property
    def is_for_all(self) -> bool:
        return (not self.blocks and not self.pods) or any(map(_is_everything, self.blocks))

    def opens(self, port: int, names: Mapping[str, int]) -> bool:
        return not self.openings or any(each.lets_in(port, names) for each in self.openings)


def _is_everything(block: str) -> bool:
    try:
        return ipaddress.ip_network(block, strict=False).prefixlen == 0
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Policy:
    """A NetworkPolicy, as far as it is about what comes in; entrances None: it is not."""

    meta: Meta
    pods: Selector = Selector()
    entrances: tuple[Entrance, ...] | None = ()
    origin: Origin = NOWHERE


def read_policy(document: Fields, meta: Meta) -> Policy:
    spec = document.fields("spec")
    types = spec.words("policyTypes")
    is_about_ingress = not types or "Ingress" in types
    entrances = tuple(map(_entrance, spec.items("ingress"))) if is_about_ingress else None
    return Policy(meta, read_selector(spec.fields("podSelector")), entrances, spec.origin("ingress", "podSelector"))


def _entrance(fields: Fields) -> Entrance:
    peers = fields.items("from")
    return Entrance(
        tuple(map(_opening, fields.items("ports"))),
        tuple(filter(None, (peer.fields("ipBlock").text("cidr") for peer in peers))),
        any("podSelector" in peer or "namespaceSelector" in peer for peer in peers),
        fields.origin("ports", "from"),
    )


def _opening(fields: Fields) -> Opening:
    return Opening(fields.port("port"), fields.number("endPort"), fields.text("protocol", "TCP"))


# --- Job --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Job:
    """failed: whether the cluster has given it up; succeeded: whether it has done its work."""

    meta: Meta
    containers: tuple[Container, ...] = ()
    failed: bool = False
    succeeded: bool = False


def read_job(document: Fields, meta: Meta) -> Job:
    status = document.fields("status")
    true = {each.text("type") for each in status.items("conditions") if each.text("status") == "True"}
    pod = document.fields("spec").fields("template").fields("spec")
    owner = Meta("Pod", "", meta.namespace)
    return Job(
        meta, read_containers(pod, owner), "Failed" in true, "Complete" in true or status.number("succeeded") > 0
    )


OBJECTS: Mapping[str, Mapping[str, Callable[[Fields, Meta], Registration | Policy | Job]]] = {
    "ValidatingWebhookConfiguration": dict.fromkeys(
        ("admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1beta1"), read_registration
    ),
    "NetworkPolicy": dict.fromkeys(("networking.k8s.io/v1", "extensions/v1beta1"), read_policy),
    "Job": dict.fromkeys(("batch/v1", "batch/v1beta1"), read_job),
}
"""By kind and API version, how it is read."""
UNNAMESPACED = frozenset({"ValidatingWebhookConfiguration"})
