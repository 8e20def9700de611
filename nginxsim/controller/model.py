"""What the controller decides: the Model its template renders and its Lua balancer is fed from.

Shapes follow ingress-nginx 1.15.1: pkg/apis/ingress/types.go, in this project's words. Everything is frozen; the
builders in this folder use drafts of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from nginxsim.annotations.values import (
    NO_COOKIE,
    Canary,
    Named,
    ParsedAnnotations,
    Problem,
    SessionCookie,
    UpstreamHash,
)
from nginxsim.config.certificate import Certificate
from nginxsim.controller.reasons import EmptyCode, Gap, Turned
from nginxsim.controller.traits import ServerTrait, ServerTraits
from nginxsim.kube.objects import BackendRef, Ingress, IngressPath, IngressRule, Port, Service
from nginxsim.origins import Origin

DEFAULT_UPSTREAM = "upstream-default-backend"
DEFAULT_SERVER = "_"
ROOT = "/"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a request may be sent to; `target` names the Pod behind it, where that is known."""

    address: str
    """IPv4, [IPv6] in brackets where the controller writes them so, or a DNS name."""
    port: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Affinity:
    """Session affinity of an upstream; `locations`: host -> the paths its cookie is for."""

    type: str = ""
    mode: str = ""
    cookie: SessionCookie = NO_COOKIE
    locations: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Backend:
    """An upstream. gap: where the chain from its Service to ready endpoints breaks."""

    name: str
    service: Service | None = None
    port: Port = 0
    ssl_passthrough: bool = False
    endpoints: tuple[Endpoint, ...] = ()
    affinity: Affinity = Affinity()
    hash: UpstreamHash = UpstreamHash()
    load_balancing: str = ""
    no_server: bool = False
    shaping: Canary = Canary()
    """How a canary gets its share of the traffic; its zero value for every other upstream."""
    alternatives: tuple[str, ...] = ()
    origin: Origin | None = None
    """Of the backend reference that created it."""
    gap: Gap | None = None
    empty_origins: tuple[Origin, ...] = ()
    """The objects where that chain breaks: the Service, its selector, slices without a ready endpoint."""
    assumed: bool = False
    """The endpoints are assumed from workloads, no EndpointSlice was given."""


@dataclass(frozen=True, slots=True)
class Location:
    """A location block to be. `annotations` are those of the Ingress that shaped it."""

    path: str
    path_type: str
    is_default_backend: bool
    backend: str
    """Name of the upstream."""
    annotations: ParsedAnnotations
    ingress: Ingress | None = None
    """None: the catch-all that no Ingress asked for."""
    rule: IngressRule | None = None
    spec_path: IngressPath | None = None
    """The path of the Ingress it was made for; None for the implicit root."""
    default_ref: BackendRef | None = None
    """spec.defaultBackend, when that is what the location serves."""
    ingress_path: str = ""
    """The path as written, before a trailing slash was added."""
    service: Service | None = None
    """None: unknown Service. The implicit root of a host has an empty Service (name "")."""
    port: Port = 0
    default_backend_upstream: str = DEFAULT_UPSTREAM
    """Where error pages go; "custom-default-backend-ns-name" when an annotation named a Service with endpoints."""

    @property
    def denied(self) -> str | None:
        return self.annotations.denied


@dataclass(frozen=True, slots=True)
class Server:
    """A host, or the catch-all "_", with its locations in rendering order and what counts for all of them."""

    hostname: str
    locations: tuple[Location, ...]
    traits: ServerTraits = ServerTraits()
    origin: Origin | None = None
    """Of the first rule that names the host."""
    owners: Mapping[ServerTrait, Ingress] = field(default_factory=dict)
    """Which Ingress decided a trait."""


@dataclass(frozen=True, slots=True)
class StreamService:
    """A TCP or UDP port of the controller that leads to a Service; `service_port` as the ConfigMap writes it."""

    port: int
    name: str
    namespace: str
    service_port: str
    protocol: str
    decode_proxy_protocol: bool
    encode_proxy_protocol: bool
    endpoints: tuple[Endpoint, ...]
    service: Service | None = None


@dataclass(frozen=True, slots=True)
class PassthroughBackend:
    """A host whose TLS connections the controller hands to a backend without opening them."""

    backend: str
    hostname: str
    service: Service | None
    port: Port


