"""affinity, session-cookie-*. ingress-nginx 1.15.1: internal/ingress/annotations/sessionaffinity/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import INGRESS, Annotation, Family, Risk
from nginxsim.annotations.validators import Validator
from nginxsim.annotations.values import NO_COOKIE, SessionAffinity, SessionCookie
from nginxsim.releases import EVER

COOKIE = "cookie"
DEFAULT_NAME = "INGRESSCOOKIE"

_SECONDS_PATTERN = r"(^0|-?[1-9]\d*$)"
_SECONDS = validators.matching(_SECONDS_PATTERN, "a number of seconds")
_SECONDS_AS_IS = validators.matching(_SECONDS_PATTERN, "a number of seconds", spaces=True)
# A value in small letters is never one of those with a capital.
_SAME_SITE = validators.one_of("none", "lax", "strict", any_case=True).formerly({
    "..1.9.4": validators.one_of("None", "Lax", "Strict", any_case=True)
})  # fmt: skip


def _row(name: str, validator: Validator, risk: Risk = Risk.LOW, releases: str = EVER) -> Annotation:
    return Annotation(name, validator, risk, INGRESS, releases=releases)


TYPE = _row("affinity", validators.one_of(COOKIE))
MODE = _row("affinity-mode", validators.one_of("balanced", "persistent"), Risk.MEDIUM)
CANARY_BEHAVIOR = _row("affinity-canary-behavior", validators.one_of("sticky", "legacy"), releases="0.49.0..")
NAME = _row("session-cookie-name", validators.NAME, Risk.MEDIUM)
SECURE = _row("session-cookie-secure", validators.BOOL, releases="1.0.1..")
EXPIRES = _row("session-cookie-expires", _SECONDS, Risk.MEDIUM)
MAX_AGE = _row("session-cookie-max-age", _SECONDS_AS_IS, Risk.MEDIUM)
PATH = _row("session-cookie-path", validators.URL, Risk.MEDIUM)
DOMAIN = _row("session-cookie-domain", validators.NAME, Risk.MEDIUM, releases="1.4.0..")
SAME_SITE = _row("session-cookie-samesite", _SAME_SITE)
CONDITIONAL_NONE = _row("session-cookie-conditional-samesite-none", validators.BOOL)
CHANGE_ON_FAILURE = _row("session-cookie-change-on-failure", validators.BOOL)

ROWS = (
    TYPE,
    MODE,
    CANARY_BEHAVIOR,
    NAME,
    SECURE,
    EXPIRES,
    MAX_AGE,
    PATH,
    DOMAIN,
    SAME_SITE,
    CONDITIONAL_NONE,
    CHANGE_ON_FAILURE,
)


def parse(read: AnnotationReader) -> SessionAffinity:
    kind = read.text_or(TYPE)
    return SessionAffinity(
        type=kind,
        mode=read.text_or(MODE),
        canary_behavior=read.text_or(CANARY_BEHAVIOR),
        cookie=_cookie(read) if kind == COOKIE else NO_COOKIE,
    )


def _cookie(read: AnnotationReader) -> SessionCookie:
    return SessionCookie(
        name=read.text_or(NAME, DEFAULT_NAME),
        expires=_seconds(read, EXPIRES),
        max_age=_seconds(read, MAX_AGE),
        path=read.text_or(PATH),
        domain=read.text_or(DOMAIN),
        same_site=read.text_or(SAME_SITE),
        secure=read.flag_or(SECURE),
        conditional_same_site_none=read.flag_or(CONDITIONAL_NONE),
        change_on_failure=read.flag_or(CHANGE_ON_FAILURE),
    )


def _seconds(read: AnnotationReader, row: Annotation) -> str:
    value = read.text_or(row)
    return value if read.fits(row, value) else ""


FAMILY = Family("SessionAffinity", "session_affinity", ROWS, parse)
