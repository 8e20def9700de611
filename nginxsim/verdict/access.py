"""Causes decided by who asks: addresses, passwords, auth servers, certificates, limits."""

from __future__ import annotations

from nginxsim.controller.traits import ServerTrait
from nginxsim.lua.events import AuthServerAnswered
from nginxsim.nginx.events import (
    AddressRuled,
    AuthAnswered,
    BodyTooLarge,
    PasswordFileMissing,
    PasswordRefused,
    ProxyLineMissing,
    RuleMatched,
    ScriptExited,
    ScriptFailed,
)
from nginxsim.nginx.exchange import Role, UpstreamRequest
from nginxsim.nginx.steps import Phase
from nginxsim.origins import DEFAULT
from nginxsim.releases.facts import next_with
from nginxsim.verdict.addresses import explain_address
from nginxsim.verdict.auth_server import TAKEN, explain_server, mending, where, why_refused
from nginxsim.verdict.buffers import explain_too_big
from nginxsim.verdict.case import Case
from nginxsim.verdict.causes import cause
from nginxsim.verdict.connection import set_by
from nginxsim.verdict.cors import for_preflight
from nginxsim.verdict.sign_in import sign_in_loop
from nginxsim.verdict.types import Cause, Evidence

NAME_THE_HOST = "let a rule of an Ingress name the host, or take ssl-reject-handshake out of the controller's ConfigMap"
SIGN_IN = ("auth-signin", "global-auth-signin")
TWO_HOSTS = "take Host out of auth-snippet and auth-proxy-set-headers: nginx sends that of auth-url besides"
HEADER_VARIABLE = "authheader"
"""What the variables begin with that hold an auth server's headers."""


def explain_access(case: Case) -> Cause | None:
    match case.event:
        case AddressRuled() as ruled:
            return explain_address(case, ruled)
        case ScriptFailed(variable=variable):
            return _lua_error(case, variable)
        case ScriptExited():
            return _lua_error(case, "")
        case PasswordRefused() | PasswordFileMissing():
            secret = case.location.annotations.basic_auth.secret if case.location else ""
            fix = for_preflight(case)
            return cause("credentials-refused", case.evidence(), reason=case.reason, secret=secret, fix=fix)
        case RuleMatched() as matched:
            return _blocked(case, matched)
    return None


def _blocked(case: Case, matched: RuleMatched) -> Cause:
    """By ModSecurity: the evidence is the snippet that has the rule, the location's before the ConfigMap's."""
    own = case.location.annotations.source("modsecurity-snippet").origin if case.location else None
    origin = own or case.estate.controller.settings.source("modsecurity-snippet").origin
    evidence = [Evidence(origin, "", f"has rule {matched.rule}")] if origin else case.evidence()
    found = f"{matched.variable} is {matched.value}" if matched.value else matched.variable
    fix = (
        f"send a request that rule {matched.rule} does not match, or take it out with SecRuleRemoveById {matched.rule}"
    )
    return cause("waf-blocked", evidence, rule=matched.rule, found=found, fix=fix)


def _lua_error(case: Case, variable: str) -> Cause:
    return cause("lua-error", case.evidence(), script=case.text, reason=case.reason, fix=_for_keepalive(case, variable))


def _for_keepalive(case: Case, variable: str) -> str:
    """What helps against the faults of the script that asks with auth-keepalive."""
    release = case.estate.controller.release
    if variable.startswith(HEADER_VARIABLE):
        return "take auth-keepalive away, or auth-response-headers"
    if case.event.phase is Phase.ACCESS and not release.auth_reads_share_vars:
        mended = next_with("auth_reads_share_vars", release.name)
        return f"take auth-keepalive away, which fails for every request under {release.name}; {mended} has it mended"
    return ""


def explain_auth(case: Case) -> Cause | None:
    """An auth server's answer, or the lack of one."""
    asked = next((request for request in case.routed.also if request.role is Role.AUTH), None)
    url = _auth_url(case, asked)
    status = case.event.status if isinstance(case.event, AuthAnswered | AuthServerAnswered) else 0
    evidence = case.evidence()
    if status == 401 and _signs_in(case):
        if page := sign_in_loop(case.estate, case.request):
            return cause("sign-in-loop", _signin_place(case) or evidence, page=page)
        fix, why = for_preflight(case) or mending(case), why_refused(case)
        return cause("sign-in-redirect", [*evidence, *where(case)], url=url, fix=fix, why=why)
    if status in (401, 403):
        fix, why = for_preflight(case) or mending(case), why_refused(case)
        return cause("external-auth-refused", [*evidence, *where(case)], url=url, auth_status=status, fix=fix, why=why)
    if too_big := explain_too_big(case, f"the auth server {url}"):
        return too_big
    if known := explain_server(case):
        return known
    fix = TWO_HOSTS if asked and sum(name.lower() == "host" for name, _ in asked.headers) > 1 else ""
    if any(isinstance(step.event, ProxyLineMissing) for step in case.steps):
        fix = (
            "name the auth server's Service in auth-url (http://NAME.NAMESPACE.svc.cluster.local/...): "
            f"a request to {url} comes back to this nginx without the PROXY line that it reads"
        )
    takes = TAKEN
    if isinstance(case.event, AuthServerAnswered) and 200 < status < 300:
        takes, fix = "200, 401 and 403 over kept connections (auth-keepalive)", "take auth-keepalive away"
    return cause("external-auth-failed", evidence, url=url, auth_status=status or "nothing", takes=takes, fix=fix)


def _signin_place(case: Case) -> list[Evidence]:
    source = case.routing.provenance.of(case.error_page.line) if case.error_page else DEFAULT
    return [Evidence(source.origin, "", source.name)] if source.origin else []


def _signs_in(case: Case) -> bool:
    """Whether the refusal is handed on to the page that auth-signin names, not to one of custom-http-errors."""
    page = case.error_page
    return page is not None and case.routing.provenance.of(page.line).name in SIGN_IN


def _auth_url(case: Case, asked: UpstreamRequest | None) -> str:
    auth = case.location.annotations.external_auth if case.location else None
    written = (auth.url if auth else "") or case.estate.controller.settings.global_external_auth.url
    return written or (asked.host if asked else "")


def explain_limit(case: Case) -> Cause | None:
    if isinstance(case.event, BodyTooLarge):
        return cause("body-too-large", case.evidence(), size=case.event.size, limit=case.event.limit)
    return cause("rate-limited", case.evidence(), text=f"{case.source.name or case.text}: {case.reason}")


def explain_tls(case: Case) -> Cause | None:
    """Handshakes that fail, and client certificates that are missing or not trusted."""
    if case.routed.status is None:
        evidence = set_by(case, "ssl-reject-handshake")
        return cause("tls-refused", evidence, reason=f"{case.text}: {case.reason}", fix=NAME_THE_HOST)
    if case.server is not None and case.server.traits.client_certificate.certificate.secret:
        secret = case.server.traits.client_certificate.certificate.secret
        return cause("client-certificate-refused", _client_ca(case), reason=case.reason, secret=secret)
    fix = "speak https to the https port and http to the http port"
    return cause("bad-request", case.evidence(), reason=case.reason, fix=fix)


def _client_ca(case: Case) -> list[Evidence]:
    assert case.server is not None
    owner = case.server.owners.get(ServerTrait.CLIENT_CERTIFICATE)
    if owner is None:
        return case.evidence()
    prefix = case.estate.controller.flags.annotations_prefix
    origin = owner.meta.annotation_origins.get(f"{prefix}/auth-tls-secret")
    return [Evidence(origin, "", "auth-tls-secret")] if origin else case.evidence()
