"""`--update`: new values in the places of expectations that no longer hold; every other character of the file stays."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nginxsim.origins import Origin
from nginxsim.sources.edits import unified
from nginxsim.suites.cases import Check, Expectation
from nginxsim.suites.nodes import Place
from nginxsim.suites.reading import suite_text
from nginxsim.suites.results import Result, State

# Text that means itself without quotes, also inside of {braces}.
_PLAIN = re.compile(r"[A-Za-z0-9/][A-Za-z0-9/._+-]*(?::[A-Za-z0-9/._+-]+)*")


@dataclass(frozen=True, slots=True)
class Problem:
    """An expectation that cannot be rewritten, and why."""

    origin: Origin
    why: str


@dataclass(slots=True)
class Update:
    """The new texts of the files that change, and what has to be changed by hand."""

    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    """name -> (before, after)"""
    problems: list[Problem] = field(default_factory=list)

    @property
    def diff(self) -> str:
        return "".join(unified(name, before, after) for name, (before, after) in self.files.items())


def update_of(results: Sequence[Result]) -> Update:
    """What to write so that the failed expectations hold. Rows that share an expectation have to agree on it."""
    update = Update()
    edits: dict[str, dict[Place, str]] = defaultdict(dict)
    kept = {place for result in results if result.state is not State.SKIPPED for place in _kept(result)}
    for place, values in _wanted(results, update.problems).items():
        if place in kept or len(values) > 1:
            update.problems.append(Problem(place.origin, "rows or outcomes that share this value disagree on it"))
        else:
            edits[place.origin.file][place] = values.pop()
    for name, of_file in edits.items():
        before = suite_text(name)
        update.files[name] = before, _edited(before, of_file)
    return update


def _wanted(results: Sequence[Result], problems: list[Problem]) -> Mapping[Place, set[str]]:
    wanted: dict[Place, set[str]] = defaultdict(set)
    for result in results:
        for fault in result.mismatches:
            if fault.place is None or fault.replacement is None:
                origin = fault.place.origin if fault.place else result.case.origin
                problems.append(Problem(origin, f"no single value of {fault.field} would hold"))
            else:
                wanted[fault.place].add(fault.replacement)
    return wanted


def _kept(result: Result) -> Iterator[Place]:
    """The places of expectations that hold as they are."""
    failed = {fault.place for fault in result.mismatches}
    for check in checks_of(result.case.expect):
        if check.place not in failed:
            yield check.place


def checks_of(expect: Expectation) -> Iterator[Check]:
    yield from expect.checks
    yield from filter(None, (expect.probability, expect.nginx_refuses))
    for outcome in expect.outcomes:
        yield from checks_of(outcome)


def _edited(text: str, edits: Mapping[Place, str]) -> str:
    for place in sorted(edits, key=lambda one: -one.start):
        old = text[place.start : place.end]
        text = text[: place.start] + written(edits[place], old) + text[place.end :]
    return text


def written(value: str, old: str) -> str:
    """A YAML scalar of this value, quoted as the old one was or as it has to be."""
    tail = "\n" if old.endswith("\n") else ""
    if old.startswith("'") and "'" not in value:
        return f"'{value}'{tail}"
    if old.startswith('"') or not _PLAIN.fullmatch(value):
        return json.dumps(value, ensure_ascii=False) + tail
    return value + tail
