"""`--against`: the same requests to a live ingress, held against the simulation and the expectations."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from nginxsim.errors import InputError, UsageError
from nginxsim.nginx.exchange import Request
from nginxsim.nginx.regex import MatchLimitError
from nginxsim.suites.cases import Case, Check
from nginxsim.suites.draws import DrawError
from nginxsim.suites.estates import Estates
from nginxsim.suites.matching import (
    Mismatch,
    agrees,
    endless,
    redirect_agrees,
    redirect_of,
    status_agrees,
    status_text,
    values_of,
)
from nginxsim.suites.results import LiveAnswer, Result, Run, State
from nginxsim.suites.running import Player, orders
from nginxsim.verdict import Outcome

TIMEOUT = 10.0
"""Seconds to wait for a connection, and for each piece of an answer."""

LARGEST_BODY = 64 << 20
"""Bytes of a body that are sent."""

PORTS = {"http": 80, "https": 443}

OF_THE_CONNECTION = frozenset(
    {"connection", "content-length", "date", "keep-alive", "server", "trailer", "transfer-encoding"}
)
"""Response headers that say nothing of the configuration, unless the simulation has them."""

_MASK = re.compile(r"<[a-z-]+>")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a live ingress listens."""

    host: str
    port: int
    tls: bool

    @classmethod
    def parse(cls, url: str, *, tls: bool) -> Target:
        """From "http://127.0.0.1:8080" or "127.0.0.1:8080". Raises UsageError."""
        option, scheme = ("--against-tls", "https") if tls else ("--against", "http")
        try:
            parts = urlsplit(url if "://" in url else f"{scheme}://{url}")
            port = parts.port or PORTS[scheme]
        except ValueError as problem:
            raise UsageError(f'{option} "{url}": {problem}') from None
        if parts.scheme != scheme or not parts.hostname or parts.path.strip("/"):
            raise UsageError(f'{option} "{url}": write {scheme}://host:port')
        return cls(parts.hostname, port, tls)


class Unreachable(Exception):  # noqa: N818  # a finding about one request, not a fault of the program
    """The request could not be sent as it is."""


def ask(target: Target, request: Request, source: str | None = None, timeout: float = TIMEOUT) -> LiveAnswer:
    """Sends the request as it stands: its own Host header, no redirect followed, from address `source` if there is one.

    Certificates are not verified: a test names hosts that this machine need not trust. Raises Unreachable.
    """
    connection = http.client.HTTPConnection(
        target.host, target.port, timeout=timeout, source_address=(source, 0) if source else None
    )
    try:
        _connect(connection, target, request)
    except OSError as problem:
        if isinstance(problem, ssl.SSLError | ConnectionResetError):
            return LiveAnswer(None)
        raise Unreachable(f"{target.host}:{target.port}: {problem.strerror or problem}") from None
    try:
        return _exchanged(connection, request)
    except (http.client.BadStatusLine, ConnectionError, ssl.SSLError):
        return LiveAnswer(None)
    except (http.client.HTTPException, TimeoutError, ValueError) as problem:
        raise Unreachable(str(problem) or type(problem).__name__) from None
    finally:
        connection.close()


def _connect(connection: http.client.HTTPConnection, target: Target, request: Request) -> None:
    connection.connect()
    if target.tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        name = request.sni if request.sni is not None else (request.host or "").partition(":")[0]
        plain: socket.socket = connection.sock
        connection.sock = context.wrap_socket(plain, server_hostname=name or None)


def _exchanged(connection: http.client.HTTPConnection, request: Request) -> LiveAnswer:
    connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
    if request.host is not None:
        connection.putheader("Host", request.host)
    for name, value in request.headers:
        connection.putheader(name, value.encode("utf-8"))
    if request.body_bytes:
        connection.putheader("Content-Length", str(request.body_bytes))
    connection.endheaders(b"\0" * request.body_bytes or None)
    response = connection.getresponse()
    return LiveAnswer(response.status, tuple(response.getheaders()))


def run_live(
    cases: Sequence[Case],
    targets: Sequence[Target],
    *,
    fail_fast: bool = False,
    timeout: float = TIMEOUT,
    progress: Callable[[Sequence[Result]], None] | None = None,
) -> Run:
    """Every case once, in order within its estate."""
    started = time.perf_counter()
    estates = Estates()
    found: dict[int, Result] = {}
    by_scheme = {"https" if target.tls else "http": target for target in targets}
    for order in orders(cases):
        player = Player(estates.simulation(order.cases[0].estate), order.cases)
        for place, case in zip(order.places, order.cases, strict=True):
            found[place] = result = _result(player, case, by_scheme.get(case.request.scheme), timeout)
            if progress:
                progress([result])
            if fail_fast and result.failed:
                break
        if fail_fast and any(result.failed for result in found.values()):
            break
    return Run([found[place] for place in sorted(found)], seconds=time.perf_counter() - started)


