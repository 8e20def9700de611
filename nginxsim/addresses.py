"""IP addresses and ranges as Go's net package reads them."""

from __future__ import annotations

import ipaddress
import re
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_MASK = re.compile(r"[0-9]+", re.ASCII)


def parse_ip(text: str) -> Address | None:
    """Go's net.ParseIP: no zones, no leading zeros; an IPv4-mapped IPv6 address counts as the IPv4 address."""
    if "%" in text or not text.isascii():
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def parse_cidr(text: str) -> Network:
    """Go's net.ParseCIDR: the network that the address lies in. Raises ValueError with Go's words.

    A mask must be a number of bits; host bits may be set.
    """
    address, slash, mask = text.partition("/")
    try:
        if not slash or "%" in address or not _MASK.fullmatch(mask):
            raise ValueError(text)
        return ipaddress.ip_network((address, int(mask)), strict=False)
    except ValueError:
        raise ValueError(f"invalid CIDR address: {text}") from None
