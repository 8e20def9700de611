"""proxy-*. ingress-nginx 1.15.1: internal/ingress/annotations/proxy/main.go"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from nginxsim.annotations import validators
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.validators import Validator
from nginxsim.annotations.values import Proxy
from nginxsim.releases import EVER

if TYPE_CHECKING:
    from nginxsim.config.settings import Settings

_COOKIE_DOMAIN = validators.matching(
    rf"^(off|[{validators.PLAIN}]+\s+[{validators.PLAIN}]+)$", '"off", or a domain and its replacement', spaces=True
).formerly({"..1.13.7 1.14.0..1.14.3": validators.NAME})
_NEXT_UPSTREAM = validators.matching(
    r"^((error|timeout|invalid_header|http_500|http_502|http_503|http_504|http_403|http_404|http_429|non_idempotent|off)\s?)+$",
    "conditions of nginx's proxy_next_upstream, separated by blanks",
    spaces=True,
    separator=" ",
)


def _row(name: str, validator: Validator, risk: Risk = Risk.LOW, releases: str = EVER) -> Annotation:
    return Annotation(name, validator, risk, LOCATION, releases=releases)


CONNECT_TIMEOUT = _row("proxy-connect-timeout", validators.INTEGER)
SEND_TIMEOUT = _row("proxy-send-timeout", validators.INTEGER)
READ_TIMEOUT = _row("proxy-read-timeout", validators.INTEGER)
BUFFERS_NUMBER = _row("proxy-buffers-number", validators.INTEGER)
BUFFER_SIZE = _row("proxy-buffer-size", validators.SIZE)
BUSY_BUFFERS_SIZE = _row("proxy-busy-buffers-size", validators.SIZE, releases="1.13.0..")
COOKIE_PATH = _row("proxy-cookie-path", validators.URL, Risk.MEDIUM)
COOKIE_DOMAIN = _row("proxy-cookie-domain", _COOKIE_DOMAIN, Risk.MEDIUM)
BODY_SIZE = _row("proxy-body-size", validators.SIZE, Risk.MEDIUM)
NEXT_UPSTREAM = _row("proxy-next-upstream", _NEXT_UPSTREAM, Risk.MEDIUM)
NEXT_UPSTREAM_TIMEOUT = _row("proxy-next-upstream-timeout", validators.INTEGER)
NEXT_UPSTREAM_TRIES = _row("proxy-next-upstream-tries", validators.INTEGER)
REQUEST_BUFFERING = _row("proxy-request-buffering", validators.ON_OFF_EXACT)
REDIRECT_FROM = _row("proxy-redirect-from", validators.URL, Risk.MEDIUM)
REDIRECT_TO = _row("proxy-redirect-to", validators.URL, Risk.MEDIUM)
BUFFERING = _row("proxy-buffering", validators.ON_OFF_EXACT)
HTTP_VERSION = _row("proxy-http-version", validators.one_of("1.0", "1.1"))
MAX_TEMP_FILE_SIZE = _row("proxy-max-temp-file-size", validators.SIZE)

ROWS = (
    CONNECT_TIMEOUT,
    SEND_TIMEOUT,
    READ_TIMEOUT,
    BUFFERS_NUMBER,
    BUFFER_SIZE,
    BUSY_BUFFERS_SIZE,
    COOKIE_PATH,
    COOKIE_DOMAIN,
    BODY_SIZE,
    NEXT_UPSTREAM,
    NEXT_UPSTREAM_TIMEOUT,
    NEXT_UPSTREAM_TRIES,
    REQUEST_BUFFERING,
    REDIRECT_FROM,
    REDIRECT_TO,
    BUFFERING,
    HTTP_VERSION,
    MAX_TEMP_FILE_SIZE,
)


def defaults(settings: Settings) -> Proxy:
    """What the ConfigMap says: the key of each field is its name behind `proxy-`."""
    return Proxy(**{field.name: getattr(settings, f"proxy_{field.name}") for field in fields(Proxy)})


def parse(read: AnnotationReader) -> Proxy:
    """What the annotations leave open, the ConfigMap says."""
    default = read.settings
    busy = default.proxy_busy_buffers_size if read.release.busy_buffers_follow_settings else ""
    return Proxy(
        connect_timeout=read.number_or(CONNECT_TIMEOUT, default.proxy_connect_timeout),
        send_timeout=read.number_or(SEND_TIMEOUT, default.proxy_send_timeout),
        read_timeout=read.number_or(READ_TIMEOUT, default.proxy_read_timeout),
        buffers_number=read.number_or(BUFFERS_NUMBER, default.proxy_buffers_number),
        buffer_size=read.text_or(BUFFER_SIZE, default.proxy_buffer_size),
        busy_buffers_size=read.text_or(BUSY_BUFFERS_SIZE, busy),
        cookie_path=read.text_or(COOKIE_PATH, default.proxy_cookie_path),
        cookie_domain=read.text_or(COOKIE_DOMAIN, default.proxy_cookie_domain),
        body_size=read.text_or(BODY_SIZE, default.proxy_body_size),
        next_upstream=read.text_or(NEXT_UPSTREAM, default.proxy_next_upstream),
        next_upstream_timeout=read.number_or(NEXT_UPSTREAM_TIMEOUT, default.proxy_next_upstream_timeout),
        next_upstream_tries=read.number_or(NEXT_UPSTREAM_TRIES, default.proxy_next_upstream_tries),
        request_buffering=read.text_or(REQUEST_BUFFERING, default.proxy_request_buffering),
        redirect_from=read.text_or(REDIRECT_FROM, default.proxy_redirect_from),
        redirect_to=read.text_or(REDIRECT_TO, default.proxy_redirect_to),
        buffering=read.text_or(BUFFERING, default.proxy_buffering),
        http_version=read.text_or(HTTP_VERSION, default.proxy_http_version),
        max_temp_file_size=read.text_or(MAX_TEMP_FILE_SIZE, default.proxy_max_temp_file_size),
    )


FAMILY = Family("Proxy", "proxy", ROWS, parse)
