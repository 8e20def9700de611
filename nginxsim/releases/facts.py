"""What a release is, as facts that the stages ask for. Each stands here with its dates, and nowhere else.

A fact that is a switch is true `during` a span of releases, and false in all others. The ConfigMap's keys and the flags
have tables of their own beside this one; an annotation's dates stand in its row (annotations/families/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

from nginxsim.releases.scripts import Script
from nginxsim.releases.spans import Dated, dated, during, span

Fact: TypeAlias = bool | int | float | str | tuple[str, ...] | Mapping[str, int]

DATES = "dates"

_SUBSTITUTIONS, _GEOIP = "ngx_http_substitutions_filter_module", "ngx_http_geoip_module"
_AJP, _OPENTRACING = "ngx_http_ajp_module.so", "ngx_http_opentracing_module.so"
_LOADABLE = (
    "ngx_http_auth_digest_module.so",
    "ngx_http_brotli_filter_module.so",
    "ngx_http_brotli_static_module.so",
    "ngx_http_geoip2_module.so",
    "ngx_stream_geoip2_module.so",
    "ngx_http_modsecurity_module.so",
    "otel_ngx_module.so",
)


def _switch(when: str) -> Any:
    return field(metadata={DATES: during(when)})


def _values(values: Mapping[str, Fact]) -> Any:
    return field(metadata={DATES: dated(values.items())})


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """One release of the controller, or somebody's build of it; equal to itself only.

    settings, flags: defaults that are not those of the newest release, by ConfigMap key and by flag name without
    dashes. unknown_*: names that only other releases have; such a key is ignored, such a flag refused.
    assumptions: what is taken for granted about it, in words.
    """

    name: str
    date: str
    """The day it was published, as 2026-03-19."""
    settings: Mapping[str, Fact]
    flags: Mapping[str, Fact]
    unknown_settings: frozenset[str]
    unknown_flags: frozenset[str]

    # ingress-nginx: NGINX_BASE (before: BASE_IMAGE in the Makefile), images/nginx*/rootfs/build.sh at its commit
    nginx: str = _values({
        "..0.46.0": "1.19.6",
        "0.47.0..0.49.0 1.0.0": "1.20.1",
        "0.49.1..0.49.3 1.0.1..1.1.2": "1.19.9",
        "0.51.0 1.1.3..1.4.0": "1.19.10",
        "1.5.1..1.9.6": "1.21.6",
        "1.10.0..1.10.1": "1.25.3",
        "1.10.2..1.12.8": "1.25.5",
        "1.13.0..": "1.27.1",
    })  # fmt: skip
    """The nginx it runs."""
    nginx_modules: tuple[str, ...] = _values({
        "..1.8.2": (_SUBSTITUTIONS, _GEOIP, _AJP),
        "1.8.4..1.9.3": (_SUBSTITUTIONS, _GEOIP),
        "1.9.4..1.12.8": (_SUBSTITUTIONS,),
        "1.13.0..": (),
    })  # fmt: skip
    """What that has beyond what the nginx of each release has; a .so file stands for what need not be loaded."""
    loadable_modules: tuple[str, ...] = _values({
        "..1.7.1": (*_LOADABLE, _OPENTRACING, "ngx_http_influxdb_module.so"),
        "1.8.0..1.8.2 1.9.0..1.9.6": (*_LOADABLE, _OPENTRACING),
        "1.8.4..1.8.5": (*_LOADABLE, _OPENTRACING, _AJP),
        "1.10.0..1.12.8": _LOADABLE,
        "1.13.0..": (*_LOADABLE, "ngx_http_js_module.so", "ngx_stream_js_module.so"),
    })  # fmt: skip
    """What its conf may name with load_module."""

    # ingress-nginx: README.md, the table of supported versions; before 1.0.0 it reads Ingress v1beta1, gone in 1.22
    kubernetes: str = _values({
        "..0.51.0": "1.21",
        "1.0.0..1.1.0": "1.22",
        "1.1.1..1.2.1": "1.23",
        "1.3.0..1.3.1": "1.24",
        "1.4.0..1.5.1": "1.25",
        "1.6.4": "1.26",
        "1.7.0..1.8.5": "1.27",
        "1.9.0..1.9.5": "1.28",
        "1.9.6..1.10.0": "1.29",
        "1.10.1..1.11.8": "1.30",
        "1.12.0..1.12.8": "1.32",
        "1.13.0..1.13.9": "1.33",
        "1.14.0..1.14.5": "1.34",
        "1.15.0..": "1.35",
    })  # fmt: skip
    """The newest Kubernetes that it is for."""

    # ingress-nginx: internal/ingress/annotations/parser/validators.go, annotations.go
    bad_annotation_drops_ingress: bool = _switch("1.9.0..")
    """A refused or too risky annotation removes the whole Ingress; before, there were neither validators nor risks."""
    refuses_line_breaks: bool = _switch("1.11.5..1.11.8 1.12.1..")
    """No validator that is a pattern takes a value of several lines."""
    classes_are_names: bool = _switch("..0.51.0")
    """An Ingress without any class is served, and a class is a name alone: nobody looks for its IngressClass."""
    bad_auth_url_denies: bool = _switch("1.1.2..")
    """An auth-url that cannot be read denies the location; before, it was served without authentication."""
    cors_headers: str = _values({
        "..1.2.0": "DNT,X-CustomHeader,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,"
        "Content-Type,Authorization",
        "1.2.1..": "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,"
        "Authorization",
    })  # fmt: skip
    """What cors-allow-headers are where nobody says so."""
    mirrors_are_sent_host: bool = _switch("1.2.1..")
    """A mirror gets a Host header of its own."""
    fallbacks_have_namespace: bool = _switch("0.49.0..")
    """The backend made for default-backend is called by its Service's namespace as well."""
    denial: str = _values({"..1.8.5": "Location denied, reason: ", "1.9.0..": "location denied, reason: "})
    """How most reasons of a denied location begin."""
    match_cn_may_say_anything: bool = _switch("1.9.6..")
    """auth-tls-match-cn without "CN=" in it counts as well, where validation lets it pass."""
    origins_may_be_empty: bool = _switch("..1.9.4")
    """An empty part between two commas of cors-allow-origin is one of the origins."""
    fastcgi_keeps_to_namespace: bool = _switch("1.7.1..")
    """fastcgi-params-configmap may not be in another namespace."""
    fastcgi_checks_params: bool = _switch("1.9.0..")
    """Names and values of FastCGI's parameters have a pattern."""
    mirror_host_without_variables: bool = _switch("1.8.1..")
    """What follows the first $ of a mirror's target does not keep its host from being read."""
    aliases_have_risk: bool = _switch("1.13.8..1.13.9 1.14.4..")
    """An annotation's other names are as risky as its own."""
    error_codes_may_have_blanks: bool = _switch("1.12.6..1.12.8 1.13.2..")
    """custom-http-errors: "404, 500" is read; before, one blank made all the codes unreadable."""
    proxy_ssl_protocols: str = _values({"..1.10.1": "TLSv1 TLSv1.1 TLSv1.2", "1.10.2..": "TLSv1.2"})
    """What proxy-ssl-protocols are where nobody says so."""
    checks_password_files: bool = _switch("1.11.5..1.11.8 1.12.1..")
    """A password file may not lie in another folder, whatever UIDs the Ingress and its Secret have."""
    busy_buffers_follow_settings: bool = _switch("1.13.0 1.13.2..")
    """Without proxy-busy-buffers-size on the Ingress, the ConfigMap's counts."""

    # ingress-nginx: internal/ingress/controller/controller.go (CheckIngress, checkOverlap), internal/ingress/inspector/
    webhook_checks_uid: bool = _switch("1.13.7..1.13.9 1.14.3..")
    """It refuses an Ingress whose UID is none that an API server gives."""
    webhook_reads_old_reviews: bool = _switch("..0.51.0")
    """Reviews of admission/v1beta1 are answered beside those of v1."""
    webhook_reviews: str = _values({"..0.51.0": "v1beta1", "1.0.0..": "v1"})
    """The version of networking.k8s.io of which an Ingress has to be; of any other the webhook says nothing but 500."""
    webhook_refuses_catch_all: bool = _switch("0.46.0..")
    """It refuses what --disable-catch-all has the controller leave out; before, that was admitted."""
    webhook_tests_conf: bool = _switch("..1.11.4 1.12.0")
    """It renders the conf with the Ingress in it and runs `nginx -t`."""
    overlap_looks_at_every_path: bool = _switch("1.13.5..1.13.9 1.14.1..")
    """Each path of an Ingress is held against the others'; before, the first that anyone else has decided."""
    strict_path: str = _values({
        "..1.7.1": "",
        "1.8.0..1.12.5 1.13.0..1.13.1": r"(?i)^/[[:alnum:]_\-/]*$",
        "1.12.6..": r"(?i)^/[[:alnum:]._\-/]*$",
    })  # fmt: skip
    """What strict-validate-path-type lets an Exact or Prefix path be (a regular expression in Go's syntax)."""

    # ingress-nginx: internal/ingress/annotations/authreq/main.go (Equal)
    notices_auth_headers: bool = _switch("1.12.8 1.13.4..")
    """nginx is reloaded when the ConfigMap of auth-proxy-set-headers changes; before, not for that alone."""

    # ingress-nginx: README.md (Alpine 3.17 has OpenSSL 3, whose security level 1 leaves TLSv1 and TLSv1.1 out)
    old_tls_needs_security_level: bool = _switch("1.6.4..")
    """TLSv1 and TLSv1.1 are spoken only with @SECLEVEL=0 among the ciphers, whatever ssl-protocols says."""

    # ingress-nginx: changelog/controller-1.10.0.md
    has_chroot_image: bool = _switch("1.2.0..1.9.6 1.10.1..")
    """There is an image controller-chroot of it."""

    # ingress-nginx: internal/ingress/controller/controller.go (createServers, mergeAlternativeBackends)
    resources_are_backends: bool = _switch("..0.51.0")
    """A backend that is no Service is taken for one without a name, whose requests end with 503; later it is passed
    over.
    """
    any_backend_takes_catch_all: bool = _switch("..1.3.0")
    """The backend of each Ingress becomes the catch-all's, that of the last one stays; later only that of the first
    without rules.
    """
    canaries_may_lack_host: bool = _switch("0.47.0..")
    """A canary's rule without a host joins the catch-all."""
    external_names_may_be_local: bool = _switch("..0.45.0")
    """A Service of type ExternalName may lead to localhost: endpoints.go looked at no name."""
    traffic_distribution_counts: bool = _switch("1.13.0..")
    """A Service's trafficDistribution keeps traffic in the zone, with --enable-topology-aware-routing."""
    any_ingress_passes_tls_through: bool = _switch("1.13.8..1.13.9 1.14.4..")
    """ssl-passthrough counts from any Ingress of a host; before, from the first that names the host alone."""

    # ingress-nginx: internal/ingress/controller/template/template.go, rootfs/etc/nginx/template/nginx.tmpl
    scratch: str = _values({"..1.1.3": "/tmp", "1.2.0..": "/tmp/nginx"})  # noqa: S108  # a folder of the image
    """Where nginx keeps its process number and what it has not yet sent."""
    divides_open_files: bool = _switch("..0.51.0")
    """Each worker process gets its share of the limit of open files."""
    lua_sizes_are_megabytes: bool = _switch("..0.48.1")
    """lua-shared-dicts are whole megabytes and nothing else, and so is the size of the controller's own posts."""
    core_rules_replace_snippet: bool = _switch("..0.47.0")
    """The ConfigMap's modsecurity-snippet counts only without the core rule set, and beside modsecurity.conf."""
    geoip2_has_subregions: bool = _switch("0.45.0..")
    geoip2_country_has_continent: bool = _switch("1.1.1..")
    geoip2_takes_client: bool = _switch("1.1.2..")
    """Networks and anonymizers are looked up for the client's address, with a default."""
    brotli_has_minimum: bool = _switch("1.0.5..")
    """brotli-min-length is known."""
    builtin_session_cache: bool = _switch("..0.49.3 1.0.0..1.0.3")
    """Each worker has a cache of TLS sessions of its own besides."""
    upstreams_have_keepalive_time: bool = _switch("1.2.0..")
    redirects_to_www_know_scheme: bool = _switch("1.1.2..")
    """from-to-www-redirect heeds X-Forwarded-Proto with use-forwarded-headers."""
    error_backends_are_sent_client: bool = _switch("1.3.1..")
    """The default backend of custom-http-errors gets X-Forwarded-For."""
    cors_answers_origin: bool = _switch("1.0.5..")
    """cors-allow-origin may be a list, against which the Origin header is held; before, it was sent as it stood."""
    may_reject_handshakes: bool = _switch("1.1.1..")
    """ssl-reject-handshake is known."""
    headers_follow_protocol: bool = _switch("0.49.0..")
    """grpc_set_header for gRPC services also in what authentication sends on."""
    sends_forwarded_scheme: bool = _switch("0.47.0..")
    """Services are sent X-Forwarded-Scheme."""
    auth_version_comes_last: bool = _switch("1.2.0..")
    """proxy-http-version stands at the end of the block for authentication."""
    files: str = _values({"..1.9.4": "/etc/nginx", "1.9.5..": "/etc/ingress-controller"})
    """Where it keeps the GeoIP2 databases and the key of TLS session tickets."""
    loads_geoip: bool = _switch("..1.9.1")
    """GeoIP's databases of old, which came with the image."""
    speaks_ajp: bool = _switch("..1.8.5")
    """backend-protocol may be AJP."""
    loads_ajp: bool = _switch("1.8.4..1.8.5")
    """Its module is a file that the conf loads."""
    geoip2_has_ids: bool = _switch("1.8.0..")
    """GeoIP2 gives the places' numbers, and regions below a country."""
    geoip2_city_has_continent: bool = _switch("1.8.2..")
    address_list: str = _values({"..1.8.5": "whitelist", "1.9.0..": "allowlist"})
    """What the variables for the addresses that no limit counts begin with."""
    streams_resolve_names: bool = _switch("1.6.4..")
    """The stream block has a resolver."""
    auth_is_not_logged: bool = _switch("1.6.4..")
    """The subrequest for authentication has no line in the access log, unless enable-auth-access-log says so."""
    auth_has_cors: bool = _switch("1.6.4..")
    """CORS headers come before authentication and on its redirect; before, behind the limits and not there."""
    modsecurity_spares_subrequests: bool = _switch("1.2.1..")
    """ModSecurity is off for the controller's own locations, which no client reaches."""
    modsecurity_spares_status: bool = _switch("1.8.2..")
    """And for its status server."""
    grpc_is_sent_host: bool = _switch("1.8.1..")
    """gRPC services are sent the Host header that others are."""
    mirrors_need_host: bool = _switch("1.8.1..")
    """A mirror whose host cannot be told gets no location."""
    quotes_mirrors: bool = _switch("1.8.1..")
    """The target of a mirror stands in quotes."""
    prefix_in_go_quotes: bool = _switch("1.9.0..")
    """x-forwarded-prefix is escaped between its quotes."""
    has_http2_sizes: bool = _switch("..0.46.0")
    """Its nginx still has sizes of HTTP/2's own (http2_max_field_size), which 1.19.7 took away."""
    http2_sizes_may_be_left_out: bool = _switch("1.8.1..")
    """http2-max-* that nobody set are not in the file."""
    has_http2_directive: bool = _switch("1.10.0..")
    """`http2 on` in each server; before, a parameter of its listeners."""
    grpc_has_timeouts: bool = _switch("1.11.0..")
    """The times of proxy-*-timeout hold for gRPC as well."""
    opentelemetry_module: str = _values({
        "..1.9.6": "/modules_mount/etc/nginx/modules/otel/otel_ngx_module.so",
        "1.10.0..": "/etc/nginx/modules/otel_ngx_module.so",
    })  # fmt: skip
    quotes_names: bool = _switch("1.13.7..1.13.9 1.14.3..")
    """Paths and host names are written in quotes, with backslashes and quotes escaped."""
    escapes_rewritten_path: bool = _switch("1.13.8..1.13.9 1.14.4..")
    """So is the path of a rewrite."""
    quotes_values: bool = _switch("1.11.5..1.11.8 1.12.1..")
    """auth-tls-match-cn, mirror-target and the address of an auth server are written in quotes."""
    quotes_auth_headers: bool = _switch("1.12.5..1.12.8 1.13.1..")
    """auth-proxy-set-headers are written between double quotes and escaped; before, between single ones as they are."""
    follows_proxies_behind_proxy_protocol: bool = _switch("1.13.0..")
    """With use-forwarded-headers and use-proxy-protocol both, a trusted peer's header names the client."""
    redirects_keep_trailing_slash: bool = _switch("0.47.0..")
    """preserve-trailing-slash is known to its Lua."""
    plugins_see_bodies: bool = _switch("0.44.0..")
    """Lua plugins may look at what services answer."""
    limits_globally: bool = _switch("0.44.0..1.11.8")
    """global-rate-limit, which all replicas count together."""
    passes_original_host: bool = _switch("1.13.0..")
    """Services are sent X-Original-Forwarded-Host."""
    auth_skips_custom_errors: bool = _switch("1.13.7..1.13.9 1.14.3..")
    """custom-http-errors leave the answer of the authentication service alone."""

    # ingress-nginx: rootfs/etc/nginx/lua/
    external_names_must_resolve: bool = _switch("1.11.5..1.11.8 1.12.1..")
    """A Service of type ExternalName whose name DNS does not know has no endpoints, and an address is no name."""
    balancer_avoids_itself: bool = _switch("0.46.0..")
    """Endpoints on nginx's own status port are never proxied to."""
    sessions_pin_canaries: bool = _switch("0.49.0..")
    """A session cookie decides between a backend and its canary."""
    subsets_have_canaries: bool = _switch("1.1.1..")
    """Canaries work with upstream-hash-by-subset as well."""
    auth_reads_share_vars: bool = _switch("..1.12.8 1.13.8..1.13.9 1.14.4..")
    """With auth-keepalive the Lua that asks makes a boolean of auth-keepalive-share-vars; else its text ends every
    request with 500.
    """

    keepalive_auth_hands_on_401: bool = _switch("1.5.1..")
    """With auth-keepalive a 401 of the auth server is the answer; before, it became 500."""
    auth_may_share_vars: bool = _switch("1.9.0..")
    """It is said whether variables are shared."""

    scripts: Mapping[str, Script] = field(default_factory=dict)
    """The Lua of its nginx.conf, by hook."""
    assumptions: tuple[str, ...] = ()

    def is_like(self, other: Release) -> bool:
        """Whether it is the same release, or the same build of it."""
        return (self.name, self.assumptions) == (other.name, other.assumptions)

    def within(self, when: str) -> bool:
        """Whether it lies in these runs, such as "1.9.0..1.11.8 1.12.1.."."""
        return self.name in span(when)


FACTS: Mapping[str, Dated[Fact]] = {
    fact.name: fact.metadata[DATES] for fact in fields(Release) if DATES in fact.metadata
}
"""The fields of Release that have dates."""


def next_with(switch: str, release: str) -> str:
    """The first published release above this one that has the switch, "" for none."""
    (when, _), *_ = FACTS[switch].values
    return when.next_after(release)


def facts_of(name: str) -> dict[str, Any]:
    """What these fields are in a published release."""
    return {fact: dates.at(name) for fact, dates in FACTS.items()}
