"""listen: what a server is bound to."""

# nginx 1.27.1: src/http/ngx_http_core_module.c (ngx_http_core_listen), src/http/ngx_http.c (ngx_http_add_listen and
# below), src/stream/ngx_stream_core_module.c, src/stream/ngx_stream.c

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from nginxsim.nginx.configtest import values
from nginxsim.nginx.configtest.faults import Refused
from nginxsim.nginx.configtest.readers.core import unreachable
from nginxsim.nginx.configtest.readers.slots import invalid
from nginxsim.nginx.configtest.scopes import ArgumentReader, Conf, Scope
from nginxsim.nginx.tree import Directive

NUMBERS = ("setfib", "fastopen", "backlog")
SIZES = ("rcvbuf", "sndbuf")
SWITCHES = ("bind", "deferred", "reuseport")
NOT_WITH_DATAGRAMS = ("fastopen", "backlog", "deferred", "ssl", "http2", "so_keepalive", "proxy_protocol")


@dataclass(slots=True)
class Address:
    """What servers listen on together. options_set: some listen has options for the socket."""

    text: str
    options_set: bool = False
    default: Scope | None = None
    ssl: bool = False
    datagram: bool = False
    servers: list[Scope] = field(default_factory=list)


@dataclass(slots=True)
class Options:
    """words: the parameters by name. sets_socket: one of them belongs to the socket: only once for an address."""

    words: dict[str, str] = field(default_factory=dict)
    sets_socket: bool = False

    @property
    def default(self) -> bool:
        return "default_server" in self.words or "default" in self.words


def listen(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    url = values.url(d.args[0], listen=True)
    if why := unreachable(conf, url) if url.host != "*" else url.error:
        raise Refused(f'{why} in "{d.args[0]}" of the "listen" directive')
    if scope.is_stream and url.port is None and not url.unix:
        raise Refused(f'no port in "{d.args[0]}" of the "listen" directive')
    options = _options(conf, scope, d)
    _no_datagrams(d, options)
    scope.facts["listens"] = True
    for key, text in _addresses(url, options):
        bind(conf, scope, key, text, options)


def _options(conf: Conf, scope: Scope, d: Directive) -> Options:
    options = Options()
    for word in d.args[1:]:
        key, equals, given = word.partition("=")
        if _of_socket(key, equals, given, word):
            options.sets_socket = True
        elif not _of_server(conf, scope, d, word):
            raise Refused(f'invalid parameter "{word}"')
        options.words[key] = given
    return options


def _of_socket(key: str, equals: str, given: str, word: str) -> bool:
    """Whether a parameter belongs to the socket; Refused when its value is wrong."""
    if key in NUMBERS and equals:
        amount = values.number(given)
        # setfib is compiled in on FreeBSD only
        if key == "setfib":
            return False
        if amount is None or (key == "backlog" and amount == 0):
            raise Refused(f'invalid {key} "{word}"')
    elif key in SIZES and equals:
        if values.size(given) is None:
            raise Refused(f'invalid {key} "{word}"')
    elif key == "so_keepalive" and equals:
        if not _is_keepalive(given):
            raise Refused(f'invalid so_keepalive value: "{given}"')
    elif word.startswith("ipv6only=o"):
        if given not in ("on", "off"):
            raise Refused(f'invalid ipv6only flags "{given}"')
    else:
        return word in SWITCHES
    return True


def _is_keepalive(text: str) -> bool:
    if text in ("on", "off"):
        return True
    idle, _, rest = text.partition(":")
    interval, _, count = rest.partition(":")
    parsed = [values.seconds(part) if part else 0 for part in (idle, interval)]
    parsed.append(values.number(count) if count else 0)
    return None not in parsed and any(parsed)


def _of_server(conf: Conf, scope: Scope, d: Directive, word: str) -> bool:
    if word in ("ssl", "proxy_protocol", "default_server"):
        return True
    if scope.is_stream:
        return word == "udp"
    if word == "http2":
        conf.warn('the "listen ... http2" directive is deprecated, use the "http2" directive instead', d)
    return word in ("default", "http2", "quic")


def _no_datagrams(d: Directive, options: Options) -> None:
    kind = next((kind for kind in ("quic", "udp") if kind in options.words), "")
    for key in NOT_WITH_DATAGRAMS:
        if kind and key in options.words:
            raise invalid(d, f'"{key}" parameter is incompatible with "{kind}"')


def _addresses(url: values.Url, options: Options) -> Iterator[tuple[tuple[str, str], str]]:
    """(what makes an address equal to another, its text)."""
    transport = "udp" if options.words.keys() & {"quic", "udp"} else "tcp"
    if url.unix:
        yield (transport, f"unix:{url.host}"), f"unix:{url.host}"
        return
    host = "0.0.0.0" if url.host == "*" else url.host  # noqa: S104 (the text of an address, nothing is bound)
    address = url.address
    if address is not None:
        host = f"[{address.compressed}]" if address.version == 6 else str(address)
    first = url.port or 80
    for port in range(first, max(first, url.last_port) + 1):
        yield (transport, f"{host}:{port}"), f"{host}:{port}"


def bind(conf: Conf, scope: Scope, key: tuple[str, str], text: str, options: Options) -> None:
    listening = conf.names(scope).listening
    address = listening.get(key)
    if address is None:
        address = listening[key] = Address(text)
    elif address.servers[-1] is scope:
        raise Refused(f"a duplicate listen {text}")
    elif options.sets_socket and address.options_set:
        raise Refused(f"duplicate listen options for {text}")
    elif options.default and address.default:
        raise Refused(f"a duplicate default server for {text}")
    address.servers.append(scope)
    address.options_set |= options.sets_socket
    address.ssl |= "ssl" in options.words
    address.datagram |= "quic" in options.words
    if options.default:
        address.default = scope


READERS: dict[str, ArgumentReader] = {"listen": listen, "stream_listen": listen}
