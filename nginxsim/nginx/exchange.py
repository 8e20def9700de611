"""What goes in and out of a simulated nginx: requests, the services' answers, outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Headers: TypeAlias = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """A client's request.

    path: the request target as sent, query included. host None: no Host header. port None: 80 or 443 by scheme.
    sni None: the host. client_certificate: PEM text.
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

    @property
    def listen_port(self) -> int:
        return self.port or (443 if self.scheme == "https" else 80)


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


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
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


def everything_is_fine(_: UpstreamRequest) -> Answer:
    return Answer()


@dataclass(frozen=True, slots=True)
class Step:
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
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoutedOutcome:
    """One way the request may end, as nginx alone can tell it."""

    probability: float
    status: int | None
    headers: Headers
    upstream: UpstreamRequest | None
    steps: tuple[Step, ...]
    ended_by: Step | None
    """The step that settled the status: a return, a deny, an auth answer, the upstream's answer..."""
    also: tuple[UpstreamRequest, ...] = ()
    """Further requests sent on the way: auth subrequests, mirrors, the first try before an error page."""
    assumptions: tuple[str, ...] = ()
