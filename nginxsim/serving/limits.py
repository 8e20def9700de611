"""How much a server takes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds.

    connections: open at once, handshakes under way included.
    patience: for a handshake, for the head of a request, and for its body, each.
    keep_alive: for a connection between two requests. Go's clients, as which API servers call, let go after 90: the
    side that calls is to be the first to close, or a call may meet a closing connection.
    grace: for requests under way once the server is told to stop.
    """

    connections: int = 1000
    patience: float = 10.0
    keep_alive: int = 120
    grace: float = 25.0
