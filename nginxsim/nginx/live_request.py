"""What nginx holds of one request while it works on it; also what the Lua stand-ins see of it (LuaRequest)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar, TypeVarTuple

from nginxsim.nginx.events import Chance
from nginxsim.nginx.exchange import (
    NOBODY,
    Answer,
    Answering,
    Headers,
    ProxyLine,
    Request,
    Role,
    UpstreamRequest,
)
from nginxsim.nginx.lua_api import LuaError, LuaRuntime
from nginxsim.nginx.names import valid_host
from nginxsim.nginx.steps import Entry, Event

if TYPE_CHECKING:
    from nginxsim.nginx.conf import LocationConf
    from nginxsim.nginx.listen import Listen
    from nginxsim.nginx.server import Http, Server

T = TypeVar("T")
Data = TypeVarTuple("Data")

MAX_REWRITES = 10
"""nginx 1.27.1: NGX_HTTP_MAX_URI_CHANGES"""


class LuaExit(Exception):  # noqa: N818  # how a script ends, not an error
    """ngx.exit and ngx.redirect: the status to finish with."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Setup(NamedTuple):
    """What stays the same for every request. The last four: see Router."""

    http: Http
    lua: LuaRuntime
    files: Mapping[str, bytes]
    strict_services: bool
    knows_files: bool
    leads_here: Callable[[str], bool]
    unread: frozenset[str]


class Run:
    """One way through the configuration: what a request and its subrequests share, and where chance went.

    outer: the run of the request that this nginx passed on to itself.
    """

    __slots__ = (
        "also",
        "answer",
        "assumptions",
        "branches",
        "choices",
        "depth",
        "drawn",
        "ended",
        "files",
        "http",
        "lua",
        "odds",
        "outer",
        "setup",
        "trace",
    )

    def __init__(self, setup: Setup, answer: Answering, choices: tuple[int, ...], outer: Run | None = None) -> None:
        self.setup = setup
        self.http, self.lua, self.files = setup.http, setup.lua, setup.files
        self.answer = answer
        self.choices = choices
        self.outer = outer
        self.depth: int = 0 if outer is None else outer.depth + 1
        self.drawn = 0
        self.branches: list[tuple[int, ...]] = []
        self.odds = 1.0
        self.trace: list[Entry] = []
        self.ended: Entry | None = None
        self.also: list[UpstreamRequest] = []
        self.assumptions: dict[str, None] = {}

    def draw(self, odds: Sequence[float]) -> int:
        """Which branch this run takes; the others are noted, to be played later."""
        if self.outer is not None:
            return self.outer.draw(odds)
        possible = [index for index, share in enumerate(odds) if share > 0]
        if self.drawn < len(self.choices):
            chosen = self.choices[self.drawn]
        else:
            chosen, *others = possible
            self.branches += [(*self.choices, other) for other in others]
            self.choices = (*self.choices, chosen)
        self.drawn += 1
        self.odds *= odds[chosen] / sum(odds)
        return chosen


NO_CERTIFICATE_FACTS: Mapping[str, str] = {}
NO_HIDDEN_HEADERS: Mapping[str, Sequence[str]] = {}
NONE_MUTED: frozenset[str] = frozenset()
NONE_SCREENED: frozenset[int] = frozenset()


def _host_of(value: str) -> str:
    """What $host says once the Host header is set to this."""
    valid = valid_host(value)
    return value.lower().partition(":")[0] if valid is None else valid


