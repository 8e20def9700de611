"""Reports for programs. Field names are part of the interface."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nginxsim.nginx.exchange import UpstreamRequest
from nginxsim.origins import Edit, InField, Origin, Source
from nginxsim.printing import COMMANDING, OLD_COMMAND
from nginxsim.verdict import Cause, Evidence, Finding, Outcome, TraceStep, Verdict, nested

if TYPE_CHECKING:
    from nginxsim.nginx.exchange import Request
    from nginxsim.reports.verdicts import VerdictReport


_NO_TEXT = re.compile("[\ud800-\udfff]")
_TO_ESCAPE = re.compile(f"(?!\n)[{COMMANDING}]|{OLD_COMMAND.pattern}")


def printable(text: str) -> str:
    """The text with U+FFFD for bytes that were no UTF-8 where they came from."""
    return _NO_TEXT.sub("\ufffd", text)


def dumps(value: object) -> str:
    """JSON in which everything that would command a terminal or a log is escaped, as JSON has it."""
    return _TO_ESCAPE.sub(_escape, printable(json.dumps(value, indent=2, ensure_ascii=False)))


def _escape(found: re.Match[str]) -> str:
    return "\\u0023" if found[0] == "#" else json.dumps(found[0])[1:-1]


def place(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    settled = origin.settled()
    beside = {"field": settled.field} if isinstance(settled, InField) else {}
    return {"file": settled.file, "line": settled.line, "column": settled.column, **beside}


def verdict_json(report: VerdictReport) -> str:
    """The verdict as a JSON document: request, then outcomes, most likely first."""
    return dumps(_named(report))


def verdicts_json(reports: Iterable[VerdictReport]) -> str:
    """Those of several estates, as a list."""
    return dumps(list(map(_named, reports)))


def _named(report: VerdictReport) -> dict[str, Any]:
    return {**report.whose.named, **verdict_data(report.url, report.verdict)}


def _who(request: Request) -> dict[str, str]:
    """Whoever has signed in."""
    return {"as": str(request.visitor)} if request.visitor.has_session else {}


def verdict_data(url: str, verdict: Verdict) -> dict[str, Any]:
    request = verdict.request
    return {
        "request": {"url": url, "method": request.method, "client": request.client, **_who(request)},
        "finding": verdict.is_finding,
        "obstacles": [finding_data(obstacle) for obstacle in verdict.obstacles],
        "outcomes": [outcome_data(outcome) for outcome in verdict.outcomes],
    }


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    return {
        "probability": outcome.probability,
        **({"places": list(outcome.places)} if outcome.places else {}),
        "status": outcome.status,
        "headers": outcome.headers,
        "upstream": None if outcome.upstream is None else upstream_data(outcome.upstream),
        "also": [upstream_data(further) for further in outcome.also],
        "cause": cause_data(outcome.cause),
        "assumptions": list(outcome.assumptions),
        "trace": [step_data(step) for step in nested(outcome.trace)],
    }


def cause_data(cause: Cause) -> dict[str, Any]:
    return {
        "code": cause.code,
        "number": cause.number,
        "level": cause.level,
        "message": cause.message,
        "fix": cause.fix,
        "evidence": evidence_data(cause.evidence),
    }


def finding_data(found: Finding) -> dict[str, Any]:
    return {
        "number": found.number,
        "code": found.code,
        "level": found.level,
        "message": found.message,
        "fix": found.fix,
        "owner": found.owner,
        "host": found.host,
        "path": found.path,
        "fingerprint": found.fingerprint,
        "evidence": evidence_data(found.evidence),
        "nginx_conf_line": found.line or None,
        "field": found.field or None,
        "value": found.value or None,
        **({"edit": edit_data(found.edit)} if found.edit and found.edit.is_own else {}),
        **({"estates": list(found.estates)} if found.estates else {}),
        **({"controllers": list(found.controllers)} if found.controllers else {}),
    }


def edit_data(edit: Edit) -> dict[str, Any]:
    return {"origin": place(edit.origin), "old": edit.old, "new": edit.new}


def evidence_data(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    return [{"origin": place(item.origin), "text": item.text, "note": item.note} for item in evidence]


def upstream_data(upstream: UpstreamRequest) -> dict[str, Any]:
    return {
        "service": upstream.service,
        "addresses": list(upstream.addresses),
        "protocol": upstream.protocol,
        "method": upstream.method,
        "uri": upstream.uri,
        "host": upstream.host,
        "headers": list(upstream.headers),
        "role": upstream.role,
    }


def step_data(step: TraceStep) -> dict[str, Any]:
    return {
        "phase": step.phase,
        "text": step.text,
        "why": step.why,
        "conf": step.conf,
        "source": step.source and source_data(step.source),
        "considered": [step_data(lost) for lost in step.considered],
        "steps": [step_data(inner) for inner in step.steps],
    }


def source_data(source: Source) -> dict[str, Any]:
    return {"kind": source.kind, "name": source.name, "owner": source.owner, "origin": place(source.origin)}
