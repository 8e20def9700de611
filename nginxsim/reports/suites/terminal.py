"""For people at a terminal: a line a test, then each failure with expected beside actual, verdict and origins."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import groupby

from nginxsim.printing import paint, spaced
from nginxsim.reports.terminal import for_people, table
from nginxsim.reports.verdicts import verdict_lines
from nginxsim.suites.matching import Mismatch, status_text
from nginxsim.suites.results import Result, Run, State

MARKS = {State.PASSED: ("✓", "green"), State.FAILED: ("✗", "red"), State.SKIPPED: ("-", "yellow")}
COLOURS = {State.FAILED: "red", State.PASSED: "green", State.SKIPPED: "yellow"}


def text(run: Run, only_failures: bool = False) -> str:
    shown = run.shown(only_failures)
    suites = [list(_suite_lines(suite, list(results))) for suite, results in groupby(shown, lambda one: one.case.suite)]
    failures = (failure_lines(result) for result in shown if result.failed)
    return for_people(spaced([*suites, *failures, _closing_lines(run)]))


def _suite_lines(suite: str, results: list[Result]) -> Iterator[str]:
    yield paint(suite, bold=True)
    for result in results:
        mark, colour = MARKS[result.state]
        reason = f"   ({result.reason})" if result.state is State.SKIPPED and result.reason else ""
        yield f"  {paint(mark, fg=colour)} {result.case.name}{reason}"


def failure_lines(result: Result) -> Iterator[str]:
    case = result.case
    yield f"{paint('FAILED', fg='red', bold=True)} {case.origin}   {paint(case.name, bold=True)}"
    yield f"  {request_line(result)}"
    yield ""
    yield from comparison(result.mismatches, indent="  ")
    yield from (f"  {line}".rstrip() for line in end_lines(result))


def end_lines(result: Result) -> Iterator[str]:
    """How the request ends in the simulation, and live where it was sent."""
    if result.verdict is None:
        return
    yield ""
    if result.live:
        yield "simulated:"
    yield from verdict_lines(result.case.url, result.verdict)
    if result.live:
        yield from ("", "live:", status_text(result.live.status))
        yield from (f"{name}: {value}" for name, value in result.live.headers)


def request_line(result: Result) -> str:
    """The request with what is not plain about it."""
    request, case = result.case.request, result.case
    parts = [f"{request.method} {case.url}", *(f"{name}: {value}" for name, value in request.headers)]
    if case.client_given:
        parts.append(f"from {request.client}")
    if case.draw is not None:
        parts.append(f"draw {case.draw}")
    parts += [f"with {change.name}={change.value}" for change in case.estate.changes]
    return "   ".join(parts)


def comparison(mismatches: Iterable[Mismatch], indent: str = "") -> Iterator[str]:
    """The expectations that were not met, expected and actual side by side."""
    rows = ((fault.field, fault.expected, fault.actual, fault.chance) for fault in mismatches)
    yield from table([("", "expected", "actual", ""), *rows], indent=indent, gap="   ")


def _closing_lines(run: Run) -> Iterator[str]:
    for played in run.unheard:
        yield f"note: {played.origin}: no request came to {played.target} {played.path}"
    if run.left_out:
        yield f"note: `only` leaves out {run.left_out} other test(s)"
    counted = [(run.count(state), state) for state in (State.FAILED, State.PASSED, State.SKIPPED)]
    parts = [paint(f"{count} {state}", fg=COLOURS[state], bold=True) for count, state in counted if count]
    took = f" in {run.seconds:.2f} s" if sys.stdout.isatty() else ""
    yield (", ".join(parts) or "no tests ran") + took
