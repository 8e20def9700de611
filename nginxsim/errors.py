"""The exceptions that reach a user.

NginxsimError
└── InputError        unreadable or malformed input; the message has file:line:column
    └── UsageError    an unknown release, flag or option value
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from nginxsim.origins import Origin


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
    spelt = {each.lower(): each for each in known}
    matches = difflib.get_close_matches(word.lower(), list(spelt), n=1, cutoff=0.6)
    return spelt[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` or an empty string: the tail of an error message."""
    match = nearest(word, known)
    return f'; did you mean "{match}"?' if match else ""
