"""What a service is sent: URI, method, headers.

nginx 1.27.1: src/http/modules/ngx_http_{proxy,grpc,fastcgi}_module.c
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from nginxsim.nginx.escapes import escape_uri
from nginxsim.nginx.exchange import Headers, Role, Scheme
from nginxsim.nginx.targets import Place, split_url

if TYPE_CHECKING:
    from nginxsim.nginx.conf import Target, UpstreamConf
    from nginxsim.nginx.live_request import LiveRequest


def place_of(request: LiveRequest, target: Target) -> Place:
    """Raises BadTargetError."""
    return target.place or split_url(target.value.get(request), target.protocol, True)


def _uri(request: LiveRequest, target: Target, place: Place) -> str:
    if place.by_variables and place.uri:
        return place.uri
    if not place.uri and request.valid_unparsed:
        return request.unparsed_uri
    skipped = len(target.location) if request.valid_location and place.uri else 0
    rest = request.uri[skipped:]
    if request.quoted or request.internal:
        rest = escape_uri(rest)
    head = place.uri if request.valid_location else ""
    return head + rest + (f"?{request.args}" if request.args else "")


Message: TypeAlias = tuple[Scheme, str, str, str, Headers, bool, Role]
"""An UpstreamRequest but for who gets it."""


def message_for(request: LiveRequest, target: Target, place: Place, up: UpstreamConf) -> Message:
    protocol = target.protocol
    headers = (
        _fastcgi_params(request, up) if protocol in ("fastcgi", "uwsgi", "scgi") else _headers(request, protocol, up)
    )
    method = request.method if up.method is None else up.method.get(request)
    uri = request.unparsed_uri if protocol == "fastcgi" else _uri(request, target, place)
    host = _host(headers)
    if host is None:
        host = place.authority
    if protocol == "grpc" and not any(name == "host" for name, _ in headers):
        headers.append(("host", host))
    verifies = up.ssl_verify and place.scheme in ("https", "grpcs")
    role = Role.ERROR_PAGE if request.error_page and request.role is Role.SERVICE else request.role
    return place.scheme, method, uri or "/", host, headers, verifies, role


def _host(headers: Headers) -> str | None:
    for name, value in headers:
        if name.lower() in ("host", "http_host"):
            return value
    return None


def _headers(request: LiveRequest, protocol: str, up: UpstreamConf) -> Headers:
    assert up.plan is not None
    rows, replaced = up.plan
    known = request.vars
    out: Headers = [(name, value) for name, kept, get in rows if (value := known.get(kept) or get(request))]
    if up.pass_headers:
        lowers = protocol == "grpc"
        for name, value in request.headers_in:
            lowered = name.lower()
            if lowered not in replaced:
                out.append((lowered if lowers else name, value))
    return out


def _fastcgi_params(request: LiveRequest, up: UpstreamConf) -> Headers:
    out: Headers = []
    names = set()
    for name, value, only_if_set in up.params:
        names.add(name)
        text = value.get(request)
        if text or not only_if_set:
            out.append((name, text))
    if up.pass_headers:
        seen: dict[str, str] = {}
        for name, value_in in request.headers_in:
            key = "HTTP_" + name.upper().replace("-", "_")
            if key not in names and key not in ("HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE"):
                seen[key] = f"{seen[key]}, {value_in}" if key in seen else value_in
        out += seen.items()
    return out
