"""Values as nginx parses them: None (or Refused) where nginx says no."""

# nginx 1.27.1: src/core/ngx_parse.c, ngx_string.c (ngx_atoi), ngx_inet.c

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from nginxsim.nginx.sizes import parse_milliseconds, parse_offset, parse_seconds, parse_size, whole_number

PAGE = 4096
CACHE_LINE = 64

number, size, offset = whole_number, parse_size, parse_offset
seconds, milliseconds = parse_seconds, parse_milliseconds


def address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address as ngx_inet_addr and ngx_inet6_addr take it: four decimals, or IPv6 without brackets."""
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9}){3}", text):
        parts = [int(part) for part in text.split(".")]
        return ipaddress.IPv4Address(bytes(parts)) if max(parts) < 256 else None
    if "%" in text:
        return None
    try:
        return ipaddress.IPv6Address(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Range:
    """exact: no bits set beyond the mask (nginx only warns when there are)."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    exact: bool


def cidr(text: str) -> Range | None:
    host, slash, bits = text.partition("/")
    parsed = address(host)
    # 255.255.255.255 is the error value of ngx_inet_addr
    if parsed is None or parsed == ipaddress.IPv4Address("255.255.255.255"):
        return None
    length = number(bits) if slash else parsed.max_prefixlen
    if length is None or length > parsed.max_prefixlen:
        return None
    network = ipaddress.ip_network((parsed, length), strict=False)
    return Range(network, network.network_address == parsed)


@dataclass(frozen=True, slots=True)
class Url:
    """host: as written, brackets included, or the path of a unix socket. port: None when none is written, last_port:
    of a range. error: nginx's words, or "".
    """

    host: str = ""
    port: int | None = None
    uri: str = ""
    error: str = ""
    last_port: int = 0
    unix: bool = False

    @property
    def address(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        return address(self.host.strip("[]"))


def url(text: str, *, listen: bool = False, uri_part: bool = False) -> Url:
    """ngx_parse_url without looking the name up. listen: the argument of `listen` (a port alone, "*", port ranges)."""
    if text[:5].lower() == "unix:":
        path, _, uri = text[5:].partition(":") if uri_part else (text[5:], "", "")
        wrong = "no path in the unix domain socket" if not path else ""
        return Url(
            path, None, uri, wrong or ("too long path in the unix domain socket" if len(path) > 107 else ""), unix=True
        )
    if text.startswith("["):
        return _inet6_url(text, listen=listen, uri_part=uri_part)
    return _inet_url(text, listen=listen, uri_part=uri_part)


def _inet_url(text: str, *, listen: bool, uri_part: bool) -> Url:
    cut = min((i for i in (text.find("/"), text.find("?")) if i >= 0), default=len(text))
    place, uri = text[:cut], text[cut:]
    if uri and (listen or not uri_part):
        return Url(error="invalid host")
    host, colon, port = place.partition(":")
    if colon:
        first, last, wrong = _ports(port, listen=listen)
    elif listen and not uri and number(host.partition("-")[0]) is not None and _is_port(host):
        first, last, wrong = _ports(host, listen=True)
        host = "*"
    else:
        first, last, wrong = None, 0, ""
    return Url(host, first, uri, wrong or ("" if host else "no host"), last)


def _inet6_url(text: str, *, listen: bool, uri_part: bool) -> Url:
    host, bracket, rest = text[1:].partition("]")
    cut = rest.find("/")
    port, uri = (rest, "") if cut < 0 else (rest[:cut], rest[cut:])
    if not bracket or (uri and (listen or not uri_part)) or (port and not port.startswith(":")):
        return Url(error="invalid host")
    first, last, wrong = _ports(port[1:], listen=listen) if port else (None, 0, "")
    if not wrong and not host:
        wrong = "no host"
    if not wrong and (":" not in host or address(host) is None):
        wrong = "invalid IPv6 address"
    return Url(f"[{host}]", first, uri, wrong, last)


def _is_port(text: str) -> bool:
    dash = text.partition("-")
    return not dash[1] or number(dash[2]) is not None


def _ports(text: str, *, listen: bool) -> tuple[int | None, int, str]:
    first, dash, last = text.partition("-") if listen else (text, "", "")
    low, high = number(first), number(last) if dash else 0
    if low is None or not 1 <= low <= 65535 or high is None or (dash and not 1 <= high <= 65535):
        return None, 0, "invalid port"
    return (low, high, "invalid port range" if dash and low > high else "")


def resolves(name: str) -> bool:
    """Whether a host name is taken to exist: all that could, but those made to fail (RFC 6761: .invalid)."""
    lowered = name.lower().rstrip(".")
    is_name = re.fullmatch(r"[0-9a-z._-]{1,253}", lowered) is not None
    return is_name and not f".{lowered}".endswith(".invalid") and "nxdomain" not in lowered
