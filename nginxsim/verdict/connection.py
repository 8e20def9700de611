"""Causes decided before nginx has read a request: how the connection begins, and what nginx cannot read."""

from __future__ import annotations

from nginxsim.nginx.events import ProxyLineAtTls, ProxyLineMissing, Refusal, RequestRefused
from nginxsim.nginx.steps import Event
from nginxsim.verdict.case import Case
from nginxsim.verdict.causes import cause
from nginxsim.verdict.types import Cause, Evidence

UNREADABLE = "send a request that nginx can read; the ConfigMap's buffers and header switches set its limits"
AWAITED = "let the load balancer send the PROXY line (an annotation of its Service), or take use-proxy-protocol away"
UNAWAITED = 'set use-proxy-protocol: "true" in the controller\'s ConfigMap, or let the load balancer send no PROXY line'
SPEAK_HTTP2 = 'set use-http2: "true" in the controller\'s ConfigMap, or let the client speak HTTP/1.1'


def explain_listen(case: Case) -> Cause:
    if wrong := proxy_protocol(case.event):
        fix = AWAITED if isinstance(case.event, ProxyLineMissing) else UNAWAITED
        return cause("proxy-protocol-mismatch", _set(case, "use-proxy-protocol"), reason=wrong, fix=fix)
    if is_http2_off(case.event):
        return cause("bad-request", _set(case, "use-http2"), reason=case.reason, fix=SPEAK_HTTP2)
    return cause("bad-request", case.evidence(), reason=case.reason, fix=UNREADABLE)


def _set(case: Case, key: str) -> list[Evidence]:
    """Where the ConfigMap sets a key, else whatever the case itself shows."""
    origin = case.estate.controller.settings.source(key).origin
    return [Evidence(origin, "", key)] if origin else case.evidence()


def proxy_protocol(event: Event) -> str:
    """What is wrong with how a connection begins; "" where something else is wrong."""
    match event:
        case ProxyLineMissing(port):
            return f"port {port} reads a PROXY line first; none came, and nginx closes the connection"
        case ProxyLineAtTls(port):
            return f"a PROXY line came to port {port}, which reads none: the TLS handshake fails"
        case RequestRefused(Refusal.PROXY_LINE):
            return "a PROXY line came to a port that reads none, and nginx answers 400"
    return ""


def is_http2_off(event: Event) -> bool:
    return isinstance(event, RequestRefused) and event.reason is Refusal.HTTP2_OFF
