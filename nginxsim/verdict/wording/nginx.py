"""What is said of nginx."""

from __future__ import annotations

from collections.abc import Mapping

from nginxsim.nginx import events as nginx
from nginxsim.nginx.events import Credentials, Refusal
from nginxsim.nginx.locations import LocationMatch, LocationRule
from nginxsim.nginx.names import NameMatch, NameRule
from nginxsim.nginx.seclang import Engine
from nginxsim.nginx.steps import Phase
from nginxsim.verdict.wording.rows import Said, Vocabulary, row

REFUSALS: Mapping[Refusal, str] = {
    Refusal.LINE_TOO_LONG: "the request line is longer than {} bytes",
    Refusal.METHOD_INVALID: "invalid method",
    Refusal.METHOD_FORBIDDEN: "the method {} is never allowed",
    Refusal.TARGET_INVALID: "invalid request target",
    Refusal.PERCENT_CODE: "invalid percent code",
    Refusal.ABOVE_ROOT: "the path climbs above the root",
    Refusal.HEADERS_TOO_LARGE: "the headers are larger than large_client_header_buffers",
    Refusal.HEADER_LINE: "invalid header line",
    Refusal.HEADER_TWICE: "duplicate header {}",
    Refusal.HOST_INVALID: "invalid Host",
    Refusal.HOST_MISSING: "an HTTP/1.1 request without Host",
    Refusal.OTHER_HOST: "the server verifies clients, and TLS was set up for another name",
    Refusal.LENGTH_INVALID: "invalid Content-Length",
    Refusal.CODING_TOO_NEW: "Transfer-Encoding in an HTTP/1.0 request",
    Refusal.CODING_UNKNOWN: "unknown Transfer-Encoding",
    Refusal.LENGTH_AND_CODING: "Content-Length and Transfer-Encoding at once",
    Refusal.PLAIN_ON_TLS: "plain HTTP on a TLS port",
    Refusal.HTTP2_OFF: "HTTP/2 is off here, and its first line is no request of HTTP/1.1",
    Refusal.PROXY_LINE: "a line of the PROXY protocol, which this port does not read",
}
CREDENTIALS: Mapping[Credentials, str] = {
    Credentials.NONE: "no user and password were sent",
    Credentials.NO_USER: "the file has no user {}",
    Credentials.MISMATCH: "wrong password for {}",
    Credentials.NO_DIGEST: "no digest was sent",
    Credentials.UNKNOWN_NONCE: "the nonce is not one of nginx's",
}
NAME_RULES: Mapping[NameRule, str] = {
    NameRule.EXACT: "exact name",
    NameRule.WILDCARD: "wildcard {}",
    NameRule.EXPRESSION: "expression {}",
    NameRule.DEFAULT_SERVER: "default_server",
    NameRule.FIRST_SERVER: "first server of this address",
}


def name_match(match: NameMatch, host: str) -> str:
    """How a server was found for a host; "" where the request names none."""
    words = NAME_RULES[match.rule].format(match.pattern)
    by_default = match.rule in (NameRule.DEFAULT_SERVER, NameRule.FIRST_SERVER)
    return f"no server_name matches: {words}" if host and by_default else words


def location_match(match: LocationMatch) -> str:
    return f"expression {match.expression}" if match.rule is LocationRule.EXPRESSION else match.rule


def _tls_name(event: nginx.Handshake | nginx.HandshakeRefused) -> str:
    return f"{name_match(event.match, event.sni)} for the name {event.sni or '-'}"


def _proxy_line(event: nginx.ProxyLineRead) -> Said:
    names = f"{event.client} came to port {event.port}" if event.port else "it names nobody"
    return Said("PROXY line", names)


def _client(event: nginx.ClientRefused) -> Said:
    return Said(event.directive, event.verify or "no client certificate was sent")


def _gave_up(event: nginx.MatchGaveUp) -> Said:
    in_names = event.phase is Phase.LISTEN
    return Said("the expression of a server_name failed" if in_names else "regular expression failed", event.error)