def _result(player: Player, case: Case, target: Target | None, timeout: float) -> Result:
    reason = case.skip if case.skip is not None else _why_not(case, target)
    if reason is not None or target is None:
        return Result(case, State.SKIPPED, reason=reason or "")
    started = time.perf_counter()
    try:
        verdict, outcomes = player.outcomes(case)
        answer = ask(target, case.request, case.request.client if case.client_given else None, timeout)
    except (InputError, DrawError, Unreachable) as problem:
        fault = Mismatch("request", "an answer", str(problem))
        return Result(case, State.FAILED, (fault,), str(problem), time.perf_counter() - started)
    seconds = time.perf_counter() - started
    try:
        faults = (*_unmet(case, answer), *_parting(outcomes, answer))
    except MatchLimitError as problem:
        faults = (endless(problem),)
    if not faults:
        return Result(case, State.PASSED, seconds=seconds)
    simulated = verdict._replace(outcomes=outcomes).settled()
    return Result(case, State.FAILED, faults, seconds=seconds, verdict=simulated, live=answer)


def _why_not(case: Case, target: Target | None) -> str | None:
    """Why a live ingress cannot be asked this."""
    request = case.request
    if target is None:
        return f"no --against{'-tls' if request.scheme == 'https' else ''} for {request.scheme}"
    if case.what_if:
        return "changes the manifests"
    if case.plays:
        return "plays the services"
    if request.visitor.has_session:
        return "nobody can be signed in here"
    if request.http_version != "1.1":
        return f"HTTP/{request.http_version} is not spoken here"
    if request.proxy_protocol:
        return "a PROXY line is not sent here"
    if request.body_bytes > LARGEST_BODY:
        return f"a body of {request.body_bytes} bytes is too large to be sent"
    if request.client_certificate:
        return "the key of the client certificate is not known"
    if case.client_given and not _is_local(request.client):
        return f"{request.client} is no address of this machine"
    return None


def _is_local(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def _unmet(case: Case, answer: LiveAnswer) -> Iterator[Mismatch]:
    """Expectations that can be seen from outside and do not hold live."""
    for check in case.expect.checks:
        if not _holds(check, answer):
            actual = _actual(check, answer)
            yield Mismatch(f"expected {check.label}", str(check.wanted) or "(absent)", actual or "(absent)")


def _holds(check: Check, answer: LiveAnswer) -> bool:
    wanted = str(check.wanted)
    match check.field:
        case "status":
            return status_agrees(wanted, answer.status)
        case "redirect":
            return redirect_agrees(wanted, answer.status, answer.headers)
        case "headers":
            lines = values_of(answer.headers, check.name)
            return any(agrees(wanted, line) for line in lines) if lines else not wanted
    return True


def _actual(check: Check, answer: LiveAnswer) -> str:
    if check.field == "status":
        return status_text(answer.status)
    if check.field == "redirect":
        return redirect_of(answer.status, answer.headers)
    return ", ".join(values_of(answer.headers, check.name))


def _parting(outcomes: Sequence[Outcome], answer: LiveAnswer) -> list[Mismatch]:
    """Where the live answer differs from the simulated outcome that is most like it."""
    return min((list(_differences(outcome, answer)) for outcome in outcomes), key=len)


def _differences(outcome: Outcome, answer: LiveAnswer) -> Iterator[Mismatch]:
    if outcome.status != answer.status:
        yield Mismatch("simulated status", status_text(outcome.status), status_text(answer.status))
        return
    names = {name.lower(): name for name, _ in outcome.headers}
    if outcome.upstream is None:
        names = {name.lower(): name for name, _ in answer.headers if name.lower() not in OF_THE_CONNECTION} | names
    for name in (names[key] for key in sorted(names) if key not in OF_THE_CONNECTION or key == "server"):
        simulated, live = values_of(outcome.headers, name), values_of(answer.headers, name)
        if not _alike(simulated, live):
            yield Mismatch(f"simulated {name}", ", ".join(simulated) or "(absent)", ", ".join(live) or "(absent)")


def _alike(simulated: Sequence[str], live: Sequence[str]) -> bool:
    """What is random stands as <name> in the simulation and matches anything."""
    return len(simulated) == len(live) and all(map(_fits, sorted(simulated), sorted(live)))


def _fits(masked: str, live: str) -> bool:
    """Whether the parts around the masks come one after the other, with something for each mask between them."""
    first, *parts = _MASK.split(masked)
    if not parts:
        return masked == live
    end = len(live) - len(parts[-1])
    place = len(first)
    for part in parts[:-1]:
        found = live.find(part, place + 1, end)
        if found < 0:
            return False
        place = found + len(part)
    return live.startswith(first) and live.endswith(parts[-1]) and place < end
