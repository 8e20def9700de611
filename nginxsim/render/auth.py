"""Authentication by subrequest: which locations have it, and the names and addresses it goes by.

ingress-nginx 1.15.1: internal/ingress/controller/template/template.go, from buildAuthLocation to buildAuthSignURL.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from urllib.parse import unquote_plus

from nginxsim.config.external_auth import ExternalAuth
from nginxsim.config.settings import Settings
from nginxsim.controller.model import Location
from nginxsim.golang.strconv import quote
from nginxsim.golang.url import parse
from nginxsim.releases import Release

DEFAULT_REDIRECT_PARAMETER = "rd"
_BROKEN_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_AUTHORITY = re.compile(r"[^/?#]*")


@dataclass(frozen=True, slots=True)
class Auth:
    """External authentication as one location has it."""

    path: str
    """Of the internal location that asks the auth service; "" where the location asks nobody."""
    service: ExternalAuth
    """Whom it asks: the annotation's or the ConfigMap's."""
    by_lua: bool = False
    """Asks over a kept-alive upstream, with a Lua subrequest in auth_request's place."""
    upstream: str = ""
    """Name of that upstream."""
    upstream_server: str = ""
    target: str = ""
    """The address of the subrequest, as the conf writes it."""
    request_headers: tuple[str, ...] = ()
    """Further `proxy_set_header` arguments of the subrequest."""
    signin_location: str = ""
    signin_url: str = ""


NO_AUTH = Auth("", ExternalAuth())


def auth_of(location: Location, hostname: str, settings: Settings, release: Release) -> Auth:
    own = location.annotations.external_auth
    by_configmap = not own.url and bool(settings.global_external_auth.url) and location.annotations.enable_global_auth
    service = settings.global_external_auth if by_configmap else own
    if not service.url and not service.signin_url:
        return NO_AUTH
    path = auth_path(location) if service.url else ""
    by_lua = bool(own.url and own.keepalive_connections and not settings.use_http2)
    upstream = auth_upstream(hostname, location) if by_lua else ""
    return Auth(
        path=path,
        service=service,
        by_lua=by_lua,
        upstream=upstream,
        upstream_server=parse(own.url).host if by_lua else "",
        target=with_host(own.url, upstream) if by_lua else _quoted(service.url, release),
        request_headers=tuple(sorted(_header(*header, release) for header in service.proxy_set_headers.items())),
        signin_location=signin_location(location.path, service.signin_url) if service.signin_url else "",
        signin_url=signin_url(service) if service.signin_url else "",
    )


def _quoted(url: str, release: Release) -> str:
    return quote(url) if release.quotes_values else url


def _header(name: str, value: str, release: Release) -> str:
    return f"{quote(name)} {quote(value)}" if release.quotes_auth_headers else f"'{name}' '{value}'"


def auth_path(location: Location) -> str:
    encoded = base64.urlsafe_b64encode(location.path.encode()).decode().rstrip("=")
    return f"/_external-auth-{encoded}-{location.path_type or 'default'}"


def auth_upstream(hostname: str, location: Location) -> str:
    """The upstream block whose connections to the auth server are kept open (auth-keepalive)."""
    return f"{hostname}-{auth_path(location)[2:]}"


def signin_location(path: str, url: str) -> str:
    """A named location's name; the hash only has to differ from those of other paths and addresses."""
    return "@" + hashlib.sha1(path.encode() + url.encode()).hexdigest()  # noqa: S324


def signin_url(service: ExternalAuth) -> str:
    """Where a client is sent to sign in, with the address to come back to; "" for what Go does not take for a URL."""
    url, parameter = service.signin_url, service.signin_redirect_param or DEFAULT_REDIRECT_PARAMETER
    try:
        parse(url)
    except ValueError:
        return ""
    query = _query(url)
    if query.get(parameter):
        return url
    return f"{url}{'&' if query else '?'}{parameter}=$pass_access_scheme://$http_host$escaped_request_uri"


def _query(url: str) -> dict[str, str]:
    """The first value of each parameter; as in Go, pairs with a semicolon or a broken escape are left out."""
    found: dict[str, str] = {}
    for pair in url.partition("#")[0].partition("?")[2].split("&"):
        if pair and ";" not in pair and not _BROKEN_ESCAPE.search(pair):
            name, _, value = pair.partition("=")
            found.setdefault(unquote_plus(name), unquote_plus(value))
    return found


def with_host(url: str, host: str) -> str:
    """The URL with another host."""
    before, _, after = url.partition("://")
    lead, colon, scheme = before.rpartition(":")
    authority = _AUTHORITY.match(after)
    if before == url or authority is None:
        return url
    user, at, _ = authority[0].rpartition("@")
    return f"{lead}{colon}{scheme.lower()}://{user}{at}{host}{after[authority.end() :]}"
