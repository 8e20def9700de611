"""The Kubernetes objects that matter to the controller, as the API server would hand them over.

Defaults are filled in (protocol TCP, targetPort, stringData merged into data, v1beta1 converted); every object and
every part that an explanation may point at carries its Origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from nginxsim.origins import Origin

NOWHERE = Origin("", 0, 0)


@dataclass(frozen=True, slots=True)
class Meta:
    """metadata of an object.

    `created` is seconds since the epoch; objects without creationTimestamp count as created one second apart in
    document order from 2024-01-01T00:00:00Z. is_dated: there is one. batch: when it was created if all that came with
    it was created at once.
    """

    kind: str
    name: str
    namespace: str = "default"
    """Empty for IngressClass and Namespace."""
    created: float = 0.0
    is_dated: bool = False
    batch: float = 0.0
    uid: str = ""
    deleted: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    annotation_origins: Mapping[str, Origin] = field(default_factory=dict)
    """Where each annotation's value starts: the opening quote, if it is quoted."""
    annotation_name_origins: Mapping[str, Origin] = field(default_factory=dict)
    origin: Origin = NOWHERE

    @property
    def key(self) -> str:
        """namespace/name; the name alone for what lives outside of namespaces (IngressClass, Namespace)."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class HasMeta(Protocol):
    """Any object."""

    @property
    def meta(self) -> Meta: ...


Object = TypeVar("Object", bound=HasMeta)

Port: TypeAlias = int | str
"""A port by number or by name."""


@dataclass(frozen=True, slots=True)
class BackendRef:
    """An Ingress backend. service is "" for a resource backend, which the controller skips."""

    service: str
    port: Port
    """0 when the manifest names none."""
    origin: Origin = NOWHERE
    port_origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class IngressPath:
    """spec.rules[].http.paths[]."""

    path: str
    path_type: str | None
    """ "Exact", "Prefix" or "ImplementationSpecific"; None when there is none (the API server refuses that in v1)."""
    backend: BackendRef
    origin: Origin = NOWHERE
    """Of the path's text (of the backend where path is left out)."""


@dataclass(frozen=True, slots=True)
class IngressRule:
    """spec.rules[]: a host, "" for all, and its paths."""

    host: str
    paths: tuple[IngressPath, ...] | None
    """None: the rule has no `http`."""
    origin: Origin = NOWHERE
    """Of the host's text (of the rule where host is left out)."""


@dataclass(frozen=True, slots=True)
class IngressTLS:
    """spec.tls[]: the Secret with the certificate for some hosts."""

    hosts: tuple[str, ...]
    secret: str
    origin: Origin = NOWHERE
    """Of the Secret's name (of the entry where it is left out)."""


@dataclass(frozen=True, slots=True)
class Ingress:
    """networking.k8s.io/v1, or an older shape converted to it."""

    meta: Meta
    class_name: str | None = None
    """spec.ingressClassName."""
    default_backend: BackendRef | None = None
    rules: tuple[IngressRule, ...] = ()
    tls: tuple[IngressTLS, ...] = ()
    class_origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class IngressClass:
    """`controller` names who serves the Ingresses of this class."""

    meta: Meta
    controller: str


@dataclass(frozen=True, slots=True)
class ServicePort:
    """spec.ports[]; `target_port` is `port` where none is written."""

    name: str
    port: int
    protocol: str
    target_port: Port
    app_protocol: str = ""
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class Service:
    """What groups Pods under a name; `external_name` and `cluster_ip` as the spec has them."""

    meta: Meta
    type: str = "ClusterIP"
    cluster_ip: str = ""
    external_name: str = ""
    ports: tuple[ServicePort, ...] = ()
    selector: Mapping[str, str] = field(default_factory=dict)
    publish_not_ready: bool = False
    traffic_distribution: str = ""
    external_traffic_policy: str = ""
    selector_origin: Origin = NOWHERE
    spec: Mapping[str, object] = field(default_factory=dict)
    """The whole spec as the API server would hand it over (as written, with type, sessionAffinity "None" and each
    port's protocol and targetPort filled in): the controller passes it on to its Lua unread."""


@dataclass(frozen=True, slots=True)
class SlicePort:
    """ports[] of an EndpointSlice."""

    name: str
    port: int
    protocol: str


@dataclass(frozen=True, slots=True)
class SliceEndpoint:
    """endpoints[] of an EndpointSlice; `ready` None counts as true."""

    addresses: tuple[str, ...]
    ready: bool | None = None
    zones: tuple[str, ...] = ()
    """hints.forZones."""
    target: str = ""
    """ "Pod default/web-1", as far as the slice names it."""


