"""The settings of one location after inheritance: what the phases read.

A child starts as a copy of its parent (nginx's merge), forgets what is not inherited, then reads its own directives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from nginxsim.nginx.addresses import Network
from nginxsim.nginx.lua_api import Script
from nginxsim.nginx.regex import Regex
from nginxsim.nginx.script import Text, Value
from nginxsim.nginx.seclang import RuleSet
from nginxsim.nginx.targets import Place
from nginxsim.nginx.tree import Directive

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest
    from nginxsim.nginx.locations import Locations

Op: TypeAlias = Callable[["LiveRequest"], "int | None"]
"""A step of a rewrite script: None goes on, STOP ends the script, another number is the status to finish with."""
PREFIX = "/usr/local/nginx"
"""Where nginx was installed to, which relative paths start from."""
DEFAULT_ROOT = f"{PREFIX}/html"
STOP = -1
UNMATCHED = -2
"""What an operation answers that leaves the script: STOP. UNMATCHED is for the inside of operations only."""


def script_of(directive: Directive) -> Script:
    """The Lua of a directive that has nothing besides."""
    return Script.of(directive.name, directive.args[0], directive.line)


class ErrorPage(NamedTuple):
    status: int
    overwrite: int
    """-1 keeps the status, 0 takes the page's own (`=`), else the status to answer."""
    target: Value
    line: int


class AccessRule(NamedTuple):
    allow: bool
    network: Network | None
    """None: all."""
    text: str
    line: int


class HeaderAdd(NamedTuple):
    name: str
    value: Value
    always: bool
    line: int


class HeaderChange(NamedTuple):
    """more_set_headers, more_clear_headers, more_set_input_headers. name: as written, "X-*" for all that begin so."""

    name: str
    value: Value
    statuses: frozenset[int]
    types: frozenset[str]
    append: bool
    restrict: bool
    line: int

    @property
    def prefix(self) -> str:
        """What the names of the headers begin with, in lower case; "" where one name is meant."""
        return self.name[:-1].lower() if self.name.endswith("*") else ""


class Limit(NamedTuple):
    zone: str
    amount: int
    """limit_req: burst in requests; limit_conn: connections."""
    line: int
    delay: int = 0
    """limit_req: so many of the burst are let through at once, the rest of it waits."""


class Replacement(NamedTuple):
    """proxy_redirect, proxy_cookie_path, proxy_cookie_domain: a prefix (Value) or a Regex, and what takes its place."""

    pattern: Value | Regex | None
    """None: proxy_redirect default, worked out from the location and proxy_pass."""
    replacement: Value | None
    line: int


Protocol: TypeAlias = Literal["proxy", "grpc", "fastcgi", "uwsgi", "scgi", "ajp", "memcached"]
"""The module that passes a request on; "proxy" speaks HTTP."""


class Target(NamedTuple):
    """Where proxy_pass and its kin lead."""

    protocol: Protocol
    value: Value
    place: Place | None
    """None where variables decide it for each request."""
    location: str
    """The location's name, which the URI of the place replaces."""
    line: int
    shown: str
    """The directive, for a trace."""


class Mirror(NamedTuple):
    uri: str
    line: int


class Gzip(NamedTuple):
    """on: whether answers are compressed at all; vary: whether `Vary: Accept-Encoding` says so."""

    on: bool = False
    vary: bool = False
    min_length: int = 20
    types: frozenset[str] = frozenset()
    """Beside text/html; "*" stands for all."""
    proxied: frozenset[str] = frozenset()
    version: str = "1.1"
    """The oldest protocol that gets compressed answers."""
    disabled: tuple[Regex, ...] = ()
    """User agents that get none."""
    coding: str = "gzip"


DEFAULT_GZIP = Gzip()


class Brotli(NamedTuple):
    """The same of the module ngx_brotli, which knows fewer conditions."""

    on: bool = False
    min_length: int = 20
    types: frozenset[str] = frozenset()
    coding: str = "br"


DEFAULT_BROTLI = Brotli()
NO_RULES = RuleSet()


class HeaderPlan(NamedTuple):
    """What a service is sent.

    rows: name, the variable it is if `vars` may hold it (Value.kept), and how to work it out otherwise.
    replaced: the client's headers that are not passed on.
    """

    rows: tuple[tuple[str, str, Text], ...]
    replaced: frozenset[str]


@dataclass(slots=True)
class UpstreamConf:
    """What proxy_*, grpc_*, fastcgi_*... say."""

    set_headers: tuple[tuple[str, Value, int], ...] = ()
    pass_headers: bool = True
    method: Value | None = None
    intercept_errors: bool = False
    next_upstream: frozenset[str] = frozenset({"error", "timeout"})
    next_line: int = 0
    next_timeout: int = 0
    """Milliseconds after which nobody else is asked; 0: no such limit."""
    tries: int = 0
    buffers_request: bool = True
    hide: frozenset[str] = frozenset()
    passed: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    redirects: tuple[Replacement, ...] | None = None
    """None: `default`; empty: off."""
    cookie_domains: tuple[Replacement, ...] = ()
    cookie_paths: tuple[Replacement, ...] = ()
    cookie_flags: tuple[tuple[Value | Regex, frozenset[str]], ...] = ()
    ssl_verify: bool = False
    connect_timeout: int = 60000
    read_timeout: int = 60000
    """Milliseconds; 0 gives up at once."""
    buffer_size: int = 4096
    index: str = ""
    params: tuple[tuple[str, Value, bool], ...] = ()
    """fastcgi_param and its kin: name, value, whether an empty value is left out."""
    hidden: frozenset[str] = frozenset()
    """Answer headers that stay behind, worked out from hide and passed."""
    plan: HeaderPlan | None = None
    line: int = 0


