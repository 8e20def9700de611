"""Causes decided before any service is asked: denials, redirects, snippets, nginx's own refusals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nginxsim.annotations import Effect, Problem
from nginxsim.catalogue.entries import Level
from nginxsim.lua.certificates import CertificateChooser
from nginxsim.lua.events import HttpsRedirect
from nginxsim.nginx.events import CycleEnded, FileMethodRefused, FileMissing, FileServed, SlashAdded
from nginxsim.nginx.names import bare_host
from nginxsim.nginx.steps import Phase
from nginxsim.origins import DEFAULT
from nginxsim.verdict.case import Case
from nginxsim.verdict.causes import cause
from nginxsim.verdict.close_by import secrets
from nginxsim.verdict.lua_config import served_certificates
from nginxsim.verdict.swallowed import swallowed
from nginxsim.verdict.types import Cause, Evidence
from nginxsim.verdict.wording.problems import remedy, wrong

REDIRECTS = ("permanent-redirect", "temporal-redirect", "rewrite-target")
SNIPPETS = ("configuration-snippet", "server-snippet", "location-snippet", "http-snippet", "main-snippet")
BLOCKING = ("block-user-agents", "block-referers")


COVERED = "ssl-redirect is on, and the host has a certificate"
OF_INGRESS = frozenset({
    "redirect", "app-root-redirect", "location-denied", "address-denied", "credentials-refused", "snippet-answer",
    "external-auth-refused", "external-auth-failed", "sign-in-redirect", "sign-in-loop", "preflight",
})  # fmt: skip
"""Causes that an annotation of the location's Ingress makes."""


def explain_rewrite(case: Case) -> Cause | None:
    event, source = case.event, case.source
    if isinstance(event, CycleEnded):
        return cause("rewrite-loop", case.evidence())
    if isinstance(event, HttpsRedirect):
        return _lua_redirect(case)
    if found := _denial(case):
        return found
    if source.name in SNIPPETS:
        # The text leads to the line of the snippet, which is often one of many.
        evidence = [replace(item, text=case.text) for item in case.evidence()]
        return cause("snippet-answer", evidence, text=case.text, level=_level(case))
    if source.name in REDIRECTS:
        return cause("redirect", case.evidence(), annotation=source.name, owner=case.owner)
    if source.name == "app-root":
        return cause("app-root-redirect", case.evidence(), owner=case.owner)
    if source.name == "from-to-www-redirect":
        return cause("www-redirect", case.evidence(), host=case.host)
    return _built_in(case)


def _denial(case: Case) -> Cause | None:
    """The controller's own refusals, written in place of the location or the server."""
    asked, unusable = case.source.name, case.server.traits.auth_tls_error if case.server else ""
    problems = _denying(case)
    if any(problem.annotation == asked for problem in problems):
        return _location_denied(case, problems)
    if asked == "auth-tls-secret" and unusable:
        fix = f"make the Secret usable ({unusable}), or remove auth-tls-secret"
        return cause("client-ca-unusable", case.evidence(unusable), owner=case.source.owner, fix=fix)
    if asked == "auth-tls-match-cn":
        return cause("common-name-refused", case.evidence())
    return None


def _denying(case: Case) -> list[Problem]:
    """The annotations that close the location."""
    annotations = case.location.annotations if case.location else None
    if annotations is None or annotations.denied is None:
        return []
    return [problem for problem in annotations.problems if problem.effect is Effect.DENIED]


def _location_denied(case: Case, problems: list[Problem]) -> Cause:
    """The cause for a denied location, with every annotation that denies it."""
    names = ", ".join(dict.fromkeys(problem.annotation for problem in problems))
    namespace = case.ingress.meta.namespace if case.ingress else ""
    evidence = [*problem_evidence(problems), *secrets(case.estate.cluster, problems, namespace)]
    return cause("location-denied", evidence, annotation=names, owner=case.owner, fix=remedy(problems))


def problem_evidence(problems: Iterable[Problem]) -> list[Evidence]:
    return [Evidence(problem.origin, problem.value, wrong(problem)) for problem in problems if problem.origin]


