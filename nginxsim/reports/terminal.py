"""Reports for people at a terminal: aligned lines, coloured only where colour helps and is wanted."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus

from nginxsim.printing import printed, visible, width


def wants_colour() -> bool:
    """Colour is for a terminal, and for nobody who set NO_COLOR (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def for_people(lines: Iterable[str]) -> str:
    """The lines as standard output takes them."""
    return printed(lines, colour=wants_colour())


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
