"""Causes decided behind nginx: which service was asked, whether there was one, what it answered."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from nginxsim.annotations import Effect, Problem
from nginxsim.catalogue.entries import Level
from nginxsim.controller.model import (
    DEFAULT_UPSTREAM,
    Backend,
    DropReason,
)
from nginxsim.controller.reasons import EmptyCode
from nginxsim.errors import nearest
from nginxsim.kube.objects import NOWHERE, BackendRef
from nginxsim.nginx.events import Answered, NoPeer, NotAnswered
from nginxsim.nginx.exchange import Failure
from nginxsim.nginx.names import bare_host
from nginxsim.nginx.steps import Phase
from nginxsim.origins import Origin
from nginxsim.verdict.buffers import explain_too_big
from nginxsim.verdict.case import Case
from nginxsim.verdict.causes import cause
from nginxsim.verdict.claims import Claim
from nginxsim.verdict.close_by import hint
from nginxsim.verdict.rewrites import problem_evidence
from nginxsim.verdict.types import Cause, Evidence
from nginxsim.verdict.wording import said
from nginxsim.verdict.wording.controller import dropped_words, gap_words
from nginxsim.verdict.wording.problems import remedy

FIXES: Mapping[EmptyCode, str] = {
    EmptyCode.SERVICE_MISSING: "create the Service, or name an existing one in the Ingress' namespace",
    EmptyCode.PORT_MISSING: "name a port that the Service offers and its Pods listen on",
    EmptyCode.NO_SLICE: "start Pods that the Service selects",
    EmptyCode.NO_READY_ENDPOINT: "look at the Pods' readiness: an endpoint that is not ready gets no requests",
    EmptyCode.OTHER_ZONES: "run Pods in the controller's zone, take the zone hints away (topology-mode, "
    "trafficDistribution), or run the controller without --enable-topology-aware-routing",
    EmptyCode.SELECTOR_MATCHES_NOTHING: "make the Service's selector match the labels of the Pods",
    EmptyCode.NO_SELECTOR: "give the Service a selector, or an EndpointSlice labelled kubernetes.io/service-name",
    EmptyCode.EXTERNAL_NAME_DISABLED: "take --disable-svc-external-name away, or use a Service with Pods",
    EmptyCode.EXTERNAL_NAME_INVALID: "write a DNS name that is not of this machine",
}
FAILURES: Mapping[Failure, tuple[str, str]] = {
    Failure.REFUSED: ("the connection was refused", "check the targetPort and that the Pods listen there"),
    Failure.TIMEOUT: ("no answer came in time", "raise proxy-read-timeout, or make the service answer sooner"),
    Failure.TLS: (
        "the TLS handshake failed",
        "check backend-protocol and proxy-ssl-verify against what the service speaks",
    ),
    Failure.PROTOCOL: ("it speaks another protocol", "set backend-protocol to what the service speaks"),
}

ANY_HOST = "ask for a host by its name (a rule's host cannot be an address), or add a rule without host"
SNIPPETS = ("configuration-snippet", "server-snippet", "location-snippet")


def explain_balancer(case: Case) -> Cause | None:
    """No peer to pass the request to."""
    backend, event = case.backend, case.event
    if unnamed := _unnamed(case):
        return unnamed
    if isinstance(event, NoPeer) and event.tried:
        tries = "1 try" if event.tried == 1 else f"{event.tried} tries"
        reason, fix = (
            f"no endpoint is left after {tries}",
            "look into the service: every endpoint that was asked failed",
        )
        return cause("upstream-failed", case.evidence(), service=event.service, reason=reason, fix=fix)
    if backend is None:
        name = case.location.backend if case.location else case.text
        return cause("no-endpoints", case.evidence(), service=name, reason="the controller made no such backend")
    evidence, reason, fix = broken_chain(case, backend)
    evidence += [Evidence(origin, "", note) for origin, note in _idle_canaries(case, backend)]
    return cause("no-endpoints", evidence, service=backend.name, reason=reason, fix=fix)


def _unnamed(case: Case) -> Cause | None:
    """A location of a snippet, to which what the controller sets in its own locations does not come down."""
    provenance = case.routing.provenance
    step = next((step for step in reversed(case.until_decided) if step.phase is Phase.LOCATION), None)
    source = provenance.of(step.line) if step else None
    if step is None or source is None or source.name not in SNIPPETS or provenance.location_at(step.line):
        return None
    around = next(filter(None, map(provenance.location_at, provenance.lines_around(step.line))), case.location)
    name = around.backend if around else "NAMESPACE-SERVICE-PORT"
    evidence = [Evidence(source.origin, said(step.event).text, source.name)] if source.origin else []
    return cause(
        "backend-unnamed", evidence, location=said(step.event).text, snippet=source.name, owner=source.owner, name=name
    )


def broken_chain(case: Case, backend: Backend) -> tuple[list[Evidence], str, str]:
    """From the Ingress' backend to ready endpoints: the evidence where that breaks, the reason, and a fix."""
    namespace = case.ingress.meta.namespace if case.ingress else ""
    more = hint(case.estate.cluster, backend, _reference(case, backend), namespace)
    reason = more.reason or gap_words(backend.gap) or "none is left"
    breaks = more.evidence or tuple(Evidence(origin, "", reason) for origin in backend.empty_origins)
    named = [] if backend.origin is None else [Evidence(backend.origin, "", "the Ingress names this backend")]
    evidence = [*named, *(item for item in breaks if item.origin != NOWHERE)]
    return evidence, reason, more.fix or (FIXES[backend.gap.code] if backend.gap else "")


