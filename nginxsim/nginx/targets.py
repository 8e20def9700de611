"""Where proxy_pass and its kin lead: URLs taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from nginxsim.nginx.sizes import whole_number

if TYPE_CHECKING:
    from nginxsim.nginx.exchange import Scheme

SCHEMES = {"http": "80", "https": "443", "grpc": "80", "grpcs": "443"}
"""The ports that are meant when none is written."""


class Place(NamedTuple):
    """A target for one request; authority is what $proxy_host says: without the port that the scheme implies."""

    scheme: Scheme
    host: str
    port: str
    uri: str
    by_variables: bool
    authority: str


class BadTargetError(Exception):
    """proxy_pass with variables that make no URL."""


def split_url(url: str, protocol: str, by_variables: bool = False) -> Place:
    """Scheme, host, port and URI of a proxy_pass. Raises BadTargetError."""
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if protocol in ("fastcgi", "uwsgi", "scgi", "ajp", "memcached") and not separator:
        scheme, rest = protocol, url
    elif protocol == "grpc" and not separator:
        scheme, rest = "grpc", url
    elif not separator or scheme not in (("http", "https") if protocol == "proxy" else ("grpc", "grpcs")):
        raise BadTargetError(f'invalid URL prefix in "{url}"')
    cut = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    if rest.startswith("unix:"):
        cut = len(rest)
    authority, uri = rest[:cut], rest[cut:]
    host, port = _split_port(authority)
    if not host:
        raise BadTargetError(f'no host in upstream "{url}"')
    if port and not 0 < (whole_number(port) or 0) < 65536:
        raise BadTargetError(f'invalid port in upstream "{url}"')
    usual = SCHEMES.get(scheme, port)
    authority = host if (port or usual) == usual else f"{host}:{port}"
    path = f"/{uri}" if uri.startswith("?") else uri
    return Place(cast("Scheme", scheme), host, port or usual, path, by_variables, authority)


def _split_port(authority: str) -> tuple[str, str]:
    if authority.startswith("["):
        host, _, port = authority.partition("]")
        return f"{host}]", port.removeprefix(":")
    if authority.startswith("unix:"):
        return authority, ""
    host, _, port = authority.partition(":")
    return host, port
