"""The verdict on a request, for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from nginxsim.catalogue.entries import Level
from nginxsim.printing import paint, printed, spaced, unmarked, width
from nginxsim.reports.obstacles import first_of_each
from nginxsim.reports.spans import Sources, excerpt, linked
from nginxsim.reports.terminal import columns, for_people, reason_phrase, table
from nginxsim.verdict import Cause, Finding, Outcome, TraceStep, Verdict, nested
from nginxsim.verdict.types import Whose
from nginxsim.verdict.wording.around import kept_words
from nginxsim.verdict.wording.obstacles import condition, words_of

COLOURS = {"error": "red", "denied": "yellow", "notice": "cyan", "fine": "green"}
INDENT = " " * 7
NOBODY = Whose()


LEVELS: Mapping[Level, Level] = {"error": "error", "denied": "warning", "notice": "notice"}
"""What the level of a cause is among findings; what is fine is no finding."""


@dataclass(frozen=True, slots=True)
class VerdictReport:
    """What a report is made of.

    conf: the text that line numbers of the trace are about. whose: which of several estates and controllers answers.
    """

    url: str
    verdict: Verdict
    conf: str = ""
    sources: Sources = field(default_factory=Sources)
    whose: Whose = NOBODY
    shows_headers: bool = False
    """In text; the other formats have them always."""

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What is taken for granted in any outcome."""
        return tuple(dict.fromkeys(words for outcome in self.verdict.outcomes for words in outcome.assumptions))


def as_findings(report: VerdictReport) -> list[tuple[Finding, tuple[TraceStep, ...]]]:
    """What is in the way, then the outcomes that are worth a finding, most likely first, each with its trace."""
    found = ((as_finding(report, outcome), outcome.trace) for outcome in report.verdict.outcomes)
    obstacles = ((obstacle, ()) for obstacle in report.verdict.obstacles)
    return [*obstacles, *((finding, trace) for finding, trace in found if finding is not None)]


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
    lines = verdict_lines(report.url, report.verdict, report.sources, shows_headers=report.shows_headers)
    whose = [f"{paint(what, bold=True)} {name}" for what, name in report.whose.named.items()]
    return for_people(chain([*whose, ""] if whose else [], lines))


def outcome_text(report: VerdictReport, outcome: Outcome) -> str:
    """One outcome as if it were the only one, without colours."""
    unless = condition(report.verdict.obstacles)
    return printed(_outcome_lines(report.url, outcome, report.sources, unless))


def verdict_lines(
    url: str, verdict: Verdict, sources: Sources | None = None, *, shows_headers: bool = False
) -> Iterator[str]:
    """What is in the way; then all outcomes, most likely first, each with cause, evidence, fix, assumptions and trace.

    sources: the manifests' lines, for those that cannot be read again (standard input).
    """
    lines = sources or Sources()
    unless = condition(verdict.obstacles)
    obstacles = (_obstacle_lines(url, obstacle, more, lines) for obstacle, more in first_of_each(verdict.obstacles))
    outcomes = (_outcome_lines(url, each, lines, unless, shows_headers=shows_headers) for each in verdict.outcomes)
    return spaced([*obstacles, *outcomes])


def _obstacle_lines(url: str, obstacle: Finding, more: int, sources: Sources) -> Iterator[str]:
    words, colour = words_of(obstacle), COLOURS["error"]
    yield f"{paint(words.head, fg=colour, bold=True)}   {url}"
    yield from _cause_lines(obstacle, colour, sources, _beside(obstacle, more))
    yield f"  so     {words.instead}"


def _beside(obstacle: Finding, more: int) -> str:
    """What the message itself does not say."""
    line = f"nginx.conf, line {obstacle.line}" if obstacle.line else ""
    others = f"and {more} more, which nginxsim check lists" if more else ""
    return ", ".join(filter(None, (line, others)))


def _outcome_lines(
    url: str, outcome: Outcome, sources: Sources, unless: str = "", *, shows_headers: bool = False
) -> Iterator[str]:
    colour = COLOURS[outcome.cause.level]
    phrase = paint(reason_phrase(outcome.status), fg=colour, bold=True)
    yield "   ".join(filter(None, (phrase, url, outcome.share, unless)))
    yield from _cause_lines(outcome.cause, colour, sources)
    if location := next((value for name, value in outcome.headers if name.lower() == "location"), ""):
        yield f"  to     {location}"
    if outcome.upstream is not None:
        upstream = outcome.upstream
        yield f"  sent   {upstream.method} {upstream.uri} to {upstream.service} ({', '.join(upstream.addresses)})"
        if shows_headers:
            yield from (f"{INDENT}  {name}: {value}" for name, value in (("Host", upstream.host), *upstream.headers))
    if shows_headers:
        yield from _labelled("got", (f"{name}: {value}" for name, value in outcome.headers))
    if outcome.cache is not None:
        yield f"  cache  {kept_words(outcome.cache)}"
    for assumption in outcome.assumptions:
        yield f"  taken  {assumption}"
    yield from _labelled("trace", _trace_lines(list(_trace_rows(nested(outcome.trace)))))


def _cause_lines(cause: Cause | Finding, colour: str, sources: Sources, beside: str = "") -> Iterator[str]:
    told = f" ({beside})" if beside else ""
    yield f"  cause  {paint(cause.code, bold=True)} ({cause.number}): {cause.message}{told}"
    yield from (
        f"{INDENT}{line}".rstrip() for line in excerpt(cause.evidence, sources, colour) if _says_something(line)
    )
    if cause.fix:
        yield f"  fix    {cause.fix}"


def _says_something(line: str) -> bool:
    return unmarked(line).strip() != "|"


def _trace_lines(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """A table, or where the terminal is too narrow for it a list."""
    lines, wide = list(table(rows)), columns()
    if wide is None or max(map(width, lines), default=0) + len(INDENT) + 2 <= wide:
        yield from lines
        return
    phases, room = max(width(phase) for phase, *_ in rows), wide - len(INDENT) - 2
    for phase, text, why, *places in rows:
        begin = f"{phase.ljust(phases)}  {text}"
        fits = width(begin) + 2 + width(why) <= room
        yield f"{begin}  {why}".rstrip() if fits else begin
        below = ("" if fits else why, "  ".join(filter(None, places)))
        yield from (f"{' ' * phases}    {part}" for part in below if part)


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