class LiveRequest:
    """One request or subrequest, which shares `vars` with the request it serves. original: what the client sent."""

    __slots__ = (
        "args",
        "body_length",
        "body_size",
        "by_variable",
        "cache_status",
        "captures",
        "client_tls",
        "closed",
        "conf",
        "content",
        "content_type",
        "ctx",
        "err_status",
        "error_page",
        "failed_peers",
        "headers_in",
        "headers_out",
        "headers_split",
        "hidden_headers",
        "host",
        "internal",
        "is_chunked",
        "is_http2",
        "is_tls",
        "last",
        "limit_conn_status",
        "limit_rate",
        "limit_status",
        "listen",
        "location_header",
        "method",
        "mirrors",
        "muted_headers",
        "names_itself",
        "negotiated",
        "original",
        "parent",
        "peer_addr",
        "plus",
        "protocol",
        "proxy_host",
        "proxy_line",
        "proxy_port",
        "quote",
        "quoted",
        "remote_addr",
        "rewrites_left",
        "role",
        "run",
        "screened",
        "sent",
        "server",
        "server_addr",
        "sni",
        "status",
        "unparsed_uri",
        "upstream",
        "upstream_addr",
        "upstream_headers",
        "upstream_status",
        "upstream_time",
        "uri",
        "uri_changed",
        "valid_location",
        "valid_unparsed",
        "vars",
        "vars_before_answer",
    )

    is_tls: bool
    is_chunked: bool
    quoted: bool
    plus: bool
    peer_addr: str
    remote_addr: str
    host: str
    uri: str
    args: str
    unparsed_uri: str
    internal: bool
    uri_changed: bool
    quote: bool
    valid_location: bool
    valid_unparsed: bool
    content_type: str
    location_header: str
    status: int
    err_status: int
    error_page: bool
    sent: bool
    closed: bool
    upstream_addr: str
    upstream_status: str
    upstream_time: str
    cache_status: str

    def __init__(self, run: Run, request: Request, listen: Listen, server: Server) -> None:
        self.run = run
        self.original: Request = request
        self.listen: Listen = listen
        self.parent: LiveRequest | None = None
        self.role = Role.SERVICE
        self.server: Server = server
        self.conf: LocationConf = server.conf
        self.vars: dict[str, str | None] = {}
        self.ctx: dict[str, Any] = {}
        self.captures: tuple[str, ...] = ()
        self._come(request)
        self._begin()

    def _come(self, request: Request) -> None:
        """What is known of the connection and of the request before anything is read."""
        self.protocol: str = f"HTTP/{request.http_version}"
        self.is_http2: bool = request.http_version in ("2", "2.0")
        self.is_tls = self.is_chunked = self.quoted = self.plus = False
        self.sni: str = ""
        self.negotiated: str = ""  # the SNI, if it chose a server
        self.client_tls: Mapping[str, str] = NO_CERTIFICATE_FACTS
        self.peer_addr = self.remote_addr = request.client
        self.proxy_line: ProxyLine = NOBODY
        self.server_addr: str = "127.0.0.1"
        self.headers_in: Headers = []
        self.by_variable: dict[str, list[str]] = {}
        """index_headers, once somebody has asked; empty before."""
        self.hidden_headers: Mapping[str, Sequence[str]] = NO_HIDDEN_HEADERS
        """What a wildcard took out of headers_in although nginx itself goes on seeing it, by name in lower case."""
        self.headers_split: int = -1
        """Where a removal has cut nginx's list of headers_in in two (phases/input_headers); -1: nowhere."""
        self.muted_headers: frozenset[str] = NONE_MUTED
        """Of those that are passed on: what no $http_* variable finds, in lower case."""
        self.method: str = request.method
        self.host = self.uri = self.args = self.unparsed_uri = ""
        self.body_length: int = -1

    def _begin(self) -> None:
        """Phases, response and upstream, all still to come."""
        self.internal = self.uri_changed = False
        self.quote = self.valid_location = self.valid_unparsed = True
        self.rewrites_left = MAX_REWRITES + 1
        self.content = ""
        self.screened: frozenset[int] = NONE_SCREENED
        """Phases of ModSecurity that are over; -1: no rule is tried any more."""
        self.mirrors: list[tuple[str, int]] = []
        self.vars_before_answer: dict[str, str | None] | None = None
        """What a mirror's variables were when it began to wait for its service."""
        self.limit_rate: int = 0
        self.limit_status: str | None = None
        self.limit_conn_status: str | None = None
        self.headers_out: Headers = []
        self.content_type = self.location_header = ""
        self.names_itself = True
        """Whether nginx adds a Server header where the response has none."""
        self.body_size: int | None = None
        self.status = self.err_status = 0
        self.error_page = self.sent = self.closed = False
        self.last: Entry | None = None
        self.upstream: UpstreamRequest | None = None
        self.upstream_headers: Headers = []
        self.upstream_addr = self.upstream_status = self.upstream_time = self.cache_status = ""
        self.failed_peers: Sequence[tuple[str, ...]] = ()
        self.proxy_host: str | None = None
        self.proxy_port: str | None = None

    def subrequest(self, uri: str, args: str, role: Role, shares_variables: bool = True) -> LiveRequest:
        """A GET that sees the request's headers and works on its variables."""
        # nginx 1.27.1: ngx_http_subrequest
        child = LiveRequest(self.run, self.original, self.listen, self.server)
        child.parent, child.role = self, role
        if shares_variables:
            child.vars = self.vars
        child.headers_in, child.hidden_headers = list(self.headers_in), self.hidden_headers
        child.muted_headers = self.muted_headers
        child.host, child.unparsed_uri, child.protocol = self.host, self.unparsed_uri, self.protocol
        child.is_http2, child.is_tls, child.sni = self.is_http2, self.is_tls, self.sni
        child.body_length, child.is_chunked = self.body_length, self.is_chunked
        child.client_tls = self.client_tls
        child.peer_addr, child.remote_addr = self.peer_addr, self.remote_addr
        child.proxy_line, child.server_addr = self.proxy_line, self.server_addr
        child.method, child.uri, child.args = "GET", uri, args
        child.internal, child.valid_unparsed = True, False
        return child

    @property
    def main(self) -> LiveRequest:
        """The request that a client sent."""
        return self if self.parent is None else self.parent.main

    def redirected(self) -> None:
        """What an internal redirect takes away: the modules' own state."""
        self.ctx = {}
        self.proxy_host = self.proxy_port = None
        self.screened = NONE_SCREENED
        self.internal = True

    # --- headers -------------------------------------------------------------------------------------------------

    def index_headers(self) -> dict[str, list[str]]:
        """The request's headers as $http_* names them: lower case, dashes as underscores."""
        found = self.by_variable = {}
        for name, value in self.headers_in:
            if name.lower() not in self.muted_headers:
                found.setdefault(name.lower().replace("-", "_"), []).append(value)
        return found

    def header_values(self, name: str) -> list[str]:
        """Every value of a request header; `name` in lower case."""
        return [value for key, value in self.headers_in if key.lower() == name]

    def request_header(self, name: str) -> str | None:
        name = name.lower()
        for key, value in self.headers_in:
            if key.lower() == name:
                return value
        return None

    def known_headers(self, name: str) -> Sequence[str]:
        """Every value of a header that nginx reads itself, also where it is no longer among those it passes on."""
        return self.header_values(name) or self.hidden_headers.get(name, ())

    def known_header(self, name: str) -> str | None:
        return next(iter(self.known_headers(name)), None)

    def hide_request_headers(self, prefix: str) -> None:
        """Takes every header out whose name, in lower case, begins so."""
        # headers-more 0.37: ngx_http_set_header_helper clears the list, not the pointers in headers_in
        gone = [(key.lower(), value) for key, value in self.headers_in if key.lower().startswith(prefix)]
        if gone:
            self.headers_in = [pair for pair in self.headers_in if not pair[0].lower().startswith(prefix)]
            self.hidden_headers = {
                **self.hidden_headers,
                **{name: [v for k, v in gone if k == name] for name, _ in gone},
            }
            self.by_variable = {}

    def mute_request_headers(self, names: AbstractSet[str]) -> None:
        """Keeps $http_* from finding these, in lower case; they are passed on all the same."""
        self.muted_headers |= names
        self.by_variable = {}

    def set_request_header(self, name: str, value: str | None) -> None:
        """The first header of that name keeps its spelling and takes the value; further ones go."""
        lowered, left = name.lower(), value
        kept: list[tuple[str, str]] = []
        for key, old in self.headers_in:
            if key.lower() != lowered:
                kept.append((key, old))
            elif left is not None:
                kept.append((key, left))
                left = None
        if left is not None:
            kept.append((name, left))
        self.headers_in = kept
        self.by_variable = {}
        if lowered in self.hidden_headers:
            self.hidden_headers = {key: old for key, old in self.hidden_headers.items() if key != lowered}
        if lowered == "host":
            self.host = _host_of(value or "")
        elif lowered == "content-length":
            self.body_length = int(value) if value and value.isdecimal() and len(value) < 19 else -1

    def response_header(self, name: str) -> str | None:
        lowered = name.lower()
        if lowered == "content-type":
            return self.content_type or None
        for key, value in self.headers_out:
            if key.lower() == lowered:
                return value
        return None

    def set_response_header(self, name: str, value: str | Sequence[str] | None) -> None:
        lowered = name.lower()
        values = [] if value is None else [value] if isinstance(value, str) else list(value)
        if lowered == "content-type":
            self.content_type = values[0] if values else ""
            return
        self.headers_out = [pair for pair in self.headers_out if pair[0].lower() != lowered]
        self.headers_out += [(name, one) for one in values]

    def add_response_header(self, name: str, value: str) -> None:
        self.headers_out.append((name, value))

    # --- Lua -----------------------------------------------------------------------------------------------------

    def var(self, name: str) -> str | None:
        value = self.vars.get(name)
        return self.run.http.variables.getters[name](self) if value is None else value

    def set_var(self, name: str, value: str) -> None:
        setter = self.run.http.setters[name]
        if setter is None:
            raise LuaError(
                f'variable "{name}" not found for writing; maybe it is a built-in variable that is not changeable',
                variable=name,
            )
        setter(self, value)

    def exit(self, status: int) -> NoReturn:
        raise LuaExit(status)

    def redirect(self, uri: str, status: int) -> NoReturn:
        self.set_response_header("Location", uri)
        raise LuaExit(status)

    def capture(self, uri: str, shares_variables: bool = False) -> Answer:
        """The subrequest's answer; it works on variables of its own unless told otherwise."""
        path, _, args = uri.partition("?")
        child = self.subrequest(path, args, Role.AUTH, shares_variables=shares_variables)
        self.run.http.serve(child)
        headers = list(child.headers_out)
        if child.content_type:
            headers.append(("Content-Type", child.content_type))
        return Answer(child.status, headers)

    def draw(self, options: Sequence[tuple[float, T]], subject: Event) -> T:
        chosen = self.run.draw([share for share, _ in options])
        share, value = options[chosen]
        self.note(Chance, 0, subject, share)
        return value

    def assume(self, what: str) -> None:
        self.run.assumptions[what] = None

    def step(self, kind: Callable[[*Data], Event], *data: *Data) -> None:
        self.run.trace.append((kind, 0, data, ()))

    # --- trace ---------------------------------------------------------------------------------------------------

    def note(self, kind: Callable[[*Data], Event], line: int, *data: *Data) -> None:
        """A step; the event itself is made of its kind and data when somebody asks for it."""
        self.run.trace.append((kind, line, data, ()))

    def settle(self, kind: Callable[[*Data], Event], line: int, *data: *Data) -> None:
        """A step that settles the status, if nothing changes it later."""
        self.last = (kind, line, data, ())
        self.run.trace.append(self.last)

    def status_is_final(self) -> None:
        """The last settling step is what the outcome is put down to, until an error page's own answer takes over."""
        if self.parent is None:
            self.run.ended = self.last

    # --- odds and ends -------------------------------------------------------------------------------------------

    @property
    def request_line(self) -> str:
        return f"{self.original.method} {self.unparsed_uri} {self.protocol}"

    def script_name(self) -> str:
        index = self.conf.upstreams["fastcgi"].index
        return self.uri + index if self.uri.endswith("/") else self.uri
