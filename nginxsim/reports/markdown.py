"""Markdown for a pull request's comment or a job's summary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from nginxsim.printing import printed, spaced, visible
from nginxsim.reports.findings import CheckReport, counts_in_words
from nginxsim.reports.obstacles import first_of_each
from nginxsim.reports.terminal import reason_phrase
from nginxsim.reports.verdicts import VerdictReport
from nginxsim.verdict.types import Cause, Evidence, Finding, Fragment, Outcome, TraceStep, nested
from nginxsim.verdict.wording.obstacles import condition, words_of

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#])")
_TICKS = re.compile("`+")


def plain(text: str) -> str:
    """Text that Markdown leaves as it is, on one line, and that calls nobody's name."""
    return visible(_SPECIAL.sub(r"\\\1", " ".join(text.splitlines())).replace("@", "&#64;"))


def code(text: str) -> str:
    """Text as code, on one line; in a table the bars have to be escaped."""
    text = visible(" ".join(text.split()))
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")


def fenced(lines: Sequence[str], language: str) -> Iterator[str]:
    """Lines as a block of code."""
    fence = "`" * max(3, max(map(_longest_run, lines), default=0) + 1)
    yield from (f"{fence}{language}", *lines, fence)


def _longest_run(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)


def summary(report: CheckReport) -> str:
    """How many findings of each level."""
    return ", ".join(chain(*counts_in_words(report))) or "no findings"


def findings_markdown(report: CheckReport) -> str:
    taken = [f"- taken for granted: {plain(words)}" for words in report.assumptions]
    rows = [f"| {' | '.join(_cells(found))} |" for found in report.findings]
    table = ["| level | rule | where | what |", "|---|---|---|---|", *rows] if rows else []
    return printed(spaced(filter(None, ([f"### nginxsim: {summary(report)}"], taken, table))))


def _cells(found: Finding) -> Iterator[str]:
    yield found.level
    yield f"{found.number} {found.code}"
    yield "<br>".join(code(str(item.origin)) for item in found.evidence[:1]) or plain(found.owner)
    others = (_noted(item) for item in found.evidence[1:])
    fix = f"**fix:** {plain(found.fix)}" if found.fix else ""
    yield "<br>".join(filter(None, (plain(found.message), *others, fix)))


def _noted(item: Evidence) -> str:
    return f"{code(str(item.origin))} {plain(item.note)}".rstrip()


def verdict_markdown(report: VerdictReport) -> str:
    verdict = report.verdict
    obstacles = (_obstacle(report, obstacle) for obstacle, _ in first_of_each(verdict.obstacles))
    unless = condition(verdict.obstacles)
    return printed(spaced([*obstacles, *(_outcome(report, outcome, unless) for outcome in verdict.outcomes)]))


def _obstacle(report: VerdictReport, obstacle: Finding) -> Iterator[str]:
    words = words_of(obstacle)
    yield f"### {words.head}: {code(report.url)}"
    yield from _because(obstacle)
    yield f"- {plain(words.instead)}"


def _because(cause: Cause | Finding) -> Iterator[str]:
    yield ""
    yield f"**{cause.code}** ({cause.number}): {plain(cause.message)}"
    yield ""
    for item in cause.evidence:
        quoted = f" {code(item.text)}" if item.text else ""
        yield f"- {code(str(item.origin))}{quoted}{f': {plain(item.note)}' if item.note else ''}"
    if cause.fix:
        yield f"- **fix:** {plain(cause.fix)}"


def _outcome(report: VerdictReport, outcome: Outcome, unless: str) -> Iterator[str]:
    yield " ".join(filter(None, (f"### {reason_phrase(outcome.status)}:", code(report.url), outcome.share, unless)))
    yield from _because(outcome.cause)
    for assumption in outcome.assumptions:
        yield f"- taken for granted: {plain(assumption)}"
    yield from ("", "<details><summary>trace</summary>", "")
    yield from _steps(nested(outcome.trace))
    yield from ("", "</details>")


def _steps(steps: Iterable[TraceStep], depth: int = 0) -> Iterator[str]:
    indent = "  " * depth
    for step in steps:
        yield f"{indent}- {_line(step.fragments)}"
        yield from (f"{indent}  - not {_line(lost.fragments[1:])}" for lost in step.considered)
        yield from _steps(step.steps, depth + 1)


def _line(fragments: Iterable[Fragment]) -> str:
    """Places and what is written in files as code, words as words."""
    words = (plain(piece.text) if piece.role in ("phase", "why") else code(piece.text) for piece in fragments)
    return " · ".join(words)
