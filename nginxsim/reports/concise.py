"""A line a finding, as compilers and linters tell them, for editors, grep and short logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nginxsim.printing import paint
from nginxsim.reports.findings import COLOURS, CheckReport, worst_first
from nginxsim.reports.terminal import for_people, reason_phrase, taken
from nginxsim.reports.verdicts import VerdictReport, as_findings
from nginxsim.verdict.types import Finding


def findings_concise(report: CheckReport) -> str:
    return _text(worst_first(report.findings), "no findings", report.assumptions)


def verdict_concise(report: VerdictReport) -> str:
    """A line for each outcome that is worth one, else the status."""
    plain = f"{reason_phrase(report.verdict.status)}   {report.url}"
    return _text([found for found, _ in as_findings(report)], plain, report.assumptions)


def _text(findings: Iterable[Finding], none: str, assumptions: Iterable[str]) -> str:
    return for_people([*(list(map(_line, findings)) or [none]), *taken(assumptions)])


def _line(found: Finding) -> str:
    return "".join(_words(found))


def _words(found: Finding) -> Iterator[str]:
    """What stands nowhere has no place."""
    for origin in found.origins[:1]:
        yield f"{paint(str(origin), bold=True)}: "
    yield f"{paint(f'{found.level} {found.number}', fg=COLOURS[found.level])} {found.code} {found.message}"
