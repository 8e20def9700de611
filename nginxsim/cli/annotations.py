"""`nginxsim annotations`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from nginxsim.cli.options import EstateOptions, open_estates, takes_estate, working
from nginxsim.cli.output import say

if TYPE_CHECKING:
    from nginxsim.annotations.rows import Annotation
    from nginxsim.upgrade.history import History, Usage

HEADS = ("ANNOTATION", "USED", "RISK", "RELEASES")
FATES = {
    "dropped": "the whole Ingress is dropped",
    "denied": "its paths answer 503",
    "ignored": "it does nothing",
    "unknown": "no such annotation",
    "taken": "it is taken as it stands",
}
"""What becomes of a bad value."""
SCOPES = {"ingress": "Ingress"}
COLUMN = 62
"""Characters of the last column: so much room is beside the labels on a terminal of 80."""


@click.command("annotations")
@partial(takes_estate, optional=True)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="Report format.")
def command(estate: EstateOptions, output: str) -> None:
    """List the annotations that are known, or tell about the one named: PATH... may begin with its name.

    With PATH..., where the Ingresses there use them. Told are the risk, the releases that know it, and what a value
    that it does not take does in which release.

    \b
    Examples:
      nginxsim annotations
      nginxsim annotations auth-url
      nginxsim annotations configuration-snippet k8s/
    """
    from nginxsim.annotations import NAMES, TABLE
    from nginxsim.upgrade.history import PREFIX, history_of, row_named, usages

    named = [path for path in estate.named[:1] if path.removeprefix(PREFIX) in NAMES or _is_no_path(path)]
    rows = list(map(row_named, named)) or sorted(TABLE, key=lambda row: row.name)
    paths = estate.paths[len(named) :]
    used: list[Usage] = []
    if paths:
        with working("reading"):
            estates = open_estates(replace(estate, paths=paths))
            used = list(dict.fromkeys(usage for one in estates for usage in usages(one, rows)))
    if output == "json":
        say(_json([history_of(row) for row in rows] if named else [], rows, used))
    else:
        say(_one(history_of(rows[0]), used) if named else _all(rows, used, is_asked=bool(paths)))


def _is_no_path(text: str) -> bool:
    from pathlib import Path

    return text != "-" and "/" not in text and not Path(text).exists()


def _all(rows: Sequence[Annotation], used: Sequence[Usage], *, is_asked: bool) -> str:
    from nginxsim.releases.words import when
    from nginxsim.reports.terminal import for_people, table

    counts = {row.name: sum(each.name in row.names for each in used) for row in rows}
    shown = [row for row in rows if counts[row.name] or not is_asked]
    cells = [(row.name, str(counts[row.name]), str(row.risk), when(row.releases)) for row in shown]
    return for_people(table([HEADS, *cells]))


def _one(history: History, used: Sequence[Usage]) -> str:
    from nginxsim.reports.terminal import for_people, table

    rows = [row for label, words in _facts(history) for row in _wrapped(label, words)]
    return for_people([history.name, *table(rows, indent="  "), *_places(used)])


def _wrapped(label: str, words: str) -> Iterator[tuple[str, str]]:
    """As rows that a narrow terminal has room for, broken between words."""
    first, *more = wrap(words, COLUMN, break_long_words=False, break_on_hyphens=False)
    yield label, first
    yield from (("", line) for line in more)


def _facts(history: History) -> Iterator[tuple[str, str]]:
    if history.aliases:
        yield "also", ", ".join(history.aliases)
    yield "releases", history.releases
    yield "risk", "; ".join(risk if runs == "always" else f"{risk} {runs}" for runs, risk in history.risks)
    yield "counts for", f"the {SCOPES.get(history.scope, history.scope)}"
    if history.expected:
        yield "wants", history.expected
    labels = ["a bad value", *[""] * len(history.fates)]
    yield from ((label, f"{runs}: {FATES[fate]}") for label, (runs, fate) in zip(labels, history.fates, strict=False))


def _places(used: Sequence[Usage]) -> Iterator[str]:
    from nginxsim.reports.terminal import table

    if used:
        yield "used"
        rows = [(str(each.origin or ""), each.ingress, each.name, _begin(each.value)) for each in used]
        yield from table(rows, indent="  ")


def _begin(value: str) -> str:
    """On one line, and no more than a line."""
    line = " ".join(value.split())
    return line if len(line) <= COLUMN else f"{line[:COLUMN].rstrip()} ..."


def _json(histories: Sequence[History], rows: Sequence[Annotation], used: Sequence[Usage]) -> str:
    from nginxsim.releases.words import when
    from nginxsim.reports.machine import dumps, place

    known = {history.name: history for history in histories}
    return dumps([
        {
            "name": row.name,
            "aliases": list(row.aliases),
            "scope": row.scope,
            "risk": str(row.risk),
            "releases": when(row.releases),
            **(_history_data(known[row.name]) if row.name in known else {}),
            "used": [
                {"ingress": each.ingress, "name": each.name, "value": each.value, "origin": place(each.origin)}
                for each in used
                if each.name in row.names
            ],
        }
        for row in rows
    ])  # fmt: skip


def _history_data(history: History) -> dict[str, object]:
    return {
        "expected": history.expected,
        "risks": [{"releases": runs, "risk": risk} for runs, risk in history.risks],
        "bad_value": [{"releases": runs, "fate": fate} for runs, fate in history.fates],
    }
