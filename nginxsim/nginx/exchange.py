"""What goes in and out of a simulated nginx: requests, the services' answers, outcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from nginxsim.errors import UsageError

Headers: TypeAlias = list[tuple[str, str]]
Facts: TypeAlias = Mapping[str, str]
Entry: TypeAlias = tuple[str, str, str, int, Facts]
"""A Step before anybody asks for it: its fields in order."""

NO_FACTS: Facts = {}


@dataclass(frozen=True, slots=True)
class Request:
    """A client's request.

    path: the request target as sent, query included. host None: no Host header. port None: 80 or 443 by scheme.
    sni None: the host. client_certificate: PEM text. place: the request is the so manieth of equal ones that arrive at
    once, none of them answered yet, which rate and connection limits count. Raises UsageError for another scheme.
    """

    host: str | None = "localhost"
    path: str = "/"
    scheme: str = "http"
    method: str = "GET"
    headers: Sequence[tuple[str, str]] = ()
    client: str = "127.0.0.1"
    body_bytes: int = 0
    port: int | None = None
    sni: str | None = None
    http_version: str = "1.1"
    client_certificate: str | None = None
    place: int = 1

    def __post_init__(self) -> None:
        if self.scheme not in ("http", "https"):
            raise UsageError(f'unknown scheme "{self.scheme}": use http or https')

    @property
    def listen_port(self) -> int:
        return self.port or (443 if self.scheme == "https" else 80)

    @property
    def tls_name(self) -> str:
        """What the client names in its TLS handshake."""
        return self.sni if self.sni is not None else (self.host or "").partition(":")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """A service's answer; `failed` is "" or why none came: "refused", "timeout", "tls", "protocol"."""

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    failed: str = ""

    @classmethod
    def failure(cls, why: str) -> Answer:
        if why not in ("refused", "timeout", "tls", "protocol"):
            raise ValueError(f"unknown failure {why!r}: use refused, timeout, tls or protocol")
        return cls(status=0, failed=why)


class UpstreamRequest(NamedTuple):
    """What a service (or an auth server, a mirror) is sent."""

    service: str
    """Name of the controller's backend ("default-web-80"), or the host of an external URL."""
    addresses: tuple[str, ...]
    """Every "ip:port" that may serve it."""
    protocol: str = "http"
    """http, https, grpc, grpcs or fastcgi."""
    method: str = "GET"
    uri: str = "/"
    host: str = ""
    headers: Sequence[tuple[str, str]] = ()
    tls_verify: bool = False
    role: str = "service"
    """service, auth, mirror or error-page."""


AnswerFunction: TypeAlias = Callable[[UpstreamRequest], Answer]


_FINE = Answer()


def everything_is_fine(_: UpstreamRequest) -> Answer:
    return _FINE


class Step(NamedTuple):
    """One decision on the way: which phase, what was decided, by which line of the conf.

    phase: listen, tls, server, location, rewrite, access, auth, limit, balancer, proxy, error_page, filter, log.
    line: of the deciding directive in the conf the router was given; 0 where none decided (a rule of nginx's own).
    text: the directive or name concerned ("return 503", "deny all"); why: what decided it ("longest prefix").
    data: facts a report or a cause may use ({"client": "10.0.0.1"}).
    """

    phase: str
    text: str
    why: str = ""
    line: int = 0
    data: Facts = NO_FACTS


class RoutedOutcome(NamedTuple):
    """One way the request may end, as nginx alone can tell it."""

    probability: float
    status: int | None
    headers: Headers
    upstream: UpstreamRequest | None
    trace: Sequence[Entry]
    ending: Entry | None
    also: tuple[UpstreamRequest, ...] = ()
    """Further requests sent on the way: auth subrequests, mirrors, the first try before an error page."""
    assumptions: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(map(Step._make, self.trace))

    @property
    def ended_by(self) -> Step | None:
        """The step that settled the status: a return, a deny, an auth answer, the upstream's answer..."""
        return None if self.ending is None else Step(*self.ending)
