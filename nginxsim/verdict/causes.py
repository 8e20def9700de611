"""Makes a Cause from a row of the catalogue and the facts of a case."""

from __future__ import annotations

from collections.abc import Iterable

from nginxsim.catalogue import BY_CODE
from nginxsim.catalogue.entries import Level
from nginxsim.verdict.types import Cause, Evidence


def cause(
    code: str, evidence: Iterable[Evidence] = (), *, fix: str = "", level: Level | None = None, **facts: object
) -> Cause:
    """The row's message and fix filled in with the facts; `fix` and `level` replace the row's own."""
    entry = BY_CODE[code]
    return Cause(
        code=entry.code,
        number=entry.number,
        level=level or entry.level,
        message=entry.message.format_map(facts),
        fix=fix or (entry.fix.format_map(facts) if "{fix}" not in entry.fix else ""),
        evidence=tuple(dict.fromkeys(evidence)),
    )
