"""What happens to a request before it comes to nginx."""

from __future__ import annotations

from dataclasses import dataclass

from nginxsim.nginx.steps import Event, Phase


@dataclass(frozen=True, slots=True)
class HopPassed(Event):
    """A hop has handed the request on.

    connects_from: "" for the client's own address. proxied: the client that its PROXY line names, "" where it writes
    none. ends_tls: what came as https goes on as http.
    """

    phase = Phase.HOP
    hop: str
    connects_from: str
    proxied: str
    ends_tls: bool


@dataclass(frozen=True, slots=True)
class HeaderWritten(Event):
    """A hop has written a header; value: "" where it took it away."""

    phase = Phase.HOP
    hop: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ClientTaken(Event):
    """Whom nginx takes for the client, once all hops are passed; `real` is the client that set out."""

    phase = Phase.HOP
    taken: str
    real: str
    by: str
    """The header that named it, "proxy_protocol", or "" for the connection."""
    mended_by: tuple[tuple[str, object], ...] = ()
    """Fields of the controller's settings with which it would take the real one; none where no setting does."""
    lost_at: tuple[str, str] = ("", "")
    """The hop that hands on no name of the client, and what it can be told; "" where none does."""