def _upstreams() -> Mapping[str, UpstreamConf]:
    return {name: UpstreamConf() for name in ("proxy", "grpc", "fastcgi", "uwsgi", "scgi", "ajp", "memcached")}


@dataclass(slots=True)
class LocationConf:
    """One location, `if`, `limit_except`, or a server's own level."""

    # --- its own ---
    kind: str = "server"
    """server, "=", "^~", "" (prefix), "~", "~*", "@", if, limit_except."""
    name: str = ""
    line: int = 0
    shown: str = ""
    """What a trace calls the location."""
    regex: Regex | None = None
    nested: Locations | None = None
    script: tuple[Op, ...] = ()
    content: str = ""
    """The content handler: a Target's protocol, "lua", "stub_status", "empty_gif" or "unknown:DIRECTIVE"."""
    content_line: int = 0
    content_lua: Script | None = None
    target: Target | None = None
    auto_redirect: bool = False
    try_files: tuple[Value, ...] = ()
    try_line: int = 0
    is_alias: bool = False
    excepted: frozenset[str] = frozenset()
    except_conf: LocationConf | None = None

    # --- inherited ---
    assumptions: tuple[str, ...] = ()
    """What is taken for granted about directives that nobody here plays."""
    internal: bool = False
    internal_line: int = 0
    root: str = DEFAULT_ROOT
    index: tuple[str, ...] = ("index.html",)
    default_type: str = "text/plain"
    types: Mapping[str, str] = field(default_factory=dict)
    server_tokens: str = "on"
    body_limit: int = 1 << 20
    body_limit_line: int = 0
    body_buffer: int = 1 << 14
    satisfy_any: bool = False
    satisfy_line: int = 0
    absolute_redirect: bool = True
    port_in_redirect: bool = True
    server_name_in_redirect: bool = False
    error_pages: tuple[ErrorPage, ...] = ()
    recursive_error_pages: bool = False
    access: tuple[AccessRule, ...] = ()
    auth_basic: Value | None = None
    auth_basic_line: int = 0
    auth_file: Value | None = None
    auth_digest: Value | None = None
    auth_digest_line: int = 0
    auth_request: str = ""
    auth_request_line: int = 0
    auth_request_set: tuple[tuple[str, Value], ...] = ()
    mirrors: tuple[Mirror, ...] = ()
    limit_req: tuple[Limit, ...] = ()
    limit_conn: tuple[Limit, ...] = ()
    limit_req_status: int = 503
    limit_conn_status: int = 503
    limit_req_dry_run: bool = False
    limit_conn_dry_run: bool = False
    realip_from: tuple[Network, ...] = ()
    realip_header: str = "X-Real-IP"
    realip_recursive: bool = False
    realip_line: int = 0
    expires: Value | None = None
    expires_modified: bool = False
    add_headers: tuple[HeaderAdd, ...] = ()
    set_headers: tuple[HeaderChange, ...] = ()
    input_headers: tuple[HeaderChange, ...] = ()
    lua_rewrite: Script | None = None
    lua_access: Script | None = None
    lua_header_filter: Script | None = None
    lua_body_filter: Script | None = None
    gzip: Gzip = DEFAULT_GZIP
    brotli: Brotli = DEFAULT_BROTLI
    modsecurity: RuleSet = NO_RULES
    upstreams: Mapping[str, UpstreamConf] = field(default_factory=_upstreams)

    def child(self, kind: str, name: str, line: int) -> LocationConf:
        """A level below, before its own directives are read. `if` and limit_except keep what answers."""
        conf = copy(self)
        conf.kind, conf.name, conf.line = kind, name, line
        conf.shown = f"location {kind} {name}".replace("  ", " ")
        conf.regex = conf.nested = conf.except_conf = None
        conf.script, conf.excepted, conf.try_files = (), frozenset(), ()
        conf.content, conf.content_line, conf.auto_redirect, conf.is_alias = "", 0, False, False
        if kind not in ("if", "limit_except"):
            conf.target = conf.content_lua = None
        return conf

    def path_of(self, uri: str) -> str:
        """The file that a URI stands for."""
        return self.root + (uri[len(self.name) :] if self.is_alias else uri)

    def own_upstream(self, protocol: str) -> UpstreamConf:
        """A copy for this level of what a proxy module's directives say, to be changed."""
        mine = copy(self.upstreams[protocol])
        self.upstreams = {**self.upstreams, protocol: mine}
        return mine
