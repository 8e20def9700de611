"""What an oauth2-proxy of the input has to do with a refusal or a failure: the rule that decided, and what helps."""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.around.auth.events import AddressHeld, OAuth2ProxyReplied
from nginxsim.around.auth.oauth2_proxy.addresses import Taken
from nginxsim.around.auth.oauth2_proxy.replies import End, Rule
from nginxsim.around.auth.oauth2_proxy.settings import Fault, Problem
from nginxsim.around.auth.oauth2_proxy.validation import CLIENT_HEADERS, CLOUD_HEADERS
from nginxsim.around.auth.oauth2_proxy.versions import SINCE, Fact
from nginxsim.verdict.case import Case
from nginxsim.verdict.causes import cause
from nginxsim.verdict.types import Cause, Evidence
from nginxsim.verdict.wording.auth import compared_words, fault_words, reply_words

TAKEN = "2xx, 401 and 403"
"""What auth_request understands."""
FIRST = SINCE[Fact.AUTH_BEFORE_UPSTREAM]
NO_UPSTREAM = f"tell it --upstream=static://202, or run oauth2-proxy {FIRST} or newer, which answers 202 by itself"
NO_AUTH_PATH = "let auth-url name {path}, which answers 202 by itself, or tell it --upstream=static://202"
LENGTHEN = "make cookie-secret 16, 24 or 32 bytes long"
EMAILS = "tell it --email-domain=*, or the domains whose people may sign in"
FIXES = {
    Problem.UNKNOWN_FLAG: "take {name} away, or run a version that knows it",
    Problem.UNKNOWN_KEY: "take {name} out of its configuration file, or run a version that knows it",
    Problem.BAD_VALUE: "give {name} a value that it can read",
    Problem.BAD_FILE: "mend its {name}",
    Problem.NO_EMAILS: EMAILS,
    Problem.NO_SECRET: LENGTHEN,
    Problem.SECRET_LENGTH: LENGTHEN,
    Problem.CLIENT_HEADER: f"name one of {', '.join((*CLIENT_HEADERS, *CLOUD_HEADERS))} (the last two since "
    f"{SINCE[Fact.CLOUD_HEADERS]})",
    Problem.BAD_NETWORK: "write addresses and networks, such as 203.0.113.0/24",
    Problem.BAD_PATTERN: "write a regular expression of Go's",
    Problem.NO_HTTPS: "take {name} away: nginx ends TLS, and speaks plain HTTP to it",
    Problem.CLAIM_LAYOUT: f"name claims under claimSource since oauth2-proxy {SINCE[Fact.CLAIM_SOURCE]}, and beside "
    "the values before it",
}  # fmt: skip
BY_ADDRESS = {
    Taken.PEER: "tell it --reverse-proxy: without, it compares the address of the controller's own Pod",
    Taken.UNTRUSTED: "let {proxies} hold the controller's Pods, or take it away",
    Taken.MISSING: "let real-client-ip-header name a header that nginx sends: X-Real-IP",
    Taken.MALFORMED: "let real-client-ip-header name a header that holds an address: X-Real-IP",
}
"""What lets trusted-ip see the client's address."""


def replied(case: Case) -> OAuth2ProxyReplied | None:
    """What oauth2-proxy answered last."""
    found = (step.event for step in reversed(case.steps))
    return next((event for event in found if isinstance(event, OAuth2ProxyReplied)), None)


def why_refused(case: Case) -> str:
    """Behind the status; "" where no oauth2-proxy was asked."""
    event = replied(case)
    return f": {reply_words(event.reply)}" if event else ""


def mending(case: Case) -> str:
    """What would let the request in; "" where there is nothing to say."""
    held = next((step.event for step in reversed(case.steps) if isinstance(step.event, AddressHeld)), None)
    event = replied(case)
    if event is None or event.reply.rule is not Rule.NO_SESSION:
        return ""
    if held is None or held.compared.how not in BY_ADDRESS:
        return "sign in, or ask as somebody who has: --as ann@example.com"
    return BY_ADDRESS[held.compared.how].format(proxies="trusted-proxy-ip")


def where(case: Case) -> list[Evidence]:
    """The places in what oauth2-proxy is told that decided."""
    return list(_where(case))


def _where(case: Case) -> Iterator[Evidence]:
    for step in reversed(case.steps):
        match step.event:
            case OAuth2ProxyReplied(reply=reply) as event if (source := event.asked_by) and source.origin:
                if reply.rule is Rule.TRUSTED_ADDRESS:
                    continue
                yield Evidence(source.origin, reply.value, source.name)
            case AddressHeld(compared=compared) as held if (source := held.asked_by) and source.origin:
                address = compared.address or "no address"
                yield Evidence(source.origin, "", f"compared with {address}, {compared_words(compared)}")


def explain_server(case: Case) -> Cause | None:
    """A failure that is known from what oauth2-proxy is told."""
    event = replied(case)
    if event is None:
        return None
    reply = event.reply
    if reply.rule is Rule.NOT_STARTED:
        fault = reply.faults[0]
        return cause("auth-server-not-started", _fault_place(fault, case), owner=event.owner, reason=fault_words(fault),
                     fix=FIXES[fault.problem].format(name=fault.name))  # fmt: skip
    if reply.end is not End.NO_UPSTREAM:
        return None
    is_auth_path = event.asked.endswith("/auth")
    fix = NO_UPSTREAM if is_auth_path else NO_AUTH_PATH.format(path="/oauth2/auth")
    why = reply_words(reply._replace(end=End.ITSELF))
    evidence = [*case.evidence(), *where(case)]
    return cause("auth-upstream-missing", evidence, version=event.version, why=why, fix=fix)


def _fault_place(fault: Fault, case: Case) -> list[Evidence]:
    place = [Evidence(fault.origin, fault.value, fault.name)] if fault.origin and fault.origin.line else []
    return [*place, *case.evidence()]
