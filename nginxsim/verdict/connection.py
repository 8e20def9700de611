"""Causes decided before nginx has read a request: how the connection begins, and what nginx cannot read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nginxsim.around.balancer import Arrival, Listener
from nginxsim.around.hops import Hop
from nginxsim.around.providers import HTTPS
from nginxsim.nginx.events import ProxyLineAtTls, ProxyLineMissing, Refusal, RequestRefused
from nginxsim.nginx.exchange import RoutedOutcome
from nginxsim.nginx.steps import Event
from nginxsim.verdict.case import Case
from nginxsim.verdict.causes import cause
from nginxsim.verdict.hops import Mend, client_of, lost_at, set_out
from nginxsim.verdict.types import Cause, Evidence
from nginxsim.verdict.wording.around import settings_words

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

UNREADABLE = "send a request that nginx can read; the ConfigMap's buffers and header switches set its limits"
AWAITED = "let the load balancer send the PROXY line (an annotation of its Service), or take use-proxy-protocol away"
UNAWAITED = 'set use-proxy-protocol: "true" in the controller\'s ConfigMap, or let the load balancer send no PROXY line'
FORWARDED = 'set use-forwarded-headers: "true" in the controller\'s ConfigMap, so that X-Forwarded-Proto counts'
LINES = (
    'let the load balancer send PROXY lines and set use-proxy-protocol: "true" in the controller\'s ConfigMap: '
    "their port 443 counts as https"
)
SPEAK_HTTP2 = 'set use-http2: "true" in the controller\'s ConfigMap, or let the client speak HTTP/1.1'


def explain_listen(case: Case) -> Cause:
    if wrong := proxy_protocol(case.event):
        fix = AWAITED if isinstance(case.event, ProxyLineMissing) else UNAWAITED
        return cause("proxy-protocol-mismatch", set_by(case, "use-proxy-protocol"), reason=wrong, fix=fix)
    if is_http2_off(case.event):
        return cause("bad-request", set_by(case, "use-http2"), reason=case.reason, fix=SPEAK_HTTP2)
    return cause("bad-request", case.evidence(), reason=case.reason, fix=UNREADABLE)


def set_by(case: Case, key: str) -> list[Evidence]:
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


# --- what the load balancer has to do with it -------------------------------------------------------------------------


def around(estate: Simulation, arrival: Arrival, routed: RoutedOutcome, mend: Mend, found: Cause) -> Cause:
    """The same cause, unless what the load balancer, or a hop that the request names, does decides."""
    if found.code == "https-redirect" and (ending := _ends_tls(arrival)):
        owner, fix = arrival.request.host or "the host", FORWARDED if _tells_scheme(arrival) else LINES
        return cause("redirect-behind-tls", found.evidence, owner=owner, front=ending.title, fix=fix)
    if found.code == "address-denied" and arrival.passed:
        return replace(found, fix=_named_by_hops(arrival, routed, mend) or found.fix)
    balancer, listener = estate.balancer, arrival.listener
    if balancer is None or listener is None:
        return found
    if found.code == "https-redirect" and listener.hands_on_plain and listener.port.port == HTTPS:
        ends = Evidence(balancer.origin(listener.tls.annotation if listener.tls else ""), "", "ends TLS")
        owner = arrival.request.host or "the host"
        evidence, front, fix = (*found.evidence, ends), balancer.service.meta, behind_tls_fix(listener)
        return cause("redirect-behind-tls", evidence, owner=owner, front=front, fix=fix)
    if found.code == "proxy-protocol-mismatch":
        said = listener.proxy or balancer.sends_none(listener)
        note = "sends PROXY lines" if listener.proxy else "sends no PROXY lines"
        return replace(found, evidence=(*found.evidence, Evidence(balancer.origin(said), "", note)))
    return found


def behind_tls_fix(listener: Listener) -> str:
    """How nginx can learn that the client spoke https to the load balancer."""
    return FORWARDED if listener.tls is not None and listener.tls.adds_forwarded else LINES


def _named_by_hops(arrival: Arrival, routed: RoutedOutcome, mend: Mend) -> str:
    """How nginx can learn of the client that a hop stands before; "" where it knows of it."""
    came, taken = set_out(arrival), client_of(arrival.request, routed)[0]
    if taken == came.client:
        return ""
    if settings := mend():
        written = settings_words(settings, whole=True)
        return f"write {written} in the controller's ConfigMap: nginx then takes {came.client} for the client"
    told = lost_at(arrival.passed)[1]
    return f"{told}: nginx takes {taken} for the client, which is {came.client}" if told else ""


def _ends_tls(arrival: Arrival) -> Hop | None:
    """The hop behind which a client's https goes on as plain http."""
    ends = (each.hop for each in arrival.passed if each.came.scheme == "https" and each.request.scheme == "http")
    return next(ends, None)


def _tells_scheme(arrival: Arrival) -> bool:
    return any(name == "X-Forwarded-Proto" for each in arrival.passed for name, _ in each.changed)
