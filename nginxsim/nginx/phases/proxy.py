"""Passing the request on: what the service is sent, who it is, and what becomes of its answer.

nginx 1.27.1: src/http/modules/ngx_http_{proxy,grpc,fastcgi}_module.c, src/http/ngx_http_upstream.c
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from nginxsim.nginx.events import (
    Answered,
    AnswerTooBig,
    BadTarget,
    BodyNeverRead,
    HostUnknown,
    NoPeer,
    NotAnswered,
    NoTarget,
    ScriptExited,
    ScriptFailed,
)
from nginxsim.nginx.exchange import Answer, Failure, UpstreamRequest
from nginxsim.nginx.live_request import LuaExit
from nginxsim.nginx.lua_api import LuaError
from nginxsim.nginx.phases import answers
from nginxsim.nginx.phases.finish import accel_redirect, close, finalize
from nginxsim.nginx.phases.mirrors import run_mirrors
from nginxsim.nginx.phases.sending import Message, message_for, place_of
from nginxsim.nginx.steps import Phase
from nginxsim.nginx.targets import BadTargetError, Place

if TYPE_CHECKING:
    from nginxsim.nginx.conf import Target, UpstreamConf
    from nginxsim.nginx.live_request import LiveRequest
    from nginxsim.nginx.phases.states import State
    from nginxsim.nginx.server import Upstream

FAILED_STATUS: Mapping[Failure, int] = {Failure.TIMEOUT: 504}
"""The other failures end in 502."""
FAILURE_CLASS: Mapping[Failure, str] = {
    Failure.REFUSED: "error",
    Failure.TLS: "error",
    Failure.TIMEOUT: "timeout",
    Failure.PROTOCOL: "invalid_header",
}
"""What proxy_next_upstream calls a failure."""
STATUS_CLASS = {status: f"http_{status}" for status in (403, 404, 429, 500, 502, 503, 504)}
CARRYING = frozenset({"POST", "LOCK", "PATCH"})
"""Methods that are repeated only if proxy_next_upstream says non_idempotent."""

TLS_PORTS = frozenset({"443", "8443"})
MALFORMED = (("Content-Type", "text/plain"),)
"""The headers of an answer that a server gives before any handler of its own saw the request."""
_NO_TARGET = re.compile(r"[\x00-\x20\x7f]")


def proxy(request: LiveRequest) -> State | None:
    target = request.conf.target
    if target is None:
        request.settle(NoTarget, request.conf.line, request.content)
        return finalize(request, 500)
    try:
        place = place_of(request, target)
    except BadTargetError as error:
        request.settle(BadTarget, target.line, target.shown, str(error))
        return finalize(request, 500)
    if request.conf.body_buffer == 0 and request.body_length > 0:
        request.settle(BodyNeverRead, request.conf.line)
        close(request)
        return None
    up = request.conf.upstreams[target.protocol]
    if target.protocol == "proxy":
        request.proxy_host, request.proxy_port = place.authority, place.port
    return _pass_on(request, target, place, up, message_for(request, target, place, up))


# --- who gets it ------------------------------------------------------------------------------------------------------


def _pass_on(request: LiveRequest, target: Target, place: Place, up: UpstreamConf, message: Message) -> State | None:
    block = request.run.http.upstreams.get(place.host)
    if block is None:
        if not _resolves(request, place):
            request.settle(HostUnknown, target.line, place.host)
            return finalize(request, 502)
        run_mirrors(request)
        return _ask(request, target, up, UpstreamRequest(place.host, (f"{place.host}:{place.port}",), *message))
    try:
        service, addresses = block.peers(request)
    except LuaError as error:
        request.settle(ScriptFailed, block.line, Phase.BALANCER, block.name, str(error), error.variable)
        return finalize(request, 500)
    except LuaExit as end:
        request.settle(ScriptExited, block.line, Phase.BALANCER, block.name, end.status)
        return finalize(request, end.status)
    run_mirrors(request)
    if not addresses:
        request.settle(NoPeer, block.line, service)
        return finalize(request, 502)
    return _ask(request, target, up, UpstreamRequest(service, addresses, *message), block)


def _resolves(request: LiveRequest, place: Place) -> bool:
    """Names under .invalid never resolve (RFC 6761); any other name is taken to."""
    host = place.host
    if host.startswith(("[", "unix:")) or host.replace(".", "").isdigit():
        return True
    if host.rstrip(".").lower().endswith(".invalid"):
        return False
    request.assume(f"{host} resolves in DNS")
    return True


def _ask(
    request: LiveRequest, target: Target, up: UpstreamConf, sent: UpstreamRequest, block: Upstream | None = None
) -> State | None:
    _not_taken(request)
    request.upstream_addr = ", ".join(sent.addresses)
    own = request.run.http.answer_itself(request, sent)
    answer = _answer(request, up, sent) if own is None else own
    if request.parent is not None and own is None:
        request.run.also.append(sent)
    if answer.failed:
        for_ever = block is not None and bool(block.script) and up.tries == 0
        return _failed(request, target, up, sent, answer.failed, for_ever=for_ever)
    _add_status(request, str(answer.status).zfill(3))
    request.upstream_time = "<msec>"
    request.upstream = sent if own is None and answer.headers is not MALFORMED else None
    request.settle(Answered, target.line, target.shown, sent.service, answer.status)
    return _answered(request, up, answer)


def _add_status(request: LiveRequest, status: str) -> None:
    """Services that are asked one after the other, by an internal redirect, are told apart by a colon."""
    before = request.upstream_status
    request.upstream_status = f"{before} : {status}" if before else status


def _answer(request: LiveRequest, up: UpstreamConf, sent: UpstreamRequest) -> Answer:
    if up.connect_timeout == 0:
        return Answer.failure(Failure.TIMEOUT)
    strict = request.run.setup.strict_services
    rewritten = sent.uri != request.unparsed_uri
    if strict and rewritten and sent.protocol in ("http", "https") and _NO_TARGET.search(sent.uri):
        request.assume(f"{sent.service} answers 400 to a request line with a space in it")
        return Answer(400, MALFORMED)
    if up.read_timeout == 0:
        return _raced(request, sent)
    answer = request.run.answer(sent)
    if strict and answer.failed is Failure.PROTOCOL and sent.protocol == "http" and _is_tls_port(sent):
        request.assume(f"{sent.service} speaks TLS and answers 400 to plain HTTP")
        return Answer(400, MALFORMED)
    return answer


def _raced(request: LiveRequest, sent: UpstreamRequest) -> Answer:
    """proxy_read_timeout 0: nginx gives up at once; whether the service gets to see the request is chance."""
    if request.run.draw((0.5, 0.5)):
        request.upstream = sent
    return Answer.failure(Failure.TIMEOUT)


def _is_tls_port(sent: UpstreamRequest) -> bool:
    return all(address.rpartition(":")[2] in TLS_PORTS for address in sent.addresses)


def _failed(
    request: LiveRequest, target: Target, up: UpstreamConf, sent: UpstreamRequest, why: Failure, *, for_ever: bool
) -> State | None:
    """for_ever: a failure is tried again without end."""
    status = FAILED_STATUS.get(why, 502)
    _add_status(request, str(status))
    if request.parent is None and why is Failure.PROTOCOL:
        request.run.also.append(sent)
    retried = FAILURE_CLASS[why] in up.next_upstream and request.method not in CARRYING
    again = for_ever and retried
    request.settle(NotAnswered, target.line, target.shown, sent.service, why, again)
    if again:
        close(request)
        return None
    return finalize(request, status)


def _answered(request: LiveRequest, up: UpstreamConf, answer: Answer) -> State | None:
    request.upstream_headers = list(answer.headers)
    status = answer.status
    if answers.header_size(answer) > up.buffer_size:
        request.settle(AnswerTooBig, up.line, up.buffer_size)
        _not_taken(request)
        return finalize(request, 502)
    if status >= 300 and up.intercept_errors and any(page.status == status for page in request.conf.error_pages):
        _not_taken(request)
        if status == 401:
            request.headers_out += [(k, v) for k, v in answer.headers if k.lower() == "www-authenticate"]
        return finalize(request, status)
    redirect = answers.inner_redirect(up, answer)
    if redirect is not None:
        _not_taken(request)
        answers.keep_for_redirect(request, answer)
        return accel_redirect(request, redirect)
    answers.process(request, up, answer)
    return None


def _not_taken(request: LiveRequest) -> None:
    """The service's answer is not what the client gets."""
    if request.upstream is not None and request.parent is None:
        request.run.also.append(request.upstream)
    request.upstream = None
