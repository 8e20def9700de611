"""What the controller only logs, as findings."""

from __future__ import annotations

from collections.abc import Mapping

from nginxsim.controller.model import Notice
from nginxsim.verdict.findings import at, finding
from nginxsim.verdict.types import Evidence, Finding
from nginxsim.verdict.wording.controller import notice_words

BESIDE: Mapping[str, str] = {
    "alias-taken": "has rules of its own",
    "certificate-expired": "holds the certificate",
    "certificate-expiring": "holds the certificate",
    "external-name-disabled": "is an ExternalName",
    "external-name-invalid": "is an ExternalName",
    "no-ready-endpoint": "has no ready endpoint",
    "endpoints-in-other-zones": "has hints for other zones",
    "no-selector": "has no selector",
    "no-slice": "has no EndpointSlice",
    "path-taken": "has the path already",
    "port-missing": "offers other ports",
    "selector-matches-nothing": "selects nothing",
    "scaled-down": "has 0 replicas",
    "service-is-canary": "makes the backend a canary",
}
"""What the further places of a notice are about, by its code or by how the chain to its endpoints breaks."""


def places(notice: Notice) -> tuple[Evidence, ...]:
    """The notice's places as evidence, the deciding one first."""
    gap = notice.about.gap
    note = (BESIDE.get(gap.kind, "") if gap else "") or BESIDE.get(notice.code, "")
    notes = ("", *[note] * len(notice.origins))
    return tuple(item for origin, note in zip(notice.origins, notes, strict=False) for item in at(origin, note=note))


def finding_of(notice: Notice, code: str = "") -> Finding:
    """The notice as a finding of `code`, by default of the same name."""
    return finding(
        code or notice.code,
        *places(notice),
        owner=f"Ingress {notice.ingress}" if notice.ingress else "",
        host=notice.host,
        path=notice.path,
        reason=notice_words(notice),
    )
