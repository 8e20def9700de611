"""IP addresses and networks as Go's net package reads and prints them."""

from __future__ import annotations

import ipaddress
import re
from typing import TypeAlias

from nginxsim.golang.strconv import trim

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_LEADING_ZEROS = re.compile(r"(?<![0-9a-fA-F])0+(?=[0-9a-fA-F])")
_PREFIX_LENGTH = re.compile(r"[0-9]{1,8}", re.ASCII)


def parse_ip(text: str) -> Address | None:
    """Go's net.ParseIP: no zones, no leading zeros; an IPv4-mapped IPv6 address counts as the IPv4 address."""
    address = _as_written(text)
    return None if address is None else _unmapped(address)


def parse_ip_sloppy(text: str) -> Address | None:
    """net.ParseIP as it was before Go 1.17, which Kubernetes keeps: zeros may stand before each number."""
    return parse_ip(_LEADING_ZEROS.sub("", text))


def network(spec: str) -> str:
    """An address or CIDR in the form Go prints it: host bits cleared, IPv4 in IPv6 shown as IPv4.

    Raises ValueError with Go's words.
    """
    text, slash, length = spec.partition("/")
    address = _as_written(text)
    if address is None:
        raise ValueError(f"invalid CIDR address: {spec}")
    if not slash:
        return str(_unmapped(address))
    if not _PREFIX_LENGTH.fullmatch(length) or int(length) > address.max_prefixlen:
        raise ValueError(f"invalid CIDR address: {spec}")
    return _masked(address, int(length))


def networks(text: str) -> list[str]:
    """Comma separated addresses and CIDRs, sorted, each once. Raises ValueError at the first that is neither."""
    return sorted({network(trim(spec)) for spec in text.split(",")})


def _as_written(text: str) -> Address | None:
    if "%" in text or not text.isascii():
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _unmapped(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _masked(address: Address, length: int) -> str:
    shift = address.max_prefixlen - length
    base = type(address)(int(address) >> shift << shift)
    # A mapped address prints its last 32 bits and so many bits of the mask as fall there.
    unmapped = _unmapped(base)
    return f"{base}/{length}" if unmapped is base else f"{unmapped}/{max(length - 96, 0)}"
