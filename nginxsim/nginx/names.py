"""Host names: what a Host header means; names as keys, exact, `*.suffix`, `prefix.*`, `.both` or expressions."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from nginxsim.nginx.regex import Regex

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest

T = TypeVar("T")

_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\Z")


def valid_host(text: str) -> str | None:
    """The name without port and final dot, in lower case; None for one that is answered with 400."""
    lowered = text.lower()
    if _HOST.match(lowered):
        return lowered
    if ".." in text or "/" in text or re.search(r"[\x00-\x20\x7f]", text):
        return None
    if text.startswith("["):
        end = text.find("]")
        host = lowered[: end + 1] if end >= 0 else lowered
    else:
        host = lowered.partition(":")[0]
    return host.removesuffix(".") or None


def bare_host(authority: str) -> str:
    """A host without its port, as written; "[2001:db8::1]" is one."""
    if authority.startswith("["):
        return authority.partition("]")[0] + "]" * ("]" in authority)
    return authority.partition(":")[0]


class NameRule(StrEnum):
    """How a name was found; the last two are for servers that no name led to."""

    EXACT = "exact"
    WILDCARD = "wildcard"
    EXPRESSION = "expression"
    DEFAULT_SERVER = "default_server"
    FIRST_SERVER = "first server"


class NameMatch(NamedTuple):
    """pattern: the wildcard or expression that fits."""

    rule: NameRule
    pattern: str = ""


EXACT = NameMatch(NameRule.EXACT)


class NameTable(Generic[T]):
    """Keys are compared in lower case; of two equal keys the first one stays."""

    __slots__ = ("_exact", "_prefixes", "_regexes", "_suffixes")

    def __init__(self) -> None:
        self._exact: dict[str, T] = {}
        self._suffixes: dict[str, T] = {}
        self._prefixes: dict[str, T] = {}
        self._regexes: list[tuple[Regex, T]] = []

    def add(self, key: str, value: T, wildcards: bool = True) -> None:
        key = key.lower()
        if wildcards and key.startswith("."):
            self._exact.setdefault(key[1:], value)
            self._suffixes.setdefault(key[1:], value)
        elif wildcards and key.startswith("*."):
            self._suffixes.setdefault(key[2:], value)
        elif wildcards and key.endswith(".*"):
            self._prefixes.setdefault(key[:-2], value)
        else:
            self._exact.setdefault(key, value)

    def add_regex(self, regex: Regex, value: T) -> None:
        self._regexes.append((regex, value))

    @property
    def is_plain(self) -> bool:
        """Whether exact keys are all there is."""
        return not (self._suffixes or self._prefixes or self._regexes)

    def exact(self, key: str) -> T | None:
        return self._exact.get(key)

    def find(self, key: str, subject: str, request: LiveRequest) -> tuple[T, NameMatch] | None:
        """The value and how it was found; `subject` is what expressions see. Captures land on the request."""
        if key in self._exact:
            return self._exact[key], EXACT
        found = self._by_suffix(key) or self._by_prefix(key)
        if found is not None:
            return found
        if subject:
            for regex, value in self._regexes:
                if regex.matches(request, subject):
                    return value, NameMatch(NameRule.EXPRESSION, regex.text)
        return None

    def _by_suffix(self, key: str) -> tuple[T, NameMatch] | None:
        """The longest `*.suffix`: one or more labels stand for the star."""
        if not self._suffixes:
            return None
        _, dot, rest = key.partition(".")
        while dot:
            if rest in self._suffixes:
                return self._suffixes[rest], NameMatch(NameRule.WILDCARD, f"*.{rest}")
            _, dot, rest = rest.partition(".")
        return None

    def _by_prefix(self, key: str) -> tuple[T, NameMatch] | None:
        if not self._prefixes:
            return None
        rest, dot, _ = key.rpartition(".")
        while dot:
            if rest in self._prefixes:
                return self._prefixes[rest], NameMatch(NameRule.WILDCARD, f"{rest}.*")
            rest, dot, _ = rest.rpartition(".")
        return None
