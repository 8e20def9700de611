"""custom-headers. ingress-nginx 1.15.1: internal/ingress/annotations/customheaders/main.go"""

from __future__ import annotations

from collections.abc import Mapping

from nginxsim.annotations import validators
from nginxsim.annotations.faults import Denied
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import Named
from nginxsim.config.external_auth import is_header_name
from nginxsim.golang.patterns import compile_pattern
from nginxsim.golang.strconv import quote

_VALUE = compile_pattern(r"""^[a-zA-Z\d_ :;.,\\/"'?!(){}\[\]@<>=\-+*#$&\x60|~^%]+$""")

CUSTOM_HEADERS = Annotation("custom-headers", validators.NAME, Risk.MEDIUM, LOCATION, releases="1.11.0..")


def parse(read: AnnotationReader) -> Mapping[str, str]:
    name = read.text_or(CUSTOM_HEADERS)
    if not name:
        return {}
    try:
        headers = read.stores.config_map(name).data
    except LookupError:
        evidence = read.missing(CUSTOM_HEADERS, Named("ConfigMap", name), '"namespace/name" of a ConfigMap')
        raise Denied.because(f"unable to find configMap {quote(name)}", evidence) from None
    for header, value in sorted(headers.items()):
        _check(read, header, value)
    return headers


def _check(read: AnnotationReader, header: str, value: str) -> None:
    if not is_header_name(header):
        evidence = read.evidence(CUSTOM_HEADERS, header, "header names of letters, digits, - and _")
        raise Denied.because("invalid header name in configmap", evidence)
    if not _VALUE.search(value):
        evidence = read.evidence(CUSTOM_HEADERS, header, f"a value of printable ASCII for {header}")
        raise Denied.because("invalid header value in configmap", evidence)
    allowed = read.settings.global_allowed_response_headers
    if header not in allowed:
        reason = (
            f"header {header} is not allowed, defined allowed headers inside "
            f"global-allowed-response-headers [{' '.join(allowed)}]"
        )
        expected = "a header that the ConfigMap's global-allowed-response-headers lists"
        raise Denied.because(reason, read.evidence(CUSTOM_HEADERS, header, expected))


FAMILY = Family("CustomHeaders", "custom_headers", (CUSTOM_HEADERS,), parse)