def _built_in(case: Case) -> Cause | None:
    """What the template writes for everyone: block lists, CORS preflights, the controller's own endpoints."""
    asked = case.source.name
    if asked in BLOCKING:
        return cause("client-blocked", case.evidence(), text=asked, key=asked)
    if asked == "enable-cors":
        return cause("preflight", case.evidence())
    if case.location is None and case.is_catch_all and case.routed.status == 200:
        return cause("controller-endpoint", path=case.uri)
    return None


def _lua_redirect(case: Case) -> Cause:
    names = ("force-ssl-redirect", "ssl-redirect")
    annotations = case.location.annotations if case.location else None
    source = annotations.source(*names) if annotations else None
    evidence = [Evidence(source.origin, "", source.name)] if source and source.origin else []
    if not evidence and case.ingress is not None and case.ingress.tls:
        evidence = [Evidence(case.ingress.tls[0].origin, "", "spec.tls gives the host a certificate")]
    forced = isinstance(case.event, HttpsRedirect) and case.event.forced
    return cause(
        "https-redirect", evidence, reason=_forced(case) if forced else COVERED, fix=_plain(case, forced=forced)
    )


def _forced(case: Case) -> str:
    written = case.location.annotations.source("ssl-redirect") if case.location else DEFAULT
    on = case.location is None or case.location.annotations.rewrite.ssl_redirect
    beside = "" if on or written.origin is None else ', beside which ssl-redirect: "false" counts for nothing'
    return f"force-ssl-redirect is on{beside}"


def _plain(case: Case, *, forced: bool) -> str:
    """What to write so that plain http is served."""
    names = ["force-ssl-redirect"] if forced else []
    wanted = case.location is None or case.location.annotations.rewrite.ssl_redirect
    if wanted and CertificateChooser(served_certificates(case.estate.model)).covers(bare_host(case.host)):
        names.append("ssl-redirect")
    written = " and ".join(f'{name}: "false"' for name in names)
    return f"write {written} on {case.owner}"


def with_root(found: Cause, case: Case) -> Cause:
    """The cause, with how an Ingress comes to decide about a path that it never named."""
    location, ingress = case.location, case.ingress
    if (
        found.code not in OF_INGRESS
        or location is None
        or ingress is None
        or location.spec_path
        or location.default_ref
    ):
        return found
    named = [path for rule in ingress.rules for path in rule.paths or () if rule is location.rule]
    paths = ", ".join(path.path or "/" for path in named)
    message = (
        f"{found.message}; no rule of {case.server.hostname if case.server else 'the host'} has {location.path}: "
        f"the controller makes one of its own and gives it the annotations of {ingress.meta}, which names only {paths}"
    )
    fix = found.fix or f"give {location.path} a rule of its own, in an Ingress without this annotation"
    places = (Evidence(path.origin, path.path, "the path that it names") for path in named[:1])
    return replace(found, message=message, fix=fix, evidence=(*found.evidence, *places))


def _level(case: Case) -> Level:
    status = case.routed.status or 0
    return "error" if status >= 500 else "denied" if status >= 400 else "notice"


def explain_location(case: Case) -> Cause | None:
    if isinstance(case.event, SlashAdded):
        return cause("slash-redirect", case.evidence(), path=case.uri)
    if isinstance(case.event, FileServed | FileMissing | FileMethodRefused):
        return _own_files(case)
    return _built_in(case)


def _own_files(case: Case) -> Cause | None:
    """A location of a Service that has lost its proxy_pass."""
    location = case.location
    if location is None or location.spec_path is None:
        return None
    block = case.routing.directive(case.first(Phase.LOCATION).line, "location")
    lost = swallowed(block, location, case.routing.provenance)
    if lost is None:
        return None
    evidence, status = [*lost.evidence, *case.evidence()], case.routed.status
    service = location.backend
    return cause("proxy-pass-missing", evidence, fix=lost.fix, reason=lost.reason, status=status, service=service)
