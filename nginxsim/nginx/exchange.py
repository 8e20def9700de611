"""What goes in and out of a simulated nginx: requests, the services' answers, outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple, TypeAlias

from nginxsim.errors import UsageError
from nginxsim.nginx.steps import Entry, Step

Headers: TypeAlias = list[tuple[str, str]]


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


class Failure(StrEnum):
    """Why no answer came."""

    REFUSED = "refused"
    TIMEOUT = "timeout"
    TLS = "tls"
    PROTOCOL = "protocol"


@dataclass(frozen=True, slots=True)
class Answer:
    """A service's answer; `failed` is why none came."""

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    failed: Failure | None = None

    @classmethod
    def failure(cls, why: str) -> Answer:
        """why: a Failure, or its name ("refused"). Raises ValueError for any other."""
        try:
            return cls(status=0, failed=Failure(why))
        except ValueError:
            raise ValueError(f"unknown failure {why!r}: use {', '.join(Failure)}") from None


class Role(StrEnum):
    """What a request of nginx's is for."""

    SERVICE = "service"
    AUTH = "auth"
    MIRROR = "mirror"
    ERROR_PAGE = "error-page"


Scheme: TypeAlias = Literal["http", "https", "grpc", "grpcs", "fastcgi", "uwsgi", "scgi", "memcached"]
"""What nginx speaks to a service."""


class UpstreamRequest(NamedTuple):
    """What a service (or an auth server, a mirror) is sent."""

    service: str
    """Name of the controller's backend ("default-web-80"), or the host of an external URL."""
    addresses: tuple[str, ...]
    """Every "ip:port" that may serve it."""
    protocol: Scheme = "http"
    method: str = "GET"
    uri: str = "/"
    host: str = ""
    headers: Sequence[tuple[str, str]] = ()
    tls_verify: bool = False
    role: Role = Role.SERVICE


AnswerFunction: TypeAlias = Callable[[UpstreamRequest], Answer]


_FINE = Answer()


def everything_is_fine(_: UpstreamRequest) -> Answer:
    return _FINE


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
        return tuple(map(Step.of, self.trace))

    @property
    def ended_by(self) -> Step | None:
        """The step that settled the status: a return, a deny, an auth answer, the upstream's answer..."""
        return None if self.ending is None else Step.of(self.ending)
