"""rewrite-target, ssl-redirect, use-regex, app-root.

ingress-nginx 1.15.1: internal/ingress/annotations/rewrite/main.go
"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import INGRESS, LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import Rewrite
from nginxsim.golang import url as gourl

TARGET = Annotation("rewrite-target", validators.PATH_WITH_CAPTURES_AS_IS, Risk.MEDIUM, INGRESS)
SSL_REDIRECT = Annotation("ssl-redirect", validators.BOOL, Risk.LOW, LOCATION)
PRESERVE_TRAILING_SLASH = Annotation(
    "preserve-trailing-slash", validators.BOOL, Risk.MEDIUM, LOCATION, releases="0.47.0.."
)
FORCE_SSL_REDIRECT = Annotation("force-ssl-redirect", validators.BOOL, Risk.MEDIUM, LOCATION)
USE_REGEX = Annotation("use-regex", validators.BOOL, Risk.LOW, LOCATION)
APP_ROOT = Annotation("app-root", validators.PATH_WITH_CAPTURES_AS_IS, Risk.MEDIUM, LOCATION)

ROWS = (TARGET, SSL_REDIRECT, PRESERVE_TRAILING_SLASH, FORCE_SSL_REDIRECT, USE_REGEX, APP_ROOT)


def parse(read: AnnotationReader) -> Rewrite:
    default = read.settings
    return Rewrite(
        target=read.text_or(TARGET),
        ssl_redirect=read.flag_or(SSL_REDIRECT, default=default.ssl_redirect),
        preserve_trailing_slash=read.flag_or(PRESERVE_TRAILING_SLASH, default=default.preserve_trailing_slash),
        force_ssl_redirect=read.flag_or(FORCE_SSL_REDIRECT, default=default.force_ssl_redirect),
        use_regex=read.flag_or(USE_REGEX),
        app_root=_app_root(read),
    )


def _app_root(read: AnnotationReader) -> str:
    root = read.text_or(APP_ROOT)
    if not root:
        return ""
    complaint = _complaint(root)
    if complaint:
        read.ignore(complaint, read.evidence(APP_ROOT, "", "a path that starts with /"))
        return ""
    return root


def _complaint(root: str) -> str:
    try:
        url = gourl.parse_request_uri(root)
    except ValueError as error:
        return f"Annotation app-root contains an invalid value: {error}"
    return f"Annotation app-root only allows absolute paths ({root})" if url.scheme else ""


FAMILY = Family("Rewrite", "rewrite", ROWS, parse)
