"""What goes in and out of a simulated nginx: requests, the services' answers, outcomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple, TypeAlias

from nginxsim.errors import UsageError
from nginxsim.nginx.steps import Entry, Step
from nginxsim.nginx.visitors import NOBODY as NOBODY_SIGNED_IN
from nginxsim.nginx.visitors import Visitor

Headers: TypeAlias = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ProxyLine:
    """What a load balancer writes before anything else (the PROXY protocol): whom it speaks for.

    client "": the request's own. client_port None: not known. port: the one that the client came to; None: the one that
    the request comes to. is_unknown: the line names nobody.
    """

    client: str = ""
    client_port: int | None = None
    server: str = "127.0.0.1"
    port: int | None = None
    is_unknown: bool = False

    @classmethod
    def read(cls, text: str) -> ProxyLine:
        """A line as version 1 of the protocol has it. Raises UsageError for any other text."""
        # nginx 1.27.1: src/core/ngx_proxy_protocol.c (ngx_proxy_protocol_read)
        if text.rstrip("\r\n").startswith("PROXY UNKNOWN"):
            return cls(is_unknown=True)
        match = _PROXY_LINE.match(text)
        if match is None:
            example = "PROXY TCP4 203.0.113.9 10.0.0.1 56324 443"
            raise UsageError(f'"{text}" is no line of the PROXY protocol; write one such as "{example}"')
        client, server, client_port, port = match.groups()
        return cls(client, int(client_port), server, int(port))


_PROXY_LINE = re.compile(r"PROXY TCP[46] ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (\d{1,5}) (\d{1,5})\s*\Z")
NOBODY = ProxyLine(is_unknown=True)


@dataclass(frozen=True, slots=True)
class Request:
    """A client's request.

    path: the request target as sent, query included. host None: no Host header. port None: 80 or 443 by scheme.
    sni None: the host. client_certificate: PEM text. place: the request is the so manieth of equal ones that arrive at
    once, none of them answered yet, which rate and connection limits count.

    http_version "2": a client that speaks HTTP/2 and nothing else. proxy_protocol: whether a line of the PROXY protocol
    comes first. None: where the port reads one; False: never; True: even where the port reads none. A number is the
    port that the line says the client came to; a ProxyLine, or its text, says all of it.

    as_: who asks, as the auth server knows him or her: a Visitor, or "ann@example.com,group=ops"; by default nobody who
    has signed in.
    via: what the request comes through, from the client inward, by the names of nginxsim.around.hop_table; `client` is
    then the address that set out, else the one that nginx sees.

    files: paths of the files on nginx's disk, as the conf leads to them (root and URI); None: nobody knows them, and
    the verdict says which it takes to exist.

    Raises UsageError for another scheme, and for a text that is no such line.
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
    proxy_protocol: ProxyLine | str | int | bool | None = None
    files: Sequence[str] | None = None
    as_: Visitor | str = NOBODY_SIGNED_IN
    via: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.scheme not in ("http", "https"):
            raise UsageError(f'unknown scheme "{self.scheme}": use http or https')
        if isinstance(self.proxy_protocol, str):
            object.__setattr__(self, "proxy_protocol", ProxyLine.read(self.proxy_protocol))
        if isinstance(self.as_, str):
            object.__setattr__(self, "as_", Visitor.read(self.as_))

    @property
    def visitor(self) -> Visitor:
        """Who asks."""
        return self.as_ if isinstance(self.as_, Visitor) else Visitor.read(self.as_)

    def proxy_line(self, *, expected: bool) -> ProxyLine | None:
        """What comes before the request at a port that reads such a line, or does not."""
        given = self.proxy_protocol
        if given is None or isinstance(given, bool):
            return ProxyLine() if (expected if given is None else given) else None
        if isinstance(given, int):
            return ProxyLine(port=given)
        return given if isinstance(given, ProxyLine) else ProxyLine.read(given)

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
    """A service's answer; `failed` is why none came.

    body_bytes: size of the body, which a Content-Length says as well; None: not known, and nothing that depends on it
    is told without an assumption.
    """

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    failed: Failure | None = None
    body_bytes: int | None = None
    told: Sequence[Entry] = ()
    """How a simulated service came to it: steps for the trace."""
    taken: Sequence[str] = ()
    """What it takes for granted."""

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


Scheme: TypeAlias = Literal["http", "https", "grpc", "grpcs", "fastcgi", "uwsgi", "scgi", "ajp", "memcached"]
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


AnswerFunction: TypeAlias = Callable[[UpstreamRequest], Answer | None]
"""Plays services and auth servers. None: as if nobody had been asked to play this one."""
Answering: TypeAlias = Callable[[UpstreamRequest], Answer]
"""The same with an answer for everything."""


_FINE = Answer()


def everything_is_fine(_: UpstreamRequest) -> Answer:
    return _FINE


def or_fine(answer: AnswerFunction | None) -> Answering:
    """Whoever is not played answers 200."""
    return everything_is_fine if answer is None else lambda sent: answer(sent) or _FINE


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
