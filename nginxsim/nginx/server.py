"""One http block: its servers (compiled when first asked for), upstreams, zones, and the way through the phases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

from nginxsim.nginx.compile import Compiler
from nginxsim.nginx.conf import LocationConf, script_of
from nginxsim.nginx.declared import Declared, declared_in
from nginxsim.nginx.events import MatchGaveUp, PeersNamed
from nginxsim.nginx.exchange import Answer, Failure, Request, UpstreamRequest
from nginxsim.nginx.listen import Listens, name_regex, server_names
from nginxsim.nginx.live_request import LiveRequest, Run
from nginxsim.nginx.locations import Locations
from nginxsim.nginx.lua_api import Script
from nginxsim.nginx.maps import define_all
from nginxsim.nginx.phases.find import server_rewrite
from nginxsim.nginx.phases.finish import finalize
from nginxsim.nginx.receive import receive
from nginxsim.nginx.regex import MatchLimitError, Regex
from nginxsim.nginx.script import Value, compile_value
from nginxsim.nginx.sizes import parse_size, whole_number
from nginxsim.nginx.steps import Phase
from nginxsim.nginx.tree import Directive
from nginxsim.nginx.variables import Made, Setter, Variables

if TYPE_CHECKING:
    from nginxsim.nginx.phases.states import State

_OWN_HOSTS = frozenset({"127.0.0.1", "[::1]", "localhost"})
_MOST_ROUNDS = 8
"""How often a request may come back to this nginx before it counts as going round for ever."""
_HOPS = frozenset({"connection", "transfer-encoding", "keep-alive"})


class Zone(NamedTuple):
    """What limit_req_zone or limit_conn_zone counts by."""

    name: str
    key: Value
    rate: str
    line: int

    @property
    def per_second(self) -> int:
        """The rate in thousandths of a request."""
        number, _, unit = self.rate.partition("r/")
        return max((whole_number(number) or 1) * 1000 // (60 if unit == "m" else 1), 1)


class Upstream:
    """An upstream block. script: its balancer_by_lua, or None."""

    def __init__(self, block: Directive) -> None:
        self.name = block.args[0] if block.args else ""
        self.line = block.line
        lua = block.first("balancer_by_lua_file") or block.first("balancer_by_lua_block")
        self.script = script_of(lua) if lua is not None else None
        servers = [server for server in block.all("server") if server.args and "down" not in server.args]
        active = [server for server in servers if "backup" not in server.args] or servers
        self.addresses = tuple(_with_port(server.args[0]) for server in active)
        self.backups = tuple(_with_port(server.args[0]) for server in servers if server not in active)
        self.unresolved = tuple(dict.fromkeys(filter(None, map(_dns_name, self.addresses))))

    def most_tries(self, limit: int) -> int:
        """How often a request is passed on before nginx gives up, 0: without end. limit: proxy_next_upstream_tries."""
        if self.script:
            return limit
        servers = len(self.addresses) + len(self.backups)
        return min(servers, limit) if limit else servers

    def peers(self, request: LiveRequest, tried: int = 0) -> tuple[str, tuple[str, ...]]:
        """The service's name and every address that may serve this request. tried: so many have failed."""
        script = self.script
        balancer = request.run.lua.balancer(script) if script else None
        if balancer is None:
            if script:
                request.assume(f"balancer_by_lua {script.name or 'block'} picks a server of {self.name}")
            for name in self.unresolved:
                request.assume(f"{name} resolves in DNS")
            return self.name, self.addresses if tried < len(self.addresses) else self.backups
        peers = balancer(request)
        if peers is None:
            return self.name, ()
        request.note(PeersNamed, self.line, peers.service, peers.addresses)
        return peers.service, peers.addresses


def _dns_name(address: str) -> str:
    """The name that DNS must know; "" for an address, a socket or this machine."""
    host = address.rpartition(":")[0]
    known = host.startswith(("[", "unix")) or host.replace(".", "").isdigit() or host == "localhost"
    return "" if known else host


