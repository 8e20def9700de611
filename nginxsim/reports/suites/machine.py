"""For programs: JSON, JUnit XML, TAP version 14. Field names are part of the interface."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any
from xml.etree import ElementTree as ET

from nginxsim.printing import printed, visible
from nginxsim.reports.machine import dumps, outcome_data, place
from nginxsim.reports.suites.terminal import comparison, end_lines, request_line
from nginxsim.reports.xml import document
from nginxsim.suites.results import Result, Run, State

_SPECIAL = re.compile(r"([\\#])")


def as_json(run: Run, only_failures: bool = False) -> str:
    return dumps(
        {
            "ok": run.ok,
            "counts": {str(state): run.count(state) for state in State},
            "left_out": run.left_out,
            "unheard": [{"service": one.target, "path": one.path, "origin": place(one.origin)} for one in run.unheard],
            "tests": [_result_data(result) for result in run.shown(only_failures)],
        }
    )


def _result_data(result: Result) -> dict[str, Any]:
    case = result.case
    return {
        "suite": case.suite,
        "name": case.name,
        "state": str(result.state),
        "origin": place(case.origin),
        "request": {"url": case.url, "method": case.request.method, "client": case.request.client},
        "tags": list(case.tags),
        "reason": result.reason,
        "mismatches": [
            {
                "field": fault.field,
                "expected": fault.expected,
                "actual": fault.actual,
                "chance": fault.chance,
                "origin": place(fault.place.origin if fault.place else None),
            }
            for fault in result.mismatches
        ],
        "outcomes": list(map(outcome_data, result.verdict.outcomes)) if result.verdict else [],
    }


def failure_lines(result: Result) -> list[str]:
    """All that is known of a failure."""
    return [request_line(result), "", *comparison(result.mismatches), *end_lines(result)]


def junit(run: Run, only_failures: bool = False) -> str:
    """One testsuite a file; a case's classname is its file, as most viewers group by that."""
    root = ET.Element("testsuites", _counts(run.results))
    for suite, results in groupby(run.shown(only_failures), lambda one: one.case.suite):
        found = list(results)
        element = ET.SubElement(root, "testsuite", {"name": suite, **_counts(found)})
        for result in found:
            _add_case(element, result)
    return document(root)


def _counts(results: list[Result]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(result.failed for result in results)),
        "errors": "0",
        "skipped": str(sum(result.state is State.SKIPPED for result in results)),
        "time": f"{sum(result.seconds for result in results):.3f}",
    }


def _add_case(parent: ET.Element, result: Result) -> None:
    case = result.case
    about = {"classname": case.suite, "name": case.name, "file": case.suite, "line": str(case.origin.line)}
    element = ET.SubElement(parent, "testcase", {**about, "time": f"{result.seconds:.3f}"})
    if result.state is State.SKIPPED:
        ET.SubElement(element, "skipped", {"message": result.reason} if result.reason else {})
    if result.failed:
        failure = ET.SubElement(element, "failure", {"message": one_line(result), "type": "mismatch"})
        failure.text = printed(failure_lines(result))


def one_line(result: Result) -> str:
    return "; ".join(
        f"{fault.field}: expected {fault.expected}, got {fault.actual}{' ' * bool(fault.chance)}{fault.chance}"
        for fault in result.mismatches
    )


def tap(run: Run, only_failures: bool = False) -> str:
    return printed(_tap_lines(run.shown(only_failures)))


def _tap_lines(results: list[Result]) -> Iterator[str]:
    yield "TAP version 14"
    yield f"1..{len(results)}"
    for number, result in enumerate(results, 1):
        name = _SPECIAL.sub(r"\\\1", visible(result.case.title))
        skip = f" # SKIP {result.reason}".rstrip() if result.state is State.SKIPPED else ""
        yield f"{'not ok' if result.failed else 'ok'} {number} - {name}{skip}"
        if result.failed:
            yield "  ---"
            yield f"  at: {result.case.origin}"
            yield "  message: |"
            yield from (f"    {line}".rstrip() for line in failure_lines(result))
            yield "  ..."
