"""`expires`: Expires and Cache-Control for answers that went well; what the clock decides is <date> and <seconds>.

nginx 1.27.1: src/http/modules/ngx_http_headers_filter_module.c (ngx_http_set_expires)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nginxsim.nginx.sizes import parse_seconds

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest

_FIXED: Mapping[str, tuple[str, str]] = {
    "epoch": ("Thu, 01 Jan 1970 00:00:01 GMT", "no-cache"),
    "max": ("Thu, 31 Dec 2037 23:55:55 GMT", "max-age=315360000"),
}


def set_expires(request: LiveRequest) -> None:
    conf = request.conf
    assert conf.expires is not None
    pair = _headers(request, conf.expires.get(request), conf.expires_modified)
    if pair is None:
        return
    replaced = ("expires", "cache-control")
    request.headers_out = [header for header in request.headers_out if header[0].lower() not in replaced]
    request.headers_out += [("Expires", pair[0]), ("Cache-Control", pair[1])]


def _headers(request: LiveRequest, text: str, modified: bool) -> tuple[str, str] | None:
    """Expires and Cache-Control; None for `off` and for what is no time."""
    if text in _FIXED and not modified:
        return _FIXED[text]
    time = parse_seconds(text[text[:1] in ("@", "+", "-") :]) if text not in ("", "off") else None
    if time is None:
        return None
    if text.startswith("-"):
        return "<date>", "no-cache"
    by_clock = text.startswith("@") or (modified and request.response_header("last-modified") is not None)
    return "<date>", "max-age=<seconds>" if by_clock and time else f"max-age={time}"
