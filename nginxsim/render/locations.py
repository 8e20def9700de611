"""What one location block says, worked out before the template writes it.

ingress-nginx 1.15.1: internal/ingress/controller/template/template.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nginxsim.annotations.values import Cors, OpenTelemetry, ParsedAnnotations
from nginxsim.config.controller import Controller
from nginxsim.config.settings import Settings
from nginxsim.controller.model import DEFAULT_SERVER, DEFAULT_UPSTREAM, ROOT, Backend, Location, Model
from nginxsim.golang.strconv import quote
from nginxsim.kube.objects import Ingress, Port
from nginxsim.releases import Release
from nginxsim.render.auth import Auth, auth_of
from nginxsim.render.limits import limit_directives
from nginxsim.render.text import in_quotes, quote_meta

CUSTOM_BACKEND_PREFIX = "custom-default-backend-"
BALANCER = "upstream_balancer"
GRPC = ("GRPC", "GRPCS")
RETRY_ALL = "non_idempotent"

# The directive that hands a request on, and the scheme of the address.
_PASSES = {
    "AUTO_HTTP": ("proxy_pass", "$scheme://"),
    "HTTPS": ("proxy_pass", "https://"),
    "GRPC": ("grpc_pass", "grpc://"),
    "GRPCS": ("grpc_pass", "grpcs://"),
    "FCGI": ("fastcgi_pass", ""),
}
_PLAIN_PASS = ("proxy_pass", "http://")


@dataclass(frozen=True, slots=True)
class Identity:
    """The Ingress behind a location, as metrics and logs name it."""

    namespace: str = ""
    ingress: str = ""
    service: str = ""
    port: str = ""
    path: str = ""


NOBODY = Identity()


@dataclass(frozen=True, slots=True)
class Origins:
    """Marks of what a location block comes from."""

    match: str
    """The location itself, its path, and what makes that a regex."""
    path: str
    ingress: str
    backend: str
    denial: str


@dataclass(frozen=True, slots=True)
class LocationView:
    """A location for the template; `src` has marks by annotation name."""

    annotations: ParsedAnnotations
    src: dict[str, str]
    upstream: str
    error_upstream: str
    match: str
    """What follows `location`, with the mark of this one."""
    header: str
    """The directive that sets a request header for this protocol."""
    identity: Identity
    auth: Auth
    needs_auth: bool
    no_tls_redirect: bool
    denied: str
    """The quoted reason; "" where the location is served."""
    origins: Origins
    pass_to: str
    rewrite: str
    next_upstream: str
    telemetry: tuple[str, ...]
    tracing: tuple[str, ...]
    limits: tuple[tuple[str, str], ...]
    cors: tuple[str, ...]
    """The conditions on the Origin header."""
    explains_error: bool
    """Its upstream answers for a Service without endpoints and is told about it."""


def view(
    location: Location,
    hostname: str,
    model: Model,
    controller: Controller,
    *,
    regex: bool,
    src: dict[str, str],
    origins: Origins,
) -> LocationView:
    """`regex`: every path of the server is matched as a regex."""
    parsed, settings, release = location.annotations, controller.settings, controller.release
    auth = auth_of(location, hostname, settings, release)
    checks = bool(auth.path or auth.signin_location or parsed.basic_auth.secured)
    return LocationView(
        annotations=parsed,
        src=src,
        upstream=location.backend,
        error_upstream=location.default_backend_upstream,
        match=origins.match + match_of(location, release, regex=regex),
        header="grpc_set_header" if parsed.backend_protocol in GRPC else "proxy_set_header",
        identity=identity_of(location, hostname),
        auth=auth,
        needs_auth=checks and not is_listed(location, settings.no_auth_locations),
        no_tls_redirect=is_listed(location, settings.no_tls_redirect_locations),
        denied="" if location.denied is None else quote(location.denied),
        origins=origins,
        pass_to=pass_of(location, model.backends.get(location.backend), release),
        rewrite=rewrite_of(location, release),
        next_upstream=next_upstream_of(parsed.proxy.next_upstream, retry_all=settings.retry_non_idempotent),
        telemetry=tuple(telemetry_of(parsed.opentelemetry, settings)),
        tracing=tuple(tracing_of(parsed, settings)),
        limits=tuple(limit_directives(parsed.rate_limit)),
        cors=origins_of(parsed.cors) if parsed.cors.enabled else (),
        explains_error=location.backend.startswith(CUSTOM_BACKEND_PREFIX),
    )


def is_rewritten(location: Location) -> bool:
    target = location.annotations.rewrite.target
    return bool(target) and target != location.path


def wants_regex(location: Location) -> bool:
    """One location with a rewrite or a regex turns every path of its server into one."""
    return is_rewritten(location) or location.annotations.rewrite.use_regex


def match_of(location: Location, release: Release, *, regex: bool) -> str:
    path = in_quotes(location.path) if release.quotes_names else location.path
    if regex:
        return f'~* "^{path}"'
    shown = f'"{path}"' if release.quotes_names else path
    return f"= {shown}" if location.path_type == "Exact" else shown


def identity_of(location: Location, hostname: str) -> Identity:
    ingress = location.ingress
    if ingress is None:
        return NOBODY
    path = location.ingress_path or ROOT
    service, port = _service_of(ingress, hostname, path)
    return Identity(ingress.meta.namespace, ingress.meta.name, service, port, path)


def _service_of(ingress: Ingress, hostname: str, path: str) -> tuple[str, str]:
    """The first Service that the Ingress names for host and path, else its default backend's."""
    for rule in ingress.rules:
        if (rule.host or DEFAULT_SERVER) != hostname:
            continue
        for candidate in rule.paths or ():
            if (candidate.path or ROOT) == path and candidate.backend.service:
                return candidate.backend.service, _port(candidate.backend.port)
    default = ingress.default_backend
    return (default.service, _port(default.port)) if default and default.service else ("", "")


