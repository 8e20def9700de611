"""Routing by an nginx.conf that nobody rendered, and causes in nginx's own terms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from nginxsim.catalogue.entries import Level
from nginxsim.lua.events import AuthServerAnswered, HttpsRedirect
from nginxsim.nginx.configtest.anybody import check_written
from nginxsim.nginx.events import (
    AddressRuled,
    Answered,
    AuthAnswered,
    BodyTooLarge,
    ClientRefused,
    CycleEnded,
    FileMethodRefused,
    FileMissing,
    FileServed,
    FileTried,
    NotAnswered,
    PasswordFileMissing,
    PasswordRefused,
    PortClosed,
    ProxyLineMissing,
    SlashAdded,
)
from nginxsim.nginx.exchange import AnswerFunction, Failure, Request, Role, RoutedOutcome
from nginxsim.nginx.listen import listen_words
from nginxsim.nginx.router import Router
from nginxsim.nginx.sizes import whole_number
from nginxsim.nginx.steps import Phase, Step
from nginxsim.origins import Source
from nginxsim.verdict.auth_server import TAKEN
from nginxsim.verdict.causes import cause
from nginxsim.verdict.connection import is_http2_off, proxy_protocol
from nginxsim.verdict.decision import NO_DIRECTIVE, Decision
from nginxsim.verdict.findings import at, finding
from nginxsim.verdict.own_conf import lua_of
from nginxsim.verdict.provenance import Provenance
from nginxsim.verdict.routing import ConfRouting
from nginxsim.verdict.types import Cause, Evidence, Finding, TraceStep, Verdict
from nginxsim.verdict.wording import client

if TYPE_CHECKING:
    from nginxsim.nginx.configtest.faults import Fault
    from nginxsim.nginx.includes import Conf

FIXES: Mapping[Failure, tuple[str, str]] = {
    Failure.REFUSED: (
        "the connection was refused",
        "check the address in proxy_pass and that the service listens there",
    ),
    Failure.TIMEOUT: ("no answer came in time", "raise proxy_read_timeout, or make the service answer sooner"),
    Failure.TLS: ("the TLS handshake failed", "check the scheme of proxy_pass and proxy_ssl_verify"),
    Failure.PROTOCOL: ("it speaks another protocol", "name in proxy_pass the scheme that the service speaks"),
}


def refusals_of(conf: Conf) -> tuple[Finding, ...]:
    """What nginx would not load in a conf, whatever its release and its modules."""
    return tuple(_refusal(conf, fault) for fault in check_written(conf))


def _refusal(conf: Conf, fault: Fault) -> Finding:
    places = at(conf.origin(fault.line), conf.statement(fault.line)) if fault.line else ()
    return finding("conf-refused", *places, reason=fault.message)


class PlainRouting(ConfRouting):
    """A conf as it was read from disk; raises ConfError for what the router cannot do without.

    refused: looks for what nginx would not load in it.
    """

    def __init__(self, conf: Conf, refused: Callable[[], tuple[Finding, ...]]) -> None:
        self.conf = conf
        self._refused = refused
        router = Router(conf.tree, lua_of(conf.tree), conf.contents, knows_files=conf.knows_files)
        super().__init__(conf.tree, router, conf.assumptions)

    @cached_property
    def provenance(self) -> Provenance:
        return Provenance(self.tree, {})

    def written(self, line: int) -> tuple[str, Source | None]:
        return "", Source("conf", self.directive(line).name, self.conf.origin(line))

    def verdict(self, request: Request, answer: AnswerFunction | None = None) -> Verdict:
        """Plays the request; one that names no port comes to the port of its host, as a client's would."""
        _, colon, port = (request.host or "").rpartition(":")
        if request.port is None and colon and (number := whole_number(port)) is not None:
            request = replace(request, port=number)
        return super().verdict(request, answer)

    def cause_of(self, request: Request, routed: RoutedOutcome) -> Cause:
        return explain(PlainCase(self, request, routed))

    def obstacles(self, *_: object) -> tuple[Finding, ...]:
        return self._refused()

    def considered(self, request: Request, step: Step, steps: Sequence[Step]) -> tuple[TraceStep, ...]:  # noqa: ARG002
        from nginxsim.verdict.near_misses import conf_near_misses  # noqa: PLC0415  # most reports never ask

        return conf_near_misses(self, request, step)

    def evidence(self, step: Step, note: str = "") -> Iterator[Evidence]:
        """The directive that a step is about, as it is written."""
        if step.line:
            yield Evidence(self.conf.origin(step.line), self.conf.statement(step.line), note)

    def ports(self, block: str = "http") -> list[int]:
        """Where the servers of a block listen."""
        outer = self.tree.first(block) or (self.tree if block == "http" else NO_DIRECTIVE)
        listens = [list(server.all("listen")) for server in outer.all("server")]
        found = {listen_words(each)[1] for server in listens for each in server}
        return sorted(found | ({80} if [] in listens else set()))


