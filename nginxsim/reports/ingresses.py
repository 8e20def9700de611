"""The paths of `nginxsim ingresses` with their state. Field names are part of the interface."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nginxsim.errors import some
from nginxsim.printing import paint, printed, spaced, width
from nginxsim.reports.machine import dumps, place
from nginxsim.reports.terminal import columns, for_people, plural, table
from nginxsim.verdict.ingresses import STATES, PathState, State

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

COLOURS: Mapping[State, str] = {
    "served": "green",
    "canary": "green",
    "no endpoints": "red",
    "denied": "red",
    "dropped": "red",
    "refused": "red",
    "shadowed": "yellow",
    "unknown age": "yellow",
    "foreign": "bright_black",
}
WORDS: Mapping[State, str] = {"no endpoints": "without endpoints", "unknown age": "of unknown age"}
"""What goes with a number, where it is not the state itself."""
ADDRESSES = 3
"""So many of an upstream are shown."""

CELLS: Mapping[str, Callable[[PathState], str]] = {
    "NAMESPACE": lambda row: row.namespace,
    "INGRESS": lambda row: row.name,
    "CLASS": lambda row: row.ingress_class or "-",
    "HOST+PATH": lambda row: row.host + row.path,
    "PATHTYPE": lambda row: row.path_type or "-",
    "SERVICE:PORT": lambda row: row.service,
    "ENDPOINTS": lambda row: str(row.endpoints),
    "ADDRESSES": lambda row: some(row.addresses, ADDRESSES) or "-",
    "STATE": lambda row: paint(row.state, fg=COLOURS[row.state]) + (f": {row.reason}" if row.reason else ""),
    "AT": lambda row: str(row.origin),
}
WIDE_ONLY = ("CLASS", "PATHTYPE", "ADDRESSES")
LONG = ("STATE", "AT")
"""The last of CELLS."""


@dataclass(frozen=True, slots=True)
class IngressesReport:
    """rows: those that were asked for, each with whose it is, as estates and controllers have names where there are
    several; paths: how many there are in all.
    """

    rows: Sequence[tuple[Simulation, PathState]]
    paths: int


def text(report: IngressesReport) -> str:
    return _table(report, [head for head in CELLS if head not in WIDE_ONLY])


def wide(report: IngressesReport) -> str:
    return _table(report, list(CELLS))


def _table(report: IngressesReport, heads: Sequence[str]) -> str:
    """The rows, and a line that sums them up."""
    whose = list(dict.fromkeys(what for one, _ in report.rows for what in one.whose.named))
    rows = [[*map(str.upper, whose), *heads]]
    for one, row in report.rows:
        rows.append([*(one.whose.named.get(what, "") for what in whose), *(CELLS[head](row) for head in heads)])
    return for_people(spaced([*([_fitting(rows)] if report.rows else []), [_summary(report)]]))


def _fitting(rows: Sequence[Sequence[str]]) -> list[str]:
    """Where a row is wider than the terminal, what is LONG stands below it."""
    lines, wide = list(table(rows, gap="   ")), columns()
    if wide is None or max(map(width, lines)) <= wide:
        return lines
    short = table([row[: -len(LONG)] for row in rows])
    below = [(), *(row[-len(LONG) :] for row in rows[1:])]
    return [each for line, texts in zip(short, below, strict=True) for each in (line, *(f"  {text}" for text in texts))]


def _summary(report: IngressesReport) -> str:
    counts = Counter(row.state for _, row in report.rows)
    shown, number = counts.total(), report.paths
    paths = f"{number} {plural('path', number)}" if shown == number else f"{shown} of {number} {plural('path', number)}"
    told = ", ".join(_counted(state, counts[state]) for state in STATES if counts[state])
    return f"{paths}: {told}" if told else paths


def _counted(state: State, number: int) -> str:
    return f"{number} {paint(WORDS.get(state, state), fg=COLOURS[state])}"


def as_json(report: IngressesReport) -> str:
    return dumps(
        [
            {**one.whose.named, **row.fields(), "origin": place(row.origin), "obstacles": _codes(one)}
            for one, row in report.rows
        ]
    )


def _codes(simulation: Simulation) -> list[str]:
    """Of what keeps the whole estate from being in force."""
    return list(dict.fromkeys(obstacle.code for obstacle in simulation.obstacles.of(())))


def names(report: IngressesReport) -> str:
    """Each Ingress once, as flags and findings call it."""
    return printed(dict.fromkeys(f"{row.namespace}/{row.name}" for _, row in report.rows))
