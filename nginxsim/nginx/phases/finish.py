"""How a request ends: plain answers, error pages, closed connections.

nginx 1.27.1: src/http/ngx_http_request.c (ngx_http_finalize_request), src/http/ngx_http_special_response.c
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nginxsim.nginx.escapes import BadUriError, parse_inner_uri
from nginxsim.nginx.events import (
    CycleEnded,
    ErrorPageSent,
    NamedLocation,
    NamedLocationMissing,
    NoUriLeft,
    UnsafeRedirect,
)
from nginxsim.nginx.phases.filters import send_header

if TYPE_CHECKING:
    from nginxsim.nginx.conf import ErrorPage
    from nginxsim.nginx.live_request import LiveRequest
    from nginxsim.nginx.phases.states import State

SENT = 0
"""The status of a script whose response is already out."""
CLOSING = frozenset({408, 444, 499})
"""Finishing with these closes the connection without an answer."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SHOWN_AS_400 = frozenset({494, 495, 496, 497})
_WITH_PAGE = frozenset((*range(301, 309), *range(400, 417), 421, 429, *range(494, 499), *range(500, 508))) - {
    304,
    305,
    306,
}
"""Statuses nginx has a page for; the others go out without a body."""


_PAGE_SIZE = 150
"""About what nginx's own error pages have in bytes."""


def send_response(request: LiveRequest, status: int, body: str) -> int:
    """`return CODE TEXT`: SENT, or the status of a redirect that has still to be finished."""
    request.status = status
    request.body_size = len(body)
    if status in REDIRECTS:
        set_location(request, body)
        return status
    if not request.content_type:
        set_content_type(request)
    send_header(request)
    return SENT


def set_location(request: LiveRequest, target: str) -> None:
    request.set_response_header("Location", target)
    request.location_header = target


def set_content_type(request: LiveRequest) -> None:
    _, dot, extension = request.uri.rpartition("/")[2].rpartition(".")
    conf = request.conf
    request.content_type = conf.types.get(extension.lower(), conf.default_type) if dot else conf.default_type


def close(request: LiveRequest) -> None:
    """The connection ends without an HTTP answer."""
    request.status_is_final()
    request.closed = True
    request.sent = True
    request.status = 0


def finalize(request: LiveRequest, status: int) -> State | None:
    """Finishes with a status; an error page may lead on to another location."""
    if request.sent or status == SENT:
        return None
    if status in CLOSING:
        close(request)
        return None
    if status < 300 and status not in (201, 204):
        request.status = status
        send_header(request)
        return None
    return _special_response(request, status)


def _special_response(request: LiveRequest, status: int) -> State | None:
    request.status_is_final()
    conf = request.conf
    request.content_type = ""
    if not request.error_page and conf.error_pages and request.rewrites_left:
        for page in conf.error_pages:
            if page.status == status:
                request.error_page = not conf.recursive_error_pages
                request.err_status = status
                return _error_page(request, page, status)
    request.err_status = 400 if status in _SHOWN_AS_400 else status
    _send_page(request, status)
    return None


def _send_page(request: LiveRequest, status: int) -> None:
    request.body_size = 0
    if status in _WITH_PAGE:
        request.content_type = "text/html"
        request.body_size = _PAGE_SIZE
    send_header(request)


def _error_page(request: LiveRequest, page: ErrorPage, status: int) -> State | None:
    target = page.target.get(request)
    if page.overwrite >= 0:
        request.err_status = page.overwrite
    request.note(ErrorPageSent, page.line, status, target)
    if target.startswith("/"):
        path, _, args = target.partition("?")
        if request.method != "HEAD":
            request.method = "GET"
        return internal_redirect(request, path, args)
    if target.startswith("@"):
        return named_location(request, target)
    if page.overwrite not in REDIRECTS:
        request.err_status = 302
    request.set_response_header("Location", target)
    request.location_header = target
    _send_page(request, request.err_status)
    return None


def internal_redirect(request: LiveRequest, path: str, args: str) -> State | None:
    """Starts over with another URI."""
    # nginx 1.27.1: ngx_http_internal_redirect
    from nginxsim.nginx.phases.find import server_rewrite  # noqa: PLC0415  # the phases lead in a circle

    request.rewrites_left -= 1
    if request.rewrites_left == 0:
        return _cycle(request)
    request.uri, request.args = path, args
    request.redirected()
    request.valid_unparsed, request.valid_location = False, True
    request.conf = request.server.conf
    return server_rewrite


def named_location(request: LiveRequest, name: str) -> State | None:
    """Goes on in a named location, the URI as it is."""
    # nginx 1.27.1: ngx_http_named_location
    from nginxsim.nginx.phases.find import enter, location_rewrite  # noqa: PLC0415  # the phases lead in a circle

    request.rewrites_left -= 1
    if request.rewrites_left == 0:
        return _cycle(request)
    if not request.uri:
        request.settle(NoUriLeft, 0, name)
        return finalize(request, 500)
    conf = request.server.locations.named.get(name)
    if conf is None:
        request.settle(NamedLocationMissing, 0, name)
        return finalize(request, 500)
    request.redirected()
    request.content = ""
    request.uri_changed = False
    request.note(NamedLocation, conf.line, name)
    enter(request, conf)
    return location_rewrite


def _cycle(request: LiveRequest) -> State | None:
    request.settle(CycleEnded, 0, request.uri)
    return finalize(request, 500)


def accel_redirect(request: LiveRequest, target: str) -> State | None:
    """X-Accel-Redirect of a service's answer."""
    if target.startswith("@"):
        return named_location(request, target)
    try:
        path, args = parse_inner_uri(target)
    except BadUriError:
        request.settle(UnsafeRedirect, 0, target)
        return finalize(request, 404)
    if request.method != "HEAD":
        request.method = "GET"
    return internal_redirect(request, path, args)
