"""gzip and brotli: Content-Encoding, Vary, and what goes with them. They run after add_header, brotli first.

nginx 1.27.1: src/http/modules/ngx_http_gzip_filter_module.c, ngx_http_core_module.c (ngx_http_gzip_ok);
google/ngx_brotli: filter/ngx_http_brotli_filter_module.c
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from nginxsim.nginx.regex import MatchLimitError, Regex

if TYPE_CHECKING:
    from nginxsim.nginx.conf import Brotli, Gzip
    from nginxsim.nginx.live_request import LiveRequest

STATUSES = frozenset({200, 403, 404})
_GZIP = re.compile(r"(?:\A|[\s,])gzip(?:\s*;\s*q=([0-9.]+))?(?=[\s,;]|\Z)")
_BROTLI = re.compile(r"(?:\A|[ ,])br(?=[ ,;]|\Z)(?! *; *q *= *0(?:\.0{0,3})?(?:[^0-9.]|\Z))", re.IGNORECASE)


def compress(request: LiveRequest) -> None:
    conf = request.conf
    if request.status not in STATUSES:
        return
    eligible = [one for one in (conf.brotli, conf.gzip) if _is_eligible(request, one)]
    if eligible and conf.gzip.vary:
        request.headers_out.append(("Vary", "Accept-Encoding"))
    for settings in (conf.brotli, conf.gzip):
        if not settings.on or not TAKES[settings.coding](request):
            continue
        if settings in eligible:
            _encode(request, settings)
            return
        if _is_untold(request):
            request.assume("the answer is not compressed: its Content-Type is not known")


def _is_eligible(request: LiveRequest, settings: Gzip | Brotli) -> bool:
    """Whether what is answered is compressed for those who take it. An unknown length counts as long enough."""
    kind = request.content_type.partition(";")[0].strip().lower()
    return (
        settings.on
        and request.response_header("content-encoding") is None
        and (request.body_size is None or request.body_size >= settings.min_length)
        and bool(kind)
        and (kind == "text/html" or kind in settings.types or "*" in settings.types)
    )


def _is_untold(request: LiveRequest) -> bool:
    """Whether nobody says what the service answers but for the status."""
    return request.upstream is not None and not request.content_type and not request.upstream_headers


def _encode(request: LiveRequest, settings: Gzip | Brotli) -> None:
    if request.body_size is None and request.upstream is not None:
        least = f"{settings.min_length} bytes or more"
        request.assume(f"the answer of {request.upstream.service} has {least}, or no Content-Length: it is compressed")
    request.headers_out = [
        (name, _weak(value) if name.lower() == "etag" else value)
        for name, value in request.headers_out
        if name.lower() != "accept-ranges" and (name.lower() != "etag" or value.startswith(('"', "W/")))
    ]
    request.headers_out.append(("Content-Encoding", settings.coding))


def _weak(tag: str) -> str:
    return tag if tag.startswith("W/") else f"W/{tag}"


def _takes_brotli(request: LiveRequest) -> bool:
    return _BROTLI.search(request.known_header("accept-encoding") or "") is not None


def _takes_gzip(request: LiveRequest) -> bool:
    named = _GZIP.search((request.known_header("accept-encoding") or "").lower())
    if named is None or (named[1] is not None and not named[1].strip("0.")):
        return False
    if request.protocol == "HTTP/1.0" and request.conf.gzip.version != "1.0":
        return False
    if _is_disabled(request.known_header("user-agent"), request.conf.gzip.disabled):
        return False
    if request.known_header("via") is None:
        return True
    proxied = request.conf.gzip.proxied
    return "any" in proxied or any(PROXIED_TESTS[word](request) for word in proxied if word in PROXIED_TESTS)


def _is_disabled(agent: str | None, disabled: Sequence[Regex]) -> bool:
    try:
        return agent is not None and any(regex.groups(agent) is not None for regex in disabled)
    except MatchLimitError:
        return True


PROXIED_TESTS: Mapping[str, Callable[[LiveRequest], bool]] = {
    "expired": lambda request: request.response_header("expires") is not None,
    "no-cache": lambda request: "no-cache" in (request.response_header("cache-control") or ""),
    "no-store": lambda request: "no-store" in (request.response_header("cache-control") or ""),
    "private": lambda request: "private" in (request.response_header("cache-control") or ""),
    "no_last_modified": lambda request: request.response_header("last-modified") is None,
    "no_etag": lambda request: request.response_header("etag") is None,
    "auth": lambda request: request.known_header("authorization") is not None,
}
TAKES: Mapping[str, Callable[[LiveRequest], bool]] = {"br": _takes_brotli, "gzip": _takes_gzip}
"""Whether the client takes a coding."""
