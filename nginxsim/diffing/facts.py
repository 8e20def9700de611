"""What is compared of an answer, and how it is said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from urllib.parse import quote

from nginxsim.diffing.endings import Ending
from nginxsim.nginx.exchange import Headers, Request, UpstreamRequest

SCHEME, HOST, URI = "{scheme}", "{host}", "{uri}"
"""Stand for the request's own parts where the same change is told of many requests."""

_DEFAULT_PORT = re.compile(r"(?<=[a-z0-9]):(?:80|443)(?=/|$)")

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """One way a request may end, as far as a client or a service can tell. Each field is an aspect of ASPECTS."""

    status: int | None
    service: str
    """The backend that answered, "" for nginx itself."""
    redirect: str
    uri: str
    sent: Pairs
    """Protocol, method, Host and the other headers that the service gets."""
    headers: Pairs
    """Of the response, Location apart."""
    also: tuple[str, ...]
    """Auth and mirror requests on the way, as "role method url"."""
    certificate: str
    """The Secret whose certificate an https client is shown."""
    cause: str
    """Code of the cause, "" where a service answered with success."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How a request ends: facts with their share of requests, most likely first."""

    outcomes: tuple[tuple[float, Facts], ...]

    @property
    def first(self) -> Facts:
        return self.outcomes[0][1]


ASPECTS = (*(field.name for field in fields(Facts)), "share")
PRIMARY = {"status", "service", "redirect", "certificate", "cause", "share"}
LISTS = ("sent", "headers", "also")


def answered(endings: Iterable[Ending], certificate: str) -> Answered:
    outcomes = [(round(ending.routed.probability, 6), _facts(ending, certificate)) for ending in endings]
    return Answered(tuple(sorted(outcomes, key=lambda pair: (-pair[0], str(pair[1])))))


def _facts(ending: Ending, certificate: str) -> Facts:
    routed, upstream = ending.routed, ending.routed.upstream
    headers = [(name, value) for name, value in routed.headers if name.lower() != "location"]
    fine = upstream is not None and routed.status is not None and routed.status < 300
    return Facts(
        status=routed.status,
        service=ending.service,
        redirect=next((value for name, value in routed.headers if name.lower() == "location"), ""),
        uri=upstream.uri if upstream else "",
        sent=_sent(upstream) if upstream else (),
        headers=tuple(sorted(headers)),
        also=tuple(f"{one.role} {one.method} {one.protocol}://{one.host}{one.uri}" for one in routed.also),
        certificate=certificate,
        cause="" if fine else ending.reason.code,
    )


def _sent(upstream: UpstreamRequest) -> Pairs:
    headers: Headers = [("protocol", upstream.protocol), ("method", upstream.method), ("host", upstream.host)]
    headers += [("verified", str(upstream.tls_verify).lower())] if upstream.protocol in ("https", "grpcs") else []
    return tuple(sorted([*headers, *(pair for pair in upstream.headers if pair[0].lower() != "host")]))


def aspects(before: Answered, after: Answered) -> tuple[str, ...]:
    """The names of what differs, () for nothing. Where somebody else answers, only who and how counts."""
    if before == after:
        return ()
    found = {name for name in ASPECTS[:-1] if _values(before, name) != _values(after, name)}
    if not found or _shares(before) != _shares(after):
        found.add("share")
    if found & {"status", "service"}:
        found &= PRIMARY
    elif found != {"cause"}:
        found.discard("cause")
    return tuple(name for name in ASPECTS if name in found)


def alike(one: Answered, other: Answered, what: Iterable[str]) -> bool:
    """Whether these aspects are the same."""
    return all(_shares(one) == _shares(other) if n == "share" else _values(one, n) == _values(other, n) for n in what)


def _values(answer: Answered, name: str) -> set[object]:
    return {getattr(facts, name) for _, facts in answer.outcomes}


def _shares(answer: Answered) -> list[float]:
    return [share for share, _ in answer.outcomes]


def is_decided_otherwise(what: Iterable[str]) -> bool:
    """Whether somebody else answers, or for another reason; if not, the same answer only looks otherwise."""
    return not {"status", "service", "redirect", "cause"}.isdisjoint(what)


def words(before: Answered, after: Answered, what: Iterable[str]) -> set[str]:
    """Names of the headers that differ, in lower case: what a directive behind them would mention."""
    found = {
        str(item[0]).lower() for name in what if name in ("sent", "headers") for item in _moved(before, after, name)
    }
    return found - {"protocol", "method", "verified"}


def _moved(before: Answered, after: Answered, name: str) -> list[tuple[str, str]]:
    gone, come = lists(before, after, name)
    return [item for item in (*gone, *come) if isinstance(item, tuple)]


def signature(before: Answered, after: Answered, what: Iterable[str], request: Request) -> tuple[object, ...]:
    """Equal for requests that change in the same way: what differs, with the request's own host and path taken out."""
    names = dict.fromkeys((*(("status", "service", "cause") if is_decided_otherwise(what) else ()), *what))
    return tuple(
        _difference(before, after, name, request) if name in LISTS else _both(before, after, name, request)
        for name in names
    )


def _both(before: Answered, after: Answered, name: str, request: Request) -> tuple[object, ...]:
    if name == "share":
        return (*_shares(before), "", *_shares(after))
    return tuple(
        tuple(_general_url(str(getattr(facts, name)), request) for _, facts in answer.outcomes)
        for answer in (before, after)
    )


def _difference(before: Answered, after: Answered, name: str, request: Request) -> tuple[object, ...]:
    gone, come = lists(before, after, name)
    return tuple(tuple(_general(str(item), request) for item in items) for items in (gone, come))


def lists(before: Answered, after: Answered, name: str) -> tuple[list[object], list[object]]:
    """Of an aspect that is a list: what only the old side has, and what only the new one."""
    old, new = (
        dict.fromkeys(item for _, facts in answer.outcomes for item in getattr(facts, name))
        for answer in (before, after)
    )
    return [item for item in old if item not in new], [item for item in new if item not in old]


def _general(text: str, request: Request) -> str:
    """The text with placeholders for what comes from the request."""
    if not text:
        return text
    text = text.replace(quote(request.path, safe=""), URI)
    if len(request.path) > 1:
        text = text.replace(request.path, URI)
    return text.replace(request.host or HOST, HOST)


def _general_url(text: str, request: Request) -> str:
    """Of a URL, or of a path, also what the request's scheme and a lone slash leave behind."""
    text = _DEFAULT_PORT.sub("", text).replace(f"{request.scheme}://{request.host}", f"{SCHEME}://{request.host}")
    scheme, separator, rest = text.partition("://")
    host, slash, path = rest.partition("/") if separator else ("", "", text)
    path = slash + path
    if path == request.path or (separator and not path and request.path == "/"):
        path = URI
    if not separator:
        return _general(path, request)
    if scheme == request.scheme and _is_kin(host, request.host or ""):
        scheme = SCHEME
    return _general(f"{scheme}://{host}{path}", request)


def _is_kin(host: str, other: str) -> bool:
    return host.endswith(f".{other}") or other.endswith(f".{host}")