def _auth(event: nginx.AuthAnswered) -> Said:
    if 200 <= event.status < 300 or event.status in (401, 403):
        return Said(event.directive, f"answered {event.status}")
    why = f"unexpected status {event.status or 'none'}: only 2xx, 401 and 403 mean something"
    return Said(event.directive, why)


def _not_counted(event: nginx.NotCounted) -> Said:
    return Said(event.directive, f"the key is {'too long' if event.key else 'empty'}: not counted")


def _exceeded(event: nginx.LimitExceeded) -> Said:
    allowed = f"{event.amount} connections at once are let in"
    if event.kind == "limit_req":
        allowed = f"{event.rate} and a burst of {event.amount} let {event.amount + 1} in at once"
    tried = " (dry run)" if event.dry_run else ""
    return Said(event.directive, f"{allowed}: this is number {event.place}{tried}")


ENGINES: Mapping[Engine, str] = {
    Engine.ON: "its rules are in force",
    Engine.OFF: "SecRuleEngine Off: it does nothing",
    Engine.DETECTION_ONLY: "SecRuleEngine DetectionOnly: it writes down what it finds and blocks nothing",
    Engine.UNSET: "without SecRuleEngine On it blocks nothing",
}


def _matched(event: nginx.RuleMatched) -> Said:
    told = f" ({event.message})" if event.message else ""
    return Said(f"ModSecurity rule {event.rule}{told}", f"{event.variable} is {event.value}")


def _no_peer(event: nginx.NoPeer) -> Said:
    after = f" that has not failed in {event.tried} tries" if event.tried > 1 else ""
    after = " that has not failed before" if event.tried == 1 else after
    return Said(event.service, f"there is no peer{after} to connect to")


def _tried_again(event: nginx.TriedAgain) -> Said:
    return Said(event.directive, f"try {event.number}" + (f" of {event.most}" if event.most else ", without an end"))


def _not_answered(event: nginx.NotAnswered) -> Said:
    again = ", tried again without end" if event.again else ""
    return Said(event.directive, f"{event.service}: {event.failure}{again}")


