"""The findings of several estates, and of several controllers in one, as those of one input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nginxsim.verdict.types import Finding, Whose


def together(findings: Mapping[Whose, Sequence[Finding]]) -> list[Finding]:
    """Each with whose it is. What is found alike in several, such as in files that they share, is told once."""
    if len(findings) == 1:
        return [found for of_one in findings.values() for found in of_one]
    seen: dict[tuple[object, ...], tuple[Finding, list[Whose]]] = {}
    for whose, of_one in findings.items():
        for found in of_one:
            what = (found.number, found.message, found.owner, found.host, found.path, found.origins)
            seen.setdefault(what, (found, []))[1].append(whose)
    return [_of(found, whose, findings) for found, whose in seen.values()]


def _of(found: Finding, whose: Sequence[Whose], everybody: Mapping[Whose, object]) -> Finding:
    estates = tuple(dict.fromkeys(each.estate for each in whose if each.estate))
    in_all = all(each in whose for each in everybody if not estates or each.estate in estates)
    controllers = () if in_all else tuple(dict.fromkeys(each.controller for each in whose if each.controller))
    return replace(found, estates=estates, controllers=controllers)
