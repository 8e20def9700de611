"""Where to listen."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from nginxsim.errors import UsageError

BACKLOG = 1024
"""Connections that the system holds until they are taken."""


@dataclass(frozen=True, slots=True)
class Address:
    """host: "" for every address of the machine. option: the one that named it, for messages."""

    host: str
    port: int
    option: str

    @classmethod
    def parse(cls, text: str, option: str) -> Address:
        """ "[HOST:]PORT". Raises UsageError."""
        host, _, port = text.rpartition(":")
        if not (port.isascii() and port.isdecimal()) or len(port) > 5 or int(port) > 65535:
            raise UsageError(f'{option} "{text}": expected [HOST:]PORT, with a port from 0 to 65535')
        return cls(host.removeprefix("[").removesuffix("]"), int(port), option)

    def listen(self) -> socket.socket:
        """A socket that listens already. Raises UsageError for an address that cannot be used."""
        everywhere = not self.host and socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if everywhere or ":" in self.host else socket.AF_INET
        try:
            return socket.create_server(
                (self.host, self.port), family=family, backlog=BACKLOG, dualstack_ipv6=everywhere
            )
        except (OSError, OverflowError) as problem:
            where = shown(self.host, self.port)
            raise UsageError(f"{self.option}: cannot listen on {where}: {problem}") from None


def shown(host: str, port: int) -> str:
    name = host or "*"
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def name_of(sock: socket.socket) -> str:
    """The address it listens on, the port chosen by the system included."""
    host, port = sock.getsockname()[:2]
    return shown(str(host), port)
