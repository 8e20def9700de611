"""temporal-redirect, permanent-redirect, from-to-www-redirect, relative-redirects.

ingress-nginx 1.15.1: internal/ingress/annotations/redirect/redirect.go
"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.faults import Missing, Unusable
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import Redirect
from nginxsim.golang import url as gourl

FOUND, MOVED_PERMANENTLY = 302, 301
TEMPORAL_CODES = range(300, 308)
PERMANENT_CODES = range(300, 309)

FROM_TO_WWW = Annotation("from-to-www-redirect", validators.BOOL, Risk.LOW, LOCATION)
TEMPORAL = Annotation("temporal-redirect", validators.URL_AS_IS, Risk.MEDIUM, LOCATION)
TEMPORAL_CODE = Annotation("temporal-redirect-code", validators.INTEGER, Risk.LOW, LOCATION, releases="1.12.0..")
PERMANENT = Annotation("permanent-redirect", validators.URL_AS_IS, Risk.MEDIUM, LOCATION)
PERMANENT_CODE = Annotation("permanent-redirect-code", validators.INTEGER, Risk.LOW, LOCATION)
RELATIVE = Annotation("relative-redirects", validators.BOOL, Risk.LOW, LOCATION, releases="1.13.0..")

ROWS = (FROM_TO_WWW, TEMPORAL, TEMPORAL_CODE, PERMANENT, PERMANENT_CODE, RELATIVE)


def parse(read: AnnotationReader) -> Redirect:
    """A temporal redirect beats a permanent one, whose URL is then not even looked at."""
    from_to_www = read.flag_if_set(FROM_TO_WWW)
    relative = read.flag_if_set(RELATIVE)
    if url := read.text_if_set(TEMPORAL):
        code = _code(read, TEMPORAL_CODE, TEMPORAL_CODES, FOUND)
        _check(read, url)
        return Redirect(url=url, code=code, from_to_www=from_to_www, relative=relative)
    url = read.text_if_set(PERMANENT)
    code = _code(read, PERMANENT_CODE, PERMANENT_CODES, MOVED_PERMANENTLY)
    if url or from_to_www:
        return Redirect(url=url, code=code, from_to_www=from_to_www, relative=relative)
    if relative:
        return Redirect(relative=True)
    raise Missing


def _code(read: AnnotationReader, row: Annotation, allowed: range, default: int) -> int:
    code = read.number_if_set(row)
    return code if code in allowed else default


def _check(read: AnnotationReader, text: str) -> None:
    evidence = read.evidence(TEMPORAL, "", "an http or https URL")
    try:
        scheme = gourl.parse(text).scheme
    except ValueError as error:
        raise Unusable(str(error), evidence) from None
    if not scheme.startswith("http"):
        raise Unusable(f"only http and https are valid protocols ({scheme})", evidence)


FAMILY = Family("Redirect", "redirect", ROWS, parse)
