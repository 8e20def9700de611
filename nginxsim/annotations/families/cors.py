"""enable-cors, cors-*. ingress-nginx 1.15.1: internal/ingress/annotations/cors/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.faults import Fault
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import INGRESS, Annotation, Family, Risk
from nginxsim.annotations.values import Cors
from nginxsim.golang.strconv import trim

DEFAULT_METHODS = "GET, PUT, POST, DELETE, PATCH, OPTIONS"
DEFAULT_MAX_AGE = 1728000
EVERYONE = ("*",)

_ORIGIN_EXPECTED = "scheme://host, scheme://*.domain, null or *, separated by commas"
_OLD_EXPECTED = "http(s)://host, http(s)://*.domain or *, separated by commas"
_ORIGINS = validators.matching(
    r"^((((([a-z]+://)?(\*\.)?[A-Za-z0-9\-.]*(:\d+)?,?)|null)+)|\*)?$", _ORIGIN_EXPECTED, separator=","
).formerly({
    "..1.11.8": validators.matching(
        r"^((((https?://)?(\*\.)?[A-Za-z0-9\-.]*(:\d+)?,?)+)|\*)?$", _OLD_EXPECTED, separator=","
    ),
    "1.12.0..1.12.8": validators.matching(
        r"^(((([a-z]+://)?(\*\.)?[A-Za-z0-9\-.]*(:\d+)?,?)+)|\*)?$",
        "scheme://host, scheme://*.domain or *, separated by commas",
        separator=",",
    ),
})  # fmt: skip
_ORIGIN = validators.matching(
    r"^([a-z]+://(\*\.)?[A-Za-z0-9\-.]*(:\d+)?|\*|null)?$", _ORIGIN_EXPECTED
).formerly({
    "..1.11.8": validators.matching(r"^(https?://(\*\.)?[A-Za-z0-9\-.]*(:\d+)?|\*)?$", _OLD_EXPECTED),
    "1.12.0..1.12.8": validators.matching(
        r"^([a-z]+://(\*\.)?[A-Za-z0-9\-.]*(:\d+)?|\*)?$", "scheme://host, scheme://*.domain or *"
    ),
})  # fmt: skip
_ONE_ORIGIN = validators.matching(r"^(https?://[A-Za-z0-9\-\.]*(:[0-9]+)?|\*)?$", "http(s)://host or *")
_METHODS = validators.matching(r"^([A-Za-z]+,?\s?)+$", "HTTP methods separated by commas", separator=",")
_EXPOSED = validators.matching(
    r"^(([A-Za-z0-9\-\_]+|\*),?\s?)+$", "header names or *, separated by commas", separator=","
)

ENABLE = Annotation("enable-cors", validators.BOOL, Risk.LOW, INGRESS)
ALLOW_ORIGIN = Annotation("cors-allow-origin", _ORIGINS, Risk.MEDIUM, INGRESS)
_HEADERS = validators.HEADER_NAMES.formerly({
    "..1.8.5": validators.matching(r"^([A-Za-z0-9\-\_]+,?\s?)+$", "header names separated by commas", separator=",")
})  # fmt: skip
ALLOW_HEADERS = Annotation("cors-allow-headers", _HEADERS, Risk.MEDIUM, INGRESS)
ALLOW_METHODS = Annotation("cors-allow-methods", _METHODS, Risk.MEDIUM, INGRESS)
ALLOW_CREDENTIALS = Annotation("cors-allow-credentials", validators.BOOL, Risk.LOW, INGRESS)
EXPOSE_HEADERS = Annotation("cors-expose-headers", _EXPOSED, Risk.MEDIUM, INGRESS)
MAX_AGE = Annotation("cors-max-age", validators.INTEGER, Risk.LOW, INGRESS)

ROWS = (ENABLE, ALLOW_ORIGIN, ALLOW_HEADERS, ALLOW_METHODS, ALLOW_CREDENTIALS, EXPOSE_HEADERS, MAX_AGE)


def parse(read: AnnotationReader) -> Cors:
    return Cors(
        enabled=read.flag_or(ENABLE),
        allow_origin=_origins(read),
        allow_headers=_fitting(read, ALLOW_HEADERS, read.release.cors_headers),
        allow_methods=_fitting(read, ALLOW_METHODS, DEFAULT_METHODS),
        allow_credentials=read.flag_or(ALLOW_CREDENTIALS, default=True),
        expose_headers=_fitting(read, EXPOSE_HEADERS, ""),
        max_age=read.number_or(MAX_AGE, DEFAULT_MAX_AGE),
    )


def _origins(read: AnnotationReader) -> tuple[str, ...]:
    """An annotation that cannot be used lets everyone in; origins that do not fit are passed over."""
    try:
        text = read.text(ALLOW_ORIGIN)
    except Fault:
        return EVERYONE
    if not read.release.cors_answers_origin:
        return (text,) if _ONE_ORIGIN.matches(text) else EVERYONE
    origins: list[str] = []
    for origin in map(trim, text.split(",")):
        if not origin and not read.release.origins_may_be_empty:
            continue
        if origin == "*":
            return EVERYONE
        if _ORIGIN.at(read.release).matches(origin):
            origins.append(origin)
        else:
            reason = f"Error parsing cors-allow-origin parameters. Supplied incorrect origin: {origin}. Skipping."
            read.ignore(reason, read.evidence(ALLOW_ORIGIN, origin, _ORIGIN.at(read.release).expected))
    return tuple(origins)


def _fitting(read: AnnotationReader, row: Annotation, default: str) -> str:
    value = read.text_or(row)
    return value if value and read.fits(row, value) else default


FAMILY = Family("CorsConfig", "cors", ROWS, parse)
