"""What the controller's Lua does to a request: the kinds of event that its stand-ins put into the trace."""

from __future__ import annotations

from dataclasses import dataclass, field

from nginxsim.nginx.lua_api import Event, Phase


@dataclass(frozen=True, slots=True)
class HttpsRedirect(Event):
    """A plain request is sent to `url`. forced: by force-ssl-redirect; else by ssl-redirect and a certificate."""

    phase = Phase.REWRITE
    status: int
    url: str
    forced: bool


@dataclass(frozen=True, slots=True)
class AuthServerAnswered(Event):
    """The answer to a subrequest made in Lua (auth-keepalive)."""

    phase = Phase.AUTH
    status: int


@dataclass(frozen=True, slots=True)
class NoEndpoints(Event):
    """The backend is unknown to the balancer, or empty."""

    phase = Phase.BALANCER
    service: str = field()


@dataclass(frozen=True, slots=True)
class CanaryEmpty(Event):
    """The canary has no endpoints, so that its main backend takes everything."""

    phase = Phase.BALANCER
    service: str = field()


@dataclass(frozen=True, slots=True)
class Pinned(Event):
    """A session cookie names the backend; canary: whether that is the canary."""

    phase = Phase.BALANCER
    service: str = field()
    cookie: str
    canary: bool


@dataclass(frozen=True, slots=True)
class CanaryByHeader(Event):
    """pattern: "" where the value itself decides; taken: by the canary `service`."""

    phase = Phase.BALANCER
    service: str = field()
    header: str
    value: str
    pattern: str
    taken: bool


@dataclass(frozen=True, slots=True)
class CanaryByCookie(Event):
    phase = Phase.BALANCER
    service: str = field()
    cookie: str
    value: str
    taken: bool


@dataclass(frozen=True, slots=True)
class CanaryShare(Event):
    """What a draw is about: the canary takes `weight` of `total` requests."""

    phase = Phase.BALANCER
    service: str = field()
    weight: int
    total: int


@dataclass(frozen=True, slots=True)
class CanaryDrawn(Event):
    """The draw, and whether the canary took this request."""

    phase = Phase.BALANCER
    service: str = field()
    weight: int
    total: int
    taken: bool


@dataclass(frozen=True, slots=True)
class SessionKept(Event):
    """The session cookie names an endpoint."""

    phase = Phase.BALANCER
    peer: str
    cookie: str


@dataclass(frozen=True, slots=True)
class SessionBegun(Event):
    """The client gets a session cookie of the backend `name`."""

    phase = Phase.BALANCER
    cookie: str
    name: str


@dataclass(frozen=True, slots=True)
class Hashed(Event):
    """upstream-hash-by leads to one endpoint."""

    phase = Phase.BALANCER
    peer: str
    expression: str
    key: str
