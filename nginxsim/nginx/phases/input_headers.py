"""more_set_input_headers and more_clear_input_headers: the request's headers before anybody reads them again.

openresty/headers-more-nginx-module 0.37: src/ngx_http_headers_more_headers_in.c

A subrequest's list of headers is a copy of its parent's that shares the entries and the place where new ones go, so
that a change within an auth_request reaches the main request in odd ways, and sometimes only that. Only once the list
is in pieces, after a removal from its middle or with many headers, do both see a new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nginxsim.nginx.sizes import whole_number

if TYPE_CHECKING:
    from nginxsim.nginx.conf import HeaderChange
    from nginxsim.nginx.live_request import LiveRequest

_ALL_VALUES = frozenset({"x-forwarded-for", "cookie"})
_FIRST_ONLY = frozenset(
    {
        "connection",
        "user-agent",
        "referer",
        "content-type",
        "range",
        "upgrade",
        "accept-encoding",
        "via",
        "keep-alive",
        "x-real-ip",
    }
)
"""Headers of which nginx knows the first: only that takes the new value, further ones stay."""
ONCE = frozenset(
    {
        "host",
        "if-modified-since",
        "if-unmodified-since",
        "if-match",
        "if-none-match",
        "content-length",
        "if-range",
        "transfer-encoding",
        "expect",
        "authorization",
    }
)
"""Headers that may come once."""
FIRST_PIECE = 20
"""Headers that the list holds before it goes on elsewhere."""
KNOWN_TO_NGINX = _ALL_VALUES | _FIRST_ONLY | ONCE


def change_input(request: LiveRequest, change: HeaderChange) -> bool:
    """Whether the request goes on: a value that nginx cannot use ends the connection."""
    if change.types and request.known_header("content-type") not in change.types:
        return True
    value = change.value.get(request)
    if value and not _is_usable(change.name.lower(), value):
        return False
    if not value:
        _clear(request, change)
    elif change.prefix or not any(_names(request, change.name)):
        if not change.restrict:
            _add(request, change, value)
    else:
        _replace(request, change.name, value)
    return True


def _is_usable(name: str, value: str) -> bool:
    if name == "host":
        return not ("/" in value or ".." in value or "\0" in value or value.startswith((":", ".:")) or value == ".")
    return name != "content-length" or whole_number(value) is not None


def _names(request: LiveRequest, name: str) -> Iterator[bool]:
    lowered = name.lower()
    return (key.lower() == lowered for key, _ in request.headers_in)


def _above(request: LiveRequest) -> Iterator[LiveRequest]:
    while request.parent is not None:
        request = request.parent
        yield request


def _is_shared(main: LiveRequest) -> bool:
    return len(main.headers_in) > _first_piece(main)


def _first_piece(main: LiveRequest) -> int:
    """So many headers are in the piece that each request has to itself."""
    return main.headers_split if main.headers_split >= 0 else FIRST_PIECE


def _clear(request: LiveRequest, change: HeaderChange) -> None:
    before = [name.lower() for name, _ in request.headers_in]
    if change.prefix:
        request.hide_request_headers(change.prefix)
    else:
        request.set_request_header(change.name, None)
    gone = set(before) - {name.lower() for name, _ in request.headers_in}
    if request.parent is None:
        _cut(request, [at for at, name in enumerate(before) if name in gone], len(before))
        return
    shared = gone & set(before[_first_piece(request.main) :])
    for parent in _above(request):
        parent.headers_in = [pair for pair in parent.headers_in if pair[0].lower() not in shared]
        for name in () if change.prefix else (gone - shared) & (_FIRST_ONLY | ONCE):
            _replace_first(parent, name, "")
        parent.mute_request_headers(gone)


def _add(request: LiveRequest, change: HeaderChange, value: str) -> None:
    """A wildcard that has a value is the name of a header, star and all."""
    name, main = change.name.lower(), request.main
    if request is main or _is_shared(main):
        for one in (request, *_above(request)):
            _append(one, change, value)
    elif name in KNOWN_TO_NGINX:
        for one in (request, *_above(request)):
            one.hidden_headers = {**one.hidden_headers, name: (value,)}
    else:
        main.headers_in, main.by_variable = [*main.headers_in, (change.name, value)], {}


def _append(request: LiveRequest, change: HeaderChange, value: str) -> None:
    if change.prefix:
        request.headers_in, request.by_variable = [*request.headers_in, (change.name, value)], {}
    else:
        request.set_request_header(change.name, value)


def _replace(request: LiveRequest, name: str, value: str) -> None:
    lowered = name.lower()
    for one in _above(request):
        _replace_first(one, lowered, value)
    if lowered in _FIRST_ONLY:
        _replace_first(request, lowered, value)
    else:
        places = [at for at, (key, _) in enumerate(request.headers_in) if key.lower() == lowered]
        if request.parent is None:
            _cut(request, places[1:], len(request.headers_in))
        request.set_request_header(name, value)


def _cut(main: LiveRequest, removed: Sequence[int], length: int) -> None:
    """Taking a header out of the middle of the list leaves two pieces."""
    inner = [at for at in removed if 0 < at < length - 1]
    if inner and main.headers_split < 0:
        main.headers_split = inner[0]


def _replace_first(request: LiveRequest, name: str, value: str) -> None:
    for index, (key, _) in enumerate(request.headers_in):
        if key.lower() == name:
            request.headers_in = [*request.headers_in[:index], (key, value), *request.headers_in[index + 1 :]]
            request.by_variable = {}
            return
