"""Reports for people at a terminal: aligned lines, coloured only where colour helps and is wanted."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus

from nginxsim.printing import printed, unmarked, visible, width

NARROWEST = 40
"""Columns for which lines are still broken."""
_LABEL = re.compile(r"(?:  |    )?[a-z]{2,8} {2,6}(?! )| *= [\w ]+: | *= | +(?:-->|\.\.>) ")
"""What the rest of a line stands behind."""
_SOURCE = re.compile(r" *+\d*+ *+\|")
"""A line of a file, or what is drawn under it: both are cut to the terminal where they are made."""


def wants_colour() -> bool:
    """Colour is for a terminal, or anywhere with FORCE_COLOR, and for nobody who set NO_COLOR (no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    return sys.stdout.isatty() or os.environ.get("FORCE_COLOR", "0") not in ("", "0")


def columns() -> int | None:
    """As wide as lines may be: what COLUMNS says, else the terminal; None where nobody looks, as in a pipe."""
    told = os.environ.get("COLUMNS", "")
    if told.isascii() and told.isdecimal() and int(told):
        return max(int(told), NARROWEST)
    return max(shutil.get_terminal_size().columns, NARROWEST) if sys.stdout.isatty() else None


def for_people(lines: Iterable[str]) -> str:
    """The lines as standard output takes them, broken between words where the terminal ends."""
    wide = columns()
    shown = lines if wide is None else (part for line in lines for part in broken(line, wide))
    return printed(shown, colour=wants_colour())


def broken(line: str, wide: int) -> Iterator[str]:
    """The line in parts that are no wider; what goes on stands under where the first part's text begins."""
    plain = unmarked(line)
    if len(plain) <= wide or _SOURCE.match(plain):
        yield line
        return
    label = _LABEL.match(plain)
    lead = label.end() if label else len(plain) - len(plain.lstrip(" ")) + 2
    yield from _filled(re.split("( +)", line), wide, " " * min(lead, wide // 2))


def _filled(pieces: Sequence[str], wide: int, hanging: str) -> Iterator[str]:
    """pieces: words and the blanks between them in turn."""
    part = pieces[0]
    for blanks, word in zip(pieces[1::2], pieces[2::2], strict=True):
        if width(part) + len(blanks) + width(word) <= wide or not unmarked(part).strip():
            part += blanks + word
        else:
            yield part
            part = hanging + word
    yield part


def reason_phrase(status: int | None) -> str:
    if status is None:
        return "no HTTP answer"
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def taken(assumptions: Iterable[str]) -> Iterator[str]:
    """A line for each thing that is taken for granted."""
    return (f"taken  {assumption}" for assumption in assumptions)


def plural(noun: str, number: int) -> str:
    """The noun as it goes with the number."""
    return noun if number == 1 else noun + ("es" if noun.endswith("s") else "s")


def table(rows: Sequence[Sequence[str]], indent: str = "", gap: str = "  ") -> Iterator[str]:
    """Rows as lines with aligned columns; the last column keeps its own width."""
    if not rows:
        return
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        cells = [cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)]
        yield (indent + gap.join(cells)).rstrip()