def _port(port: Port) -> str:
    return "" if port == 0 else str(port)


def is_listed(location: Location, prefixes: str) -> bool:
    """Whether the path starts with one of a comma separated list."""
    return any(word and location.path.startswith(word) for word in (part.strip(" ") for part in prefixes.split(",")))


def pass_of(location: Location, backend: Backend | None, release: Release) -> str:
    """`proxy_pass http://upstream_balancer` or its like."""
    protocol = location.annotations.backend_protocol
    directive, scheme = _PASSES.get(protocol.upper(), _PLAIN_PASS)
    if release.speaks_ajp and protocol == "AJP":
        directive, scheme = "ajp_pass", ""
    if backend is not None and backend.ssl_passthrough:
        scheme = "grpcs://" if protocol == "GRPCS" else "https://"
    if location.backend == DEFAULT_UPSTREAM:
        directive, scheme = _PLAIN_PASS
    return f"{directive} {scheme}{BALANCER}"


def rewrite_of(location: Location, release: Release) -> str:
    if not is_rewritten(location):
        return ""
    path = in_quotes(location.path) if release.escapes_rewritten_path else location.path
    return f'rewrite "(?i){path}" {location.annotations.rewrite.target} break'


def next_upstream_of(conditions: str, *, retry_all: bool) -> str:
    words = [word for word in conditions.split(" ") if word]
    kept = [word for word in words if word != RETRY_ALL]
    return " ".join([*kept, RETRY_ALL] if retry_all or RETRY_ALL in words else kept)


def telemetry_of(wanted: OpenTelemetry, settings: Settings) -> Iterator[str]:
    """The OpenTelemetry directives of a location."""
    on = wanted.enabled if wanted.set else settings.enable_opentelemetry
    if not on:
        if settings.enable_opentelemetry:
            yield "opentelemetry off"
        return
    yield "opentelemetry on"
    yield "opentelemetry_propagate"
    if wanted.operation_name:
        yield f"opentelemetry_operation_name {wanted.operation_name}"
    trusts = wanted.trust_enabled if wanted.trust_set else settings.opentelemetry_trust_incoming_span
    yield f"opentelemetry_trust_incoming_spans {'on' if trusts else 'off'}"


def tracing_of(parsed: ParsedAnnotations, settings: Settings) -> Iterator[str]:
    """The OpenTracing directives of a location."""
    # ingress-nginx 1.9.4: internal/ingress/controller/template/template.go (buildOpentracingForLocation)
    wanted = parsed.opentracing
    on = wanted.enabled if wanted.set else settings.enable_opentracing
    if not on:
        if settings.enable_opentracing:
            yield "opentracing off"
        return
    yield "opentracing on"
    yield "opentracing_grpc_propagate_context" if parsed.backend_protocol in GRPC else "opentracing_propagate_context"
    trusts = wanted.trust_enabled if wanted.trust_set else settings.opentracing_trust_incoming_span
    if not trusts:
        yield "opentracing_trust_incoming_span off"


def origins_of(cors: Cors) -> tuple[str, ...]:
    """What makes a request's Origin an allowed one."""
    if not cors.allow_origin:
        return ()
    if cors.allow_origin == ("*",):
        return ("set $http_origin *;", "set $cors 'true';")
    pattern = ""
    last = len(cors.allow_origin) - 1
    for index, origin in enumerate(cors.allow_origin):
        if name := origin.strip():
            # Only the first star stands for a label.
            regex = quote_meta(name).replace(r"\*", r"[A-Za-z0-9\-]+", 1)
            pattern += f"({regex})" + ("|" if index != last else "")
    return (f"if ($http_origin ~* ({pattern})$ ) {{", "    set $cors 'true';", "}")
