"""What a hop with a cache may do with an answer: keep it or not, how long, and how long an old copy may stand in.

No contents are simulated: only what its rules say of this one answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from nginxsim.nginx.exchange import Request
from nginxsim.nginx.sizes import whole_number

FAILED = 500
UNSTORABLE = ("no-store", "private")
OPEN = ("public", "must-revalidate", "s-maxage")
"""With one of these an answer to a request with Authorization may be kept."""
_DIRECTIVE = re.compile(r"([A-Za-z-]+)(?:\s*=\s*\"?([^\",\s]*)\"?)?")
_EXTENSION = re.compile(r"\.([A-Za-z0-9]+)$")


class Why(StrEnum):
    """What decides whether an answer is kept."""

    BY_HEADERS = "by-headers"
    BY_DEFAULT = "by-default"
    FORCED = "forced"
    METHOD = "method"
    STATUS = "status"
    NOT_STATIC = "not-static"
    NO_WORD = "no-word"
    """The answer does not say that it may be kept."""
    FORBIDDEN = "forbidden"
    COOKIE = "cookie"
    VARY = "vary"
    AUTHORIZED = "authorized"


@dataclass(frozen=True, slots=True)
class Policy:
    """How a cache decides. Times in seconds.

    statuses: those that may be kept at all, each with its time where the answer names none; 0: only if it names one.
    negative: the same of failures, whatever their content.
    types, extensions: of static content, by the answer's Content-Type or the path; empty: everything.
    needs_word: nothing is kept that does not say so. forced: whatever Cache-Control says.
    vary: headers that Vary may name; None: it is not looked at, but for "*".
    heeds_authorization: answers to requests with Authorization are kept only if they say so.
    stale_word: the directive of Cache-Control that says for how long an old copy may stand in.
    max_ttl: none is kept longer; 0: no limit. stale: so long an old copy may stand in while nginx errs or is away.
    shown_by: the header that tells a client where the answer came from. source: the page that says so.
    """

    title: str
    source: str
    shown_by: str
    statuses: Mapping[int, int]
    negative: Mapping[int, int] = field(default_factory=dict)
    types: re.Pattern[str] | None = None
    extensions: frozenset[str] = frozenset()
    needs_word: bool = False
    forced: bool = False
    max_ttl: int = 0
    stale: int = 0
    methods: frozenset[str] = frozenset({"GET", "HEAD"})
    vary: frozenset[str] | None = None
    heeds_authorization: bool = True
    stale_word: str = ""
    refuses: tuple[str, ...] = field(default=UNSTORABLE)


class Kept(NamedTuple):
    """What becomes of one answer.

    fresh: seconds for which it is kept, 0 where it is not. stale: seconds for which a copy that is no longer fresh may
    stand in while nginx errs or is away: this one, or for an error an earlier one. shown_by, source: see Policy.
    """

    title: str
    why: Why
    fresh: int = 0
    stale: int = 0
    shown_by: str = ""
    source: str = ""
    is_played: bool = False
    """A service gave the answer that nobody said the headers of."""

    @property
    def kept(self) -> bool:
        return self.fresh > 0


def with_times(policy: Policy, times: Mapping[str, int]) -> Policy:
    """With what the cache is told; names as in nginxsim.around.hops.CACHE_TIMES."""
    ttl = times.get("ttl")
    usual = policy.statuses
    return replace(
        policy,
        statuses=usual if ttl is None else {status: ttl if seconds else 0 for status, seconds in usual.items()},
        max_ttl=times.get("max-ttl", policy.max_ttl),
        stale=times.get("stale", policy.stale),
    )


def kept_by(policy: Policy, request: Request, status: int, headers: Sequence[tuple[str, str]]) -> Kept:
    """What a cache does with this answer to this request."""
    said = _directives(headers)
    why = _refused(policy, request, status, headers, said)
    fresh = 0
    if why is None:
        why, fresh = _time(policy, request, status, headers, said)
    stale = _stale(policy, said) if fresh or status >= FAILED else 0
    return Kept(policy.title, why, fresh, stale, policy.shown_by, policy.source)


def _refused(
    policy: Policy, request: Request, status: int, headers: Sequence[tuple[str, str]], said: Mapping[str, str]
) -> Why | None:
    """Why it is not kept, however long it is good for."""
    if request.method not in policy.methods:
        return Why.METHOD
    if status not in policy.statuses and status not in policy.negative:
        return Why.STATUS
    if not policy.forced and any(word in said for word in policy.refuses):
        return Why.FORBIDDEN
    if _value(headers, "set-cookie"):
        return Why.COOKIE
    if not _varies_little(policy, headers):
        return Why.VARY
    guarded = policy.heeds_authorization and _value(request.headers, "authorization")
    return Why.AUTHORIZED if guarded and not any(word in said for word in OPEN) else None


def _time(
    policy: Policy, request: Request, status: int, headers: Sequence[tuple[str, str]], said: Mapping[str, str]
) -> tuple[Why, int]:
    """For how long it is kept, and by what."""
    named = None if policy.forced else _named_time(said)
    if named is not None:
        return Why.BY_HEADERS, min(named, policy.max_ttl or named)
    if status in policy.negative:
        return Why.BY_DEFAULT, policy.negative[status]
    if policy.needs_word:
        return Why.NO_WORD, 0
    if not _is_static(policy, request, headers):
        return Why.NOT_STATIC, 0
    fresh = policy.statuses[status]
    why = Why.FORCED if policy.forced else Why.BY_DEFAULT if fresh else Why.NO_WORD
    return why, min(fresh, policy.max_ttl or fresh)


def _stale(policy: Policy, said: Mapping[str, str]) -> int:
    """For how long an old copy may stand in: by the answer's own word, else by what the cache is told."""
    if "must-revalidate" in said:
        return 0
    named = whole_number(said.get(policy.stale_word, ""))
    return policy.stale if named is None else named


def _varies_little(policy: Policy, headers: Sequence[tuple[str, str]]) -> bool:
    names = {name.strip().lower() for name in _value(headers, "vary").split(",")} - {""}
    return "*" not in names and (policy.vary is None or names <= policy.vary)


def _is_static(policy: Policy, request: Request, headers: Sequence[tuple[str, str]]) -> bool:
    if policy.types is not None:
        return policy.types.match(_value(headers, "content-type")) is not None
    if not policy.extensions:
        return True
    ending = _EXTENSION.search(request.path.partition("?")[0])
    return ending is not None and ending[1].lower() in policy.extensions


def _directives(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    lines = ", ".join(value for name, value in headers if name.lower() == "cache-control")
    return {match[1].lower(): match[2] or "" for match in _DIRECTIVE.finditer(lines)}


def _named_time(said: Mapping[str, str]) -> int | None:
    return whole_number(said.get("s-maxage") or said.get("max-age") or "")


def _value(headers: Sequence[tuple[str, str]], wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")