class NoticeCode(StrEnum):
    """What the controller may only log. An EmptyCode is another of these, about a backend."""

    ALIAS_TAKEN = "alias-taken"
    AUTH_TLS_SECRET_TAKEN = "auth-tls-secret-taken"  # noqa: S105  # a code
    CANARY_HOST_UNKNOWN = "canary-host-unknown"
    CANARY_IS_MAIN = "canary-is-main"
    CANARY_NOT_FIRST = "canary-not-first"
    CANARY_REMOVED = "canary-removed"
    CANARY_UNMERGED = "canary-unmerged"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_EXPIRING = "certificate-expiring"
    CERTIFICATE_MISMATCH = "certificate-mismatch"
    CLUSTER_IP_MISSING = "cluster-ip-missing"
    CONTROLLER_CRASH = "controller-crash"
    COOKIE_PATH_MISSING = "cookie-path-missing"
    DEFAULT_BACKEND_EMPTY = "default-backend-empty"
    DEFAULT_BACKEND_MISSING = "default-backend-missing"
    FALLBACK_EMPTY = "fallback-empty"
    FALLBACK_WITHOUT_PORTS = "fallback-without-ports"
    PASSTHROUGH_IGNORED = "passthrough-ignored"
    PATH_TAKEN = "path-taken"
    PROXY_SSL_SECRET_TAKEN = "proxy-ssl-secret-taken"  # noqa: S105  # a code
    RESOURCE_BACKEND = "resource-backend"
    RULE_WITHOUT_PATHS = "rule-without-paths"
    SERVER_ALIAS_TAKEN = "server-alias-taken"
    SERVER_SNIPPET_TAKEN = "server-snippet-taken"
    SERVICE_IS_CANARY = "service-is-canary"
    STREAM_CONFIGMAP_MISSING = "stream-configmap-missing"
    STREAM_PORT_INVALID = "stream-port-invalid"
    STREAM_PORT_RESERVED = "stream-port-reserved"
    STREAM_REFERENCE_INVALID = "stream-reference-invalid"
    STREAM_SERVICE_EMPTY = "stream-service-empty"
    STREAM_SERVICE_MISSING = "stream-service-missing"
    TLS_SECRET_MISSING = "tls-secret-missing"  # noqa: S105  # a code
    TLS_SECRET_UNUSABLE = "tls-secret-unusable"  # noqa: S105  # a code


@dataclass(frozen=True, slots=True)
class About:
    """What a notice tells beside its code.

    subject: the annotation, backend, Secret, alias or port that it is about; other: whoever stands against it. missing:
    the object that is not there; option: the flag that names it. gap: why there are no endpoints. quoted: the
    controller's own words. day: as "2026-12-31".
    """

    subject: str = ""
    other: str = ""
    missing: Named | None = None
    option: str = ""
    gap: Gap | None = None
    quoted: str = ""
    day: str = ""


NOTHING = About()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the controller only logs, with its manifest line: a losing path, a refused canary, a taken alias..."""

    code: NoticeCode | EmptyCode
    origins: tuple[Origin, ...] = ()
    ingress: str = ""
    host: str = ""
    path: str = ""
    about: About = NOTHING


class DropReason(StrEnum):
    """Why an Ingress never reaches the model."""

    CLASS = "class"
    """It is another controller's."""
    NAMESPACE = "namespace"
    """Of one that is not watched."""
    INSPECTION = "inspection"
    """It has a text that --deep-inspect forbids."""
    CATCH_ALL = "catch-all"
    BLOCKLIST = "blocklist"
    ANNOTATIONS = "annotations"
    """Their extraction ends in an error."""

    @property
    def is_foreign(self) -> bool:
        """Whether the Ingress is none of this controller's business."""
        return self in (DropReason.CLASS, DropReason.NAMESPACE)


@dataclass(frozen=True, slots=True)
class Dropped:
    """An Ingress that never reaches the model."""

    ingress: Ingress
    reason: DropReason
    why: Turned
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """The controller's configuration: servers sorted by hostname (as rendered), backends sorted by name."""

    servers: Mapping[str, Server]
    """By hostname, in rendering order."""
    backends: Mapping[str, Backend]
    tcp_services: tuple[StreamService, ...] = ()
    udp_services: tuple[StreamService, ...] = ()
    passthrough_backends: tuple[PassthroughBackend, ...] = ()
    default_certificate: Certificate | None = None
    stream_snippets: tuple[str, ...] = ()
    ingresses: tuple[Ingress, ...] = ()
    """Those that are served, in the controller's order (creation time, then namespace/name: see field notes)."""
    dropped: tuple[Dropped, ...] = ()
    notices: tuple[Notice, ...] = ()
    backend_copies: tuple[Backend, ...] = ()
    """Further entries of the posted backends that repeat a name (a custom default backend of several upstreams)."""
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    """Of the Ingresses that are served, by "namespace/name": annotations that deny their locations or are ignored."""