def _reference(case: Case, backend: Backend) -> BackendRef | None:
    """How the Ingress of the location names the backend; None for a canary's."""
    location = case.location
    if location is None or backend.origin is None:
        return None
    reference = location.spec_path.backend if location.spec_path else location.default_ref
    return reference if reference and reference.origin == backend.origin else None


def _idle_canaries(case: Case, backend: Backend) -> Iterator[tuple[Origin, str]]:
    backends = case.estate.model.backends
    for name in backend.alternatives:
        canary = backends.get(name)
        if canary is not None and canary.origin is not None and canary.endpoints:
            yield canary.origin, "this canary is not asked either: its main service has no endpoint"


def explain_proxy(case: Case) -> Cause | None:
    event, service = case.event, case.event.service
    if too_big := explain_too_big(case, f"service {_name_of(case)}"):
        return too_big
    if not isinstance(event, Answered):
        return _failed(case)
    if service == DEFAULT_UPSTREAM:
        return _default_backend(case)
    if claim := _lost_claim(case):
        return _missing_ingress(case, claim)
    status = event.status
    if stood_in := _stood_in_for(case, service):
        return _stand_in(case, stood_in, service)
    if case.error_page is not None:
        return cause("error-page", case.evidence(), service=service, status=status)
    if status >= 400:
        level: Level = "error" if status >= 500 else "notice"
        return cause("service-error", case.evidence(), service=service, status=status, level=level)
    return cause("served", case.evidence(), service=service)


def _name_of(case: Case) -> str:
    """Who answered last."""
    answered = (step.event for step in reversed(case.until_decided) if isinstance(step.event, Answered))
    return next(answered, case.event).service or "behind"


def _stood_in_for(case: Case, service: str) -> Backend | None:
    """The empty backend of the path, where the annotation default-backend has put another in its place."""
    location = case.location
    if location is None or location.spec_path is None or location.backend != location.default_backend_upstream:
        return None
    origin = location.spec_path.backend.origin
    backends = case.estate.model.backends.values()
    meant = (each for each in backends if each.origin == origin and each.name != service and not each.endpoints)
    return next(meant, None)


