"""nginx's variables: where each comes from, which are remembered, which a conf may set.

nginx 1.27.1: src/http/ngx_http_variables.c. What is random or depends on the clock shows as `<id>`, `<date>`...
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from nginxsim.nginx.sizes import parse_size

if TYPE_CHECKING:
    from nginxsim.nginx.declared import Declared
    from nginxsim.nginx.exchange import ProxyLine
    from nginxsim.nginx.live_request import LiveRequest
    from nginxsim.nginx.script import Text

T = TypeVar("T")
Getter: TypeAlias = Callable[["LiveRequest"], "str | None"]
"""A variable's value for one request; None: not found."""
Setter: TypeAlias = Callable[["LiveRequest", str], None]

UNSET = object()
NGINX_VERSION = "1.27.1"


class Variable(NamedTuple):
    """remembered: evaluated once for a request and its subrequests. set: what a conf that sets it does; None: what it
    sets is the value from then on, however it is read otherwise. What is not remembered and was read before, an
    auth server's answer does not replace: it is read anew each time.
    """

    get: Getter
    remembered: bool = True
    set: Setter | None = None


class Made(dict[str, T]):
    """Something for each name, made when the name is first looked up."""

    def __init__(self, make: Callable[[str], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> T:
        made = self[name] = self._make(name)
        return made


class Variables:
    """Every variable of one configuration by name (lower case).

    declared: what the whole file makes; asked for when a name is read that no block of the http level makes.
    """

    def __init__(self, defined: Mapping[str, Variable], declared: Callable[[], Declared]) -> None:
        self._own: dict[str, Variable] = dict(defined)
        self._declared = declared
        self._settable: set[str] = set()
        self.getters = Made(self._make)
        self.setters = Made(self._setter)
        self.answerers = Made(self._answerer)
        """What `auth_request_set` does, where its value may have been read before."""

    def define(self, name: str, variable: Variable) -> None:
        """A variable of a map, geo or split_clients block."""
        self._own[name] = variable
        self.getters.pop(name, None)

    def allow_set(self, name: str) -> None:
        """Some directive sets it: without a value it is empty instead of unknown."""
        self._settable.add(name)

    def has_setter(self, name: str) -> bool:
        """Whether setting it does more than storing a value."""
        variable = self._find(name)
        return variable is not None and variable.set is not None

    def is_settable(self, name: str) -> bool:
        return name in self._settable or (name in BUILT_IN and BUILT_IN[name].set is not None)

    def getter(self, name: str) -> Getter:
        """The function that reads this variable; for an unknown name one that finds nothing and says so."""
        return self.getters[name]

    def text(self, name: str) -> Text:
        """The function that reads this variable, "" where it is not found."""
        getter, variable = self.getter(name), self._find(name)
        if variable is None or variable.set or name in self._declared().answered:
            return lambda request: getter(request) or ""
        return (_remembering_text if variable.remembered else _text_unless_set)(name, variable.get)

    def _setter(self, name: str) -> Setter:
        variable = self._find(name)
        return (variable.set if variable is not None else None) or _storing(name)

    def _answerer(self, name: str) -> Setter:
        variable = self._find(name)
        if variable is None or variable.remembered:
            return self.setters[name]
        return _answering(name, variable.set)

    def _find(self, name: str) -> Variable | None:
        variable = self._own.get(name) or BUILT_IN.get(name)
        if variable is None:
            for prefix in PREFIXES:
                if name.startswith(prefix):
                    if name in self._declared().firm:
                        return None
                    return PREFIXES[prefix](name[len(prefix) :])
        return variable

    def _make(self, name: str) -> Getter:
        variable = self._find(name)
        if variable is None:
            return self._stored(name)
        if variable.remembered:
            return _remembering(name, variable.get)
        if name in self._declared().answered:
            return _noticing(name, _unless_set(name, variable.get))
        return variable.get if variable.set else _unless_set(name, variable.get)

    def _stored(self, name: str) -> Getter:
        settable = self._settable

        def get(request: LiveRequest) -> str | None:
            value = request.vars.get(name, UNSET)
            if value is not UNSET:
                return value  # type: ignore[return-value]  # the sentinel is ruled out
            if name in settable or name in self._declared().played:
                return ""
            request.assume(f"unknown variable ${name}")
            return None

        return get


def _storing(name: str) -> Setter:
    def put(request: LiveRequest, value: str) -> None:
        request.vars[name] = value

    return put


def _remembering(name: str, compute: Getter) -> Getter:
    def get(request: LiveRequest) -> str | None:
        known = request.vars
        if name in known:
            return known[name]
        value = known[name] = compute(request)
        return value

    return get


def _unless_set(name: str, compute: Getter) -> Getter:
    # nginx 1.27.1: ngx_http_get_flushed_variable; what ngx_http_script_set_var_code stores is not flushed
    def get(request: LiveRequest) -> str | None:
        known = request.vars
        return known[name] if name in known else compute(request)

    return get


def _text_unless_set(name: str, compute: Getter) -> Text:
    def get(request: LiveRequest) -> str:
        known = request.vars
        return (known[name] if name in known else compute(request)) or ""

    return get


def _was_read(name: str) -> str:
    """Among a request's variables: this one was read, other than as something had set it."""
    return f"${name} was read"


def _noticing(name: str, get: Getter) -> Getter:
    mark = _was_read(name)

    def noticed(request: LiveRequest) -> str | None:
        if name not in request.vars:
            request.vars[mark] = None
        return get(request)

    return noticed


def _answering(name: str, put: Setter | None) -> Setter:
    # nginx 1.27.1: ngx_http_auth_request_set_variables leaves the mark (no_cacheable) that an earlier reading put there
    mark = _was_read(name)

    def answer(request: LiveRequest, value: str) -> None:
        if name in request.vars or mark not in request.vars:
            request.vars[name] = value
        if put is not None:
            put(request, value)

    return answer


def _remembering_text(name: str, compute: Getter) -> Text:
    def get(request: LiveRequest) -> str:
        known = request.vars
        if name not in known:
            known[name] = compute(request)
        return known[name] or ""

    return get


# --- prefixes ---------------------------------------------------------------------------------------------------------


def _header_in(name: str) -> Variable:
    separator = "; " if name == "cookie" else ", "

    def get(request: LiveRequest) -> str | None:
        values = (request.by_variable or request.index_headers()).get(name)
        return None if values is None else separator.join(values)

    return Variable(get)


def _header_out(name: str) -> Variable:
    def get(request: LiveRequest) -> str | None:
        if name == "content_type":
            return request.content_type or None
        return _joined(name, request.headers_out)

    return Variable(get)


def _upstream_header(name: str) -> Variable:
    return Variable(lambda request: _joined(name, request.upstream_headers), remembered=False)


def _joined(name: str, headers: list[tuple[str, str]]) -> str | None:
    found = [value for key, value in headers if key.lower().replace("-", "_") == name]
    return ", ".join(found) if found else None


def _cookie(name: str) -> Variable:
    def get(request: LiveRequest) -> str | None:
        for line in request.known_headers("cookie"):
            for pair in re.split("[;,]", line):
                key, equals, value = pair.strip(" ").partition("=")
                if equals and key.rstrip(" ").lower() == name:
                    return value.lstrip(" ")
        return None

    return Variable(get)


def _upstream_cookie(name: str) -> Variable:
    def get(request: LiveRequest) -> str | None:
        for key, line in request.upstream_headers:
            cookie, _, rest = line.partition("=")
            if key.lower() == "set-cookie" and cookie.lower() == name:
                return rest.partition(";")[0]
        return None

    return Variable(get, remembered=False)


def _argument(name: str) -> Variable:
    wanted = name.lower()

    def get(request: LiveRequest) -> str | None:
        pairs = (pair.partition("=") for pair in request.args.split("&"))
        values = (value for key, equals, value in pairs if equals and key.isascii() and key.lower() == wanted)
        return next(values, None) if wanted else None

    return Variable(get, remembered=False)


PREFIXES: Mapping[str, Callable[[str], Variable]] = {
    "upstream_http_": _upstream_header,
    "upstream_cookie_": _upstream_cookie,
    "upstream_trailer_": lambda _: Variable(lambda _: None),
    "sent_http_": _header_out,
    "sent_trailer_": lambda _: Variable(lambda _: None),
    "proxy_protocol_tlv_": lambda _: Variable(lambda _: None),
    "http_": _header_in,
    "cookie_": _cookie,
    "arg_": _argument,
}


# --- single variables -------------------------------------------------------------------------------------------------


def basic_user(request: LiveRequest) -> tuple[str, str] | None:
    """User and password of `Authorization: Basic`; None when there is none that parses."""
    scheme, _, encoded = (request.known_header("authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = b64decode(encoded.strip(" ") + "==", validate=False).decode("utf-8", "surrogateescape")
    except (Base64Error, ValueError):
        return None
    user, colon, password = decoded.partition(":")
    return (user, password) if colon and user else None


def _remote_user(request: LiveRequest) -> str | None:
    found = basic_user(request)
    return found[0] if found else None


def _forwarded_for(request: LiveRequest) -> str:
    return ", ".join((*request.known_headers("x-forwarded-for"), request.remote_addr))


def _tls(value: str) -> Variable:
    return Variable(lambda request: value if request.is_tls else None)


CERTIFICATE_FACTS = (
    "verify",
    "s_dn",
    "i_dn",
    "serial",
    "fingerprint",
    "cert",
    "raw_cert",
    "escaped_cert",
    "v_start",
    "v_end",
    "v_remain",
)
"""The $ssl_client_* variables."""


def _client_tls(name: str) -> Variable:
    return Variable(lambda request: request.client_tls.get(name))


def _set_args(request: LiveRequest, value: str) -> None:
    request.args = value
    request.valid_unparsed = False


def _status(request: LiveRequest) -> str:
    status = request.err_status or request.status
    return f"{status:03d}" if status else "000"


def _upstream(attribute: str) -> Variable:
    return Variable(lambda request: getattr(request, attribute) or None, remembered=False)


def _fixed(text: str | None) -> Variable:
    return Variable(lambda _: text)


def _random(mask: str) -> Variable:
    return Variable(lambda _: mask)


def _live(get: Getter, put: Setter | None = None) -> Variable:
    return Variable(get, remembered=False, set=put)


def _set_limit_rate(request: LiveRequest, value: str) -> None:
    """What is no size changes nothing."""
    size = parse_size(value)
    if size is not None:
        request.limit_rate = size


def _request_body(request: LiveRequest) -> None:
    """Nobody knows what is in a body; nginx knows it only where it has read it and kept it in memory."""
    if request.main.body_length > 0:
        request.assume("$request_body is empty: nobody knows what is in the request's body")


def _content_length(request: LiveRequest) -> str | None:
    given = request.known_header("content-length")
    if given is None and request.body_length >= 0:
        return str(request.body_length)
    return given


def _sent_length(request: LiveRequest) -> str | None:
    return None if request.body_size is None else "<length>"


_ENDING = frozenset({400, 413, 414, 495, 496, 497, 500, 501})
"""Errors of its own after which nginx closes the connection."""


def _sent_connection(request: LiveRequest) -> str:
    if request.err_status in _ENDING:
        return "close"
    asked = (request.request_header("connection") or "").lower()
    if "close" in asked:
        return "close"
    return "keep-alive" if "keep-alive" in asked or request.protocol != "HTTP/1.0" else "close"


def _is_msie(request: LiveRequest) -> str:
    agents = request.known_headers("user-agent")
    return "1" if any(re.search(r"MSIE .{3}", agent) and "Opera" not in agent for agent in agents) else ""


def _proxy_line(reads: Callable[[ProxyLine], str]) -> Variable:
    return Variable(lambda request: None if request.proxy_line.is_unknown else reads(request.proxy_line))


BUILT_IN: Mapping[str, Variable] = {
    "host": Variable(lambda request: request.host or request.server.name),
    "hostname": _random("<hostname>"),
    "http_host": _header_in("host"),
    "binary_remote_addr": Variable(lambda request: request.remote_addr),
    "remote_addr": Variable(lambda request: request.remote_addr),
    "remote_port": Variable(lambda _: "<client port>"),
    "realip_remote_addr": Variable(lambda request: request.peer_addr),
    "realip_remote_port": Variable(lambda _: "<client port>"),
    "proxy_protocol_addr": _proxy_line(lambda line: line.client),
    "proxy_protocol_port": _proxy_line(
        lambda line: "<client port>" if line.client_port is None else str(line.client_port)
    ),
    "proxy_protocol_server_addr": _proxy_line(lambda line: line.server),
    "proxy_protocol_server_port": _proxy_line(lambda line: str(line.port)),
    "server_addr": Variable(lambda request: request.server_addr),
    "server_port": Variable(lambda request: request.listen.port_text),
    "server_protocol": Variable(lambda request: request.protocol),
    "server_name": Variable(lambda request: request.server.name),
    "scheme": Variable(lambda request: "https" if request.is_tls else "http"),
    "https": Variable(lambda request: "on" if request.is_tls else ""),
    "request_uri": Variable(lambda request: request.unparsed_uri),
    "uri": _live(lambda request: request.uri),
    "document_uri": _live(lambda request: request.uri),
    "request": Variable(lambda request: request.request_line),
    "query_string": _live(lambda request: request.args),
    "args": _live(lambda request: request.args, _set_args),
    "is_args": _live(lambda request: "?" if request.args else ""),
    "request_method": _live(lambda request: request.main.method),
    "request_filename": _live(lambda request: request.conf.path_of(request.uri)),
    "document_root": _live(lambda request: request.conf.root),
    "realpath_root": _live(lambda request: request.conf.root),
    "remote_user": Variable(_remote_user),
    "content_length": Variable(_content_length),
    "content_type": _header_in("content_type"),
    "request_id": _random("<id>"),
    "request_completion": _fixed(None),
    "request_body": Variable(_request_body),
    "request_body_file": _fixed(None),
    "request_length": _random("<length>"),
    "request_time": _random("<msec>"),
    "status": _live(_status),
    "bytes_sent": _random("<length>"),
    "body_bytes_sent": _random("<length>"),
    "pipe": _fixed("."),
    "connection": _random("<connection>"),
    "connection_requests": _fixed("1"),
    "connection_time": _random("<msec>"),
    "nginx_version": _fixed(NGINX_VERSION),
    "pid": _random("<pid>"),
    "msec": _random("<msec>"),
    "time_iso8601": _random("<date>"),
    "time_local": _random("<date>"),
    "date_local": _random("<date>"),
    "date_gmt": _random("<date>"),
    **dict.fromkeys(
        ("connections_active", "connections_reading", "connections_writing", "connections_waiting"),
        _random("<connections>"),
    ),
    **dict.fromkeys(("tcpinfo_rtt", "tcpinfo_rttvar", "tcpinfo_snd_cwnd", "tcpinfo_rcv_space"), _random("<tcpinfo>")),
    "msie": Variable(_is_msie),
    "uid_got": _fixed(None),
    "uid_set": _fixed(None),
    "uid_reset": _fixed(""),
    "secure_link": _fixed(None),
    "secure_link_expires": _fixed(None),
    "sent_http_content_length": Variable(_sent_length),
    "sent_http_connection": Variable(_sent_connection),
    "sent_http_keep_alive": _fixed(None),
    "sent_http_transfer_encoding": _fixed(None),
    "limit_rate": _live(lambda request: str(request.limit_rate), _set_limit_rate),
    "limit_req_status": _live(lambda request: request.main.limit_status),
    "limit_conn_status": _live(lambda request: request.main.limit_conn_status),
    "http3": _fixed(""),
    "http2": Variable(lambda request: ("h2" if request.is_tls else "h2c") if request.is_http2 else ""),
    "proxy_host": _live(lambda request: request.proxy_host),
    "proxy_port": _live(lambda request: request.proxy_port),
    "proxy_add_x_forwarded_for": Variable(_forwarded_for),
    "proxy_internal_body_length": _live(lambda request: str(request.body_length) if request.body_length >= 0 else None),
    "proxy_internal_chunked": _live(lambda request: "chunked" if request.is_chunked else None),
    "fastcgi_script_name": _live(lambda request: request.script_name()),
    "fastcgi_path_info": _live(lambda _: ""),
    "grpc_internal_trailers": _live(
        lambda request: "trailers" if "trailers" in (request.request_header("te") or "") else None
    ),
    "invalid_referer": _live(lambda _: ""),
    "gzip_ratio": _fixed(None),
    "slice_range": _fixed(None),
    "ssl_protocol": _tls("TLSv1.3"),
    "ssl_cipher": _tls("TLS_AES_256_GCM_SHA384"),
    "ssl_ciphers": _tls("<ciphers>"),
    "ssl_curve": _tls("X25519"),
    "ssl_curves": _tls("<curves>"),
    "ssl_session_id": _tls("<id>"),
    "ssl_session_reused": _tls("."),
    "ssl_early_data": _fixed(None),
    "ssl_server_name": Variable(lambda request: request.sni or None),
    "ssl_alpn_protocol": Variable(
        lambda request: ("h2" if request.is_http2 else "http/1.1") if request.is_tls else None
    ),
    **{f"ssl_client_{fact}": _client_tls(f"ssl_client_{fact}") for fact in CERTIFICATE_FACTS},
    "upstream_addr": _upstream("upstream_addr"),
    "upstream_status": _upstream("upstream_status"),
    "upstream_connect_time": _upstream("upstream_time"),
    "upstream_header_time": _upstream("upstream_time"),
    "upstream_response_time": _upstream("upstream_time"),
    "upstream_response_length": _upstream("upstream_time"),
    "upstream_bytes_received": _upstream("upstream_time"),
    "upstream_bytes_sent": _upstream("upstream_time"),
    "upstream_queue_time": _fixed(None),
    "upstream_cache_status": _upstream("cache_status"),
    "upstream_cache_last_modified": _fixed(None),
    "upstream_cache_etag": _fixed(None),
    "upstream_last_server_name": _upstream("upstream_addr"),
}
