"""Taking a request in: the connection, TLS, the request line, headers and Host, up to the first phase.

nginx 1.27.1: src/http/ngx_http_request.c
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from cryptography.x509 import load_pem_x509_certificate

from nginxsim.errors import InputError
from nginxsim.nginx.addresses import parse_address
from nginxsim.nginx.escapes import BadUriError, parse_uri, to_bytes
from nginxsim.nginx.events import (
    ClientRefused,
    Handshake,
    HandshakeRefused,
    HeaderIgnored,
    MatchGaveUp,
    NoTlsHere,
    PortClosed,
    ProxyLineAtTls,
    ProxyLineMissing,
    ProxyLineRead,
    Refusal,
    RequestRefused,
    ServerChosen,
)
from nginxsim.nginx.exchange import ProxyLine, Request
from nginxsim.nginx.hpack import wire_size
from nginxsim.nginx.live_request import LiveRequest, Run
from nginxsim.nginx.names import valid_host
from nginxsim.nginx.phases.find import server_rewrite
from nginxsim.nginx.phases.finish import close, finalize
from nginxsim.nginx.phases.input_headers import ONCE
from nginxsim.nginx.phases.preaccess import real_ip
from nginxsim.nginx.regex import MatchLimitError
from nginxsim.nginx.sizes import LARGEST, whole_number
from nginxsim.nginx.steps import Phase
from nginxsim.nginx.tls import NO_CERTIFICATE, certificate_variables, verify_client

if TYPE_CHECKING:
    from nginxsim.nginx.phases.states import State
    from nginxsim.nginx.server import Reading

_LINE_REST = len("  HTTP/1.1\r\n")
TOO_LONG = LARGEST + 1
"""Bytes of a body that nginx cannot even write down."""
_METHOD = re.compile(r"[A-Z_-]+\Z")
_TARGET = re.compile(r"/[^\x00-\x20\x7f]*\Z")
_BAD_NAME = re.compile(r"[\x00-\x20\x7f]")
_is_plain_name = re.compile(r"[A-Za-z0-9-]+").fullmatch
_is_underscored_name = re.compile(r"[A-Za-z0-9_-]+").fullmatch
_UNIQUE = ONCE | {"content-range"}
"""A second header of these names is answered with 400."""


class Problem(NamedTuple):
    """What a request is refused for, before any phase sees it; detail: see RequestRefused."""

    status: int
    reason: Refusal
    detail: str = ""


def receive(run: Run, request: Request) -> LiveRequest | None:
    """The request when its response is out; None when nothing listens on the port."""
    listen = run.http.listens.find(request.listen_port, ":" in request.client)
    if listen is None or listen.default is None:
        run.trace.append((PortClosed, 0, (request.listen_port,), ()))
        run.ended = run.trace[-1]
        return None
    context = LiveRequest(run, request, listen, listen.default)
    run.http.serve(context, _start)
    return context


def _start(request: LiveRequest) -> State | None:
    asked, listen = request.original, request.listen
    request.server_addr = listen.address
    plain = asked.proxy_protocol is None and not listen.proxy_protocol
    try:
        if (plain or _introduced(request)) and (asked.scheme != "https" or _handshake(request)):
            return _read(request)
    except MatchLimitError as error:
        request.settle(MatchGaveUp, 0, Phase.LISTEN, str(error))
    close(request)
    return None


def _introduced(request: LiveRequest) -> bool:
    """Whether the connection begins with a PROXY line if, and only if, the port reads one."""
    # nginx 1.27.1: src/http/ngx_http_request.c (ngx_http_wait_request_handler, ngx_http_ssl_handshake)
    asked, listen = request.original, request.listen
    line = asked.proxy_line(expected=listen.proxy_protocol)
    if listen.proxy_protocol:
        if line is None:
            request.settle(ProxyLineMissing, listen.line, listen.port)
            return False
        if asked.proxy_protocol is None:
            request.assume(f"whoever connects to port {listen.port} sends the PROXY line")
        _take_proxy_line(request, line)
    elif line is not None and asked.scheme == "https":
        request.settle(ProxyLineAtTls, listen.line, listen.port)
        return False
    return True


def _take_proxy_line(request: LiveRequest, line: ProxyLine) -> None:
    if line.is_unknown:
        request.note(ProxyLineRead, request.listen.line, "", 0)
        return
    asked = request.original
    client, port = line.client or asked.client, line.port or asked.listen_port
    request.proxy_line = replace(line, client=client, port=port)
    if asked.proxy_protocol is not None:
        request.note(ProxyLineRead, request.listen.line, client, port)


# --- TLS --------------------------------------------------------------------------------------------------------------


def _handshake(request: LiveRequest) -> bool:
    listen = request.listen
    if not listen.ssl:
        request.settle(NoTlsHere, listen.line, listen.port)
        return False
    asked = request.original
    name = asked.tls_name
    request.sni = "" if parse_address(name).version else name.lower()
    server, match = listen.find(request.sni, request)
    request.server, request.conf = server, server.conf
    request.negotiated = request.sni if request.sni and listen.knows(request.sni, request) else ""
    if server.reading.rejects_handshake:
        request.settle(HandshakeRefused, server.line, match, request.sni)
        return False
    request.is_tls = True
    request.note(Handshake, server.line, server.name, match, request.sni, _certificate_by_lua(request))
    return True


def _certificate_by_lua(request: LiveRequest) -> bool:
    script = request.server.certificate_script
    if script is None:
        return False
    if request.run.lua.certificate(script) is None:
        request.assume(f"{script.directive} {script.name or 'block'} leaves the certificate as it is")
        return False
    return True


# --- request line and headers -----------------------------------------------------------------------------------------


def _refuse(request: LiveRequest, problem: Problem) -> State | None:
    request.settle(RequestRefused, 0, problem.reason, problem.detail)
    return finalize(request, problem.status)


def _read(request: LiveRequest) -> State | None:
    asked, reading = request.original, request.server.reading
    odd = request.is_http2 or asked.proxy_protocol is not None
    if odd and (problem := _not_http1(request, reading)):
        request.protocol = ""
        return _refuse(request, problem)
    target, host = (asked.path, None) if asked.path.startswith("/") else _origin_form(asked.path)
    if request.is_http2 and not _fit_http2(request, reading):
        request.settle(RequestRefused, 0, Refusal.HEADERS_TOO_LARGE, "")
        close(request)
        return None
    used = 0 if request.is_http2 else len(asked.method) + len(asked.path) + _LINE_REST
    problem = _check_line(used, asked.method, target, reading)
    if problem is not None:
        request.protocol = ""  # nginx never got to read it
        return _refuse(request, problem)
    try:
        request.uri, request.args, request.quoted, request.plus = parse_uri(target, reading.merges_slashes)
    except BadUriError as error:
        return _refuse(request, Problem(400, error.reason))
    request.unparsed_uri = target
    unique: dict[str, str] = {}
    problem = (
        (host is not None and _choose_server(request, host))
        or _take_headers(request, used, unique)
        or _complete(request, unique)
    )
    return _refuse(request, problem) if problem else _check_client(request)


def _not_http1(request: LiveRequest, reading: Reading) -> Problem | None:
    """What nginx cannot read as a request line, though it is none to the client."""
    # nginx 1.27.1: src/http/ngx_http_parse.c: "PRI * HTTP/2.0" and "PROXY TCP4 ..." have no target that begins with "/"
    asked = request.original
    if asked.proxy_protocol is not None and not request.listen.proxy_protocol and asked.proxy_line(expected=False):
        return Problem(400, Refusal.PROXY_LINE)
    if request.is_http2 and not (reading.http2 or request.listen.http2):
        return Problem(400, Refusal.HTTP2_OFF)
    return None


def _check_line(size: int, method: str, target: str, reading: Reading) -> Problem | None:
    if size > reading.longest_line:
        return Problem(414, Refusal.LINE_TOO_LONG, str(reading.large_buffer))
    if not _METHOD.match(method):
        return Problem(400, Refusal.METHOD_INVALID)
    if not _TARGET.match(target):
        return Problem(400, Refusal.TARGET_INVALID)
    return None


def _origin_form(target: str) -> tuple[str, str | None]:
    """Path and host of a request target that is no path; an absolute one names its host."""
    match = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)(.*)\Z", target, re.DOTALL)
    if match is None:
        return target, None
    rest = match[2]
    return (rest if rest.startswith("/") else f"/{rest}"), match[1]


def _given_headers(asked: Request) -> list[tuple[str, str]]:
    if not asked.headers and not asked.body_bytes:
        return [] if asked.host is None else [("Host", asked.host)]
    headers = list(asked.headers)
    names = {name.lower() for name, _ in headers}
    if asked.host is not None and "host" not in names:
        headers.insert(0, ("Host", asked.host))
    if asked.body_bytes and not names & {"content-length", "transfer-encoding"}:
        headers.append(("Content-Length", str(min(asked.body_bytes, TOO_LONG))))
    return headers


def _take_headers(request: LiveRequest, used: int, unique: dict[str, str]) -> Problem | None:
    """Keeps the valid headers; the problem when they are refused. Host decides how to read the rest."""
    left, buffers = _first_buffer(request.server.reading, used)
    if request.is_http2:  # whose frames have limits of their own
        left = LARGEST
    for name, value in _given_headers(request.original):
        size = len(name) + len(value if value.isascii() else to_bytes(value)) + 4
        left -= size
        if left < 0:
            buffers += 1
            left = _next_buffer(request.server.reading, left + size, size, buffers)
            if left < 0:
                return Problem(494, Refusal.HEADERS_TOO_LARGE)
        kind = _kind_of_name(name, request.server.reading.takes_underscores)
        if kind == "plain" and "\0" not in value:
            request.headers_in.append((name, value.strip(" ")))
        elif problem := _take_special(request, name, value, kind, unique):
            return problem
    return None


def _fit_http2(request: LiveRequest, reading: Reading) -> bool:
    """Whether the fields keep to the sizes of the server that the connection began with; clients write each name and
    value in the shorter of two ways.
    """
    # nginx 1.27.1: src/http/v2/ngx_http_v2.c (ngx_http_v2_state_field_len, ngx_http_v2_state_process_header)
    asked = request.original
    fields = [*_given_headers(asked), (":method", asked.method), (":path", asked.path), (":scheme", asked.scheme)]
    texts = [to_bytes(text) for field in fields for text in field]
    if max(map(wire_size, texts)) > reading.http2_field:
        return False
    if max(map(len, texts)) > reading.http2_field:
        request.assume(f"the client's compression brings each field below {reading.http2_field} bytes")
    return sum(map(len, texts)) <= reading.http2_fields


def _first_buffer(reading: Reading, used: int) -> tuple[int, int]:
    """What is left of the buffer that holds the request line, of so many bytes, and how many large ones that takes."""
    # nginx 1.27.1: src/http/ngx_http_request.c (ngx_http_alloc_large_header_buffer)
    left = reading.first_buffer - used
    return (left, 0) if left >= 0 else (reading.large_buffer - used, 1)


def _next_buffer(reading: Reading, begun: int, size: int, buffers: int) -> int:
    """What is left of the next large buffer, into which a line moves that did not fit in, with what it had begun; below
    0: it has no place there either. The server chosen so far says how large the buffers are.
    """
    fits = buffers <= reading.large_buffers and max(begun, size) <= reading.large_buffer
    return reading.large_buffer - size if fits else -1


def _take_special(request: LiveRequest, name: str, value: str, kind: str, unique: dict[str, str]) -> Problem | None:
    """A header that is no plain one; in `unique` those that may come once, by name in lower case."""
    if kind == "bad" or "\0" in value:
        return Problem(400, Refusal.HEADER_LINE)
    if kind == "odd" and request.server.reading.ignores_invalid:
        request.note(HeaderIgnored, 0, name)
        return None
    value = value.strip(" ")
    request.headers_in.append((name, value))
    if kind != "unique":
        return None
    lowered = name.lower()
    if lowered in unique:
        return Problem(400, Refusal.HEADER_TWICE, name)
    unique[lowered] = value
    return _choose_server(request, value) if lowered == "host" else None


@lru_cache(maxsize=4096)
def _kind_of_name(name: str, underscores: bool) -> str:
    """bad: no header line at all; odd: ignored unless told otherwise; unique: may come once; plain: any other."""
    if not name or _BAD_NAME.search(name):
        return "bad"
    if not (_is_underscored_name if underscores else _is_plain_name)(name):
        return "odd"
    return "unique" if name.lower() in _UNIQUE else "plain"


# --- Host -------------------------------------------------------------------------------------------------------------


def _choose_server(request: LiveRequest, given: str) -> Problem | None:
    """The first host that the request names decides: that of the request line, else the Host header's."""
    host = valid_host(given)
    if host is None:
        return Problem(400, Refusal.HOST_INVALID)
    return None if request.host else _enter_server(request, host)


