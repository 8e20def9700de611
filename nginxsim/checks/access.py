"""Doors left open, and guards that look at the wrong thing."""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.annotations import ParsedAnnotations
from nginxsim.around.found import EXTERNAL, NODE
from nginxsim.around.hops import INPUT
from nginxsim.checks.estate import Estate, at, finding
from nginxsim.config.front import services_of
from nginxsim.errors import some
from nginxsim.kube.networks import is_private
from nginxsim.kube.objects import Ingress, Service
from nginxsim.nginx.exchange import Request
from nginxsim.verdict.hops import remedy, taken_with
from nginxsim.verdict.types import Evidence, Finding
from nginxsim.verdict.wording.around import settings_words

LISTS = ("allowlist-source-range", "whitelist-source-range", "denylist-source-range")
ALLOWLISTS = LISTS[:2]
LIMITS = ("limit-rps", "limit-rpm", "limit-connections")
UNAVAILABLE = 503
REDIRECTS = ("permanent-redirect", "temporal-redirect")
REFUSALS = frozenset({401, 403})
EVERYONE = frozenset({"0.0.0.0/0", "::/0"})
PROBE = "203.0.113.254"
"""A client that no estate names."""
UNMENDED = (
    "let the load balancer keep or name the client's address: `nginxsim why --via input` shows what each hop does"
)


def auth_open(estate: Estate) -> Iterator[Finding]:
    """Authentication that was meant and that the controller passes over without a word."""
    for ingress, parsed in estate.served():
        url = estate.value(ingress, "auth-url")
        if url is not None and not url.strip() and not parsed.denied and not estate.settings.global_external_auth.url:
            yield _open(estate, ingress, "auth-url", "auth-url is empty, so nobody is asked")
        secret, kind = estate.value(ingress, "auth-secret"), estate.value(ingress, "auth-type")
        if (secret or kind is not None) and not parsed.basic_auth.secured and not parsed.denied:
            name = "auth-secret" if kind is None else "auth-type"
            reason = "auth-secret needs auth-type: basic beside it" if kind is None else "auth-type is empty"
            yield _open(estate, ingress, name, f"{reason}, so nobody is asked for a password")


def _open(estate: Estate, ingress: Ingress, annotation: str, reason: str) -> Finding:
    return finding(
        "auth-open", *estate.mark(ingress, annotation), meta=ingress.meta, annotation=annotation, reason=reason
    )


def client_ca_absent(estate: Estate) -> Iterator[Finding]:
    """A Secret with a certificate, but without the CA that clients would be checked against."""
    for ingress, parsed in estate.served():
        wanted = parsed.client_certificate
        if wanted.certificate.secret and not wanted.certificate.ca_file and not wanted.error:
            secret = estate.cluster.secrets.get(wanted.certificate.secret)
            evidence = estate.mark(ingress, "auth-tls-secret") + at(secret.meta.origin if secret else None)
            yield finding("client-ca-absent", *evidence, meta=ingress.meta, secret=wanted.certificate.secret)


def node_addresses(estate: Estate) -> Iterator[Finding]:
    """Address lists behind a Service that replaces the client's address by a node's."""
    services = services_of(estate.cluster, estate.controller)
    front = next((each for each in services if each.type in EXTERNAL and _hides_clients(each)), None)
    if front is None or _learns_address(estate):
        return
    for ingress, _ in estate.served():
        if evidence := estate.mark(ingress, *LISTS, *LIMITS):
            note = "externalTrafficPolicy is not Local"
            yield finding(
                "address-of-node", *evidence[:1], *at(front.meta.origin, note=note), meta=ingress.meta, front=front.meta
            )


def _hides_clients(service: Service) -> bool:
    return service.external_traffic_policy in ("", "Cluster")


def _learns_address(estate: Estate) -> bool:
    settings = estate.settings
    return settings.use_forwarded_headers or settings.use_proxy_protocol or settings.enable_real_ip


def hop_addresses(estate: Estate) -> Iterator[Finding]:
    """Address lists behind a load balancer or CDN in the input that nginx takes for the client."""
    hops = estate.simulation.hops
    if all(hop.word == NODE for hop in hops):
        return
    fix = None
    for ingress, _ in estate.served():
        evidence = estate.mark(ingress, *LISTS, *LIMITS)
        host = next((rule.host for rule in ingress.rules if rule.host), "")
        if not evidence or not host:
            continue
        # Who names the client is the same for every host: one of them is asked.
        fix = _fix_of_hops(estate, host) if fix is None else fix
        if not fix:
            return
        beside = at(hops[0].origin, note=f"requests come through {', '.join(hop.word for hop in hops)}")
        yield finding("address-of-hop", *evidence[:1], *beside, meta=ingress.meta, hop=hops[-1].by, fix=fix)


