"""Findings that were there already when somebody began to look: only new ones are to fail a run.

A finding is known again by its number, its object, where in that object it is and what it says, never by its line.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from nginxsim.errors import InputError
from nginxsim.verdict.types import Finding

FORMAT = "nginxsim-baseline"
VERSION = 1


class Known(NamedTuple):
    number: str
    object: str
    message: str
    fingerprint: str


def _known(found: Finding) -> Known:
    return Known(found.number, found.owner, found.message, found.fingerprint)


class Baseline:
    """So many of each are known."""

    def __init__(self, counts: Counter[Known]) -> None:
        self._counts = counts

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Baseline:
        return cls(Counter(map(_known, findings)))

    @classmethod
    def read(cls, text: str, name: str) -> Baseline:
        """Raises InputError, naming the file, for what is none."""
        try:
            document = json.loads(text)
            if document[FORMAT] != VERSION:
                raise InputError(f"{name}: a baseline of version {document[FORMAT]}; this nginxsim reads {VERSION}")
            counts = Counter({_entry(each): int(each.get("count", 1)) for each in document["findings"]})
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise InputError(f"{name}: no baseline of nginxsim check; --update-baseline writes one") from None
        return cls(counts)

    def __len__(self) -> int:
        return self._counts.total()

    def __str__(self) -> str:
        """As a file: a line a finding, in an order that does not depend on where they stand."""
        rows = ",\n    ".join(_line(each, count) for each, count in sorted(self._counts.items()))
        findings = f"[\n    {rows}\n  ]" if rows else "[]"
        return f'{{\n  "{FORMAT}": {VERSION},\n  "findings": {findings}\n}}\n'

    def divide(self, findings: Iterable[Finding]) -> tuple[list[Finding], int, int]:
        """(the new ones, how many are known, how many of those known are no longer found)."""
        left = self._counts.copy()
        new: list[Finding] = []
        for found in findings:
            known = _known(found)
            if left[known] > 0:
                left[known] -= 1
            else:
                new.append(found)
        gone = sum(count for count in left.values() if count > 0)
        return new, len(self) - gone, gone


def _entry(each: dict[str, Any]) -> Known:
    known = Known(*(each[name] for name in Known._fields))
    if not all(isinstance(value, str) for value in known):
        raise TypeError
    return known


def _line(known: Known, count: int) -> str:
    return json.dumps({**known._asdict(), **({"count": count} if count > 1 else {})})
