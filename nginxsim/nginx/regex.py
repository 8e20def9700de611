"""Regular expressions as nginx runs them: PCRE2 on bytes, captures kept on the request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pcre2

from nginxsim.nginx.escapes import from_bytes, to_bytes
from nginxsim.nginx.tree import conf_error

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest

_GROUPS = re.compile(rb"\\.|\([^()]*+\)?|\[[^\]]*+\]?", re.DOTALL)
"""What may hold a bar that does not part the whole expression; a group in a group is taken for one that does."""


LIMIT = 10_000_000
"""Steps that PCRE2 takes from one place in a text before it gives up: pcre2_set_match_limit, as nginx leaves it."""
SHORT = 128
"""Up to so many bytes the places are so few that this is no danger."""
TOTAL = 40_000_000
"""Steps for all places of a longer text: fewer from each, or an expression could take minutes without giving up."""


_OUT_OF_STACK = -46
"""PCRE2_ERROR_JIT_STACKLIMIT"""


class MatchLimitError(Exception):
    """The expression gave up on this text: nginx logs an error and answers 500."""


class Limited:
    """An expression on bytes that ends on every text. Raises pcre2.PatternError for what is none."""

    __slots__ = ("_flags", "_is_anchored", "_kept", "_pattern", "code")

    def __init__(self, pattern: bytes, flags: int = 0) -> None:
        self._pattern = pattern
        self._flags = flags
        self._is_anchored = pattern.startswith(b"^") and b"|" not in _GROUPS.sub(b"", pattern)
        self.code: Any = pcre2.compile(pattern, flags)
        self._kept: dict[tuple[int, bool], Any] = {}

    def search(self, data: bytes) -> Any:
        """The match, or None. Raises MatchLimitError."""
        size = 0 if len(data) <= SHORT or self._is_anchored else len(data).bit_length()
        try:
            return (self._for(size) if size else self.code).search(data)
        except pcre2.LibraryError as error:
            if error.code != _OUT_OF_STACK:
                raise MatchLimitError(str(error)) from None
        try:
            return self._for(size, jit=False).search(data)
        except pcre2.LibraryError as error:
            raise MatchLimitError(str(error)) from None

    def _for(self, size: int, *, jit: bool = True) -> Any:
        """The expression under the limit for texts whose length has so many bits. nginx compiles to no machine code,
        whose stack is small, unless `pcre_jit` says so.
        """
        if (size, jit) not in self._kept:
            limit = b"(*LIMIT_MATCH=%d)" % (max(TOTAL >> size, 1) if size else LIMIT)
            self._kept[size, jit] = pcre2.compile(limit + self._pattern, self._flags, jit=jit)
        return self._kept[size, jit]


class Regex:
    """One compiled expression. `text` is the pattern as written."""

    __slots__ = ("_limited", "_names", "text")

    def __init__(self, pattern: str, caseless: bool = False, line: int = 0) -> None:
        self.text = pattern
        try:
            self._limited = Limited(to_bytes(pattern), pcre2.I if caseless else 0)
        except pcre2.PatternError as error:
            where = pattern[error.pos :] if getattr(error, "pos", None) is not None else pattern
            why = str(error).partition("; ")[2] or str(error)
            raise conf_error(line, f'pcre2_compile() failed: {why} in "{pattern}" at "{where}"') from None
        groups = self._limited.code.groupindex.items()
        self._names: tuple[tuple[str, int], ...] = tuple(sorted((_text(name).lower(), index) for name, index in groups))

    @property
    def names(self) -> tuple[str, ...]:
        """The named groups, which become variables."""
        return tuple(name for name, _ in self._names)

    def groups(self, text: str) -> tuple[str, ...] | None:
        """The whole match and the groups; None when it does not match. Raises MatchLimitError."""
        match = self._limited.search(to_bytes(text))
        return None if match is None else _all_groups(match)

    def matches(self, request: LiveRequest, text: str) -> bool:
        """Whether `text` matches; if so, $1... and the named groups are the request's from now on."""
        groups = self.groups(text)
        if groups is None:
            return False
        request.captures = groups
        for name, index in self._names:
            request.vars[name] = groups[index]
        return True

    def span(self, text: str) -> tuple[int, int, Mapping[str, str], tuple[str, ...]] | None:
        """Start and end of the match, the named groups and all groups: for replacing a part of a header.

        Raises MatchLimitError.
        """
        data = to_bytes(text)
        match = self._limited.search(data)
        if match is None:
            return None
        start, end = len(from_bytes(data[: match.start()])), len(from_bytes(data[: match.end()]))
        groups = _all_groups(match)
        return start, end, {name: groups[index] for name, index in self._names}, groups


def _all_groups(match: Any) -> tuple[str, ...]:
    return (from_bytes(match.group()), *map(from_bytes, match.groups(b"")))


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
