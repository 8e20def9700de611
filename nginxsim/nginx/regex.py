"""Regular expressions as nginx runs them: PCRE2 on bytes, captures kept on the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pcre2

from nginxsim.nginx.escapes import from_bytes, to_bytes
from nginxsim.nginx.tree import conf_error

if TYPE_CHECKING:
    from nginxsim.nginx.context import Context


class MatchLimitError(Exception):
    """The expression gave up on this text: nginx logs an error and answers 500."""


class Regex:
    """One compiled expression. `text` is the pattern as written."""

    __slots__ = ("_code", "_names", "text")

    def __init__(self, pattern: str, caseless: bool = False, line: int = 0) -> None:
        self.text = pattern
        try:
            self._code: Any = pcre2.compile(to_bytes(pattern), pcre2.I if caseless else 0)
        except pcre2.PatternError as error:
            where = pattern[error.pos :] if getattr(error, "pos", None) is not None else pattern
            why = str(error).partition("; ")[2] or str(error)
            raise conf_error(line, f'pcre2_compile() failed: {why} in "{pattern}" at "{where}"') from None
        self._names: tuple[tuple[str, int], ...] = tuple(
            sorted((_text(name).lower(), index) for name, index in self._code.groupindex.items())
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The named groups, which become variables."""
        return tuple(name for name, _ in self._names)

    def groups(self, text: str) -> tuple[str, ...] | None:
        """The whole match and the groups; None when it does not match. Raises MatchLimitError."""
        try:
            match = self._code.search(to_bytes(text))
            if match is None:
                return None
            return (from_bytes(match.group()), *(from_bytes(group) for group in match.groups(b"")))
        except pcre2.LibraryError as error:
            raise MatchLimitError(str(error)) from None

    def matches(self, request: Context, text: str) -> bool:
        """Whether `text` matches; if so, $1... and the named groups are the request's from now on."""
        groups = self.groups(text)
        if groups is None:
            return False
        request.captures = groups
        for name, index in self._names:
            request.vars[name] = groups[index]
        return True

    def span(self, text: str) -> tuple[int, int, Mapping[str, str], tuple[str, ...]] | None:
        """Start and end of the match, the named groups and all groups: for replacing a part of a header."""
        match = self._code.search(to_bytes(text))
        if match is None:
            return None
        data = to_bytes(text)
        start, end = len(from_bytes(data[: match.start()])), len(from_bytes(data[: match.end()]))
        groups = (from_bytes(match.group()), *(from_bytes(group) for group in match.groups(b"")))
        return start, end, {name: groups[index] for name, index in self._names}, groups


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
