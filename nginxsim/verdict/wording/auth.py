"""What is said of auth servers: what they compared, what they answered, and why one does not start."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nginxsim.around.auth import events as auth
from nginxsim.around.auth.oauth2_proxy.addresses import Compared, Taken
from nginxsim.around.auth.oauth2_proxy.replies import End, Reply, Rule
from nginxsim.around.auth.oauth2_proxy.settings import Fault, Problem
from nginxsim.verdict.wording.rows import Said, Vocabulary, row

FROM: Mapping[Taken, str] = {
    Taken.PEER: "the address that connects, as reverse-proxy is off",
    Taken.UNTRUSTED: "the address that connects, as it is none of trusted-proxy-ip",
    Taken.HEADER: "from {header}: {text}",
    Taken.MISSING: "no {header} came",
    Taken.MALFORMED: "{header}: {text} is no address",
}
LONGEST = 80
"""Characters of a value that a sentence has room for."""
FAULTS: Mapping[Problem, str] = {
    Problem.UNKNOWN_FLAG: "it knows no flag {name}",
    Problem.UNKNOWN_KEY: "its configuration file has {name}, which it does not know",
    Problem.BAD_VALUE: '{name} is "{value}", which it cannot read',
    Problem.BAD_FILE: "its {name} cannot be read: {value}",
    Problem.NO_EMAILS: "neither email-domain nor authenticated-emails-file is set",
    Problem.NO_SECRET: "cookie-secret is not set",
    Problem.SECRET_LENGTH: "{name} has {value} bytes, and must have 16, 24 or 32",
    Problem.CLIENT_HEADER: "{name} is {value}, and must be one of the headers that it knows",
    Problem.BAD_NETWORK: '"{value}" in {name} is no address or network',
    Problem.BAD_PATTERN: '"{value}" in {name} is no regular expression',
    Problem.NO_HTTPS: "{name} is on, and it has no certificate to listen for HTTPS with",
    Problem.CLAIM_LAYOUT: "{value} of the header {name} stands where this version does not look for it",
}


def fault_words(fault: Fault) -> str:
    value = fault.value if len(fault.value) <= LONGEST else f"{fault.value[:LONGEST]}..."
    return FAULTS[fault.problem].format(name=fault.name, value=value)


def compared_words(compared: Compared) -> str:
    """Where the address comes from."""
    return FROM[compared.how].format(header=compared.header, text=compared.text)


def _held(event: auth.AddressHeld) -> Said:
    compared = event.compared
    address = compared.address or "no address"
    verdict = f"is in {event.network}" if event.network else f"is none of {', '.join(event.setting.values)}"
    return Said(f"{event.setting.called} {address}", f"{compared_words(compared)}; it {verdict}")


BY_RULE: Mapping[Rule, Callable[[Reply], str]] = {
    Rule.NOT_STARTED: lambda it: "it does not start: " + fault_words(it.faults[0]),
    Rule.HEALTH: lambda it: f"a health check, by {_called(it)}, is answered to everybody",
    Rule.ROBOTS: lambda _: "its robots.txt",
    Rule.PREFLIGHT: lambda it: f"{_called(it)} lets OPTIONS in",
    Rule.ROUTE: lambda it: f"{_called(it)} {it.value} lets it in",
    Rule.TRUSTED_ADDRESS: lambda it: f"{_called(it)} {it.value} lets it in",
    Rule.NO_SESSION: lambda _: "nobody is signed in",
    Rule.EMAIL_REFUSED: lambda it: f"{it.value} is not in {_called(it)}",
    Rule.GROUPS_REFUSED: lambda it: f"the visitor is in none of {_called(it)}: {it.value}",
    Rule.QUERY_REFUSED: lambda it: f"the visitor does not meet {it.value} of its address",
    Rule.SESSION: lambda _: "the visitor is signed in",
    Rule.SIGN_IN_PAGE: lambda _: "its sign-in page",
    Rule.LOGIN: lambda _: "to the identity provider",
    Rule.CALLBACK: lambda _: "back from the identity provider",
    Rule.SIGN_OUT: lambda _: "signs the visitor out",
    Rule.USER_INFO: lambda _: "tells who is signed in",
    Rule.TOKEN_REFUSED: lambda it: f"{_called(it)} is off, and the bearer token is not valid",
    Rule.STATIC_FILE: lambda _: "a file of its sign-in page",
    Rule.TO_HTTPS: lambda it: f"{_called(it)} sends plain requests to https",
}
BY_END: Mapping[End, str] = {
    End.STATIC: "its upstream is that status",
    End.FILES: "its upstream is a folder",
    End.PROXIED: "its upstream answers",
    End.SLASH_ADDED: "its upstream's path ends in a slash",
    End.NO_UPSTREAM: "it passes the request on, and has no upstream for it",
}


def _called(reply: Reply) -> str:
    return reply.setting.called if reply.setting else "a default"


def reply_words(reply: Reply) -> str:
    """Why it answers so."""
    return "; ".join(filter(None, (BY_RULE[reply.rule](reply), BY_END.get(reply.end, ""))))


def _replied(event: auth.OAuth2ProxyReplied) -> Said:
    answer = f"answered {event.reply.status}" if event.reply.status else "does not run"
    return Said(f"oauth2-proxy {event.version} {answer}", f"{event.owner}: {reply_words(event.reply)}")


WORDS: Vocabulary = dict((row(auth.AddressHeld, _held), row(auth.OAuth2ProxyReplied, _replied)))
