"""How often a request is passed on: what counts as a failure, and when nginx gives up.

nginx 1.27.1: src/http/ngx_http_upstream.c (ngx_http_upstream_test_next, ngx_http_upstream_next);
openresty/lua-nginx-module 0.10.28: src/ngx_http_lua_balancer.c
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nginxsim.nginx.exchange import Answer, Failure

if TYPE_CHECKING:
    from nginxsim.nginx.conf import Target, UpstreamConf
    from nginxsim.nginx.live_request import LiveRequest
    from nginxsim.nginx.phases.sending import Message

FAILED_STATUS: Mapping[Failure, int] = {Failure.TIMEOUT: 504}
"""The other failures end in 502."""
FAILURE_CLASS: Mapping[Failure, str] = {
    Failure.REFUSED: "error",
    Failure.TLS: "error",
    Failure.TIMEOUT: "timeout",
    Failure.PROTOCOL: "invalid_header",
}
"""What proxy_next_upstream calls a failure."""
STATUS_CLASS: Mapping[int, str] = {status: f"http_{status}" for status in (403, 404, 429, 500, 502, 503, 504)}
UNSENT = frozenset({Failure.REFUSED, Failure.TLS})
"""Failures before any of the request was sent."""
CARRYING = frozenset({"POST", "LOCK", "PATCH"})
"""Methods that are repeated only if proxy_next_upstream says non_idempotent."""
ENDLESS = 0
MOST_PLAYED = 32
"""Of tries without end so many are played; whoever has not answered by then never will."""


class Tries:
    """The tries of passing one request on: where to, by which settings, and what is sent.

    most: how many nginx makes, or ENDLESS.
    """

    __slots__ = ("count", "message", "most", "target", "up", "waited")

    def __init__(self, target: Target, up: UpstreamConf, message: Message, most: int) -> None:
        self.target, self.up, self.message = target, up, message
        self.most = most
        self.count = 0
        self.waited = 0
        """Milliseconds that the tries so far have taken at least."""

    @property
    def are_endless(self) -> bool:
        return self.most == ENDLESS and self.count >= MOST_PLAYED

    def again_after(self, answer: Answer, request: LiveRequest) -> str:
        """The word of proxy_next_upstream for which nginx tries again; "" when this answer, a failure or of a status in
        STATUS_CLASS, counts.
        """
        failed, up = answer.failed, self.up
        if failed is Failure.TIMEOUT:
            self.waited += up.read_timeout if up.connect_timeout else 0
        word = FAILURE_CLASS[failed] if failed else STATUS_CLASS[answer.status]
        if word not in up.next_upstream or self.count == self.most:
            return ""
        if failed not in UNSENT and not _may_be_sent_twice(request, up):
            return ""
        return "" if up.next_timeout and self._took(up.next_timeout) else word

    def listed(self, before: str, text: str) -> str:
        """A value for each try: a comma between tries, a colon between the services that an internal redirect asked."""
        return f"{before}{', ' if self.count > 1 else ' : '}{text}" if before else text

    def _took(self, time: int) -> bool:
        """Tries without end take any time at all, and then the last answer counts."""
        return self.waited >= time or (self.most == ENDLESS and self.count >= MOST_PLAYED)


def _may_be_sent_twice(request: LiveRequest, up: UpstreamConf) -> bool:
    if not up.buffers_request and _streams_body(request):
        return False
    return request.method not in CARRYING or "non_idempotent" in up.next_upstream


def _streams_body(request: LiveRequest) -> bool:
    """Whether a body that is not to be buffered really goes out while it comes in.

    It does not where it comes along with the headers, which small ones are taken to do, and where a mirror reads it.
    """
    # nginx 1.27.1: ngx_http_read_client_request_body
    if request.parent is not None or request.conf.mirrors:
        return False
    return request.is_chunked or request.body_length > request.server.reading.first_buffer
