"""Names the cause of an outcome: which rule decided, where it was asked for, what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from nginxsim.nginx.events import ErrorPageSent
from nginxsim.nginx.exchange import Request, RoutedOutcome
from nginxsim.nginx.steps import Phase
from nginxsim.verdict.access import explain_access, explain_auth, explain_limit, explain_tls
from nginxsim.verdict.case import Case
from nginxsim.verdict.causes import cause
from nginxsim.verdict.connection import explain_listen
from nginxsim.verdict.cors import with_cors
from nginxsim.verdict.rewrites import explain_location, explain_rewrite, with_root
from nginxsim.verdict.services import explain_balancer, explain_default_backend, explain_proxy
from nginxsim.verdict.types import Cause, Evidence

if TYPE_CHECKING:
    from nginxsim.verdict.routing import Routing

BY_PHASE: Mapping[Phase, Callable[[Case], Cause | None]] = {
    Phase.LISTEN: explain_listen,
    Phase.TLS: explain_tls,
    Phase.LOCATION: explain_location,
    Phase.REWRITE: explain_rewrite,
    Phase.ACCESS: explain_access,
    Phase.AUTH: explain_auth,
    Phase.LIMIT: explain_limit,
    Phase.BALANCER: explain_balancer,
    Phase.PROXY: explain_proxy,
}

SIGNS_IN = ("sign-in-redirect", "sign-in-loop")
"""The error page is how auth-signin works, and no news."""


def explain(routing: Routing, request: Request, routed: RoutedOutcome) -> Cause:
    """The cause of one outcome; "decided-by-nginx" with the deciding step where no better word is known."""
    case = Case(routing, request, routed)
    explainer = BY_PHASE.get(case.deciding.phase)
    found = explainer(case) if explainer else None
    found = found or explain_default_backend(case) or cause("decided-by-nginx", case.evidence(), text=case.told)
    return with_cors(with_root(_with_error_page(found, case), case), case)


def _with_error_page(found: Cause, case: Case) -> Cause:
    """The same cause, with what turned its status into another one."""
    page = case.error_page
    if page is None or not isinstance(page.event, ErrorPageSent) or found.code in SIGNS_IN:
        return found
    origin = case.routing.provenance.of(page.line).origin
    if origin is None:
        return found
    note = f"turns status {page.event.status} into an error page, which answers {case.routed.status}"
    return replace(found, evidence=(*found.evidence, Evidence(origin, "", note)))