def _with_port(address: str) -> str:
    if address.startswith("unix:") or address.rpartition(":")[2].isdigit():
        return address
    return f"{address}:80"


class Reading(NamedTuple):
    """How a server takes requests in. Buffers are in bytes: one of the first kind, then up to large_buffers more."""

    first_buffer: int
    large_buffers: int
    large_buffer: int
    longest_line: int
    takes_underscores: bool
    ignores_invalid: bool
    merges_slashes: bool
    verifies_clients: bool
    rejects_handshake: bool
    http2: bool
    http2_field: int
    """Bytes of a name or a value on the wire."""
    http2_fields: int
    """Bytes of all names and values."""


class Server:
    """One server block; compiled on first use."""

    def __init__(self, http: Http, block: Directive) -> None:
        self.http = http
        self.block = block
        self.line = block.line
        self.names = server_names(block)
        self.name: str = next((name for name in self.names if not name.startswith("~")), self.names[0]).removeprefix(
            "."
        )

    def regex(self, name: str) -> Regex:
        regex = name_regex(name, self.line)
        for group in regex.names:
            self.http.variables.allow_set(group)
        return regex

    def directive(self, name: str) -> Directive | None:
        """A directive that a server takes over from the http level."""
        return self.block.first(name) or self.http.block.first(name)

    def setting(self, name: str, default: str) -> str:
        """The first argument of such a directive."""
        own = self.directive(name)
        return own.args[0] if own is not None and own.args else default

    @cached_property
    def certificate_script(self) -> Script | None:
        """Its ssl_certificate_by_lua."""
        lua = self.directive("ssl_certificate_by_lua_file") or self.directive("ssl_certificate_by_lua_block")
        return script_of(lua) if lua is not None else None

    @cached_property
    def conf(self) -> LocationConf:
        return self._compiled[0]

    @cached_property
    def locations(self) -> Locations:
        return self._compiled[1]

    @cached_property
    def _compiled(self) -> tuple[LocationConf, Locations]:
        return self.http.compiler.server(self.block, self.http.conf)

    @cached_property
    def reading(self) -> Reading:
        large = self.directive("large_client_header_buffers")
        words = large.args if large is not None and len(large.args) == 2 else ("4", "8k")
        first_buffer = parse_size(self.setting("client_header_buffer_size", "1k")) or 1024
        large_buffers, large_buffer = whole_number(words[0]) or 4, parse_size(words[1]) or 8192
        http2_field, http2_fields = large_buffer, large_buffers * large_buffer
        if self.http.has_http2_sizes:
            http2_field = parse_size(self.setting("http2_max_field_size", "4k")) or 4096
            http2_fields = parse_size(self.setting("http2_max_header_size", "16k")) or 16384
        return Reading(
            first_buffer=first_buffer,
            large_buffers=large_buffers,
            large_buffer=large_buffer,
            longest_line=max(first_buffer, large_buffer),
            takes_underscores=self.setting("underscores_in_headers", "off") == "on",
            ignores_invalid=self.setting("ignore_invalid_headers", "on") == "on",
            merges_slashes=self.setting("merge_slashes", "on") == "on",
            verifies_clients=self.setting("ssl_verify_client", "off") != "off",
            rejects_handshake=self.setting("ssl_reject_handshake", "off") == "on",
            http2=self.setting("http2", "off") == "on",
            http2_field=http2_field,
            http2_fields=http2_fields,
        )