def _fix_of_hops(estate: Estate, host: str) -> str:
    """What lets nginx see the client; "" where it does."""
    probe = Request(host=host, client=PROBE, via=[INPUT])
    if taken_with(estate.simulation, probe) == PROBE:
        return ""
    mended = remedy(estate.simulation, probe)
    return f"write {settings_words(mended)} in the controller's ConfigMap" if mended else UNMENDED


def private_only(estate: Estate) -> Iterator[Finding]:
    """Lists of private networks, compared with the address of whatever connects to nginx."""
    if _learns_address(estate):
        return
    for ingress, parsed in estate.served():
        evidence = estate.mark(ingress, *ALLOWLISTS)
        if evidence and not parsed.denied and parsed.allowlist and all(map(is_private, parsed.allowlist)):
            yield finding("allowlist-private", *evidence, meta=ingress.meta, networks=", ".join(parsed.allowlist))


def spoofable(estate: Estate) -> Iterator[Finding]:
    """X-Forwarded-For is believed from anyone, so that an allowlist is passed by whoever writes the right line."""
    settings = estate.settings
    if not settings.use_forwarded_headers or not EVERYONE.intersection(settings.proxy_real_ip_cidr):
        return
    guarded = [ingress for ingress, _ in estate.served() if estate.value(ingress, *ALLOWLISTS)]
    if guarded:
        origin = settings.source("use-forwarded-headers").origin
        beside = estate.mark(guarded[0], *ALLOWLISTS, note="can be passed with a header")
        owner, names = estate.config_map, some([str(ingress.meta) for ingress in guarded], most=1)
        yield finding("forwarded-headers-open", *at(origin), *beside, owner=owner, guarded=names)


def redirect_first(estate: Estate) -> Iterator[Finding]:
    """A redirect is sent before lists and authentication are looked at."""
    for ingress, parsed in estate.served():
        guards = [name for name in (*LISTS, "auth-url", "auth-secret") if estate.value(ingress, name)]
        if parsed.redirect.url and guards and not parsed.denied:
            yield finding(
                "redirect-before-access",
                *estate.mark(ingress, guards[0]),
                *estate.mark(ingress, *REDIRECTS, note="answers first"),
                meta=ingress.meta,
                guard=guards[0],
            )


def error_page_over_auth(estate: Estate) -> Iterator[Finding]:
    """custom-http-errors that replace a refusal by a page of the default backend."""
    for ingress, parsed in estate.served():
        hidden = sorted(REFUSALS.intersection(parsed.custom_http_errors or estate.settings.custom_http_errors))
        if hidden and _asks_who(estate, parsed):
            evidence = estate.mark(ingress, "custom-http-errors") or at(
                estate.settings.source("custom-http-errors").origin
            )
            yield finding(
                "error-page-over-auth",
                *evidence,
                *_guard(estate, ingress),
                meta=ingress.meta,
                codes=" and ".join(map(str, hidden)),
            )


def _asks_who(estate: Estate, parsed: ParsedAnnotations) -> bool:
    by_default = parsed.enable_global_auth and estate.settings.global_external_auth.url
    return bool(parsed.external_auth.url or parsed.basic_auth.secured or by_default)


def _guard(estate: Estate, ingress: Ingress) -> tuple[Evidence, ...]:
    return estate.mark(ingress, "auth-url", "auth-secret", note="its refusals are replaced")


def strict_keepalive(estate: Estate) -> Iterator[Finding]:
    """Without HTTP/2 the kept-alive subrequest is made in Lua, which takes nothing but 200."""
    if estate.settings.use_http2:
        return
    for ingress, parsed in estate.served():
        if parsed.external_auth.url and parsed.external_auth.keepalive_connections:
            evidence = estate.mark(ingress, "auth-keepalive") + at(estate.settings.source("use-http2").origin)
            yield finding("auth-keepalive-strict", *evidence, meta=ingress.meta, url=parsed.external_auth.url)


def limit_status(estate: Estate) -> Iterator[Finding]:
    """Rate limits whose answer looks like an outage."""
    settings = estate.settings
    statuses = {"limit-connections": settings.limit_conn_status_code}
    for ingress, parsed in estate.served():
        for name in LIMITS if parsed.rate_limit.name else ():
            if estate.value(ingress, name) and statuses.get(name, settings.limit_req_status_code) == UNAVAILABLE:
                yield finding("limit-answers-503", *estate.mark(ingress, name), meta=ingress.meta, annotation=name)
