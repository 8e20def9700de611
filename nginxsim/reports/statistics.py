"""How many findings there are of each code, the most first. Field names are part of the interface."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from nginxsim.catalogue import entry
from nginxsim.catalogue.entries import Level
from nginxsim.printing import paint, spaced
from nginxsim.reports.findings import COLOURS, CheckReport, summary, summary_data
from nginxsim.reports.machine import dumps
from nginxsim.reports.terminal import for_people, table, taken


@dataclass(frozen=True, slots=True)
class _Row:
    count: int
    number: str
    code: str
    level: Level
    title: str


def _rows(report: CheckReport) -> Iterator[_Row]:
    """Of codes that are as many, by number."""
    counts = Counter((found.number, found.code, found.level) for found in report.findings)
    for (number, code, level), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield _Row(count, number, code, level, entry(code).title)


def text(report: CheckReport) -> str:
    rows = list(_rows(report))
    wide = max((len(str(row.count)) for row in rows), default=0)
    lines = table([_cells(row, wide) for row in rows])
    blocks = [lines] if rows else []
    return for_people(spaced([*blocks, [*taken(report.assumptions), summary(report)]]))


def _cells(row: _Row, wide: int) -> tuple[str, ...]:
    return str(row.count).rjust(wide), row.number, paint(row.level, fg=COLOURS[row.level]), row.code, row.title


def as_json(report: CheckReport) -> str:
    return dumps({"statistics": [asdict(row) for row in _rows(report)], "summary": summary_data(report)})