class PlainCase(Decision[PlainRouting]):
    """One outcome of a plain conf under examination."""

    @property
    def evidence(self) -> list[Evidence]:
        """The deciding directive, and the location around it when that is another line."""
        found = list(self.routing.evidence(self.deciding))
        location = self.first(Phase.LOCATION)
        if location.line in self.routing.provenance.lines_around(self.deciding.line):
            around = self.routing.evidence(location, "in this location")
            found += [item for item in around if item.origin[:2] != found[0].origin[:2]]
        return found


def explain(case: PlainCase) -> Cause:
    """The cause of one outcome; "decided-by-nginx" with the deciding step where no better word is known."""
    explainer = BY_PHASE.get(case.deciding.phase)
    found = explainer(case) if explainer else None
    return found or cause("decided-by-nginx", case.evidence, text=case.told)


# --- before any location ----------------------------------------------------------------------------------------------


def _listen(case: PlainCase) -> Cause:
    if isinstance(case.event, PortClosed):
        return _closed(case, case.event.port)
    if proxy := proxy_protocol(case.event):
        awaited = isinstance(case.event, ProxyLineMissing)
        fix = (
            "send a PROXY line, or take proxy_protocol from `listen`"
            if awaited
            else "write `listen ... proxy_protocol`"
        )
        return cause("proxy-protocol-mismatch", case.evidence, reason=proxy, fix=fix)
    if is_http2_off(case.event):
        return cause("bad-request", case.evidence, reason=case.reason, fix="write `http2 on;` in the server")
    fix = "send a request that nginx can read; see large_client_header_buffers, underscores_in_headers"
    return cause("bad-request", case.evidence, reason=case.reason, fix=fix)


def _closed(case: PlainCase, port: int) -> Cause:
    ports = ", ".join(map(str, case.routing.ports())) or "none (see what was taken for granted)"
    if port in case.routing.ports("stream"):
        reason = "its stream block does, which passes bytes on without looking at requests"
        return cause("port-closed", port=port, reason=reason, fix=f"ask the server behind it, or one of {ports}")
    return cause("port-closed", port=port, reason=f"it listens on {ports}", fix=f"ask one of {ports}")


def _tls(case: PlainCase) -> Cause:
    if case.routed.status is None:
        fix = "give a server this name and a certificate"
        return cause("tls-refused", case.evidence, reason=f"{case.text}: {case.reason}", fix=fix)
    if isinstance(case.event, ClientRefused):
        fix = "present a certificate issued by an authority in ssl_client_certificate"
        return cause("client-certificate-refused", case.evidence, reason=case.reason, fix=fix)
    fix = "speak https to a port with `listen ... ssl`, and http to one without"
    return cause("bad-request", case.evidence, reason=case.reason, fix=fix)


# --- answered by the conf itself --------------------------------------------------------------------------------------


