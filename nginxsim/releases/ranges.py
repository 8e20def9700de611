"""Versions that a range allows, written as charts are asked for: "4.x", ">=4.0.0 <5", "~4.12.1", "4.11 - 4.13 || 5".

Masterminds/semver v3: constraints.go. Prereleases are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

Version: TypeAlias = tuple[int, int, int]
_WILD = frozenset("xX*")
_PART = re.compile(
    r"(?P<sign>=|==|!=|>=|=>|<=|=<|>|<|~>?|\^)?\s*v?(?P<number>(?:\d+|[xX*])(?:\.(?:\d+|[xX*])){0,2})(?:[-+][\w.+-]+)?"
)
_HYPHEN = re.compile(r"(?<!\S)(\S++)\s++-\s++(\S++)")
_BETWEEN = re.compile(r"[\s,]+(?![\d*xXv])|(?<=[\w*])[\s,]+")
_PLACES = 3


def allows(text: str, version: Version) -> bool:
    """Whether the range takes in this version. Raises ValueError for what is no range."""
    return any(all(_fits(part, version) for part in _parts(choice)) for choice in (text.strip() or "*").split("||"))


def _parts(text: str) -> list[str]:
    plain = _HYPHEN.sub(r">=\1 <=\2", text.strip())
    return [part for part in _BETWEEN.split(plain) if part] or ["*"]


def _fits(part: str, version: Version) -> bool:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(f'"{part}" is no range of versions')
    written = found["number"].split(".")
    known = tuple(int(each) for each in written[: next((n for n, each in enumerate(written) if each in _WILD), None)])
    first = (*known, *(0,) * (_PLACES - len(known)))
    return _SIGNS[found["sign"] or "="](version, (first[0], first[1], first[2]), len(known))


def _equal(version: Version, first: Version, places: int) -> bool:
    return version[:places] == first[:places]


def _above(version: Version, first: Version, places: int) -> bool:
    return version[:places] > first[:places]


def _tilde(version: Version, first: Version, places: int) -> bool:
    """The last place may grow; of "~4" and "~4.1" only the one behind them."""
    return version >= first and version[: min(places, 2)] == first[: min(places, 2)]


def _caret(version: Version, first: Version, places: int) -> bool:
    """Up to the first place that is not 0."""
    kept = next((place for place in range(places) if first[place]), max(places - 1, 0))
    return version >= first and version[: min(kept + 1, places)] == first[: min(kept + 1, places)]


_SIGNS: Mapping[str, Callable[[Version, Version, int], bool]] = {
    **dict.fromkeys(("=", "=="), _equal),
    "!=": lambda version, first, places: not _equal(version, first, places),
    ">": _above,
    "<": lambda version, first, _: version < first,
    **dict.fromkeys((">=", "=>"), lambda version, first, _: version >= first),
    **dict.fromkeys(("<=", "=<"), lambda version, first, places: not _above(version, first, places)),
    **dict.fromkeys(("~", "~>"), _tilde),
    "^": _caret,
}
"""Asked with the version, the first that is written (missing places are 0), and how many places are written."""
