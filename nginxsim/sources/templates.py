"""Which line of a template a rendered line comes from, told by what both have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

MOST_LINES = 2000
"""Longer texts are not compared: that takes the square of their length."""

_LEAD = re.compile(r"[\s-]*")
_BLOCK = re.compile(r"toYaml|include|nindent|tpl|template|range")


def _signature(line: str) -> str:
    """What a rendered line has in common with its template's: the name before the colon."""
    bare = line[_LEAD.match(line).end() :].rstrip()  # type: ignore[union-attr]
    if bare.startswith(("{{", "#")):
        return ""
    name, colon, _ = bare.partition(": ")
    return name.rstrip(":").strip("\"'") if colon or bare.endswith(":") else bare


def aligned(rendered: Sequence[str], template: Sequence[str]) -> list[int]:
    """For each rendered line the template's, both from 0."""
    if max(len(rendered), len(template)) > MOST_LINES:
        return [0] * len(rendered)
    ours, theirs = list(map(_signature, rendered)), list(map(_signature, template))
    exact: dict[int, int] = {}
    for one, other, size in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
        exact.update((one + i, other + i) for i in range(size) if ours[one + i])
    found, at = [], 0
    for number, signature in enumerate(ours):
        at = exact.get(number, -1) if number in exact else _near(signature, at, template, theirs)
        found.append(at)
    return found


def _near(signature: str, at: int, template: Sequence[str], theirs: Sequence[str]) -> int:
    """Of a line in a second round of a loop, or one that an action has made."""
    same = [number for number, each in enumerate(theirs) if each == signature and signature]
    if same:
        return min(same, key=lambda number: abs(number - at))
    making = (number for number in range(at, min(at + 5, len(template))) if _makes(template[number]))
    return next(making, at)


def _makes(line: str) -> bool:
    return "{{" in line and _BLOCK.search(line) is not None


def column_of(rendered: str, template: str, *, is_name: bool) -> int:
    """Where in the template's line it stands, from 0."""
    start = _LEAD.match(template).end()  # type: ignore[union-attr]
    if _signature(rendered) != _signature(template) or not _signature(template):
        action = template.find("{{")
        return action if action >= 0 else start
    return (
        start if is_name else min(start + len(template[start:].partition(": ")[0]) + 2, max(len(template) - 1, start))
    )
