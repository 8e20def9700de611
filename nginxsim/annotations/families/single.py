"""Families of one annotation whose value is taken as it is, or as a switch.

ingress-nginx 1.15.1: internal/ingress/annotations/{authreqglobal,backendprotocol,clientbodybuffersize,http2pushpreload,
loadbalancing,portinredirect,satisfy,serversnippet,serviceupstream,snippet,sslpassthrough,streamsnippet,upstreamvhost,
xforwardedprefix}/main.go
"""

from __future__ import annotations

from collections.abc import Callable

from nginxsim.annotations import validators
from nginxsim.annotations.faults import BadContent, Refused
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import INGRESS, LOCATION, Annotation, Family, Risk
from nginxsim.golang.strconv import trim

_LOAD_BALANCERS = ("round_robin", "chash", "chashsubset", "sticky_balanced", "sticky_persistent", "ewma")
_PROTOCOLS = ("auto_http", "http", "https", "grpc", "grpcs", "fcgi")
_PROTOCOL = validators.one_of(*_PROTOCOLS, any_case=True).formerly({
    "..0.48.1": validators.one_of(*_PROTOCOLS[1:], "ajp", any_case=True),
    "0.49.0..1.8.5": validators.one_of(*_PROTOCOLS, "ajp", any_case=True),
})  # fmt: skip

SERVER_SNIPPET = Annotation("server-snippet", validators.ANYTHING, Risk.CRITICAL, INGRESS)
STREAM_SNIPPET = Annotation("stream-snippet", validators.ANYTHING, Risk.CRITICAL, INGRESS, releases="1.1.1..")
CONFIGURATION_SNIPPET = Annotation("configuration-snippet", validators.ANYTHING, Risk.CRITICAL, LOCATION)
CLIENT_BODY_BUFFER_SIZE = Annotation("client-body-buffer-size", validators.SIZE, Risk.LOW, LOCATION)
LOAD_BALANCE = Annotation("load-balance", validators.one_of(*_LOAD_BALANCERS), Risk.LOW, LOCATION)
UPSTREAM_VHOST = Annotation("upstream-vhost", validators.SERVER_NAME, Risk.LOW, LOCATION)
X_FORWARDED_PREFIX = Annotation(
    "x-forwarded-prefix",
    validators.PATH_WITH_CAPTURES.formerly({"..1.9.4": validators.NAME}),
    Risk.MEDIUM,
    LOCATION,
    risk_was=(("..1.9.4", Risk.LOW),),
)
HTTP2_PUSH_PRELOAD = Annotation("http2-push-preload", validators.BOOL, Risk.LOW, LOCATION)
SSL_PASSTHROUGH = Annotation("ssl-passthrough", validators.BOOL, Risk.LOW, INGRESS)
ENABLE_GLOBAL_AUTH = Annotation("enable-global-auth", validators.BOOL, Risk.LOW, LOCATION)
USE_PORT_IN_REDIRECTS = Annotation("use-port-in-redirects", validators.BOOL, Risk.LOW, LOCATION)
SERVICE_UPSTREAM = Annotation("service-upstream", validators.BOOL, Risk.LOW, INGRESS)
SATISFY = Annotation("satisfy", validators.one_of("any", "all"), Risk.LOW, LOCATION)
BACKEND_PROTOCOL = Annotation("backend-protocol", _PROTOCOL, Risk.LOW, LOCATION)


def _text(row: Annotation) -> Callable[[AnnotationReader], str]:
    return lambda read: read.text(row)


def _switch(row: Annotation) -> Callable[[AnnotationReader], bool]:
    return lambda read: read.flag(row)


def parse_global_auth(read: AnnotationReader) -> bool:
    return read.flag_or(ENABLE_GLOBAL_AUTH, default=True)


def parse_port_in_redirects(read: AnnotationReader) -> bool:
    return read.flag_or(USE_PORT_IN_REDIRECTS, default=read.settings.use_port_in_redirects)


def parse_service_upstream(read: AnnotationReader) -> bool:
    """The ConfigMap's word where nothing is set; a value that cannot be used means no."""
    try:
        return read.flag_if_set(SERVICE_UPSTREAM, default=read.settings.service_upstream)
    except (Refused, BadContent):
        return False


def parse_satisfy(read: AnnotationReader) -> str:
    value = read.text_or(SATISFY)
    return value if value in ("any", "all") else ""


def parse_protocol(read: AnnotationReader) -> str:
    written = read.text_or(BACKEND_PROTOCOL, "HTTP")
    if read.release.bad_annotation_drops_ingress:
        return written
    protocol = trim(written.upper())
    return protocol if read.fits(BACKEND_PROTOCOL, protocol) else "HTTP"


FAMILIES = (
    Family("ServerSnippet", "server_snippet", (SERVER_SNIPPET,), _text(SERVER_SNIPPET)),
    Family("StreamSnippet", "stream_snippet", (STREAM_SNIPPET,), _text(STREAM_SNIPPET)),
    Family("ConfigurationSnippet", "configuration_snippet", (CONFIGURATION_SNIPPET,), _text(CONFIGURATION_SNIPPET)),
    Family(
        "ClientBodyBufferSize", "client_body_buffer_size", (CLIENT_BODY_BUFFER_SIZE,), _text(CLIENT_BODY_BUFFER_SIZE)
    ),
    Family("LoadBalancing", "load_balancing", (LOAD_BALANCE,), _text(LOAD_BALANCE)),
    Family("UpstreamVhost", "upstream_vhost", (UPSTREAM_VHOST,), _text(UPSTREAM_VHOST)),
    Family("XForwardedPrefix", "x_forwarded_prefix", (X_FORWARDED_PREFIX,), _text(X_FORWARDED_PREFIX)),
    Family("HTTP2PushPreload", "http2_push_preload", (HTTP2_PUSH_PRELOAD,), _switch(HTTP2_PUSH_PRELOAD)),
    Family("SSLPassthrough", "ssl_passthrough", (SSL_PASSTHROUGH,), _switch(SSL_PASSTHROUGH)),
    Family("EnableGlobalAuth", "enable_global_auth", (ENABLE_GLOBAL_AUTH,), parse_global_auth),
    Family("UsePortInRedirects", "use_port_in_redirects", (USE_PORT_IN_REDIRECTS,), parse_port_in_redirects),
    Family("ServiceUpstream", "service_upstream", (SERVICE_UPSTREAM,), parse_service_upstream),
    Family("Satisfy", "satisfy", (SATISFY,), parse_satisfy),
    Family("BackendProtocol", "backend_protocol", (BACKEND_PROTOCOL,), parse_protocol),
)
