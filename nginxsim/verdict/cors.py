"""Requests of browsers from other origins: what CORS headers they get, and preflights that no guard should see."""

from __future__ import annotations

from dataclasses import replace

from nginxsim.annotations.values import Cors
from nginxsim.verdict.case import Case
from nginxsim.verdict.types import Cause, Evidence

ORIGIN = "access-control-allow-origin"
ASKED = "access-control-request-method"
EVERYONE = ("*",)


def _header(case: Case, wanted: str) -> str:
    return next((value for name, value in case.request.headers if name.lower() == wanted), "")


def _cors(case: Case) -> Cors | None:
    """The location's, where enable-cors is on."""
    cors = case.location.annotations.cors if case.location else None
    return cors if cors and cors.enabled else None


def for_preflight(case: Case) -> str:
    """What lets a browser's preflight past a guard, which it carries nothing for; "" for any other request."""
    origin = _header(case, "origin")
    if case.request.method != "OPTIONS" or not origin or not _header(case, ASKED):
        return ""
    why = "a browser's preflight carries no credentials"
    cors = _cors(case)
    if cors is None:
        return f'write enable-cors: "true" on {case.owner}: {why}, and nginx answers it then before any guard'
    return f"add {origin} to cors-allow-origin: {why}, and nginx answers those of the origins listed there"


def with_cors(found: Cause, case: Case) -> Cause:
    """The cause, with what the browser is told about reading the answer."""
    origin, cors = _header(case, "origin"), _cors(case)
    if not origin or cors is None or case.location is None or case.routed.status is None:
        return found
    sent = [value for name, value in case.routed.headers if name.lower() == ORIGIN]
    if sent and cors.allow_origin == EVERYONE:
        return found
    source = case.location.annotations.source("cors-allow-origin", "enable-cors")
    told = f"Access-Control-Allow-Origin: {sent[0]} is sent" if sent else _unsent(origin, cors)
    place = Evidence(source.origin, "", f"{origin} matches none of these") if source.origin and not sent else None
    return replace(found, message=f"{found.message}; {told}", evidence=(*found.evidence, *([place] if place else [])))


def _unsent(origin: str, cors: Cors) -> str:
    allowed = ", ".join(each.strip() for each in cors.allow_origin)
    return f"no Access-Control-* header of the controller's is sent, because {origin} matches none of {allowed}"
