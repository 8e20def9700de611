"""What the API server or kubectl refuse, and what only kubectl takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nginxsim.checks.estate import Estate
from nginxsim.verdict.types import Finding

CODES = (
    "api-path-type",
    "api-path",
    "api-host",
    "api-no-rules",
    "api-class",
    "api-backend",
    "api-port",
    "api-name",
    "api-label",
    "api-annotation-kind",
    "api-value-kind",
    "api-field-unknown",
    "api-version-gone",
    "api-kind-unknown",
    "api-text",
    "api-value-missing",
    "api-value-refused",
    "key-twice",
)


def told(code: str) -> Callable[[Estate], Iterator[Finding]]:
    """A check for what has this code."""

    def check(estate: Estate) -> Iterator[Finding]:
        return (found.finding for found in estate.api_findings if found.finding.code == code)

    return check
