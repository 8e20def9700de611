"""The URL on the command line, read as a client would send it: nothing decoded, nothing tidied up."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

from nginxsim.errors import UsageError, did_you_mean
from nginxsim.nginx.exchange import ProxyLine, Request
from nginxsim.nginx.visitors import NOBODY, Visitor

SCHEMES = ("http", "https")
URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?P<fragment>#.*)?")
AUTHORITY = re.compile(r"(?:(?P<user>[^@]*)@)?(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>\d*))?")


def request_for(
    url: str,
    *,
    method: str = "GET",
    headers: Sequence[tuple[str, str]] = (),
    client: str = "127.0.0.1",
    body_bytes: int = 0,
    http_version: str = "1.1",
    direct: bool = False,
    proxy_protocol: ProxyLine | int | bool | None = None,
    files: Sequence[str] | None = None,
    as_: Visitor | str = NOBODY,
    via: Sequence[str] = (),
) -> Request:
    """The Request a client makes for `url`. Raises UsageError.

    A port in the URL stays in the Host header and is taken to lead to the controller's own port, as a NodePort or a
    load balancer does. direct: it is the port that the request comes to.
    """
    match = URL.fullmatch(url)
    if match is None:
        raise UsageError(f'"{url}" is no URL; write http://{url.lstrip("/")}')
    if match["fragment"]:
        whole = url.removesuffix(match["fragment"])
        raise UsageError(f'what follows # in a URL ("{match["fragment"]}") is never sent; write {whole}')
    scheme = match["scheme"].lower()
    if scheme not in SCHEMES:
        raise UsageError(f'unknown URL scheme "{match["scheme"]}": use http or https{did_you_mean(scheme, SCHEMES)}')
    authority = AUTHORITY.fullmatch(match["authority"])
    if authority is None or not authority["host"]:
        raise UsageError(f'"{url}" has no host')
    _check_client(client)
    name = _ascii_host(authority["host"])
    host = name + (f":{authority['port']}" if authority["port"] else "")
    given = list(headers)
    if authority["user"] and not any(name.lower() == "authorization" for name, _ in given):
        given.append(("Authorization", _basic(authority["user"])))
    named = [value for name, value in given if name.lower() == "host"]
    target = match["target"] if match["target"].startswith("/") else f"/{match['target']}"
    return Request(
        host=named[-1] if named else host,
        sni=name.strip("[]"),
        path=target,
        scheme=scheme,
        method=method,
        headers=[(name, value) for name, value in given if name.lower() != "host"],
        client=client,
        body_bytes=body_bytes,
        http_version=http_version,
        port=_port(url, authority["port"]) if direct else None,
        proxy_protocol=proxy_protocol,
        files=files,
        as_=as_,
        via=via,
    )


def proxy_line_of(text: str) -> ProxyLine | int | bool:
    """Request.proxy_protocol as people write it: on, off, a port, or a whole line. Raises UsageError."""
    if text in ("on", "off"):
        return text == "on"
    if text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    if text.startswith("PROXY"):
        return ProxyLine.read(text)
    raise UsageError(f'"{text}" says nothing of a PROXY line; write on, off, a port, or a line "PROXY TCP4 ..."')


def _port(url: str, text: str | None) -> int | None:
    if not text:
        return None
    if not 0 < int(text) < 65536:
        raise UsageError(f'"{url}" names port {text}; a port is a number from 1 to 65535')
    return int(text)


def _ascii_host(host: str) -> str:
    """The name as it goes over the wire: letters outside ASCII in the form that browsers and curl give them."""
    if host.isascii():
        return host
    import idna  # noqa: PLC0415  # few hosts need it

    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError as problem:
        raise UsageError(f'"{host}" cannot be a host name: {problem}') from None


def _basic(user: str) -> str:
    """What curl sends for user:password in a URL: percent escapes decoded, and a colon even without a password."""
    name, _, password = user.partition(":")
    return "Basic " + base64.b64encode(b":".join(map(unquote_to_bytes, (name, password)))).decode()


def _check_client(client: str) -> None:
    try:
        ipaddress.ip_address(client)
    except ValueError:
        raise UsageError(f'--client "{client}" is no IP address; write one such as 203.0.113.7') from None