def _enter_server(request: LiveRequest, host: str) -> Problem | None:
    request.host = host
    server, match = request.listen.find(host, request)
    if request.negotiated and host != request.negotiated and server.reading.verifies_clients:
        return Problem(421, Refusal.OTHER_HOST)
    request.server, request.conf = server, server.conf
    request.note(ServerChosen, server.line, server.name, match, host)
    return None


def _complete(request: LiveRequest, unique: dict[str, str]) -> Problem | None:
    """What is checked once all headers are there."""
    if not request.host and (problem := _enter_server(request, "")):
        return problem
    if "host" not in unique and request.original.http_version not in ("1.0", "0.9"):
        return Problem(400, Refusal.HOST_MISSING)
    if len(unique) > 1 and (problem := _check_framing(request, unique)):
        return problem
    if request.method in ("CONNECT", "TRACE"):
        return Problem(405, Refusal.METHOD_FORBIDDEN, request.method)
    return None


def _check_framing(request: LiveRequest, unique: dict[str, str]) -> Problem | None:
    length, coding = unique.get("content-length"), unique.get("transfer-encoding")
    if length is not None:
        size = whole_number(length)
        if size is None:
            return Problem(400, Refusal.LENGTH_INVALID)
        request.body_length = size
    if coding is not None:
        if request.original.http_version == "1.0":
            return Problem(400, Refusal.CODING_TOO_NEW)
        if coding.lower() != "chunked":
            return Problem(501, Refusal.CODING_UNKNOWN)
        if length is not None:
            return Problem(400, Refusal.LENGTH_AND_CODING)
        request.is_chunked = True
    return None


