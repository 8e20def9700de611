"""Findings that the model stage has made already: what the controller would only log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from nginxsim.checks.estate import Estate, at, finding
from nginxsim.controller.model import Notice
from nginxsim.verdict.types import Evidence, Finding
from nginxsim.verdict.wording.controller import notice_words

BESIDE: Mapping[str, str] = {
    "alias-taken": "has rules of its own",
    "certificate-expired": "holds the certificate",
    "certificate-expiring": "holds the certificate",
    "external-name-disabled": "is an ExternalName",
    "external-name-invalid": "is an ExternalName",
    "no-ready-endpoint": "has no ready endpoint",
    "no-selector": "has no selector",
    "no-slice": "has no EndpointSlice",
    "path-taken": "has the path already",
    "port-missing": "offers other ports",
    "selector-matches-nothing": "selects nothing",
    "service-is-canary": "makes the backend a canary",
}
"""What the further places of a notice are about."""


def places(notice: Notice) -> tuple[Evidence, ...]:
    """The notice's places as evidence, the deciding one first."""
    notes = ("", *[BESIDE.get(notice.code, "")] * len(notice.origins))
    return tuple(item for origin, note in zip(notice.origins, notes, strict=False) for item in at(origin, note=note))


def noticed(code: str, *notices: str) -> Callable[[Estate], Iterator[Finding]]:
    """A check that turns these notices (by default those of the same name) into findings of `code`."""

    def check(estate: Estate) -> Iterator[Finding]:
        for name in notices or (code,):
            for notice in estate.notices[name]:
                yield finding(
                    code,
                    *places(notice),
                    owner=f"Ingress {notice.ingress}" if notice.ingress else "",
                    host=notice.host,
                    path=notice.path,
                    reason=notice_words(notice),
                )

    return check
