"""JUnit XML, as CI servers read it: one test case a finding, or one an outcome of a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from nginxsim.origins import Origin
from nginxsim.printing import printed
from nginxsim.reports.findings import CheckReport
from nginxsim.reports.spans import Sources, excerpt
from nginxsim.reports.terminal import reason_phrase, taken
from nginxsim.reports.verdicts import VerdictReport, as_finding, outcome_text
from nginxsim.reports.xml import document
from nginxsim.verdict.types import Finding, Outcome

FAILING = ("error", "warning")
"""Levels that fail a test case; a notice is only told."""


@dataclass(frozen=True, slots=True)
class TestCase:
    """level: "" for a case that passes without a word."""

    __test__ = False

    classname: str
    name: str
    level: str = ""
    message: str = ""
    text: str = ""
    origin: Origin | None = None


def findings_junit(report: CheckReport) -> str:
    cases = [_finding_case(found, report.sources) for found in report.findings]
    return _document("nginxsim check", cases or [TestCase("nginxsim", "no findings")], report.assumptions)


def _finding_case(found: Finding, sources: Sources) -> TestCase:
    remarks = [found.message, *([f"fix: {found.fix}"] if found.fix else [])]
    return TestCase(
        classname=found.owner or "estate",
        name=f"{found.number} {found.code}: {found.message}",
        level=found.level,
        message=found.message,
        text=printed(excerpt(found.evidence, sources, remarks=remarks)),
        origin=next(iter(found.origins), None),
    )


def verdict_junit(report: VerdictReport) -> str:
    """A case for each thing that is in the way, and for each way the request may end."""
    obstacles = [_finding_case(obstacle, report.sources) for obstacle in report.verdict.obstacles]
    cases = [*obstacles, *(_outcome_case(report, each) for each in report.verdict.outcomes)]
    return _document("nginxsim why", cases, report.assumptions)


def _outcome_case(report: VerdictReport, outcome: Outcome) -> TestCase:
    found = as_finding(report, outcome)
    chance = outcome.share if outcome.places else f"p={outcome.probability:.4g}"
    end = f"{reason_phrase(outcome.status)}, {chance}"
    return TestCase(
        classname=report.verdict.request.host or "(no host)",
        name=f"{report.verdict.request.method} {report.url} ({end})",
        level=found.level if found else "",
        message=found.message if found else "",
        text=outcome_text(report, outcome) if found else "",
        origin=next(iter(found.origins), None) if found else None,
    )


def _document(name: str, cases: Sequence[TestCase], assumptions: Sequence[str]) -> str:
    failures = sum(case.level in FAILING for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0", "skipped": "0", "time": "0"}
    root = ET.Element("testsuites", {"name": name, **counts})
    suite = ET.SubElement(root, "testsuite", {"name": name, **counts})
    for case in cases:
        _add(suite, case)
    if assumptions:
        ET.SubElement(suite, "system-out").text = printed(taken(assumptions))
    return document(root)


def _add(suite: ET.Element, case: TestCase) -> None:
    about = {"classname": case.classname, "name": case.name, "time": "0"}
    if case.origin:
        about |= {"file": case.origin.file, "line": str(case.origin.line)}
    element = ET.SubElement(suite, "testcase", about)
    if case.level in FAILING:
        told = ET.SubElement(element, "failure", {"message": case.message, "type": case.level})
        told.text = case.text
    elif case.level:
        ET.SubElement(element, "system-out").text = case.text
