"""Causes decided by who asks: addresses, passwords, auth servers, certificates, limits."""

from __future__ import annotations

from nginxsim.nginx.exchange import UpstreamRequest
from nginxsim.verdict.case import Case
from nginxsim.verdict.causes import cause
from nginxsim.verdict.types import Cause, Evidence


def explain_access(case: Case) -> Cause | None:
    if case.directive.name in ("allow", "deny"):
        return _address(case)
    if case.deciding.text.endswith(".lua"):
        return lua_error(case)
    if case.deciding.text.startswith(("auth_basic", "auth_digest")):
        secret = case.location.annotations.basic_auth.secret if case.location else ""
        return cause("credentials-refused", case.evidence(), reason=case.deciding.why, secret=secret)
    return None


def lua_error(case: Case) -> Cause:
    step = case.deciding
    fix = "take auth-keepalive away, or auth-response-headers" if "authheader" in step.why else ""
    return cause("lua-error", case.evidence(), script=step.text, reason=step.why, fix=fix)


def _address(case: Case) -> Cause:
    client = case.deciding.data.get("client", case.request.client)
    peer = case.deciding.data.get("peer", client)
    seen = client if peer == client else f"{client} (from the headers of {peer})"
    rule = case.directive
    if case.source.kind == "configmap" and case.source.name == "block-cidrs":
        return cause("client-blocked", case.evidence(), text=str(rule), key="block-cidrs")
    if rule.args == ("all",) and (allowed := _allowlist(case)):
        return cause("address-denied", case.evidence(), client=seen, text=f"only {', '.join(allowed)} may enter")
    return cause("address-denied", case.evidence(), client=seen, text=f"{rule}")


def _allowlist(case: Case) -> tuple[str, ...]:
    return case.location.annotations.allowlist if case.location else ()


def explain_auth(case: Case) -> Cause | None:
    """An auth server's answer, or the lack of one."""
    asked = next((request for request in case.routed.also if request.role == "auth"), None)
    url = _auth_url(case, asked)
    status = case.deciding.data.get("status") or _status_in(case.deciding.text)
    evidence = case.evidence()
    if case.routed.status == 302 and case.error_page is not None:
        return cause("sign-in-redirect", evidence, url=url)
    if status in ("401", "403"):
        return cause("external-auth-refused", evidence, url=url, auth_status=status)
    return cause("external-auth-failed", evidence, url=url, auth_status=status or "nothing")


def _auth_url(case: Case, asked: UpstreamRequest | None) -> str:
    auth = case.location.annotations.external_auth if case.location else None
    written = (auth.url if auth else "") or case.estate.controller.settings.global_external_auth.url
    return written or (asked.host if asked else "")


def _status_in(text: str) -> str:
    return next((word for word in text.split() if word.isdigit()), "")


def explain_limit(case: Case) -> Cause | None:
    if "body" in case.deciding.data:
        data = case.deciding.data
        return cause("body-too-large", case.evidence(), size=data["body"], limit=data["limit"])
    name = case.source.name or case.deciding.text
    return cause("rate-limited", case.evidence(), text=f"{name}: {case.deciding.why}")


def explain_tls(case: Case) -> Cause | None:
    """Handshakes that fail, and client certificates that are missing or not trusted."""
    if case.routed.status is None:
        return cause("tls-refused", case.evidence(), reason=f"{case.deciding.text}: {case.deciding.why}")
    reason = case.deciding.why or case.deciding.text
    if case.server is not None and case.server.client_certificate.certificate.secret:
        secret = case.server.client_certificate.certificate.secret
        return cause("client-certificate-refused", _client_ca(case), reason=reason, secret=secret)
    fix = "speak https to the https port and http to the http port"
    return cause("bad-request", case.evidence(), reason=reason, fix=fix)


def _client_ca(case: Case) -> list[Evidence]:
    assert case.server is not None
    owner = case.server.owners.get("client_certificate")
    if owner is None:
        return case.evidence()
    prefix = case.estate.controller.flags.annotations_prefix
    origin = owner.meta.annotation_origins.get(f"{prefix}/auth-tls-secret")
    return [Evidence(origin, "", "auth-tls-secret")] if origin else case.evidence()
