"""auth-url and companions. ingress-nginx 1.15.1: internal/ingress/annotations/authreq/main.go"""

from __future__ import annotations

from collections.abc import Mapping

from nginxsim.annotations import validators
from nginxsim.annotations.faults import Denied, Refused, Unusable
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import Named
from nginxsim.config.external_auth import (
    DEFAULT_CACHE_DURATION,
    METHODS,
    ExternalAuth,
    is_cache_duration,
    is_header_name,
    read_url,
    split_list,
)
from nginxsim.config.scope import split_key
from nginxsim.golang import url as gourl
from nginxsim.golang.strconv import quote

DEFAULT_KEEPALIVE_REQUESTS = 1000
DEFAULT_KEEPALIVE_TIMEOUT = 60

_METHODS = "|".join(METHODS)
_METHOD = validators.matching(f"^({_METHODS})$", "an HTTP method in capital letters").formerly({
    "..1.8.5": validators.matching(f"^({_METHODS})$", "an HTTP method in capital letters"),
    "1.9.0..1.13.6 1.14.0..1.14.2": validators.matching(f"({_METHODS})", "text with an HTTP method in capital letters")
})  # fmt: skip

URL = Annotation("auth-url", validators.URL_WITH_VARIABLES, Risk.HIGH, LOCATION)
METHOD = Annotation("auth-method", _METHOD, Risk.LOW, LOCATION)
SIGNIN = Annotation("auth-signin", validators.URL_WITH_VARIABLES, Risk.HIGH, LOCATION)
SIGNIN_PARAMETER = Annotation("auth-signin-redirect-param", validators.URL, Risk.MEDIUM, LOCATION)
SNIPPET = Annotation("auth-snippet", validators.ANYTHING, Risk.CRITICAL, LOCATION)
CACHE_KEY = Annotation("auth-cache-key", validators.VARIABLES, Risk.MEDIUM, LOCATION)
KEEPALIVE = Annotation("auth-keepalive", validators.INTEGER, Risk.LOW, LOCATION, releases="1.2.0..")
KEEPALIVE_SHARE = Annotation("auth-keepalive-share-vars", validators.BOOL, Risk.LOW, LOCATION, releases="1.9.0..")
KEEPALIVE_REQUESTS = Annotation("auth-keepalive-requests", validators.INTEGER, Risk.LOW, LOCATION, releases="1.2.0..")
KEEPALIVE_TIMEOUT = Annotation("auth-keepalive-timeout", validators.INTEGER, Risk.LOW, LOCATION, releases="1.2.0..")
CACHE_DURATION = Annotation("auth-cache-duration", validators.NAME_LIST_WITH_SPACES, Risk.MEDIUM, LOCATION)
RESPONSE_HEADERS = Annotation("auth-response-headers", validators.HEADER_NAMES, Risk.MEDIUM, LOCATION)
PROXY_SET_HEADERS = Annotation("auth-proxy-set-headers", validators.NAME, Risk.MEDIUM, LOCATION)
REQUEST_REDIRECT = Annotation("auth-request-redirect", validators.URL, Risk.MEDIUM, LOCATION)
ALWAYS_SET_COOKIE = Annotation("auth-always-set-cookie", validators.BOOL, Risk.LOW, LOCATION, releases="1.2.1..")

ROWS = (
    URL,
    METHOD,
    SIGNIN,
    SIGNIN_PARAMETER,
    SNIPPET,
    CACHE_KEY,
    KEEPALIVE,
    KEEPALIVE_SHARE,
    KEEPALIVE_REQUESTS,
    KEEPALIVE_TIMEOUT,
    CACHE_DURATION,
    RESPONSE_HEADERS,
    PROXY_SET_HEADERS,
    REQUEST_REDIRECT,
    ALWAYS_SET_COOKIE,
)


def parse(read: AnnotationReader) -> ExternalAuth:
    # Arguments are evaluated in the order in which the controller gives up.
    url = read.text(URL)
    target = _target(read, url)
    return ExternalAuth(
        url=url,
        host=target.hostname,
        method=_method(read),
        signin_url=read.text_or(SIGNIN),
        signin_redirect_param=read.text_or(SIGNIN_PARAMETER),
        snippet=read.text_or(SNIPPET),
        cache_key=read.text_or(CACHE_KEY),
        keepalive_connections=_connections(read, target),
        keepalive_share_vars=read.flag_or(KEEPALIVE_SHARE),
        keepalive_requests=read.number_or(KEEPALIVE_REQUESTS, DEFAULT_KEEPALIVE_REQUESTS),
        keepalive_timeout=read.number_or(KEEPALIVE_TIMEOUT, DEFAULT_KEEPALIVE_TIMEOUT),
        cache_duration=_cache_durations(read),
        response_headers=_response_headers(read),
        proxy_set_headers=_proxy_set_headers(read),
        request_redirect=_request_redirect(read),
        always_set_cookie=_always_set_cookie(read),
    )


