"""The findings of several estates as those of one input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nginxsim.verdict.types import Finding


def together(findings: Mapping[str, Sequence[Finding]]) -> list[Finding]:
    """By the estates' names. What is found alike in several, such as in files that they share, is told once."""
    if len(findings) == 1:
        return [found for of_one in findings.values() for found in of_one]
    seen: dict[tuple[object, ...], tuple[Finding, list[str]]] = {}
    for estate, of_one in findings.items():
        for found in of_one:
            what = (found.number, found.message, found.owner, found.host, found.path, found.origins)
            seen.setdefault(what, (found, []))[1].append(estate)
    return [replace(found, estates=tuple(estates)) for found, estates in seen.values()]
