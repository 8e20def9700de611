"""A run's report, one function a format. Each takes the Run and gives the whole text."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nginxsim.reports.suites.github import github
from nginxsim.reports.suites.machine import as_json, junit, tap
from nginxsim.reports.suites.terminal import text
from nginxsim.suites.results import Run

FORMATS: Mapping[str, Callable[[Run, bool], str]] = {
    "text": text,
    "json": as_json,
    "junit": junit,
    "tap": tap,
    "github": github,
}
"""By name; the second argument leaves out what did not fail."""
