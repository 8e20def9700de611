"""Regular expressions as Go's regexp package has them: they run on RE2, so that they mean what they mean there."""

from __future__ import annotations

from typing import Protocol, cast

import re2


class Pattern(Protocol):
    def search(self, text: str) -> object | None: ...


def compile_pattern(pattern: str) -> Pattern:
    """A Go regular expression; ValueError when it is none."""
    options = re2.Options()
    options.log_errors = False
    try:
        return cast(Pattern, re2.compile(pattern, options))
    except re2.error as error:
        raise ValueError(str(error)) from None