class Http:
    """Everything of the http block; immutable once built, apart from what is compiled lazily."""

    def __init__(self, block: Directive, *, has_http2_sizes: bool = False) -> None:
        self.block = block
        self.has_http2_sizes = has_http2_sizes
        self.variables = Variables({}, lambda: self._declared)
        define_all(block, self.variables)
        self.compiler = Compiler(self.variables)
        self.conf = self.compiler.top(block)
        self.upstreams: Mapping[str, Upstream] = {u.name: u for u in map(Upstream, block.all("upstream"))}
        self.zones: Mapping[tuple[str, str], Zone] = dict(
            map(self._zone, block.all("limit_req_zone", "limit_conn_zone"))
        )
        self.setters = Made(self._setter)
        """How to set a variable that a script names; None where no directive of the whole file makes it."""
        self.listens = Listens()
        self.servers = [Server(self, child) for child in block.all("server")]
        for server in self.servers:
            for directive in (*server.block.all("listen"),) or (None,):
                self.listens.add(directive, server)

    def _zone(self, directive: Directive) -> tuple[tuple[str, str], Zone]:
        words = dict(word.partition("=")[::2] for word in directive.args[1:])
        name = words.get("zone", "").partition(":")[0]
        key = compile_value(directive.args[0] if directive.args else "", self.variables, directive.line)
        return (directive.name.removesuffix("_zone"), name), Zone(name, key, words.get("rate", ""), directive.line)

    def _setter(self, name: str) -> Setter | None:
        known = self.variables.is_settable(name) or name in self._declared.settable
        return self.variables.setters[name] if known else None

    @cached_property
    def _declared(self) -> Declared:
        return declared_in(self.block)

    def serve(self, request: LiveRequest, first: State = server_rewrite) -> None:
        """Takes a request through the phases until its response is out."""
        state: Callable[[LiveRequest], State | None] | None = first
        try:
            while state is not None:
                state = state(request)
        except MatchLimitError as error:
            request.settle(MatchGaveUp, 0, Phase.PROXY, str(error))
            self.serve(request, partial(finalize, status=500))

    def _turns_away(self, request: LiveRequest, host: str, port: int) -> bool:
        """Whether a name leads back here, to a port that closes what begins without a PROXY line."""
        listen = self.listens.find(port, ipv6=False)
        if listen is None or not listen.proxy_protocol or not request.run.setup.leads_here(host):
            return False
        request.assume(f"{host} leads straight back to this nginx, and nobody writes a PROXY line on that way")
        return True

    def answer_itself(self, request: LiveRequest, sent: UpstreamRequest) -> Answer | None:
        """The answer of this same nginx, when a request is passed on to one of its own loopback ports, or by a name of
        its own to a port that reads PROXY lines.
        """
        host, _, port = sent.addresses[0].rpartition(":")
        if port.lstrip("0") not in self.listens.port_texts:
            return None
        number = int(port)
        if host not in _OWN_HOSTS and not (self.listens.read_proxy_lines and self._turns_away(request, host, number)):
            return None
        if request.run.depth >= _MOST_ROUNDS:
            request.assume("a request that nginx passes on to itself for ever ends in 502 when its connections run out")
            return Answer.failure(Failure.REFUSED)
        headers = [(name, value) for name, value in sent.headers if name.lower() not in ("host", *_HOPS)]
        inner = Request(
            host=sent.host,
            path=sent.uri,
            scheme="https" if sent.protocol == "https" else "http",
            method=sent.method,
            headers=headers,
            client="127.0.0.1",
            port=number,
            place=request.original.place,
            proxy_protocol=False,
        )
        own = Run(request.run.setup, request.run.answer, (), request.run)
        answered = receive(own, inner)
        at = sent.addresses[0]
        request.run.trace += [(kind, line, data, (*within, at)) for kind, line, data, within in own.trace]
        request.run.also += own.also
        request.run.assumptions.update(own.assumptions)
        if answered is None or answered.closed:
            return Answer.failure(Failure.PROTOCOL)
        out = list(answered.headers_out)
        if answered.content_type:
            out.append(("Content-Type", answered.content_type))
        if answered.body_size is not None:
            out.append(("Content-Length", str(answered.body_size)))
        return Answer(answered.status, out)
