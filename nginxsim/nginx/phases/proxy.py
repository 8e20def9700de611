"""Passing the request on: what the service is sent, who it is, and what becomes of its answer.

nginx 1.27.1: src/http/modules/ngx_http_{proxy,grpc,fastcgi}_module.c, src/http/ngx_http_upstream.c
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

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
    TriedAgain,
)
from nginxsim.nginx.exchange import Answer, Failure, Role, UpstreamRequest
from nginxsim.nginx.live_request import LuaExit
from nginxsim.nginx.lua_api import LuaError
from nginxsim.nginx.phases import answers
from nginxsim.nginx.phases.finish import accel_redirect, close, finalize
from nginxsim.nginx.phases.mirrors import run_mirrors, waits
from nginxsim.nginx.phases.sending import Message, message_for, place_of
from nginxsim.nginx.phases.tries import FAILED_STATUS, STATUS_CLASS, Tries
from nginxsim.nginx.steps import Phase
from nginxsim.nginx.targets import BadTargetError, Place

if TYPE_CHECKING:
    from nginxsim.nginx.conf import Target, UpstreamConf
    from nginxsim.nginx.live_request import LiveRequest
    from nginxsim.nginx.phases.states import State
    from nginxsim.nginx.server import Upstream

TLS_PORTS = frozenset({"443", "8443"})
MALFORMED = (("Content-Type", "text/plain"),)
"""The headers of an answer that a server gives before any handler of its own saw the request."""
_NO_TARGET = re.compile(r"[\x00-\x20\x7f]")


class Reply(NamedTuple):
    """What a service made of what it was sent."""

    sent: UpstreamRequest
    answer: Answer

    @property
    def status(self) -> int:
        """What nginx makes of it."""
        failed = self.answer.failed
        return FAILED_STATUS.get(failed, 502) if failed else self.answer.status


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
        sent = UpstreamRequest(place.host, (f"{place.host}:{place.port}",), *message)
        return _ask(request, Tries(target, up, message, 1), sent)
    request.failed_peers = ()
    return _ask_block(request, block, Tries(target, up, message, block.most_tries(up.tries)))


def _ask_block(request: LiveRequest, block: Upstream, tries: Tries) -> State | None:
    try:
        service, addresses = block.peers(request, tries.count)
    except LuaError as error:
        request.settle(ScriptFailed, block.line, Phase.BALANCER, block.name, str(error), error.variable)
        return finalize(request, 500)
    except LuaExit as end:
        request.settle(ScriptExited, block.line, Phase.BALANCER, block.name, end.status)
        return finalize(request, end.status)
    if request.mirrors:
        run_mirrors(request)
    if not addresses:
        request.settle(NoPeer, block.line, service, tries.count)
        return finalize(request, 502)
    return _ask(request, tries, UpstreamRequest(service, addresses, *tries.message), block)


def _resolves(request: LiveRequest, place: Place) -> bool:
    """Names under .invalid never resolve (RFC 6761); any other name is taken to."""
    host = place.host
    if host.startswith(("[", "unix:")) or host.replace(".", "").isdigit():
        return True
    if host.rstrip(".").lower().endswith(".invalid"):
        return False
    request.assume(f"{host} resolves in DNS")
    return True


def _ask(request: LiveRequest, tries: Tries, sent: UpstreamRequest, block: Upstream | None = None) -> State | None:
    target, up = tries.target, tries.up
    if request.upstream is not None:
        _not_taken(request)
    tries.count += 1
    asked = ", ".join(sent.addresses)
    request.upstream_addr = tries.listed(request.upstream_addr, asked) if request.upstream_addr else asked
    if request.role is Role.MIRROR:
        waits(request)
    own = request.run.http.answer_itself(request, sent)
    answer = _answer(request, up, sent) if own is None else own
    if request.parent is not None and own is None:
        request.run.also.append(sent)
    again = ""
    if block is not None and (answer.failed or answer.status in STATUS_CLASS):
        again = tries.again_after(answer, request)
    if block is not None and again and not tries.are_endless:
        return _next(request, tries, block, Reply(sent, answer), again)
    if answer.failed or again:
        return _failed(request, tries, Reply(sent, answer), for_ever=bool(again))
    status = str(answer.status).zfill(3)
    request.upstream_status = tries.listed(request.upstream_status, status) if request.upstream_status else status
    request.upstream_time = "<msec>"
    request.upstream = sent if own is None and answer.headers is not MALFORMED else None
    request.settle(Answered, target.line, target.shown, sent.service, answer.status)
    return _answered(request, up, answer)


def _next(request: LiveRequest, tries: Tries, block: Upstream, reply: Reply, word: str) -> State | None:
    """Nobody gets to see this answer: another peer is asked."""
    target, up = tries.target, tries.up
    request.note(*_tell(request, tries, reply))
    request.failed_peers = (*request.failed_peers, reply.sent.addresses)
    request.note(TriedAgain, up.next_line, target.protocol, word, tries.count + 1, tries.most)
    return _ask_block(request, block, tries)


def _tell(request: LiveRequest, tries: Tries, reply: Reply, *, again: bool = False) -> tuple[Any, ...]:
    """The event, its line and its data for an answer that is not the client's. again: nginx goes on without end."""
    (sent, answer), target = reply, tries.target
    request.upstream_status = tries.listed(request.upstream_status, str(reply.status))
    if request.parent is None and answer.failed in (None, Failure.PROTOCOL):
        request.run.also.append(sent)
    if answer.failed:
        return NotAnswered, target.line, target.shown, sent.service, answer.failed, again
    return Answered, target.line, target.shown, sent.service, answer.status


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
    if answer.told or answer.taken:
        request.run.trace += answer.told
        request.run.assumptions.update(dict.fromkeys(answer.taken))
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


def _failed(request: LiveRequest, tries: Tries, reply: Reply, *, for_ever: bool) -> State | None:
    """for_ever: nginx tries again without end."""
    request.settle(*_tell(request, tries, reply, again=for_ever))
    if for_ever:
        close(request)
        return None
    return finalize(request, reply.status)


def _answered(request: LiveRequest, up: UpstreamConf, answer: Answer) -> State | None:
    request.upstream_headers = list(answer.headers)
    status = answer.status
    if (size := answers.header_size(answer)) > up.buffer_size:
        request.settle(AnswerTooBig, up.line, up.buffer_size, size)
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