@dataclass(frozen=True, slots=True)
class EndpointSlice:
    """`service` is the value of label kubernetes.io/service-name; slices made from Endpoints or workloads look alike.

    source: "endpoints" is converted from an Endpoints object, "workload" assumed from Pods or templates.
    """

    meta: Meta
    service: str
    address_type: str = "IPv4"
    ports: tuple[SlicePort, ...] = ()
    endpoints: tuple[SliceEndpoint, ...] = ()
    source: Literal["slice", "endpoints", "workload"] = "slice"


class Hidden(StrEnum):
    """What of a Secret the input holds back."""

    NOTHING = "nothing"
    VALUES = "values"
    ALL = "all"
    """Not even its keys are known."""


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """What anybody may know of a key pair or of a CA bundle, though it is held back.

    expires: seconds since the epoch. refusal: why the controller does not use it, in its words.
    """

    sha1: str = ""
    common_name: str = ""
    dns_names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    expires: float = 0.0
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Secret:
    """`data` is decoded, with stringData merged in; a value that is held back is empty there."""

    meta: Meta
    type: str = "Opaque"
    data: Mapping[str, bytes] = field(default_factory=dict)
    hidden: Hidden = Hidden.NOTHING
    hosts: tuple[str, ...] = ()
    """DNS names that its certificate is known to be made out to, though its values are held back."""
    maker: str = ""
    """The object that it is made of, as "SealedSecret ns/name"; "" where it stands in the input itself."""
    facts: PublicFacts | None = None
    """Of what is held back."""

    @property
    def is_open(self) -> bool:
        return self.hidden is Hidden.NOTHING

    def has(self, key: str) -> bool:
        """Whether it has a key, as far as that is known."""
        return key in self.data or self.hidden is Hidden.ALL


@dataclass(frozen=True, slots=True)
class ConfigMap:
    """`data` as text; binaryData is not read."""

    meta: Meta
    data: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """Where each value of data starts."""
    key_origins: Mapping[str, Origin] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Namespace:
    """What selectors of namespaces look at: its labels."""

    meta: Meta


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster: its labels."""

    meta: Meta

    @property
    def zone(self) -> str:
        return self.meta.labels.get("topology.kubernetes.io/zone", "")


class Word(NamedTuple):
    """A word of a command line, as the kubelet hands it over. unknown: the variables in it of which only the cluster
    knows the value; these stand there as written.
    """

    text: str
    origin: Origin = NOWHERE
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """What an environment or a volume takes from elsewhere: a ConfigMap or Secret, and the key of it, "" for all."""

    kind: Literal["ConfigMap", "Secret"]
    name: str
    key: str = ""
    prefix: str = ""
    """Of the variables that envFrom makes; of a volume's file, the path of this key where it is not the key itself."""
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class Mount:
    """Where files of ConfigMaps and Secrets are in a container."""

    path: str
    sub_path: str = ""
    holds: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Inside:
    """What a container's program finds: its environment, by the order of the manifest, and files."""

    variables: tuple[tuple[str, Word | Reference], ...] = ()
    others: tuple[Reference, ...] = ()
    """envFrom."""
    mounts: tuple[Mount, ...] = ()


@dataclass(frozen=True, slots=True)
class Container:
    """One of a Pod: its image and its command line (command, then args)."""

    image: str
    image_origin: Origin
    words: tuple[Word, ...] = ()
    name: str = ""
    inside: Inside | None = None
    """Read of the controller, and of programs whose settings matter to a request (kube.containers.LOOKED_INTO)."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A Pod, or the Pods that a Deployment, StatefulSet or DaemonSet would run (only its template is known)."""

    meta: Meta
    pod_labels: Mapping[str, str] = field(default_factory=dict)
    container_ports: Mapping[str, int] = field(default_factory=dict)
    """Named container ports."""
    ports: tuple[int, ...] = ()
    replicas: int = 1
    ready: bool = True
    address: str = ""
    """status.podIP of a Pod that has one."""
    owned: bool = False
    """Another object made it (metadata.ownerReferences)."""
    node: str = ""
    """spec.nodeName of a Pod that has one."""
    containers: tuple[Container, ...] = ()
    replicas_origin: Origin | None = None
    """Where the number is written."""
    host_network: bool = False
    """Its Pods have the addresses of their nodes, and share the ports of these."""
