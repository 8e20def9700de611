"""GitHub Actions workflow commands: a failure stands beside the line of the suite file that it broke.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.suites.reports.machine import failure_text
from nginxsim.suites.reports.terminal import text
from nginxsim.suites.results import Result, Run

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def github(run: Run, only_failures: bool = False) -> str:
    """The text report, then an ::error for each failure."""
    return "\n".join([text(run, only_failures), *(_annotation(result) for result in run.results if result.failed)])


def _annotation(result: Result) -> str:
    origin = next((fault.place.origin for fault in result.mismatches if fault.place), result.case.origin)
    properties = ",".join(_properties(origin.file, origin.line, origin.column, result.case.name))
    return f"::error {properties}::{failure_text(result).translate(_DATA)}"


def _properties(file: str, line: int, column: int, title: str) -> Iterator[str]:
    for name, value in (("file", file), ("line", line), ("col", column), ("title", title)):
        yield f"{name}={str(value).translate(_PROPERTY)}"