def _target(read: AnnotationReader, text: str) -> gourl.URL:
    try:
        return read_url(text)
    except ValueError as error:
        evidence = read.evidence(URL, "", "an absolute URL such as https://auth.example.com/check")
        if not read.release.bad_auth_url_denies:
            raise Unusable(str(error), evidence) from None
        raise Denied(f"could not parse auth-url annotation: {error}", evidence) from None


def _method(read: AnnotationReader) -> str:
    try:
        method = read.text_unless_refused(METHOD)
    except Refused as fault:
        raise Denied.because("invalid HTTP method", fault.evidence) from None
    # Without validation, which came later, the parser looks for itself.
    if method and not read.release.bad_annotation_drops_ingress and not read.fits(METHOD, method):
        raise Denied.because("invalid HTTP method", read.evidence(METHOD))
    return method


def _connections(read: AnnotationReader, target: gourl.URL) -> int:
    """0 unless it can work: an upstream block takes no variable, and needs requests and time to keep alive."""
    wanted = read.number_or(KEEPALIVE)
    requests = read.number_or(KEEPALIVE_REQUESTS, DEFAULT_KEEPALIVE_REQUESTS)
    timeout = read.number_or(KEEPALIVE_TIMEOUT, DEFAULT_KEEPALIVE_TIMEOUT)
    return 0 if wanted < 0 or "$" in target.host or requests <= 0 or timeout <= 0 else wanted


def _cache_durations(read: AnnotationReader) -> tuple[str, ...]:
    try:
        text = read.text_unless_refused(CACHE_DURATION)
    except Refused as fault:
        raise Unusable("auth-cache-duration contains invalid value", fault.evidence, fault.kind) from None
    durations = split_list(text)
    for duration in durations:
        if not is_cache_duration(duration):
            expected = 'codes and times such as "200 202 10m", separated by commas'
            evidence = read.evidence(CACHE_DURATION, duration, expected)
            raise Denied.because(f"invalid cache duration: {duration}", evidence)
    return durations or (DEFAULT_CACHE_DURATION,)


def _response_headers(read: AnnotationReader) -> tuple[str, ...]:
    try:
        headers = split_list(read.text_unless_refused(RESPONSE_HEADERS))
    except Refused as fault:
        raise Denied.because("validation error", fault.evidence) from None
    for header in headers:
        if not is_header_name(header):
            raise Denied.because("invalid headers list", read.evidence(RESPONSE_HEADERS, header))
    return headers


def _proxy_set_headers(read: AnnotationReader) -> Mapping[str, str]:
    key = read.text_or(PROXY_SET_HEADERS)
    expected = f'"{read.meta.namespace}/name" of a ConfigMap'
    try:
        namespace = split_key(key)[0] or read.meta.namespace
    except ValueError as error:
        reason = f"error reading configmap name {key} from annotation: {error}"
        raise Denied(reason, read.evidence(PROXY_SET_HEADERS, "", expected)) from None
    if read.is_foreign(namespace):
        reason = "cross namespace usage of secrets is not allowed"
        raise Denied(reason, read.evidence(PROXY_SET_HEADERS, namespace, expected))
    return _headers_of(read, key, expected) if key else {}


def _headers_of(read: AnnotationReader, key: str, expected: str) -> Mapping[str, str]:
    try:
        headers = read.stores.config_map(key).data
    except LookupError:
        evidence = read.missing(PROXY_SET_HEADERS, Named("ConfigMap", key), expected)
        raise Denied.because(f"unable to find configMap {quote(key)}", evidence) from None
    for header in sorted(headers):
        if not is_header_name(header):
            evidence = read.evidence(PROXY_SET_HEADERS, header, "header names of letters, digits, - and _")
            raise Denied.because("invalid proxy-set-headers in configmap", evidence)
    return headers


def _request_redirect(read: AnnotationReader) -> str:
    try:
        return read.text_unless_refused(REQUEST_REDIRECT)
    except Refused as fault:
        raise Unusable(f"auth-request-redirect is invalid: {fault.reason}", fault.evidence, fault.kind) from None


def _always_set_cookie(read: AnnotationReader) -> bool:
    try:
        return read.flag_unless_refused(ALWAYS_SET_COOKIE)
    except Refused as fault:
        raise Unusable(f"auth-always-set-cookie is invalid: {fault.reason}", fault.evidence, fault.kind) from None


FAMILY = Family("ExternalAuth", "external_auth", ROWS, parse)
