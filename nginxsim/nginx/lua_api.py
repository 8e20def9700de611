"""What the Lua stand-ins see of a request, and what the engine sees of them.

The engine implements LuaRequest. Whoever knows the Lua that a conf names or writes out hands the engine a LuaRuntime,
which finds the stand-in of a Script; nothing here knows any.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, NamedTuple, NoReturn, Protocol, TypeAlias, TypeVar, TypeVarTuple

from nginxsim.nginx.exchange import Answer, Request
from nginxsim.nginx.steps import Event, Phase

T = TypeVar("T")
Data = TypeVarTuple("Data")


class LuaError(Exception):
    """A runtime error inside a script: nginx logs it and answers 500.

    variable: the one that the script could not set; "" for other errors.
    """

    def __init__(self, message: str, variable: str = "") -> None:
        super().__init__(message)
        self.variable = variable


class Script(NamedTuple):
    """The Lua of one directive, named without `_file` or `_block`. file: its path, "" where `text` is the Lua."""

    directive: str
    file: str
    text: str
    line: int

    @classmethod
    def of(cls, directive: str, word: str, line: int) -> Script:
        """From a directive's name and the argument that is the path or the Lua."""
        if directive.endswith("_file"):
            return cls(directive.removesuffix("_file"), word, "", line)
        return cls(directive.removesuffix("_block"), "", word, line)

    @property
    def name(self) -> str:
        """The base name of the file, "" where the Lua is written out."""
        return PurePosixPath(self.file).name


class LuaRequest(Protocol):
    """`ngx` as far as the controller's Lua uses it."""

    original: Request
    ctx: dict[str, Any]
    """ngx.ctx: empty at first, emptied by an internal redirect (error_page, try_files); a subrequest has its own."""

    failed_peers: Sequence[tuple[str, ...]]
    """For each try to pass the request on that has failed, every address that it may have gone to."""

    def var(self, name: str) -> str | None:
        """ngx.var.NAME, the name in lower case; None when the variable is not found."""

    def set_var(self, name: str, value: str) -> None:
        """ngx.var.NAME = value, the name in lower case. Raises LuaError when no directive of the conf makes it."""

    def request_header(self, name: str) -> str | None:
        """The first request header of that name, as nginx holds it now."""

    def set_request_header(self, name: str, value: str | None) -> None:
        """ngx.req.set_header; None removes."""

    def response_header(self, name: str) -> str | None: ...

    def set_response_header(self, name: str, value: str | Sequence[str] | None) -> None:
        """ngx.header[NAME] = value: replaces."""

    def add_response_header(self, name: str, value: str) -> None: ...

    def exit(self, status: int) -> NoReturn:
        """ngx.exit(status)."""

    def redirect(self, uri: str, status: int) -> NoReturn:
        """ngx.redirect."""

    def capture(self, uri: str, shares_variables: bool = False) -> Answer:
        """ngx.location.capture(uri, GET with the request's headers): the subrequest's status and headers.

        shares_variables: what the subrequest sets stays set (share_all_vars).
        """

    def draw(self, options: Sequence[tuple[float, T]], subject: Event) -> T:
        """Lets chance choose among (probability, value): the engine plays every branch, one outcome each.

        subject: what the draw is about.
        """

    def assume(self, what: str) -> None:
        """Names an assumption in the verdict."""

    def step(self, kind: Callable[[*Data], Event], *data: *Data) -> None:
        """Adds an event of this kind to the trace."""


Handler: TypeAlias = Callable[[LuaRequest], None]

Setter: TypeAlias = Callable[[LuaRequest, Sequence[str]], str]
"""set_by_lua's stand-in: the directive's further arguments (variables filled in) -> the variable's value."""


CertificatePicker: TypeAlias = Callable[[str | None], Any]
"""ssl_certificate_by_lua's stand-in: server name (None: the client sent none) -> the certificate shown, as the runtime
was handed it; None means the one that the conf names stays."""


class Peers(NamedTuple):
    """Whom the balancer may send this request to, after chance has chosen the backend.

    service: the backend's name as the conf and the access log know it; addresses: every "ip:port" the algorithm could
    pick for this request (one when a hash or a cookie decides).
    """

    service: str
    addresses: tuple[str, ...]


class Balancer(Protocol):
    """balancer_by_lua's stand-in, called by the proxy phase: None or no addresses: no peer was set (502)."""

    def __call__(self, request: LuaRequest) -> Peers | None: ...


def _unknown(_: Script) -> None:
    return None


@dataclass(frozen=True, slots=True)
class LuaRuntime:
    """All the stand-ins for one configuration; each finds that of a script, or None."""

    handler: Callable[[Script], Handler | None] = _unknown
    """Of rewrite, access, content, filters and log."""
    balancer: Callable[[Script], Balancer | None] = _unknown
    setter: Callable[[Script], Setter | None] = _unknown
    certificate: Callable[[Script], CertificatePicker | None] = _unknown


NO_LUA = LuaRuntime()

__all__ = [
    "NO_LUA",
    "Balancer",
    "CertificatePicker",
    "Event",
    "Handler",
    "LuaError",
    "LuaRequest",
    "LuaRuntime",
    "Peers",
    "Phase",
    "Script",
    "Setter",
]