WORDS: Vocabulary = dict(
    (
        row(nginx.MatchGaveUp, _gave_up),
        row(nginx.ScriptFailed, lambda it: Said(it.name, it.error)),
        row(nginx.ScriptExited, lambda it: Said(it.name, f"ngx.exit({it.status})")),
        row(nginx.ProxyLineRead, _proxy_line),
        row(nginx.ProxyLineMissing, lambda it: Said(f"port {it.port}", "no PROXY line came first: closed")),
        row(nginx.ProxyLineAtTls, lambda it: Said(f"port {it.port}", "a PROXY line came where TLS begins")),
        row(nginx.PortClosed, lambda it: Said(f"port {it.port}", "no server listens there")),
        row(nginx.RequestRefused, lambda it: Said("request refused", REFUSALS[it.reason].format(it.detail))),
        row(nginx.HeaderIgnored, lambda it: Said(f"header {it.name}", "its name is invalid: ignored")),
        row(nginx.NoTlsHere, lambda it: Said(f"port {it.port}", "no TLS is spoken there")),
        row(nginx.HandshakeRefused, lambda it: Said(it.directive, _tls_name(it))),
        row(nginx.Handshake, lambda it: Said(it.server, _tls_name(it))),
        row(nginx.ClientRefused, _client),
        row(nginx.ServerChosen, lambda it: Said(it.server or "-", name_match(it.match, it.host))),
        row(nginx.LocationChosen, lambda it: Said(it.directive, location_match(it.match))),
        row(nginx.NoLocation, lambda it: Said("no location", f"nothing matches {it.uri}")),
        row(nginx.NamedLocation, lambda it: Said(it.directive, "named")),
        row(nginx.InternalOnly, lambda it: Said(it.directive, "only internal requests may enter")),
        row(nginx.SlashAdded, lambda it: Said(it.directive, "a slash is added by a redirect")),
        row(nginx.FileServed, lambda it: Said("static files", it.path)),
        row(nginx.FileMissing, lambda it: Said("static files", f"{it.path} is not there")),
        row(nginx.FileMethodRefused, lambda it: Said("static files", f"{it.method} on a file")),
        row(nginx.HandlerAnswered, lambda it: Said(it.directive)),
        row(nginx.ScriptAnswered, lambda it: Said(f"content_by_lua {it.name or 'block'}")),
        row(
            nginx.CycleEnded,
            lambda it: Said("rewrite or internal redirection cycle", f"while processing {it.uri}"),
        ),
        row(nginx.SetterFailed, lambda it: Said(it.directive, it.error)),
        row(nginx.Broke, lambda it: Said(it.directive)),
        row(nginx.ConditionHeld, lambda it: Said(it.directive, "condition holds")),
        row(nginx.Returned, lambda it: Said(it.directive)),
        row(nginx.Redirected, lambda it: Said(it.directive, f"{it.uri} matches {it.pattern}")),
        row(nginx.Rewrote, lambda it: Said(it.directive, f"{it.before} becomes {it.after}")),
        row(nginx.RewroteToNothing, lambda it: Said(it.directive, "the rewritten URI is empty")),
        row(nginx.FileTried, lambda it: Said(it.directive, "no file exists")),
        row(nginx.AddressRuled, lambda it: Said(it.directive, f"client {it.client}")),
        row(nginx.OneIsEnough, lambda it: Said(it.directive, "one check is enough")),
        row(nginx.PasswordFileMissing, lambda it: Said(it.directive, "there is no such file")),
        row(nginx.PasswordRefused, lambda it: Said(it.directive, CREDENTIALS[it.reason].format(it.user))),
        row(nginx.PasswordTaken, lambda it: Said(it.directive, f"user {it.user}")),
        row(nginx.ClientNamed, lambda it: Said(f"client is {it.client}", f"{it.header}: {', '.join(it.values)}")),
        row(nginx.Screened, lambda it: Said(it.directive, ENGINES[it.engine])),
        row(nginx.RuleMatched, _matched),
        row(nginx.AuthAnswered, _auth),
        row(nginx.BodyTooLarge, lambda it: Said(it.directive, f"the body has {it.size} bytes")),
        row(nginx.Counted, lambda it: Said(it.directive, "counted")),
        row(nginx.NotCounted, _not_counted),
        row(nginx.Delayed, lambda it: Said(it.directive, f"waits for {it.seconds:g} s")),
        row(nginx.LimitExceeded, _exceeded),
        row(nginx.PeersNamed, lambda it: Said(it.service, ", ".join(it.addresses) or "no address")),
        row(nginx.NoPeer, _no_peer),
        row(nginx.NoTarget, lambda it: Said(it.content, "nowhere to pass the request on to")),
        row(nginx.BadTarget, lambda it: Said(it.directive, it.error)),
        row(nginx.BodyNeverRead, lambda it: Said(it.directive, "nginx never finishes reading the body")),
        row(nginx.HostUnknown, lambda it: Said(f"{it.host} could not be resolved", "host not found")),
        row(nginx.Answered, lambda it: Said(it.directive, f"{it.service} answered {it.status}")),
        row(nginx.NotAnswered, _not_answered),
        row(nginx.TriedAgain, _tried_again),
        row(
            nginx.AnswerTooBig, lambda it: Said("upstream sent too big header", f"{it.size} bytes, and {it.limit} fit")
        ),
        row(nginx.UnsafeRedirect, lambda it: Said(f"X-Accel-Redirect {it.target}", "an unsafe URI")),
        row(nginx.Mirrored, lambda it: Said(it.directive, "a copy of the request")),
        row(nginx.ErrorPageSent, lambda it: Said(it.directive, f"status {it.status}")),
        row(
            nginx.NamedLocationMissing,
            lambda it: Said(f"location {it.name}", "there is no such named location"),
        ),
        row(
            nginx.NoUriLeft,
            lambda it: Said(f"location {it.name}", "the request line was refused: there is no URI to go on with"),
        ),
    )
)
