"""Findings that the model stage has made already: what the controller would only log."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nginxsim.checks.estate import Estate
from nginxsim.verdict.notices import finding_of
from nginxsim.verdict.types import Finding


def noticed(code: str, *notices: str) -> Callable[[Estate], Iterator[Finding]]:
    """A check that turns these notices (by default those of the same name) into findings of `code`."""

    def check(estate: Estate) -> Iterator[Finding]:
        return (finding_of(notice, code) for name in notices or (code,) for notice in estate.notices[name])

    return check
