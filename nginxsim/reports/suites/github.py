"""GitHub Actions workflow commands: a failure stands beside the line of the suite file that it broke."""

from __future__ import annotations

from nginxsim.reports.github import workflow_command
from nginxsim.reports.suites.machine import failure_lines
from nginxsim.reports.suites.terminal import text
from nginxsim.suites.results import Result, Run


def github(run: Run, only_failures: bool = False) -> str:
    """The text report, then an ::error for each failure."""
    return "\n".join([text(run, only_failures), *(_annotation(result) for result in run.results if result.failed)])


def _annotation(result: Result) -> str:
    origin = next((fault.place.origin for fault in result.mismatches if fault.place), result.case.origin)
    about = {"file": origin.file, "line": origin.line, "col": origin.column, "title": result.case.name}
    return workflow_command("error", about, failure_lines(result))
