"""SARIF 2.1.0, the exchange format of static analysers, as code scanning services take it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from nginxsim import __version__
from nginxsim.catalogue import entry
from nginxsim.reports.findings import CheckReport
from nginxsim.reports.machine import dumps
from nginxsim.reports.spans import Sources, locate
from nginxsim.reports.verdicts import VerdictReport, as_findings
from nginxsim.sources.edits import where
from nginxsim.verdict.types import Evidence, Finding, TraceStep

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "notice": "note", "denied": "warning", "fine": "none"}


def findings_sarif(report: CheckReport) -> str:
    return _document([(found, ()) for found in report.findings], report.sources, report.assumptions)


def verdict_sarif(report: VerdictReport) -> str:
    """A result for each outcome that is a finding, with the trace as its code flow."""
    return _document(as_findings(report), report.sources, report.assumptions)


def _document(
    findings: Sequence[tuple[Finding, Sequence[TraceStep]]], sources: Sources, assumptions: Sequence[str]
) -> str:
    numbers = sorted({found.number for found, _ in findings})
    index = {number: place for place, number in enumerate(numbers)}
    driver = {"name": "nginxsim", "version": __version__, "rules": [_rule(number) for number in numbers]}
    results = [_result(found, index, sources, trace) for found, trace in findings]
    run: dict[str, Any] = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    if assumptions:
        told = [{"level": "note", "message": {"text": f"taken for granted: {words}"}} for words in assumptions]
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": told}]
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(number: str) -> dict[str, Any]:
    row = entry(number)
    rule: dict[str, Any] = {
        "id": number,
        "name": row.code,
        "shortDescription": {"text": row.title},
        "fullDescription": {"text": " ".join(row.about.split()) or row.title},
        "help": {"text": "\n".join(filter(None, (row.fix and f"fix: {row.fix}", *row.urls))) or row.title},
        "defaultConfiguration": {"level": LEVELS[row.level]},
    }
    return rule | ({"helpUri": row.urls[0]} if row.urls else {})


def _result(found: Finding, index: Mapping[str, int], sources: Sources, trace: Sequence[TraceStep]) -> dict[str, Any]:
    first, *others = found.evidence or (None,)
    about = {name: value for name in ("owner", "host", "path", "fix") if (value := getattr(found, name))}
    result = {
        "ruleId": found.number,
        "ruleIndex": index[found.number],
        "level": LEVELS[found.level],
        "message": {"text": "\n".join(filter(None, (found.message, found.fix and f"fix: {found.fix}")))},
        "locations": [_location(found, first, sources)] if first or found.owner else [],
        "partialFingerprints": {"nginxsim/v1": found.fingerprint},
        "properties": about,
    }
    if related := [_related(number, item, sources) for number, item in enumerate(others) if item]:
        result["relatedLocations"] = related
    if fix := _fix(found, sources):
        result["fixes"] = [fix]
    if flow := _flow(trace):
        result["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
    return result


def _fix(found: Finding, sources: Sources) -> dict[str, Any] | None:
    """What `check --fix` writes, where it writes something."""
    edit = found.edit if found.edit and found.edit.is_own else None
    place = where(sources.line(edit.origin.file, edit.origin.line) or "", edit) if edit else None
    if not edit or not place:
        return None
    region = {"startLine": edit.origin.line, "startColumn": place[0] + 1, "endColumn": place[1] + 1}
    replacement = {"deletedRegion": region, "insertedContent": {"text": edit.new}}
    change = {"artifactLocation": artifact(edit.origin.file), "replacements": [replacement]}
    return {"description": {"text": found.fix}, "artifactChanges": [change]}


def _location(found: Finding, item: Evidence | None, sources: Sources) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if item:
        location["physicalLocation"] = _physical(item, sources)
        if item.note:
            location["message"] = {"text": item.note}
    if found.owner:
        location["logicalLocations"] = [{"fullyQualifiedName": found.owner, "kind": "resource"}]
    return location


def _related(number: int, item: Evidence, sources: Sources) -> dict[str, Any]:
    location = {"id": number, "physicalLocation": _physical(item, sources)}
    return location | ({"message": {"text": item.note}} if item.note else {})


def _physical(item: Evidence, sources: Sources) -> dict[str, Any]:
    span = locate(item, sources)
    region: dict[str, Any] = {"startLine": item.origin.line, "startColumn": item.origin.column}
    if span is not None:
        region = {"startLine": span.line, "startColumn": span.column, "endColumn": span.column + span.length}
        region["snippet"] = {"text": span.source}
    return {"artifactLocation": artifact(item.origin.file), "region": region}


def artifact(file: str) -> dict[str, str]:
    """A file as a URI; relative to the root of the sources where it was named so."""
    path = PurePath(file)
    if path.is_absolute():
        return {"uri": Path(file).as_uri()}
    return {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}


def _flow(trace: Iterable[TraceStep]) -> list[dict[str, Any]]:
    """The steps that a manifest line decided, in order."""
    return [
        {
            "location": {
                "physicalLocation": _point(step),
                "message": {"text": f"{step.phase}: {step.text} {step.why}".strip()},
            }
        }
        for step in trace
        if step.source and step.source.origin
    ]


def _point(step: TraceStep) -> dict[str, Any]:
    assert step.source is not None
    assert step.source.origin is not None
    file, line, column = step.source.origin
    return {"artifactLocation": artifact(file), "region": {"startLine": line, "startColumn": column}}
