"""Rules of one's own: other packages add them by the entry point group nginxsim.rules, and they count as ours do.

    [project.entry-points."nginxsim.rules"]
    team-label = "shop_rules:TEAM_LABEL"

An installed package is trusted as any code of one's own is. docs/contributing/add-a-check-rule.md shows a whole one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from nginxsim.catalogue.entries import Entry
from nginxsim.errors import UsageError

GROUP = "nginxsim.rules"
LEVELS = ("error", "warning", "notice")
_NUMBER = re.compile(r"(?!NX)[A-Z]{2,8}[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the catalogue, and the function that finds it.

    find: given the estate (nginxsim.checks.Estate), yields what nginxsim.checks.finding makes of the row's code.
    """

    entry: Entry
    find: Callable[[Any], Iterable[Any]]


@cache
def outside_rules() -> Mapping[str, Rule]:
    """By code. Raises UsageError, naming the package, for one that cannot be loaded or takes what is another's."""
    found: dict[str, Rule] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        rule = _loaded(point)
        if fault := _fault(rule, found):
            raise UsageError(f"{_named(point)}: {fault}")
        found[rule.entry.code] = rule
    return found


def outside_entries() -> Iterator[Entry]:
    return (rule.entry for rule in outside_rules().values())


def _loaded(point: EntryPoint) -> Rule:
    try:
        rule = point.load()
    except Exception as problem:  # whatever somebody else's module raises is for its author to read
        raise UsageError(f"{_named(point)} cannot be loaded: {type(problem).__name__}: {problem}") from problem
    if not isinstance(rule, Rule):
        raise UsageError(f"{_named(point)}: expected a nginxsim.checks.Rule, not {type(rule).__name__}")
    return rule


def _fault(rule: Rule, known: Mapping[str, Rule]) -> str:
    entry = rule.entry
    if not _NUMBER.fullmatch(entry.number):
        return f'"{entry.number}" is no number for a rule outside nginxsim; write letters and digits, such as SHOP001'
    if entry.level not in LEVELS:
        return f'unknown level "{entry.level}"; use {", ".join(LEVELS)}'
    if entry.code in known or any(entry.number == other.entry.number for other in known.values()):
        return f"{entry.number} {entry.code} is another rule's name already"
    return ""


def _named(point: EntryPoint) -> str:
    return f'rule "{point.name}"' + (f" of package {point.dist.name}" if point.dist else "")
