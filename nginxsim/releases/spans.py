"""Which releases something holds for, written as "..1.13.6 1.14.0..1.14.2": runs in the order of the numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeAlias, TypeVar

from nginxsim.releases.published import PUBLISHED

Number: TypeAlias = tuple[int, ...]
T = TypeVar("T")

EVER = ".."

_NUMBER = re.compile(r"\d+\.\d+\.\d+")
_LAST: Number = (1 << 31,)


def number(release: str) -> Number:
    """ "1.15.1" -> (1, 15, 1). Raises ValueError for anything that is not written so."""
    if not _NUMBER.fullmatch(release):
        raise ValueError(f'"{release}" is no release such as 1.15.1')
    return tuple(map(int, release.split(".")))


@dataclass(frozen=True, slots=True)
class Span:
    """Runs of releases, both ends included. Membership is asked with a release such as "1.13.9"."""

    text: str
    runs: tuple[tuple[Number, Number], ...]

    def __contains__(self, release: str) -> bool:
        asked = number(release)
        return any(first <= asked <= last for first, last in self.runs)

    def next_after(self, release: str) -> str:
        """The first published release above this one that is within, "" for none."""
        return next((later for later in PUBLISHED if number(later) > number(release) and later in self), "")

    def left_before(self, release: str) -> str:
        """The first published release behind the run that ends below this one, "" where none does."""
        ends = [last for _, last in self.runs if last < number(release)]
        return next((later for later in PUBLISHED if ends and number(later) > max(ends)), "")


@cache
def span(text: str) -> Span:
    """Reads "A..B", "A..", "..B", "A", or several of them with blanks between. Raises ValueError."""
    return Span(text, tuple(map(_run, text.split())))


def _run(text: str) -> tuple[Number, Number]:
    first, dots, last = text.partition("..")
    if not dots:
        return number(first), number(first)
    return (number(first) if first else ()), (number(last) if last else _LAST)


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """What a fact was in which releases: the first span that holds a release has its value."""

    values: tuple[tuple[Span, T], ...]

    def at(self, release: str) -> T:
        """Raises LookupError where nothing is said about the release."""
        for when, value in self.values:
            if release in when:
                return value
        raise LookupError(release)


def dated(values: Iterable[tuple[str, T]]) -> Dated[T]:
    return Dated(tuple((span(when), value) for when, value in values))


def during(when: str) -> Dated[bool]:
    """True in these releases, False in all others."""
    return dated(((when, True), (EVER, False)))
