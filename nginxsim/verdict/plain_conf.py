"""Routing by an nginx.conf that nobody rendered, and causes in nginx's own terms."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from nginxsim.nginx.exchange import AnswerFunction, Request, RoutedOutcome, Step
from nginxsim.nginx.listen import listen_words
from nginxsim.nginx.router import Router
from nginxsim.nginx.tree import ConfError, Directive
from nginxsim.origins import Source
from nginxsim.verdict.causes import cause
from nginxsim.verdict.decision import NO_DIRECTIVE, Decision
from nginxsim.verdict.provenance import Provenance
from nginxsim.verdict.routing import ConfRouting
from nginxsim.verdict.types import Cause, Evidence, TraceStep, Verdict

if TYPE_CHECKING:
    from nginxsim.nginx.includes import Conf

LOOP = "rewrite or internal redirection cycle"
FIXES = {
    "refused": ("the connection was refused", "check the address in proxy_pass and that the service listens there"),
    "timeout": ("no answer came in time", "raise proxy_read_timeout, or make the service answer sooner"),
    "tls": ("the TLS handshake failed", "check the scheme of proxy_pass and proxy_ssl_verify"),
    "protocol": ("it speaks another protocol", "name in proxy_pass the scheme that the service speaks"),
}


class PlainRouting(ConfRouting):
    """A conf as it was read from disk; raises InputError with file and line for what nginx would not start with."""

    def __init__(self, conf: Conf) -> None:
        self.conf = conf
        try:
            router = Router(conf.tree, files=conf.contents)
        except ConfError as error:
            raise conf.located(error) from None
        super().__init__(conf.tree, router, conf.assumptions)

    @cached_property
    def provenance(self) -> Provenance:
        return Provenance(self.tree, {})

    @cached_property
    def on_line(self) -> Mapping[int, list[Directive]]:
        """Every directive that begins on a line, outer ones first."""
        found: dict[int, list[Directive]] = {}
        blocks = deque([self.tree])
        while blocks:
            for directive in blocks.popleft().block or ():
                found.setdefault(directive.line, []).append(directive)
                blocks.append(directive)
        return found

    def directive(self, line: int, text: str) -> Directive:
        """The one on that line which a step speaks of."""
        there = self.on_line.get(line, [NO_DIRECTIVE])
        exact = (each for each in there if str(each) == text)
        named = (each for each in there if each.name == text.partition(" ")[0])
        return next(exact, None) or next(named, there[0])

    def written(self, line: int, text: str) -> tuple[str, Source | None]:
        name = self.directive(line, text).name
        return "", Source("conf", name, self.conf.origin(line, name))

    def verdict(self, request: Request, answer: AnswerFunction | None = None) -> Verdict:
        """Plays the request; one that names no port comes to the port of its host, as a client's would."""
        port = (request.host or "").rpartition(":")[2]
        if request.port is None and ":" in (request.host or "") and port.isdecimal():
            request = replace(request, port=int(port))
        try:
            return super().verdict(request, answer)
        except ConfError as error:
            raise self.conf.located(error) from None

    def cause_of(self, request: Request, routed: RoutedOutcome) -> Cause:
        return explain(PlainCase(self, request, routed))

    def considered(self, request: Request, step: Step) -> tuple[TraceStep, ...]:
        from nginxsim.verdict.near_misses import conf_near_misses  # noqa: PLC0415  # most reports never ask

        return conf_near_misses(self, request, step)

    def evidence(self, step: Step, note: str = "") -> Iterator[Evidence]:
        """The directive that a step speaks of, as it is written."""
        name = self.directive(step.line, step.text).name
        if step.line:
            yield Evidence(self.conf.origin(step.line, name), self.conf.statement(step.line, name), note)

    def ports(self, block: str = "http") -> list[int]:
        """Where the servers of a block listen."""
        outer = self.tree.first(block) or (self.tree if block == "http" else NO_DIRECTIVE)
        listens = [list(server.all("listen")) for server in outer.all("server")]
        found = {listen_words(each)[1] for server in listens for each in server}
        return sorted(found | ({80} if [] in listens else set()))


class PlainCase(Decision[PlainRouting]):
    """One outcome of a plain conf under examination."""

    @cached_property
    def directive(self) -> Directive:
        return self.routing.directive(self.deciding.line, self.deciding.text)

    @property
    def evidence(self) -> list[Evidence]:
        """The deciding directive, and the location around it when that is another line."""
        line, location = self.deciding.line, self.first("location")
        found = list(self.routing.evidence(self.deciding))
        if location.line != line and location.line in self.routing.provenance.lines_around(line):
            found += self.routing.evidence(location, "in this location")
        return found

    @property
    def said(self) -> str:
        step = self.deciding
        return " ".join(filter(None, (step.text, f"({step.why})" if step.why else ""))) or "nginx itself"


def explain(case: PlainCase) -> Cause:
    """The cause of one outcome; "decided-by-nginx" with the deciding step where no better word is known."""
    explainer = BY_PHASE.get(case.deciding.phase)
    found = explainer(case) if explainer else None
    return found or cause("decided-by-nginx", case.evidence, text=case.said)


# --- before any location ----------------------------------------------------------------------------------------------


