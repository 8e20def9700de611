"""Clients refused by their address: which address was compared, and why not the one that a proxy in front named."""

from __future__ import annotations

import ipaddress

from nginxsim.nginx.events import AddressRuled, ClientNamed
from nginxsim.verdict.case import Case
from nginxsim.verdict.causes import cause
from nginxsim.verdict.types import Cause, Evidence
from nginxsim.verdict.wording import client

FORWARDED = "X-Forwarded-For"


def explain_address(case: Case, ruled: AddressRuled) -> Cause:
    rule, seen = case.directive, client(ruled)
    if case.source.kind == "configmap" and case.source.name == "block-cidrs":
        return cause("client-blocked", case.evidence(), text=str(rule), key="block-cidrs")
    allowed = case.location.annotations.allowlist if case.location and rule.args == ("all",) else ()
    text = f"only {', '.join(allowed)} may enter" if allowed else str(rule)
    fix, place = _believed(case, ruled) or (_own_address(case, ruled, allowed=bool(allowed)), [])
    return cause("address-denied", [*case.evidence(), *place], client=seen, text=text, fix=fix)


def _own_address(case: Case, ruled: AddressRuled, *, allowed: bool) -> str:
    """Where no proxy names another client."""
    name = case.source.name or "the list"
    listed = (
        f"add {_network(ruled.client)} to {name}" if allowed else f"take {' '.join(case.directive.args)} out of {name}"
    )
    settings = case.estate.controller.settings
    learns = settings.use_forwarded_headers or settings.use_proxy_protocol or settings.enable_real_ip
    if learns or any(isinstance(step.event, ClientNamed) for step in case.steps):
        return listed
    return (
        f"{listed}; if that is not the client's own address, let nginx see it: externalTrafficPolicy: Local, "
        "use-proxy-protocol, or use-forwarded-headers behind a proxy that sends the header"
    )


def _network(address: str) -> str:
    try:
        return f"{address}/{ipaddress.ip_address(address).max_prefixlen}"
    except ValueError:
        return address


def _believed(case: Case, ruled: AddressRuled) -> tuple[str, list[Evidence]] | None:
    """What keeps the address of a header that came from being the one that counts; None where none did."""
    settings, named = case.estate.controller.settings, settings_header(case)
    if any(isinstance(step.event, ClientNamed) for step in case.steps):
        return None
    given = {name.lower() for name, _ in case.request.headers}
    wanted = settings.forwarded_for_header
    if named == "proxy_protocol":
        if wanted.lower() in given:
            why = f"{wanted} is not read: with use-proxy-protocol the client is who the PROXY line names"
            return why, _at(case, "use-proxy-protocol")
        return None
    if not named:
        if not given & {wanted.lower(), FORWARDED.lower()}:
            return None
        return (
            f'{wanted} was sent and is not read: write use-forwarded-headers: "true" in the controller\'s ConfigMap '
            '(or enable-real-ip: "true", which reads it for the address alone)'
        ), []
    if named.lower() in given:
        key = "proxy-real-ip-cidr"
        cidr = ", ".join(settings.proxy_real_ip_cidr)
        return (
            f"add {_network(ruled.peer)}, which sent {named}, to {key} in the controller's ConfigMap: {named} is "
            f"believed from {cidr} only"
        ), _at(case, key)
    if FORWARDED.lower() in given:
        why = f"let the proxy send {named}, which forwarded-for-header names: {FORWARDED} is not read"
        return why, _at(case, "forwarded-for-header")
    return None


def settings_header(case: Case) -> str:
    """What names the client: a header, "proxy_protocol", or "" for nothing but the connection."""
    settings, release = case.estate.controller.settings, case.estate.controller.release
    if settings.use_proxy_protocol:
        both = settings.use_forwarded_headers and release.follows_proxies_behind_proxy_protocol
        return settings.forwarded_for_proxy_protocol_header if both else "proxy_protocol"
    return settings.forwarded_for_header if settings.use_forwarded_headers or settings.enable_real_ip else ""


def _at(case: Case, key: str) -> list[Evidence]:
    origin = case.estate.controller.settings.source(key).origin
    return [Evidence(origin, "", key)] if origin else []
