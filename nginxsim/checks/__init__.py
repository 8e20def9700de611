"""Rules over a whole estate: what is wrong with it, or hardly meant so, without asking for a single URL.

CHECKS is the table: code -> the function that finds it. `check` runs them all, and after them the rules of other
packages (nginxsim.catalogue.outside), which are written with Rule, Entry, Estate, finding and at from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from nginxsim.around.webhook.kinds import Kind as WebhookFault
from nginxsim.catalogue import Entry, Rule, outside_rules
from nginxsim.checks import (
    access,
    annotated,
    api,
    canaries,
    certificates,
    client_certificates,
    conf,
    connection,
    controllers,
    external_auth,
    paths,
    protocols,
    rewrites,
    services,
    settings,
    snippets,
    suppression,
    webhook_way,
)
from nginxsim.checks.auth_servers import AUTH_CHECKS
from nginxsim.checks.estate import Estate, at, finding
from nginxsim.checks.noticed import noticed
from nginxsim.controller.traits import FIRST_COME
from nginxsim.errors import UsageError
from nginxsim.verdict.types import Finding

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

__all__ = ["CHECKS", "Check", "Entry", "Estate", "Finding", "Rule", "at", "check", "finding"]

Check: TypeAlias = Callable[[Estate], Iterator[Finding]]

CHECKS: Mapping[str, Check] = {
    "location-denied": annotated.denied,
    "client-ca-unusable": annotated.client_ca,
    "ingress-dropped": annotated.dropped,
    "class-missing": annotated.class_missing,
    "class-foreign": annotated.class_foreign,
    "namespace-unwatched": annotated.unwatched,
    "class-served-twice": controllers.class_shared,
    "annotation-unknown": annotated.unknown,
    "annotation-prefix": annotated.prefixless,
    "annotation-retired": annotated.retired,
    "annotation-ignored": annotated.ignored,
    "annotation-misplaced": annotated.misplaced,
    "annotation-idle": annotated.idle,
    "setting-unknown": settings.unknown_key,
    "setting-ignored": settings.ignored_key,
    "config-map-unread": settings.unread,
    "snippet-stripped": annotated.snippet_stripped,
    "config-reference-missing": settings.missing_reference,
    "cookie-path-missing": paths.cookie_path,
    "limit-answers-503": access.limit_status,
    "annotation-of-another": annotated.of_another,
    "header-sent-twice": snippets.sent_twice,
    "header-directive-lost": snippets.replaced,
    "path-taken": paths.taken,
    "location-shadowed": paths.shadowed,
    "regex-spread": paths.regex_spread,
    "exact-as-regex": paths.exact_as_regex,
    "regex-unused": paths.regex_unused,
    "rule-without-paths": paths.without_paths,
    "resource-backend": noticed("resource-backend"),
    "alias-taken": noticed("alias-taken"),
    "alias-shared": paths.alias_shared,
    "host-setting-taken": noticed(
        "host-setting-taken",
        *(f"{row.annotation}-taken" for row in FIRST_COME if row.told),
        "auth-tls-secret-taken",
        "proxy-ssl-secret-taken",
    ),
    "protocol-mismatch": protocols.mismatch,
    "grpc-without-http2": protocols.grpc_without_http2,
    "service-missing": services.missing,
    "port-missing": services.port_missing,
    "selector-matches-nothing": noticed("selector-matches-nothing"),
    "no-ready-endpoint": noticed("no-ready-endpoint"),
    "endpoints-in-other-zones": noticed("endpoints-in-other-zones"),
    "no-selector": noticed("no-selector"),
    "external-name-refused": noticed("external-name-refused", "external-name-disabled", "external-name-invalid"),
    "endpoints-unknown": services.endpoints_unknown,
    "cluster-ip-missing": noticed("cluster-ip-missing"),
    "fallback-unusable": noticed(
        "fallback-unusable",
        "fallback-empty",
        "fallback-without-ports",
        "default-backend-missing",
        "default-backend-empty",
    ),
    "no-slice": services.no_slice,
    "stream-unusable": services.stream_unusable,
    "tls-secret-missing": noticed("tls-secret-missing"),
    "tls-secret-unusable": noticed("tls-secret-unusable"),
    "certificate-mismatch": certificates.mismatch,
    "certificate-expired": noticed("certificate-expired"),
    "certificate-expiring": noticed("certificate-expiring"),
    "certificate-default": certificates.defaulted,
    "tls-host-unused": certificates.unused_host,
    "tls-taken": certificates.taken,
    "passthrough-off": certificates.passthrough_off,
    "passthrough-ignored": noticed("passthrough-ignored"),
    "auth-open": access.auth_open,
    "sign-in-loop": external_auth.sign_in_guarded,
    "auth-cache-shared": external_auth.shared_cache,
    **AUTH_CHECKS,
    "client-certificate-host-wide": client_certificates.host_wide,
    "client-certificate-bypassed": client_certificates.bypassed,
    "lock-never-reached": snippets.never_reached,
    "client-ca-absent": access.client_ca_absent,
    "cors-open": annotated.open_cors,
    "rate-limit-off": annotated.limit_off,
    "address-of-hop": access.hop_addresses,
    "address-of-node": access.node_addresses,
    "allowlist-private": access.private_only,
    "forwarded-headers-open": access.spoofable,
    "redirect-before-access": access.redirect_first,
    "error-page-over-auth": access.error_page_over_auth,
    "auth-keepalive-strict": access.strict_keepalive,
    "canary-unattached": noticed(
        "canary-unattached", "canary-unmerged", "canary-host-unknown", "canary-removed", "canary-is-main"
    ),
    "canary-not-first": noticed("canary-not-first"),
    "canary-idle": canaries.idle,
    "canary-wider": canaries.wider,
    "service-is-canary": noticed("service-is-canary"),
    "canary-host-wide": canaries.host_wide,
    "rewrite-without-groups": rewrites.without_groups,
    "rewrite-group-missing": rewrites.missing_group,
    "redirect-loop": rewrites.loops,
    "redirect-behind-tls": rewrites.behind_tls,
    "proxy-protocol-mismatch": connection.proxy_lines,
    "www-redirect-port": rewrites.www_port,
    "proxy-pass-missing": snippets.hands_nothing_on,
    "nginx-refuses": conf.nginx_refuses,
    "controller-crash": conf.controller_crash,
    "admission-refuses": conf.webhook_refuses,
    "ignore-unknown": suppression.unknown,
    "object-twice": settings.twice,
    **{kind: webhook_way.told(kind) for kind in WebhookFault},
    **{code: api.told(code) for code in api.CODES},
}


def check(simulation: Simulation) -> list[Finding]:
    """Every finding of an estate, in the order of the manifests; those without a place come last."""
    estate = Estate(simulation)
    findings = dict.fromkeys(found for run in CHECKS.values() for found in run(estate))
    findings |= dict.fromkeys(found for rule in outside_rules().values() for found in _found_outside(rule, estate))
    files = {name: position for position, name in enumerate(simulation.cluster.files)}
    return sorted(findings, key=lambda found: _order(found, files))


def _found_outside(rule: Rule, estate: Estate) -> list[Finding]:
    """What a rule of another package finds. Raises UsageError, naming it, where the rule itself fails."""
    try:
        return list(rule.find(estate))
    except Exception as problem:  # somebody else's code, and theirs to mend
        name = f"{rule.entry.number} {rule.entry.code}"
        raise UsageError(f"rule {name} failed: {type(problem).__name__}: {problem}") from problem


def _order(found: Finding, files: Mapping[str, int]) -> tuple[object, ...]:
    """By place, then by what is found there; the message comes last, as it decides nothing."""
    what = (found.number, found.host, found.path, found.owner, found.message)
    if not found.evidence:
        return len(files), 0, 0, *what
    origin = found.evidence[0].origin
    return files.get(origin.file, len(files)), origin.line, origin.column, *what
