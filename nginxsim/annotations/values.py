"""What the annotations of one Ingress mean once parsed: one frozen dataclass a family.

Fields hold what the controller would hold (ingress-nginx 1.15.1: internal/ingress/annotations/*/ Config structs); the
zero value of a field is the Go zero value, so that a family whose parser failed quietly looks as it does there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

from nginxsim.config.certificate import AuthCertificate
from nginxsim.config.external_auth import ExternalAuth
from nginxsim.kube.objects import Service
from nginxsim.origins import DEFAULT, Origin, Source


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """auth-type, auth-secret, auth-realm. `file`: where nginx reads the passwords; `secret`: "namespace/name"."""

    type: str = ""
    realm: str = ""
    file: str = ""
    secured: bool = False
    secret: str = ""
    content: bytes | None = b""
    """The password file itself, for whoever checks credentials; None where the input holds it back."""


@dataclass(frozen=True, slots=True)
class Canary:
    """canary-*: `weight` of `weight_total` requests, unless header or cookie decide."""

    enabled: bool = False
    weight: int = 0
    weight_total: int = 0
    header: str = ""
    header_value: str = ""
    header_pattern: str = ""
    cookie: str = ""


NO_CERTIFICATE = AuthCertificate()


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """auth-tls-*."""

    certificate: AuthCertificate = NO_CERTIFICATE
    verify_client: str = ""
    validation_depth: int = 0
    error_page: str = ""
    pass_to_upstream: bool = False
    match_cn: str = ""
    error: str = ""
    """Why the Secret could not be used; the whole server then answers 403."""


@dataclass(frozen=True, slots=True)
class ProxyTLS:
    """proxy-ssl-*."""

    certificate: AuthCertificate = NO_CERTIFICATE
    ciphers: str = ""
    protocols: str = ""
    name: str = ""
    verify: str = ""
    verify_depth: int = 0
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """connection-proxy-header: what the upstream gets as Connection."""

    header: str = ""
    enabled: bool = False


@dataclass(frozen=True, slots=True)
class Cors:
    """enable-cors and cors-*; `max_age` in seconds."""

    enabled: bool = False
    allow_origin: tuple[str, ...] = ()
    allow_methods: str = ""
    allow_headers: str = ""
    allow_credentials: bool = False
    expose_headers: str = ""
    max_age: int = 0


@dataclass(frozen=True, slots=True)
class FastCGI:
    """fastcgi-*; `params` come from a ConfigMap."""

    index: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GlobalRateLimit:
    """global-rate-limit-*: so many requests in `window_size` seconds by `key`, counted by all replicas together."""

    namespace: str = ""
    limit: int = 0
    window_size: int = 0
    key: str = ""
    ignored_cidrs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InfluxDB:
    """enable-influxdb and companions."""

    enabled: bool = False
    measurement: str = ""
    port: str = ""
    host: str = ""
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class Logs:
    """enable-access-log and enable-rewrite-log."""

    access: bool = False
    rewrite: bool = False


@dataclass(frozen=True, slots=True)
class Mirror:
    """mirror-*. `source`: the location that repeats requests to the URL `target`; request_body: "on" or "off"."""

    source: str = ""
    request_body: str = ""
    target: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class ModSecurity:
    """enable-modsecurity and companions; `enable_set` tells a "false" from nothing."""

    enable: bool = False
    enable_set: bool = False
    owasp_rules: bool = False
    transaction_id: str = ""
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class OpenTelemetry:
    """enable-opentelemetry and companions; `set` and `trust_set` tell a "false" from nothing."""

    enabled: bool = False
    set: bool = False
    trust_enabled: bool = False
    trust_set: bool = False
    operation_name: str = ""


@dataclass(frozen=True, slots=True)
class OpenTracing:
    """enable-opentracing and its companion; `set` and `trust_set` tell a "false" from nothing."""

    enabled: bool = False
    set: bool = False
    trust_enabled: bool = False
    trust_set: bool = False


@dataclass(frozen=True, slots=True)
class Proxy:
    """Times in seconds; sizes as nginx text."""

    body_size: str = ""
    connect_timeout: int = 0
    send_timeout: int = 0
    read_timeout: int = 0
    buffers_number: int = 0
    buffer_size: str = ""
    busy_buffers_size: str = ""
    cookie_domain: str = ""
    cookie_path: str = ""
    next_upstream: str = ""
    next_upstream_timeout: int = 0
    next_upstream_tries: int = 0
    redirect_from: str = ""
    redirect_to: str = ""
    request_buffering: str = ""
    buffering: str = ""
    http_version: str = ""
    max_temp_file_size: str = ""


@dataclass(frozen=True, slots=True)
class LimitZone:
    """One limit and the shared memory that counts for it; `burst` is how far it may be exceeded for a moment."""

    name: str = ""
    limit: int = 0
    burst: int = 0
    shared_size: int = 0
    """Megabytes."""


NO_ZONE = LimitZone()


@dataclass(frozen=True, slots=True)
class RateLimit:
    """limit-*. `rate` in kilobytes a second, from `rate_after` kilobytes on; the three zones count by client address.

    `allowlist`: networks that are not counted; `id`: the name, encoded to be part of a variable's.

    """

    connections: LimitZone = NO_ZONE
    rps: LimitZone = NO_ZONE
    rpm: LimitZone = NO_ZONE
    rate: int = 0
    rate_after: int = 0
    name: str = ""
    id: str = ""
    allowlist: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Redirect:
    """temporal-redirect, permanent-redirect (`url` with the status `code`) and the switches about redirects."""

    url: str = ""
    code: int = 0
    from_to_www: bool = False
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Rewrite:
    """rewrite-target, use-regex, app-root and the redirects to https."""

    target: str = ""
    ssl_redirect: bool = False
    force_ssl_redirect: bool = False
    preserve_trailing_slash: bool = False
    app_root: str = ""
    use_regex: bool = False


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """session-cookie-*; `expires` and `max_age` in seconds, as text."""

    name: str = ""
    expires: str = ""
    max_age: str = ""
    path: str = ""
    domain: str = ""
    change_on_failure: bool = False
    secure: bool = False
    same_site: str = ""
    conditional_same_site_none: bool = False


NO_COOKIE = SessionCookie()


@dataclass(frozen=True, slots=True)
class SessionAffinity:
    """affinity, affinity-mode and the cookie; `canary_behavior`: "sticky", "legacy" or ""."""

    type: str = ""
    mode: str = ""
    canary_behavior: str = ""
    cookie: SessionCookie = NO_COOKIE


@dataclass(frozen=True, slots=True)
class UpstreamHash:
    """upstream-hash-by-*: nginx variables to hash; `subset_size` in endpoints."""

    by: str = ""
    subset: bool = False
    subset_size: int = 0


@dataclass(frozen=True, slots=True)
class Ciphers:
    """ssl-ciphers and ssl-prefer-server-ciphers ("on", "off" or "")."""

    ciphers: str = ""
    prefer_server_ciphers: str = ""


@dataclass(frozen=True, slots=True)
class ParsedAnnotations:
    """Everything the controller takes from the annotations of one Ingress.

    `denied` is the reason the location comment gives, None when the Ingress' locations are served. `sources` names, for
    each annotation the Ingress sets (short name, e.g. "whitelist-source-range"), where it stands.
    """

    basic_auth: BasicAuth = BasicAuth()
    canary: Canary = Canary()
    client_certificate: ClientCertificate = ClientCertificate()
    connection: Connection = Connection()
    cors: Cors = Cors()
    external_auth: ExternalAuth = ExternalAuth()
    fastcgi: FastCGI = FastCGI()
    global_rate_limit: GlobalRateLimit = GlobalRateLimit()
    influxdb: InfluxDB = InfluxDB()
    logs: Logs = Logs()
    mirror: Mirror = Mirror()
    modsecurity: ModSecurity = ModSecurity()
    opentelemetry: OpenTelemetry = OpenTelemetry()
    opentracing: OpenTracing = OpenTracing()
    proxy: Proxy = Proxy()
    proxy_tls: ProxyTLS = ProxyTLS()
    rate_limit: RateLimit = RateLimit()
    redirect: Redirect = Redirect()
    rewrite: Rewrite = Rewrite()
    session_affinity: SessionAffinity = SessionAffinity()
    upstream_hash: UpstreamHash = UpstreamHash()
    ciphers: Ciphers = Ciphers()

    aliases: tuple[str, ...] = ()
    allowlist: tuple[str, ...] = ()
    denylist: tuple[str, ...] = ()
    backend_protocol: str = ""
    client_body_buffer_size: str = ""
    custom_headers: Mapping[str, str] = field(default_factory=dict)
    configuration_snippet: str = ""
    custom_http_errors: tuple[int, ...] = ()
    disable_proxy_intercept_errors: bool = False
    default_backend: Service | None = None
    enable_global_auth: bool = False
    http2_push_preload: bool = False
    load_balancing: str = ""
    satisfy: str = ""
    server_snippet: str = ""
    service_upstream: bool = False
    ssl_passthrough: bool = False
    stream_snippet: str = ""
    use_port_in_redirects: bool = False
    upstream_vhost: str = ""
    x_forwarded_prefix: str = ""

    denied: str | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    """The annotations that did not come through (those of Extraction.problems that leave the Ingress alive)."""

    def source(self, *names: str) -> Source:
        """The first of these annotations that the Ingress sets, or DEFAULT."""
        for name in names:
            if found := self.sources.get(name):
                return found
        return DEFAULT


class Effect(StrEnum):
    """What becomes of an annotation that does not come through."""

    DENIED = "denied"
    """Its locations answer 503."""
    DROPPED = "dropped"
    """The whole Ingress is missing."""
    IGNORED = "ignored"
    """A default is used."""


class Wrong(StrEnum):
    """What is wrong with an annotation."""

    VALUE = "value"
    """It is not a value that the annotation takes; the controller says no more than that."""
    RISKY = "risky"
    """annotations-risk-level is lower than its risk."""
    ABSENT = "absent"
    """What it names is not there."""
    OTHER = "other"
    """The controller's reason says it."""


class Named(NamedTuple):
    """An object that an annotation names. key: "namespace/name"."""

    kind: Literal["Secret", "ConfigMap", "Service"]
    key: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One annotation that did not come through.

    reason: the controller's own error text, word for word, as its log, event or comment shows it; complaint: the same
    without its usual introduction. offending: the part of the value that is wrong, "" where the whole value is.
    expected: what would be right, for people. missing: what is ABSENT.
    """

    annotation: str
    effect: Effect
    kind: Wrong
    reason: str
    complaint: str
    origin: Origin | None = None
    value: str = ""
    offending: str = ""
    expected: str = ""
    missing: Named | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """The outcome of reading one Ingress' annotations; `parsed` is None exactly when a Problem drops the Ingress.

    `error` is the error the controller's extraction ends with (first by family name where chance decides), "" if none.
    """

    parsed: ParsedAnnotations | None
    problems: tuple[Problem, ...] = ()
    error: str = ""
