"""IP addresses and networks, compared as integers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

_MAPPED = 0xFFFF << 32


class Address(NamedTuple):
    """version: 4, 6, or 0 for what is no IP address (a unix socket)."""

    version: int
    value: int


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address:
    """IPv4-mapped IPv6 addresses count as IPv4, as in nginx's own comparisons."""
    try:
        parsed = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return Address(0, 0)
    value = int(parsed)
    if parsed.version == 6 and value >> 32 == 0xFFFF:
        return Address(4, value - _MAPPED)
    return Address(parsed.version, value)


class Network(NamedTuple):
    version: int
    base: int
    prefix: int

    def holds(self, address: Address) -> bool:
        if address.version != self.version:
            return False
        shift = (32 if self.version == 4 else 128) - self.prefix
        return address.value >> shift == self.base >> shift


def parse_network(text: str) -> Network | None:
    """An address or a CIDR (host bits are dropped, as nginx does with a warning); None for anything else."""
    try:
        parsed = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return Network(parsed.version, int(parsed.network_address), parsed.prefixlen)


@dataclass(slots=True)
class PrefixTable(Generic[T]):
    """Networks with values; the longest prefix wins, the last of equal ones."""

    _levels: dict[int, dict[int, dict[int, T]]] = field(default_factory=lambda: {4: {}, 6: {}})

    def add(self, network: Network, value: T) -> None:
        level = self._levels[network.version]
        level.setdefault(network.prefix, {})[network.base] = value

    def remove(self, network: Network) -> None:
        self._levels[network.version].get(network.prefix, {}).pop(network.base, None)

    def find(self, address: Address) -> tuple[Network, T] | None:
        levels = self._levels.get(address.version, {})
        width = 32 if address.version == 4 else 128
        for prefix in sorted(levels, reverse=True):
            base = address.value >> (width - prefix) << (width - prefix)
            if base in levels[prefix]:
                return Network(address.version, base, prefix), levels[prefix][base]
        return None


def any_contains(networks: Iterable[Network], address: Address) -> bool:
    return any(network.holds(address) for network in networks)
