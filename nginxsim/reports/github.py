"""GitHub Actions workflow commands: each finding stands beside the line of the manifest that it is about.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from nginxsim.printing import printed, visible
from nginxsim.reports.findings import CheckReport
from nginxsim.reports.spans import Sources, locate
from nginxsim.reports.terminal import reason_phrase, taken
from nginxsim.reports.verdicts import VerdictReport, as_findings
from nginxsim.verdict.types import Evidence, Finding

_DATA = str.maketrans({"%": "%25"})
_BETWEEN = "%0A"
_PROPERTY = str.maketrans({"%": "%25", ":": "%3A", ",": "%2C"})


def findings_github(report: CheckReport) -> str:
    return _with_taken(_commands(report.findings, report.sources) or "no findings", report.assumptions)


def verdict_github(report: VerdictReport) -> str:
    """A command for each outcome that is worth one, else the status in a plain line."""
    findings = [found for found, _ in as_findings(report)]
    plain = printed([f"{reason_phrase(report.verdict.status)}   {report.url}"])
    return _with_taken(_commands(findings, report.sources) or plain, report.assumptions)


def _with_taken(text: str, assumptions: Iterable[str]) -> str:
    """What is taken for granted stands in the log: there is no line of a file to put it beside."""
    return "\n".join((text, *(printed([line]) for line in taken(assumptions))))


def _commands(findings: Sequence[Finding], sources: Sources) -> str:
    return "\n".join(_command(found, sources) for found in findings)


def _command(found: Finding, sources: Sources) -> str:
    about = {**_place(found.evidence, sources), "title": f"{found.number} {found.code}"}
    return workflow_command(found.level, about, _lines(found))


def workflow_command(level: str, properties: Mapping[str, object], message: Iterable[str]) -> str:
    """level: error, warning or notice. properties: file, line, col, endLine, endColumn, title. message: its lines."""
    written = ",".join(f"{name}={visible(str(value)).translate(_PROPERTY)}" for name, value in properties.items())
    return f"::{level} {written}::{_BETWEEN.join(visible(line).translate(_DATA) for line in message)}"


def _place(evidence: Sequence[Evidence], sources: Sources) -> dict[str, object]:
    if not evidence:
        return {}
    origin, span = evidence[0].origin, locate(evidence[0], sources)
    if span is None:
        return {"file": origin.file, "line": origin.line, "col": origin.column}
    end = span.column + span.length - 1
    return {"file": origin.file, "line": span.line, "endLine": span.line, "col": span.column, "endColumn": end}


def _lines(found: Finding) -> Iterator[str]:
    yield found.message
    for item in found.evidence[:1]:
        if item.note:
            yield item.note
    for item in found.evidence[1:]:
        yield f"{item.origin} {item.note}".rstrip()
    if found.fix:
        yield f"fix: {found.fix}"
