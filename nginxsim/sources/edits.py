"""Changes of files at the places of names and values; every other character of a file stays."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from nginxsim.origins import Edit
from nginxsim.sources.files import read_text

_END = re.compile(r"(?=[:,}\]\s]|$)")
"""Of a word without quotes."""
_BOM = "\ufeff"


class Changed(NamedTuple):
    """A file before and after so many edits."""

    name: str
    before: str
    after: str
    edits: int


def changed(edits: Iterable[Edit], files: Collection[str]) -> list[Changed]:
    """The files that change, of these. What does not read as an edit expects, and what two edits disagree on, stays.

    Raises InputError for a file that cannot be read.
    """
    wanted: defaultdict[str, defaultdict[tuple[int, int], set[Edit]]] = defaultdict(lambda: defaultdict(set))
    for edit in edits:
        file, line, column = edit.origin
        if file in files and edit.is_own:
            wanted[file][line, column].add(edit)
    found = (_changed(name, [*map(_only, each.values())]) for name, each in wanted.items())
    return [each for each in found if each.edits]


def _only(edits: Collection[Edit]) -> Edit | None:
    first, *others = edits
    return None if others else first


def _changed(name: str, edits: Iterable[Edit | None]) -> Changed:
    before = read_text(name, encoding="utf-8")
    begin = len(before) - len(before.removeprefix(_BOM))
    lines = before[begin:].splitlines(keepends=True)
    count = 0
    for edit in sorted(filter(None, edits), key=lambda edit: edit.origin, reverse=True):
        number = edit.origin.line - 1
        line = _rewritten(lines[number], edit) if number < len(lines) else None
        if line is not None:
            lines[number] = line
            count += 1
    return Changed(name, before, before[:begin] + "".join(lines), count)


def _rewritten(line: str, edit: Edit) -> str | None:
    """None where the line does not read so."""
    place = where(line, edit)
    return None if place is None else line[: place[0]] + edit.new + line[place[1] :]


def where(line: str, edit: Edit) -> tuple[int, int] | None:
    """From where to where in its line the old word stands, from 0; None where the line does not read so."""
    at = edit.origin.column - 1
    quote = line[at : at + 1] if line[at : at + 1] in ("'", '"') else ""
    start = at + len(quote)
    end = start + len(edit.old)
    ends = line.startswith(quote, end) if quote else _END.match(line, end)
    # What brings its own quotes is for a word that has none.
    is_there = line[start:end] == edit.old and ends and not (quote and quote in edit.new)
    return (start, end) if is_there else None


def unified(name: str, before: str, after: str) -> str:
    """The difference as `diff -u` has it."""
    old, new = (text.splitlines(keepends=True) for text in (before, after))
    lines = difflib.unified_diff(old, new, name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
