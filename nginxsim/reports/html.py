"""One page of HTML that needs nothing else: no script or style from elsewhere, and no script to be read without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from nginxsim import __version__
from nginxsim.catalogue import entry
from nginxsim.origins import Origin
from nginxsim.printing import visible
from nginxsim.reports.findings import CheckReport
from nginxsim.reports.markdown import summary
from nginxsim.reports.obstacles import first_of_each
from nginxsim.reports.spans import Sources, locate
from nginxsim.reports.terminal import reason_phrase
from nginxsim.reports.verdicts import VerdictReport
from nginxsim.verdict.types import LEVELS, Evidence, Fragment, TraceStep, nested
from nginxsim.verdict.wording.obstacles import condition, words_of

TAB = " " * 4
AROUND = 2
"""Lines shown before and after one that is pointed at."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of evidence: the source line in three parts, the middle one marked; no parts where it cannot be had."""

    place: str
    anchor: str
    number: int
    parts: tuple[str, str, str] | None
    note: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines of one file around those that are pointed at; None for a gap."""

    name: str
    anchor: str
    rows: tuple[tuple[int, str, bool] | None, ...]


def findings_html(report: CheckReport) -> str:
    return page(
        "findings.html.j2",
        title=f"nginxsim: {summary(report)}",
        summary=summary(report),
        report=report,
        levels=LEVELS,
        row_of=entry,
        excerpts=[_excerpts(found.evidence, report.sources, {}) for found in report.findings],
    )


def verdict_html(report: VerdictReport) -> str:
    anchors = {file: f"m{number}" for number, file in enumerate(_files(report))}
    outcomes = report.verdict.outcomes
    obstacles = [obstacle for obstacle, _ in first_of_each(report.verdict.obstacles)]
    return page(
        "verdict.html.j2",
        title=f"nginxsim: {reason_phrase(report.verdict.status)} {report.url}",
        report=report,
        obstacles=[(each, words_of(each), _excerpts(each.evidence, report.sources, anchors)) for each in obstacles],
        unless=condition(report.verdict.obstacles),
        phrases=[reason_phrase(outcome.status) for outcome in outcomes],
        traces=[nested(outcome.trace) for outcome in outcomes],
        excerpts=[_excerpts(outcome.cause.evidence, report.sources, anchors) for outcome in outcomes],
        listings=[*_manifests(report, anchors), *_conf(report)],
        target=lambda piece: _target(piece, anchors),
    )


def page(template: str, **facts: object) -> str:
    """One of the templates in nginxsim/reports/pages, filled in."""
    return _templates().get_template(template).render(version=__version__, **facts)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("nginxsim.reports", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_filled_in,
    )


def _filled_in(value: object) -> object:
    """Browsers too turn the order of letters about when told to."""
    return value if isinstance(value, Markup) else visible(str(value))


def _excerpts(evidence: Iterable[Evidence], sources: Sources, anchors: dict[str, str]) -> list[Excerpt]:
    return [_excerpt(item, sources, anchors) for item in evidence]


def _excerpt(item: Evidence, sources: Sources, anchors: dict[str, str]) -> Excerpt:
    span = locate(item, sources)
    anchor = _anchor(item.origin, anchors)
    if span is None:
        return Excerpt(str(item.origin), anchor, item.origin.line, None, item.note)
    source, begin, end = span.source, span.column - 1, span.column - 1 + span.length
    before, marked, after = (part.replace("\t", TAB) for part in (source[:begin], source[begin:end], source[end:]))
    return Excerpt(str(item.origin), anchor, span.line, (before, marked, after), item.note)


def _anchor(origin: Origin, anchors: dict[str, str]) -> str:
    return f"{anchors[origin.file]}-{origin.line}" if origin.file in anchors else ""


def _target(piece: Fragment, anchors: dict[str, str]) -> str:
    """Where on the page a fragment leads to; "" for nowhere."""
    if piece.origin is not None:
        return _anchor(piece.origin, anchors)
    return f"conf-{piece.line}" if piece.line else ""


def _all_steps(steps: Iterable[TraceStep]) -> Iterator[TraceStep]:
    for step in steps:
        yield from (step, *step.considered)
        yield from _all_steps(step.steps)


def _pieces(report: VerdictReport) -> Iterator[Fragment]:
    traces = (_all_steps(outcome.trace) for outcome in report.verdict.outcomes)
    return (piece for step in chain.from_iterable(traces) for piece in step.fragments)


def _origins(report: VerdictReport) -> Iterator[Origin]:
    yield from chain.from_iterable(obstacle.origins for obstacle in report.verdict.obstacles)
    yield from chain.from_iterable(outcome.cause.origins for outcome in report.verdict.outcomes)
    yield from (piece.origin for piece in _pieces(report) if piece.origin is not None)


def _files(report: VerdictReport) -> list[str]:
    return list(dict.fromkeys(origin.file for origin in _origins(report)))


def _manifests(report: VerdictReport, anchors: dict[str, str]) -> Iterator[Listing]:
    wanted: dict[str, set[int]] = defaultdict(set)
    for origin in _origins(report):
        wanted[origin.file].add(origin.line)
    for file, anchor in anchors.items():
        last = max(wanted[file]) + AROUND
        lines = [report.sources.line(file, number) for number in range(1, last + 1)]
        known = [line for line in lines if line is not None]
        yield Listing(file, anchor, tuple(_rows(known, wanted[file])))


def _conf(report: VerdictReport) -> Iterator[Listing]:
    wanted = {piece.line for piece in _pieces(report) if piece.line}
    if wanted and report.conf:
        yield Listing("nginx.conf", "conf", tuple(_rows(report.conf.splitlines(), wanted)))


def _rows(lines: Sequence[str], wanted: Iterable[int]) -> Iterator[tuple[int, str, bool] | None]:
    """(number, text, pointed at) of the wanted lines and those around them; None for a gap."""
    pointed = set(wanted)
    near = {number for line in pointed for number in range(line - AROUND, line + AROUND + 1)}
    previous = 0
    for number in sorted(number for number in near if 1 <= number <= len(lines)):
        if number > previous + 1:
            yield None
        yield number, lines[number - 1].replace("\t", TAB), number in pointed
        previous = number
