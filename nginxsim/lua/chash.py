"""A consistent hash ring, point for point the one of OpenResty's balancer library.

lua-resty-balancer 0.05: lib/resty/chash.lua, chash.c.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import lru_cache
from zlib import crc32

from nginxsim.nginx.escapes import to_bytes

POINTS = 160
"""Points on the ring for each unit of weight."""


def _points(node: str, count: int) -> Iterator[int]:
    """Each point hashes the node's name followed by the point before it, little-endian."""
    base, previous = crc32(node.encode()), 0
    for _ in range(count):
        previous = crc32(previous.to_bytes(4, "little"), base)
        yield previous


class Ring:
    """Nodes by weight; a key belongs to the first point at or after its own hash."""

    __slots__ = ("_hashes", "_owners")

    def __init__(self, nodes: Mapping[str, int]) -> None:
        points = sorted((point, node) for node, weight in nodes.items() for point in _points(node, weight * POINTS))
        self._hashes = [point for point, _ in points]
        self._owners = [node for _, node in points]

    def find(self, key: str) -> str:
        """The node that owns `key`. The ring must not be empty."""
        index = bisect_left(self._hashes, crc32(to_bytes(key)))
        return self._owners[index % len(self._owners)]


@lru_cache(maxsize=64)
def ring(nodes: tuple[str, ...]) -> Ring:
    """The ring of nodes that all weigh the same."""
    return Ring(dict.fromkeys(nodes, 1))