def _check_client(request: LiveRequest) -> State | None:
    if request.listen.ssl and not request.is_tls:
        return _refuse(request, Problem(497, Refusal.PLAIN_ON_TLS))
    if request.is_tls and (status := _verify_client(request)):
        return finalize(request, status)
    conf = request.server.conf
    if conf.realip_from:
        real_ip(request, conf)
    return server_rewrite


def _verify_client(request: LiveRequest) -> int:
    """The status when the server wants a client certificate and gets none, or a wrong one; 0 when it is content."""
    server, pem = request.server, request.original.client_certificate
    mode = server.setting("ssl_verify_client", "off")
    authorities = _file(request, "ssl_client_certificate") or _file(request, "ssl_trusted_certificate")
    try:
        if pem and mode != "off" and not authorities:
            request.assume("the client certificate is signed by a trusted authority")
            facts = certificate_variables(load_pem_x509_certificate(pem.encode()), datetime.now(UTC))
            request.client_tls = {"ssl_client_verify": "SUCCESS", **facts}
            return 0
        depth = whole_number(server.setting("ssl_verify_depth", "1")) or 0
        revoked = _file(request, "ssl_crl")
        verdict = verify_client(pem, mode, authorities=authorities, revoked=revoked, depth=depth)
    except ValueError as error:
        raise InputError(f"client certificate: {error}") from None
    request.client_tls = verdict.variables
    if verdict.refused:
        directive = server.directive("ssl_verify_client")
        verify = "" if verdict.refused == NO_CERTIFICATE else verdict.verify
        request.settle(ClientRefused, directive.line if directive is not None else 0, mode, verify)
    return verdict.refused


def _file(request: LiveRequest, directive: str) -> bytes:
    return request.run.files.get(request.server.setting(directive, ""), b"")
