"""The verdict on a request, for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from nginxsim.catalogue.entries import Level
from nginxsim.printing import paint, printed, spaced, unmarked
from nginxsim.reports.spans import Sources, excerpt, linked
from nginxsim.reports.terminal import for_people, reason_phrase, table
from nginxsim.verdict import Cause, Finding, Outcome, TraceStep, Verdict, nested

COLOURS = {"error": "red", "denied": "yellow", "notice": "cyan", "fine": "green"}
INDENT = " " * 7


LEVELS: Mapping[Level, Level] = {"error": "error", "denied": "warning", "notice": "notice"}
"""What the level of a cause is among findings; what is fine is no finding."""


@dataclass(frozen=True, slots=True)
class VerdictReport:
    """What a report is made of. conf: the text that line numbers of the trace are about."""

    url: str
    verdict: Verdict
    conf: str = ""
    sources: Sources = field(default_factory=Sources)


def as_findings(report: VerdictReport) -> list[tuple[Finding, tuple[TraceStep, ...]]]:
    """The outcomes that are worth a finding, most likely first, each with its trace."""
    found = ((as_finding(report, outcome), outcome.trace) for outcome in report.verdict.outcomes)
    return [(finding, trace) for finding, trace in found if finding is not None]


def as_finding(report: VerdictReport, outcome: Outcome) -> Finding | None:
    cause = outcome.cause
    failed = outcome.status is None or outcome.status >= 500
    level: Level | None = "error" if failed else LEVELS.get(cause.level)
    if level is None:
        return None
    request = report.verdict.request
    message = f"{reason_phrase(outcome.status)} for {request.method} {report.url}: {cause.message}"
    return Finding(
        cause.code,
        message,
        level,
        cause.number,
        evidence=cause.evidence,
        fix=cause.fix,
        host=request.host or "",
        path=request.path,
    )


def text(report: VerdictReport) -> str:
    return for_people(verdict_lines(report.url, report.verdict, report.sources))


def outcome_text(report: VerdictReport, outcome: Outcome) -> str:
    """One outcome as if it were the only one, without colours."""
    return printed(_outcome_lines(report.url, outcome, report.sources))


def verdict_lines(url: str, verdict: Verdict, sources: Sources | None = None) -> Iterator[str]:
    """All outcomes, most likely first, each with cause, evidence, fix, assumptions and trace.

    sources: the manifests' lines, for those that cannot be read again (standard input).
    """
    lines = sources or Sources()
    return spaced(_outcome_lines(url, outcome, lines) for outcome in verdict.outcomes)


def _outcome_lines(url: str, outcome: Outcome, sources: Sources) -> Iterator[str]:
    colour = COLOURS[outcome.cause.level]
    yield "   ".join(filter(None, (paint(reason_phrase(outcome.status), fg=colour, bold=True), url, outcome.share)))
    yield from _cause_lines(outcome.cause, colour, sources)
    if location := next((value for name, value in outcome.headers if name.lower() == "location"), ""):
        yield f"  to     {location}"
    if outcome.upstream is not None:
        upstream = outcome.upstream
        yield f"  sent   {upstream.method} {upstream.uri} to {upstream.service} ({', '.join(upstream.addresses)})"
    for assumption in outcome.assumptions:
        yield f"  taken  {assumption}"
    yield from _labelled("trace", table(list(_trace_rows(nested(outcome.trace)))))


def _cause_lines(cause: Cause, colour: str, sources: Sources) -> Iterator[str]:
    yield f"  cause  {paint(cause.code, bold=True)} ({cause.number}): {cause.message}"
    yield from (
        f"{INDENT}{line}".rstrip() for line in excerpt(cause.evidence, sources, colour) if _says_something(line)
    )
    if cause.fix:
        yield f"  fix    {cause.fix}"


def _says_something(line: str) -> bool:
    return unmarked(line).strip() != "|"


def _trace_rows(steps: Iterable[TraceStep], depth: int = 0) -> Iterator[tuple[str, ...]]:
    """A row a step: phase, what, why, line of the conf, place in the manifests.

    Below it what was considered instead, and the steps within it.
    """
    for step in steps:
        yield _row(step, "  " * depth + step.phase, "")
        for lost in step.considered:
            yield _row(lost, "", "  not ")
        yield from _trace_rows(step.steps, depth + 1)


def _row(step: TraceStep, phase: str, before: str) -> tuple[str, ...]:
    cells = {piece.role: linked(piece.text, piece.origin) if piece.origin else piece.text for piece in step.fragments}
    return phase, before + cells.get("text", ""), *(cells.get(role, "") for role in ("why", "conf", "origin"))


def _labelled(label: str, lines: Iterator[str]) -> Iterator[str]:
    """Puts the label before the first line and indents the others as far."""
    prefix = f"  {label:5}  "
    for line in lines:
        yield prefix + line
        prefix = " " * len(prefix)
