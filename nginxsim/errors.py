"""The exceptions that reach a user.

NginxsimError
└── InputError        unreadable or malformed input; the message has file:line:column
    └── UsageError    an unknown release, flag or option value
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

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


def misspelt(word: str, known: Iterable[str]) -> str:
    """The one known word that is one slip away: a letter more, less, other or swapped with the next, letter case, or
    what stands between its parts. "" where there is none, or more than one.
    """
    same = _joined(word)
    found = [each for each in known if _joined(each) == same or _is_slip(word, each)]
    return found[0] if len(found) == 1 and found[0] != word else ""


@lru_cache(maxsize=4096)
def _joined(word: str) -> str:
    return re.sub("[-_. ]", "", word.lower())


def _is_slip(word: str, other: str) -> bool:
    if abs(len(word) - len(other)) > 1:
        return False
    start = _alike(word, other)
    end = _alike(word[start:][::-1], other[start:][::-1])
    mine, its = (text[start : len(text) - end] for text in (word, other))
    return max(len(mine), len(its)) == 1 or (len(mine) == len(its) == 2 and mine == its[::-1])


def _alike(word: str, other: str) -> int:
    """How many letters they begin with alike."""
    return next(
        (at for at, (mine, its) in enumerate(zip(word, other, strict=False)) if mine != its), min(len(word), len(other))
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` or an empty string: the tail of an error message."""
    match = nearest(word, known)
    return f'; did you mean "{match}"?' if match else ""


def some(names: Sequence[str], most: int) -> str:
    """The first of these names, and how many there are besides."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