def _rewrite(case: PlainCase) -> Cause | None:
    event, status = case.event, case.routed.status
    if isinstance(event, CycleEnded):
        return cause("rewrite-loop", case.evidence)
    if isinstance(event, HttpsRedirect):
        at = case.routing.evidence(case.first(Phase.LOCATION))
        return cause("conf-redirects", at, text=f"the controller's Lua ({case.reason})")
    if isinstance(event, FileTried):
        return _no_file(case, event.directive)
    if status is None:
        return cause("connection-closed", case.evidence, text=case.text)
    if case.directive.name in ("return", "rewrite"):
        if 300 <= status < 400:
            return cause("conf-redirects", case.evidence, text=case.text)
        level: Level = "fine" if status < 300 else "error" if status >= 500 else "denied"
        return cause("conf-answers", case.evidence, text=case.text, level=level)
    return None


def _location(case: PlainCase) -> Cause | None:
    match case.event:
        case SlashAdded():
            return cause("slash-redirect", case.evidence, path=case.uri)
        case FileServed(path):
            return cause("conf-answers", case.evidence, text=f"the file {path}", level="fine")
        case FileMissing() | FileMethodRefused():
            return _no_file(case, case.reason)
    return None


def _no_file(case: PlainCase, what: str) -> Cause:
    return cause("no-such-file", case.evidence, text=what)


# --- who may enter ----------------------------------------------------------------------------------------------------


def _access(case: PlainCase) -> Cause | None:
    event = case.event
    if isinstance(event, AddressRuled):
        fix = "allow the client's network, or see that nginx gets its own address (set_real_ip_from, real_ip_header)"
        return cause("address-denied", case.evidence, client=client(event), text=str(case.directive), fix=fix)
    if isinstance(event, PasswordFileMissing | PasswordRefused) and event.directive.startswith("auth_basic"):
        fix = "send the credentials of a user in auth_basic_user_file"
        return cause("credentials-refused", case.evidence, reason=case.reason, secret="", fix=fix)
    return None


def _auth(case: PlainCase) -> Cause:
    asked = next((request for request in case.routed.also if request.role is Role.AUTH), None)
    status = case.event.status if isinstance(case.event, AuthAnswered | AuthServerAnswered) else 0
    uri = case.event.uri if isinstance(case.event, AuthAnswered) else ""
    url = f"{asked.service}{asked.uri}" if asked else uri
    if status in (401, 403):
        return cause("external-auth-refused", case.evidence, url=url, auth_status=status, why="")
    return cause("external-auth-failed", case.evidence, url=url, auth_status=status or "nothing", takes=TAKEN)


def _limit(case: PlainCase) -> Cause:
    event = case.event
    if isinstance(event, BodyTooLarge):
        fix = "raise client_max_body_size"
        return cause("body-too-large", case.evidence, size=event.size, limit=event.limit, fix=fix)
    fix = "raise rate, burst or the number of connections; limit_req_status and limit_conn_status change the status"
    return cause("rate-limited", case.evidence, text=f"{case.text}: {case.reason}", fix=fix)


# --- behind nginx -----------------------------------------------------------------------------------------------------


def _proxy(case: PlainCase) -> Cause:
    event = case.event
    if not isinstance(event, Answered):
        unknown = (case.reason, "look into the service")
        reason, fix = FIXES[event.failure] if isinstance(event, NotAnswered) else unknown
        return cause("upstream-failed", case.evidence, service=event.service or "behind", reason=reason, fix=fix)
    status, service = event.status, event.service
    if status >= 400:
        level: Level = "error" if status >= 500 else "notice"
        return cause("service-error", case.evidence, service=service, status=status, level=level)
    return cause("served", case.evidence, service=service)


BY_PHASE: Mapping[Phase, Callable[[PlainCase], Cause | None]] = {
    Phase.LISTEN: _listen,
    Phase.TLS: _tls,
    Phase.REWRITE: _rewrite,
    Phase.LOCATION: _location,
    Phase.ACCESS: _access,
    Phase.AUTH: _auth,
    Phase.LIMIT: _limit,
    Phase.PROXY: _proxy,
}
