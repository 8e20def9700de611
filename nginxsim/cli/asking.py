"""What `nginxsim why` asks: requests as curl's options describe them, and redirects followed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

from nginxsim.errors import UsageError
from nginxsim.url import request_for

if TYPE_CHECKING:
    from nginxsim.nginx.exchange import AnswerFunction, Request
    from nginxsim.simulation import Simulation
    from nginxsim.verdict import Verdict

FORM = "application/x-www-form-urlencoded"
REDIRECTS = (301, 302, 303, 307, 308)
KEEPING_THE_METHOD = (307, 308)
MOST = 50
"""So many redirects are followed, as curl does."""


@dataclass(frozen=True, slots=True)
class Curl:
    """What curl's options say of a request; user: "name:password", cookies: "a=b; c=d", data: the body, or "@FILE"."""

    method: str | None
    header_lines: tuple[str, ...]
    user: str | None
    cookies: tuple[str, ...]
    agent: str | None
    data: str | None
    body_bytes: int
    wants_head: bool

    def named_method(self) -> str:
        return self.method or ("HEAD" if self.wants_head else "GET" if self.data is None else "POST")

    def headers(self) -> list[tuple[str, str]]:
        """Raises UsageError."""
        given = headers_from(self.header_lines)
        names = {name.lower() for name, _ in given}
        return [*given, *((name, value) for name, value in self._added() if name.lower() not in names)]

    def _added(self) -> Iterator[tuple[str, str]]:
        if self.user is not None:
            name, _, password = self.user.partition(":")
            yield "Authorization", "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
        if self.cookies:
            if wrong := next((cookie for cookie in self.cookies if "=" not in cookie), None):
                raise UsageError(f'-b "{wrong}": write NAME=VALUE; files of cookies are not read')
            yield "Cookie", "; ".join(self.cookies)
        if self.agent is not None:
            yield "User-Agent", self.agent
        if self.data is not None:
            yield "Content-Type", FORM

    def size(self) -> int:
        """Of the body, in bytes. Raises UsageError for a file that cannot be read."""
        if self.data is None:
            return self.body_bytes
        if not self.data.startswith("@"):
            return len(self.data.encode())
        try:
            return Path(self.data[1:]).stat().st_size
        except OSError as problem:
            raise UsageError(f"-d {self.data}: {problem.strerror}") from None


def headers_from(lines: tuple[str, ...]) -> list[tuple[str, str]]:
    """Header lines as curl takes them: "Name: value"."""
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise UsageError(f'-H "{line}": expected "Name: value"')
        headers.append((name.strip(), value.strip()))
    return headers


# --- services ---------------------------------------------------------------------------------------------------------


def player(words: Sequence[str]) -> Callable[[Simulation], AnswerFunction | None]:
    """Who plays services as these words say, "SERVICE=STATUS" each, for an estate. Raises UsageError and InputError."""
    if not words:
        return lambda _: None
    from nginxsim.suites.services import ServiceNames, answers, read_written

    played = read_written("--answer", "\n".join(map(_as_field, words)))
    return lambda simulation: answers(played, ServiceNames(simulation.model), lambda _: None)


def _as_field(word: str) -> str:
    """As a suite has it."""
    from nginxsim.suites.fields import FAILURES

    service, equals, answer = word.rpartition("=")
    if not equals or not service:
        raise UsageError(f'--answer "{word}": write SERVICE=STATUS, as default/auth=401')
    return f"{json.dumps(service)}: {{fails: {answer}}}" if answer in FAILURES else f"{json.dumps(service)}: {answer}"


# --- redirects --------------------------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """One request, by its URL."""

    url: str
    request: Request


class Answered(NamedTuple):
    """What is said of it. note: why the redirect that it got is not followed, "" where there is none or it is."""

    url: str
    request: Request
    verdict: Verdict
    note: str = ""


def followed(
    asked: Asked, route: Callable[[Request], Verdict], knows: Callable[[str | None], bool]
) -> Iterator[Answered]:
    """The request, and those that its redirects lead to, until one is answered, leads elsewhere, or comes again.

    knows: whether the estate has a host.
    """
    seen = set()
    for _ in range(MOST):
        seen.add((asked.request.method, asked.url))
        verdict = route(asked.request)
        target = _target(asked.url, verdict)
        following = _next(asked.request, target, verdict) if target else asked.request
        note = ""
        if target and not knows(following.host):
            note = f"{target} is not followed: no Ingress has its host"
        elif target and (following.method, target) in seen:
            note = f"{target} has been asked before: the redirects go round for ever"
        yield Answered(*asked, verdict, note)
        if note or not target:
            return
        asked = Asked(target, following)


def _next(request: Request, target: str, verdict: Verdict) -> Request:
    """The request that a client makes of a redirect."""
    keeps = verdict.status in KEEPING_THE_METHOD or request.method == "HEAD"
    named = request_for(target)
    return replace(
        request,
        host=named.host,
        sni=named.sni,
        path=named.path,
        scheme=named.scheme,
        method=request.method if keeps else "GET",
        body_bytes=request.body_bytes if keeps else 0,
        port=None,
    )


def _target(url: str, verdict: Verdict) -> str:
    """Where a redirect leads; "" for what is none."""
    outcome = verdict.outcomes[0]
    if outcome.status not in REDIRECTS:
        return ""
    location = next((value for name, value in outcome.headers if name.lower() == "location"), "")
    target = urljoin(url, location).partition("#")[0] if location else ""
    return target if target.startswith(("http://", "https://")) else ""
