"""custom-http-errors, default-backend, disable-proxy-intercept-errors.

ingress-nginx 1.15.1: internal/ingress/annotations/{customhttperrors,defaultbackend,disableproxyintercepterrors}/main.go
"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.faults import Unusable
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import Named
from nginxsim.golang.strconv import atoi, quote, trim
from nginxsim.kube.objects import Service

_CODES_EXPECTED = "HTTP codes from 400 to 599, separated by commas"
_CODES = validators.matching(r"^(?:[4,5]\d{2},?)*$", _CODES_EXPECTED, separator=",")

CUSTOM_HTTP_ERRORS = Annotation("custom-http-errors", _CODES, Risk.LOW, LOCATION)
DEFAULT_BACKEND = Annotation("default-backend", validators.SERVICE_NAME, Risk.LOW, LOCATION)
DISABLE_INTERCEPT = Annotation(
    "disable-proxy-intercept-errors", validators.BOOL, Risk.LOW, LOCATION, releases="1.9.5.."
)


def parse_codes(read: AnnotationReader) -> tuple[int, ...]:
    words = read.text(CUSTOM_HTTP_ERRORS).split(",")
    if read.release.error_codes_may_have_blanks:
        words = [trimmed for word in words if (trimmed := trim(word))]
    return tuple(_code(read, word) for word in words)


def _code(read: AnnotationReader, word: str) -> int:
    try:
        return atoi(word)
    except ValueError as error:
        evidence = read.evidence(CUSTOM_HTTP_ERRORS, word, _CODES_EXPECTED)
        raise Unusable(f"invalid HTTP status code {quote(word)}: {error}", evidence) from None


def parse_backend(read: AnnotationReader) -> Service:
    key = f"{read.meta.namespace}/{read.text(DEFAULT_BACKEND)}"
    try:
        return read.stores.service(key)
    except LookupError as error:
        evidence = read.missing(DEFAULT_BACKEND, Named("Service", key))
        raise Unusable(f"unexpected error reading service {key}: {error}", evidence) from None


def parse_intercept(read: AnnotationReader) -> bool:
    return read.flag_or(DISABLE_INTERCEPT)


FAMILIES = (
    Family("CustomHTTPErrors", "custom_http_errors", (CUSTOM_HTTP_ERRORS,), parse_codes),
    Family("DefaultBackend", "default_backend", (DEFAULT_BACKEND,), parse_backend),
    Family("DisableProxyInterceptErrors", "disable_proxy_intercept_errors", (DISABLE_INTERCEPT,), parse_intercept),
)