def _stand_in(case: Case, meant: Backend, service: str) -> Cause:
    evidence, reason, fix = broken_chain(case, meant)
    source = case.location.annotations.source("default-backend") if case.location else None
    if source is not None and source.origin:
        evidence.append(Evidence(source.origin, "", "answers in its place"))
    return cause("stand-in-answers", evidence, service=meant.name, stand_in=service, reason=reason, fix=fix)


def _failed(case: Case) -> Cause:
    event, unknown = case.event, (case.reason, "look into the service")
    reason, fix = FAILURES[event.failure] if isinstance(event, NotAnswered) else unknown
    return cause("upstream-failed", case.evidence(), service=event.service or "behind", reason=reason, fix=fix)


def explain_default_backend(case: Case) -> Cause | None:
    """The controller's own 404 page decided, and an error page may have made something else of it."""
    asked = case.backend is not None and case.backend.name == DEFAULT_UPSTREAM
    return _default_backend(case) if asked and case.error_page is not None else None


def _default_backend(case: Case) -> Cause:
    """404 from the default backend: nobody wanted the request, or who wanted it was left out."""
    if claim := case.estate.claims.best(case.host, case.uri):
        return _missing_ingress(case, claim)
    if case.is_catch_all:
        return _unknown_host(case)
    location = case.location
    if location is not None and location.spec_path is None:
        assert case.server is not None
        paths = [each.ingress_path or each.path for each in case.server.locations if each.spec_path]
        close = nearest(case.uri, paths) or next(iter(paths), "")
        near = f'; its nearest path is "{close}"' if close else ""
        fix = f'ask for a path under "{close}", or add a path to the Ingress' if close else "add a path to the Ingress"
        return cause("path-unknown", case.evidence(), host=case.host, path=case.uri, nearest=near, fix=fix)
    return cause("default-backend-answers", case.evidence())


def is_address(host: str) -> bool:
    """Whether it is an IP address, which no rule of an Ingress can have for a host."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _unknown_host(case: Case) -> Cause:
    known = [name for name in case.estate.model.servers if name != "_"]
    bare = bare_host(case.host)
    close = nearest(bare, known)
    evidence = []
    if close is not None and (origin := case.estate.model.servers[close].origin):
        evidence = [Evidence(origin, close, "the nearest host")]
    add = f"add a rule for {bare or 'requests without a host'}" if bare and not is_address(bare) else ANY_HOST
    fix = f"ask for {close}, or {add}" if close else add
    near = f'; the nearest is "{close}"' if close else ""
    return cause("host-unknown", evidence, host=bare or "(none)", nearest=near, fix=fix)


def _lost_claim(case: Case) -> Claim | None:
    """An Ingress that failed and that claims more of this path than the location that answered."""
    if case.location is None:
        return None
    claim = case.estate.claims.best(case.host, case.uri)
    if claim is None or claim.is_foreign or len(claim.path) <= len(case.location.ingress_path or "/"):
        return None
    return claim


def _problems(case: Case, claim: Claim) -> tuple[Problem, ...]:
    if claim.dropped.reason is not DropReason.ANNOTATIONS:
        return ()
    return case.estate.extractor.extract(claim.dropped.ingress).problems


def _missing_ingress(case: Case, claim: Claim) -> Cause:
    dropped = claim.dropped
    code = "ingress-ignored" if claim.is_foreign else "ingress-dropped"
    problems = [each for each in _problems(case, claim) if each.effect is Effect.DROPPED]
    evidence = problem_evidence(problems)
    if not evidence and dropped.origin is not None and dropped.origin != NOWHERE:
        evidence = [Evidence(dropped.origin, "", dropped_words(dropped))]
    evidence.append(Evidence(claim.origin, claim.path, "the path it would have had"))
    fix = remedy(problems) or "correct it: every path of the Ingress is missing until then"
    if claim.is_foreign:
        fix = "name this controller's IngressClass in spec.ingressClassName"
    return cause(
        code,
        evidence,
        fix=fix,
        owner=dropped.ingress.meta,
        host=claim.host or "*",
        path=claim.path,
        reason=dropped_words(dropped),
    )
