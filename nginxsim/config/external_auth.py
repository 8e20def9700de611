"""External authentication: what the auth-* annotations and the ConfigMap's global-auth-* keys have in common.

ingress-nginx 1.15.1: internal/ingress/annotations/authreq/main.go
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nginxsim.golang import url as gourl
from nginxsim.golang.patterns import compile_pattern
from nginxsim.golang.strconv import trim

DEFAULT_CACHE_DURATION = "200 202 401 5m"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE")

_HEADER = compile_pattern(r"^[a-zA-Z\d\-_]+$")
_STATUS = compile_pattern(r"^\d{3}$")
_DURATION = compile_pattern(r"^\d+(ms|s|m|h|d|w|M|y)$")


@dataclass(frozen=True, slots=True)
class ExternalAuth:
    """auth-url and companions; the same shape serves the ConfigMap's global-auth-*."""

    url: str = ""
    host: str = ""
    signin_url: str = ""
    signin_redirect_param: str = ""
    method: str = ""
    response_headers: tuple[str, ...] = ()
    request_redirect: str = ""
    snippet: str = ""
    cache_key: str = ""
    cache_duration: tuple[str, ...] = ()
    keepalive_connections: int = 0
    keepalive_share_vars: bool = False
    keepalive_requests: int = 0
    keepalive_timeout: int = 0
    proxy_set_headers: Mapping[str, str] = field(default_factory=dict)
    always_set_cookie: bool = False


def read_url(text: str) -> gourl.URL:
    """An absolute URL with a host; ValueError with the controller's words.

    ingress-nginx 1.15.1: internal/ingress/annotations/parser/main.go StringToURL
    """
    try:
        url = gourl.parse(text)
    except ValueError as error:
        raise ValueError(f"{text} is not a valid URL: {error}") from None
    if not url.scheme:
        raise ValueError("url scheme is empty")
    if not url.host:
        raise ValueError("url host is empty")
    if ".." in url.host:
        raise ValueError("invalid url host")
    return url


def split_list(text: str) -> tuple[str, ...]:
    """What stands between commas, trimmed, without the empty ones."""
    return tuple(filter(None, map(trim, text.split(","))))


def is_cache_duration(text: str) -> bool:
    """Status codes, then at least one time; what is neither is overlooked."""
    timed = False
    for word in filter(None, text.split(" ")):
        if _STATUS.search(word):
            if timed:
                return False
        elif _DURATION.search(word):
            timed = True
    return timed


def is_header_name(name: str) -> bool:
    return _HEADER.search(name)