def _listen(case: PlainCase) -> Cause:
    step, port = case.deciding, case.request.listen_port
    if case.routed.status is None and step.text == f"port {port}":
        return _closed(case, port)
    fix = "send a request that nginx can read; see large_client_header_buffers, underscores_in_headers"
    return cause("bad-request", case.evidence, reason=step.why or step.text, fix=fix)


def _closed(case: PlainCase, port: int) -> Cause:
    ports = ", ".join(map(str, case.routing.ports())) or "none (see what was taken for granted)"
    if port in case.routing.ports("stream"):
        reason = "its stream block does, which passes bytes on without looking at requests"
        return cause("port-closed", port=port, reason=reason, fix=f"ask the server behind it, or one of {ports}")
    return cause("port-closed", port=port, reason=f"it listens on {ports}", fix=f"ask one of {ports}")


def _tls(case: PlainCase) -> Cause:
    step = case.deciding
    if case.routed.status is None:
        fix = "give a server this name and a certificate"
        return cause("tls-refused", case.evidence, reason=f"{step.text}: {step.why}", fix=fix)
    if step.text.startswith("ssl_verify_client"):
        fix = "present a certificate issued by an authority in ssl_client_certificate"
        return cause("client-certificate-refused", case.evidence, reason=step.why, fix=fix)
    fix = "speak https to a port with `listen ... ssl`, and http to one without"
    return cause("bad-request", case.evidence, reason=step.why or step.text, fix=fix)


# --- answered by the conf itself --------------------------------------------------------------------------------------


def _rewrite(case: PlainCase) -> Cause | None:
    step, status = case.deciding, case.routed.status
    if step.text.startswith(LOOP):
        return cause("rewrite-loop", case.evidence)
    if step.text.startswith("try_files"):
        return _no_file(case, step.text)
    if status is None:
        return cause("connection-closed", case.evidence, text=step.text)
    if case.directive.name in ("return", "rewrite"):
        if 300 <= status < 400:
            return cause("conf-redirects", case.evidence, text=step.text)
        level = "fine" if status < 300 else "error" if status >= 500 else "denied"
        return cause("conf-answers", case.evidence, text=step.text, level=level)
    return None


def _location(case: PlainCase) -> Cause | None:
    step = case.deciding
    if case.routed.status == 301 and "slash" in step.why:
        return cause("slash-redirect", case.evidence, path=case.uri)
    if step.text == "static files":
        if case.routed.status == 200:
            return cause("conf-answers", case.evidence, text=f"the file {step.why}", level="fine")
        return _no_file(case, step.why)
    return None


def _no_file(case: PlainCase, what: str) -> Cause:
    return cause("no-such-file", case.evidence, text=what)


# --- who may enter ----------------------------------------------------------------------------------------------------


def _access(case: PlainCase) -> Cause | None:
    step = case.deciding
    if case.directive.name in ("allow", "deny"):
        client, peer = (step.data.get(name, case.request.client) for name in ("client", "peer"))
        seen = client if peer == client else f"{client} (from the headers of {peer})"
        fix = "allow the client's network, or see that nginx gets its own address (set_real_ip_from, real_ip_header)"
        return cause("address-denied", case.evidence, client=seen, text=str(case.directive), fix=fix)
    if step.text.startswith("auth_basic"):
        fix = "send the credentials of a user in auth_basic_user_file"
        return cause("credentials-refused", case.evidence, reason=step.why, secret="", fix=fix)
    return None


def _auth(case: PlainCase) -> Cause:
    asked = next((request for request in case.routed.also if request.role == "auth"), None)
    url = f"{asked.service}{asked.uri}" if asked else case.deciding.data.get("uri", "")
    status = case.deciding.data.get("status", "")
    if status in ("401", "403"):
        return cause("external-auth-refused", case.evidence, url=url, auth_status=status)
    return cause("external-auth-failed", case.evidence, url=url, auth_status=status or "nothing")


def _limit(case: PlainCase) -> Cause:
    step = case.deciding
    if "body" in step.data:
        size, limit = step.data["body"], step.data["limit"]
        return cause("body-too-large", case.evidence, size=size, limit=limit, fix="raise client_max_body_size")
    fix = "raise rate, burst or the number of connections; limit_req_status and limit_conn_status change the status"
    return cause("rate-limited", case.evidence, text=f"{step.text}: {step.why}", fix=fix)


# --- behind nginx -----------------------------------------------------------------------------------------------------


def _proxy(case: PlainCase) -> Cause:
    data = case.deciding.data
    service = data.get("service", "")
    if "status" not in data:
        why = data.get("failed", "")
        reason, fix = FIXES.get(why, (case.deciding.why or case.deciding.text, "look into the service"))
        return cause("upstream-failed", case.evidence, service=service or "behind", reason=reason, fix=fix)
    status = int(data["status"])
    if status >= 400:
        level = "error" if status >= 500 else "notice"
        return cause("service-error", case.evidence, service=service, status=status, level=level)
    return cause("served", case.evidence, service=service)


BY_PHASE: dict[str, Callable[[PlainCase], Cause | None]] = {
    "listen": _listen,
    "tls": _tls,
    "rewrite": _rewrite,
    "location": _location,
    "access": _access,
    "auth": _auth,
    "limit": _limit,
    "proxy": _proxy,
}
