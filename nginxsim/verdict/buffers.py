"""Answers whose headers do not fit into proxy-buffer-size: of the service, or of the auth server before it."""

from __future__ import annotations

from nginxsim.nginx.events import AnswerTooBig
from nginxsim.verdict.case import Case
from nginxsim.verdict.causes import cause
from nginxsim.verdict.types import Cause, Evidence

NAME = "proxy-buffer-size"
KILO = 1024
SMALLEST = 8
"""In kilobytes: what is usually tried next."""


def explain_too_big(case: Case, sender: str) -> Cause | None:
    """The cause where an answer was too big; sender: who gave it, in words."""
    step = next((step for step in reversed(case.until_decided) if isinstance(step.event, AnswerTooBig)), None)
    if step is None or not isinstance(step.event, AnswerTooBig):
        return None
    event = step.event
    source = case.routing.provenance.own(step.line)
    evidence = [Evidence(each.origin, "", each.name) for each in source if each.origin] or case.evidence()
    return cause(
        "answer-header-too-big",
        evidence,
        sender=sender,
        size=event.size,
        limit=event.limit,
        fix=f'write {case.estate.controller.flags.prefix}{NAME}: "{_enough(event.size)}k" on {case.owner}, '
        f"or {NAME} in the controller's ConfigMap for all",
    )


def _enough(size: int) -> int:
    """The next power of two, in kilobytes."""
    kilobytes = SMALLEST
    while kilobytes * KILO < size:
        kilobytes *= 2
    return kilobytes
