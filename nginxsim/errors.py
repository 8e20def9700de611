"""The exceptions that reach a user.

NginxsimError
└── InputError        unreadable or malformed input; the message has file:line:column
    └── UsageError    an unknown release, flag or option value
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from nginxsim.origins import Origin

LONGEST_NAME = 253
"""Of a host, which may be longer than anything else that has a name."""


class NginxsimError(Exception):
    """Base of everything nginxsim raises on purpose."""


class InputError(NginxsimError):
    """Input that cannot be used. `origin` is None where a whole file is meant."""

    def __init__(self, message: str, origin: Origin | None = None) -> None:
        super().__init__(f"{origin}: {message}" if origin else message)
        self.origin = origin


class UsageError(InputError):
    """A flag, release or option value that does not exist or does not parse."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word closest to `word` in any letter case, spelt as it is known; None when nothing is close."""
    return next(iter(closest(word, known, 1)), None)


def closest(word: str, known: Iterable[str], most: int) -> list[str]:
    """Up to `most` known words that are close to `word` in any letter case, the closest first, spelt as they are known.

    A text that is longer than any name is close to nothing: to compare two such takes the square of their length.
    """
    if len(word) > LONGEST_NAME:
        return []
    spelt = {each.lower(): each for each in known if len(each) <= LONGEST_NAME}
    return [spelt[match] for match in difflib.get_close_matches(word.lower(), list(spelt), n=most, cutoff=0.6)]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` or an empty string: the tail of an error message."""
    match = nearest(word, known)
    return f'; did you mean "{match}"?' if match else ""


def some(names: Sequence[str], most: int) -> str:
    """The first of these names, and how many there are besides."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
