"""Which server answers: by the address and port that the client came to, then by name.

nginx 1.27.1: src/http/ngx_http.c (ngx_http_optimize_servers), ngx_http_request.c (ngx_http_find_virtual_server)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from nginxsim.nginx.names import NameMatch, NameRule, NameTable
from nginxsim.nginx.regex import Regex
from nginxsim.nginx.sizes import whole_number
from nginxsim.nginx.tree import Directive, conf_error

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest
    from nginxsim.nginx.server import Server


DEFAULT_SERVER, FIRST_SERVER = NameMatch(NameRule.DEFAULT_SERVER), NameMatch(NameRule.FIRST_SERVER)


@dataclass
class Listen:
    """One address and port, and the servers there."""

    host: str
    port: int
    line: int
    ssl: bool = False
    proxy_protocol: bool = False
    http2: bool = False
    default: Server | None = None
    default_line: int = 0
    default_is_explicit: bool = False
    names: NameTable[Server] = field(default_factory=NameTable)

    @property
    def is_ipv6(self) -> bool:
        return self.host.startswith("[")

    @property
    def is_wildcard(self) -> bool:
        return self.host in ("*", "[::]")

    @cached_property
    def port_text(self) -> str:
        return str(self.port)

    @cached_property
    def address(self) -> str:
        """The address that a request comes to; behind a wildcard it is the loopback one."""
        if not self.is_wildcard:
            return self.host.strip("[]")
        return "::1" if self.is_ipv6 else "127.0.0.1"

    def knows(self, host: str, request: LiveRequest) -> bool:
        """Whether some server_name matches."""
        return self.names.find(host, host, request) is not None

    def find(self, host: str, request: LiveRequest) -> tuple[Server, NameMatch]:
        """The server for a name, and how it was found."""
        found = self.names.find(host, host, request)
        if found is not None:
            return found
        assert self.default is not None
        return self.default, DEFAULT_SERVER if self.default_is_explicit else FIRST_SERVER


def listen_words(directive: Directive) -> tuple[str, int, frozenset[str]]:
    """Host ("*", "[::]" or an address), port and flags of a `listen`."""
    if not directive.args:
        raise conf_error(directive.line, 'invalid number of arguments in "listen" directive')
    address, flags = directive.args[0], frozenset(directive.args[1:])
    if address.startswith("unix:"):
        return address, 0, flags
    if (number := whole_number(address)) is not None:
        return "*", number, flags
    host, _, port = address.rpartition(":") if not address.endswith("]") else (address, "", "")
    if not host:
        host, port = address, "80"
    number = whole_number(port or "80")
    if number is None:
        raise conf_error(directive.line, f'invalid port in "{address}" of the "listen" directive')
    return "*" if host == "0.0.0.0" else host, number, flags  # noqa: S104  # the address in a conf, nothing is bound


class Listens:
    """Every address that the http block listens on."""

    def __init__(self) -> None:
        self._by_port: dict[int, dict[str, Listen]] = {}
        self._found: dict[tuple[int, bool], Listen | None] = {}

    def add(self, directive: Directive | None, server: Server) -> None:
        """None: a server without `listen` has *:80."""
        host, port, flags = ("*", 80, frozenset[str]()) if directive is None else listen_words(directive)
        line = 0 if directive is None else directive.line
        listen = self._by_port.setdefault(port, {}).setdefault(host, Listen(host, port, line))
        listen.ssl = listen.ssl or "ssl" in flags
        listen.http2 = listen.http2 or "http2" in flags
        listen.proxy_protocol = listen.proxy_protocol or "proxy_protocol" in flags
        explicit = bool(flags & {"default_server", "default"})
        if listen.default is None or (explicit and not listen.default_is_explicit):
            listen.default, listen.default_line, listen.default_is_explicit = server, line, explicit
        for name in server.names:
            if name.startswith("~"):
                listen.names.add_regex(server.regex(name), server)
            else:
                listen.names.add(name, server)

    def find(self, port: int, ipv6: bool) -> Listen | None:
        """The wildcard of the client's family, else whatever listens on the port."""
        key = (port, ipv6)
        if key not in self._found:
            self._found[key] = self._search(port, ipv6)
        return self._found[key]

    def _search(self, port: int, ipv6: bool) -> Listen | None:
        there = self._by_port.get(port, {})
        chosen = [listen for listen in there.values() if listen.is_ipv6 is ipv6] or list(there.values())
        return next((listen for listen in chosen if listen.is_wildcard), chosen[0] if chosen else None)

    @cached_property
    def port_texts(self) -> frozenset[str]:
        """Every port as it is written, once all are known."""
        return frozenset(map(str, self._by_port))

    @cached_property
    def read_proxy_lines(self) -> bool:
        """Whether any address does, once all are known."""
        return any(listen.proxy_protocol for there in self._by_port.values() for listen in there.values())

    def has(self, port: int) -> bool:
        return port in self._by_port


def server_names(block: Directive) -> tuple[str, ...]:
    names = tuple(name for directive in block.all("server_name") for name in directive.args)
    return names or ("",)


def name_regex(name: str, line: int) -> Regex:
    """Names are compared in lower case; an expression with capitals is caseless."""
    return Regex(name[1:], any(char.isupper() for char in name), line)
