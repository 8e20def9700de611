"""Names the cause of an outcome: which rule decided, where it was asked for, what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from nginxsim.nginx.exchange import Request, RoutedOutcome
from nginxsim.verdict.access import explain_access, explain_auth, explain_limit, explain_tls
from nginxsim.verdict.case import Case
from nginxsim.verdict.causes import cause
from nginxsim.verdict.rewrites import explain_listen, explain_location, explain_rewrite
from nginxsim.verdict.services import explain_balancer, explain_default_backend, explain_proxy
from nginxsim.verdict.types import Cause, Evidence

if TYPE_CHECKING:
    from nginxsim.verdict.routing import Routing

BY_PHASE: dict[str, Callable[[Case], Cause | None]] = {
    "listen": explain_listen,
    "tls": explain_tls,
    "location": explain_location,
    "rewrite": explain_rewrite,
    "access": explain_access,
    "auth": explain_auth,
    "limit": explain_limit,
    "balancer": explain_balancer,
    "proxy": explain_proxy,
}


def explain(routing: Routing, request: Request, routed: RoutedOutcome) -> Cause:
    """The cause of one outcome; "decided-by-nginx" with the deciding step where no better word is known."""
    case = Case(routing, request, routed)
    explainer = BY_PHASE.get(case.deciding.phase)
    found = explainer(case) if explainer else None
    return _with_error_page(found or explain_default_backend(case) or _plainly(case), case)


def _with_error_page(found: Cause, case: Case) -> Cause:
    """The same cause, with what turned its status into another one."""
    page = case.error_page
    if page is None or found.code == "sign-in-redirect":
        return found
    origin = case.routing.provenance.of(page.line).origin
    if origin is None:
        return found
    note = f"turns status {page.data['status']} into an error page, which answers {case.routed.status}"
    return replace(found, evidence=(*found.evidence, Evidence(origin, "", note)))


def _plainly(case: Case) -> Cause:
    step = case.deciding
    said = " ".join(filter(None, (step.text, f"({step.why})" if step.why else "")))
    return cause("decided-by-nginx", case.evidence(), text=said or "nginx itself")
