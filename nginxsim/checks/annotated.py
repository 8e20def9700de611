"""Annotations that deny, drop, or do not do what they seem to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from nginxsim.annotations import Effect, ParsedAnnotations, Problem, Stranger, unknown_annotations
from nginxsim.checks.estate import TLS_PROTOCOLS, Estate, at, finding
from nginxsim.config.settings import SETTING_KEYS, Settings
from nginxsim.controller.ingresses import CLASS_ANNOTATION
from nginxsim.controller.model import (
    Dropped,
    DropReason,
)
from nginxsim.controller.traits import ServerTrait
from nginxsim.errors import did_you_mean
from nginxsim.kube.objects import HasMeta, Ingress, Meta
from nginxsim.origins import Edit
from nginxsim.verdict.types import Evidence, Finding
from nginxsim.verdict.wording.controller import dropped_words
from nginxsim.verdict.wording.problems import complaint, fix

CLIENT_CA = "auth-tls-"
LIMIT_EXEMPTIONS = ("limit-allowlist", "limit-whitelist")
SNIPPETS = ("configuration-snippet", "server-snippet", "stream-snippet", "modsecurity-snippet", "auth-snippet")


def denied(estate: Estate) -> Iterator[Finding]:
    for ingress, problem in _problems(estate, Effect.DENIED):
        if not problem.annotation.startswith(CLIENT_CA):
            yield _about(estate, "location-denied", ingress, problem)


def client_ca(estate: Estate) -> Iterator[Finding]:
    closed: defaultdict[str, list[str]] = defaultdict(list)
    for server in estate.model.servers.values():
        if server.traits.auth_tls_error:
            closed[server.owners[ServerTrait.AUTH_TLS_ERROR].meta.key].append(server.hostname)
    for ingress, problem in _problems(estate, Effect.DENIED):
        if problem.annotation.startswith(CLIENT_CA):
            hosts = ", ".join(closed[ingress.meta.key]) or "its hosts"
            yield _about(estate, "client-ca-unusable", ingress, problem, hosts=hosts)


def ignored(estate: Estate) -> Iterator[Finding]:
    """A value that cannot be used, for which the default steps in; what opens a door has a finding of its own."""
    for ingress, problem in _problems(estate, Effect.IGNORED):
        opens = problem.annotation in LIMIT_EXEMPTIONS or _opens_cors(estate, ingress, problem) or _is_blank(problem)
        if not opens:
            yield _about(estate, "annotation-ignored", ingress, problem)


def open_cors(estate: Estate) -> Iterator[Finding]:
    for ingress, problem in _problems(estate, Effect.IGNORED):
        if _opens_cors(estate, ingress, problem):
            yield _about(estate, "cors-open", ingress, problem)


def _is_blank(problem: Problem) -> bool:
    """Authentication that was begun and not finished, which auth-open tells about."""
    return problem.annotation in ("auth-url", "auth-type") and not problem.value.strip()


def _opens_cors(estate: Estate, ingress: Ingress, problem: Problem) -> bool:
    cors = estate.parsed[ingress.meta.key].cors
    return problem.annotation == "cors-allow-origin" and cors.enabled and cors.allow_origin == ("*",)


def limit_off(estate: Estate) -> Iterator[Finding]:
    for ingress, problem in _problems(estate, Effect.IGNORED):
        if problem.annotation in LIMIT_EXEMPTIONS:
            yield _about(estate, "rate-limit-off", ingress, problem)


def _problems(estate: Estate, effect: Effect) -> Iterator[tuple[Ingress, Problem]]:
    for ingress in estate.model.ingresses:
        for problem in estate.model.problems.get(ingress.meta.key, ()):
            if problem.effect is effect:
                yield ingress, problem


def _about(estate: Estate, code: str, ingress: Ingress, problem: Problem, **facts: Any) -> Finding:
    return finding(
        code,
        *_place(problem),
        meta=ingress.meta,
        annotation=problem.annotation,
        reason=complaint(problem),
        fix=fix(problem, estate.prefix),
        **facts,
    )


def _place(problem: Problem) -> tuple[Evidence, ...]:
    return at(
        problem.origin, problem.offending or problem.value, f"expected {problem.expected}" if problem.expected else ""
    )


def dropped(estate: Estate) -> Iterator[Finding]:
    for gone in estate.model.dropped:
        if not gone.reason.is_foreign:
            yield _dropped_annotations(estate, gone) if gone.reason is DropReason.ANNOTATIONS else _dropped(gone)


def _dropped(gone: Dropped) -> Finding:
    fix = "change what is underlined"
    return finding("ingress-dropped", *at(gone.origin), meta=gone.ingress.meta, reason=dropped_words(gone), fix=fix)


def _dropped_annotations(estate: Estate, gone: Dropped) -> Finding:
    problems = [problem for problem in estate.extraction(gone.ingress).problems if problem.effect is Effect.DROPPED]
    return finding(
        "ingress-dropped",
        *(item for problem in problems for item in _place(problem)),
        meta=gone.ingress.meta,
        reason="; ".join(dict.fromkeys(map(complaint, problems))),
        fix="; ".join(dict.fromkeys(fix(problem, estate.prefix) for problem in problems)),
    )


def class_missing(estate: Estate) -> Iterator[Finding]:
    for gone in _other_class(estate):
        if _names_nothing(gone.ingress, estate):
            hint = did_you_mean(gone.ingress.class_name or "", estate.cluster.ingress_classes)
            reason = dropped_words(gone) + hint
            yield finding("class-missing", *at(gone.origin), meta=gone.ingress.meta, reason=reason)


def class_foreign(estate: Estate) -> Iterator[Finding]:
    for gone in _other_class(estate):
        if not _names_nothing(gone.ingress, estate):
            yield finding("class-foreign", *at(gone.origin), meta=gone.ingress.meta, reason=dropped_words(gone))


def _other_class(estate: Estate) -> Iterator[Dropped]:
    return (gone for gone in estate.model.dropped if gone.reason is DropReason.CLASS)


def _names_nothing(ingress: Ingress, estate: Estate) -> bool:
    if ingress.class_name is not None:
        return ingress.class_name not in estate.cluster.ingress_classes
    return CLASS_ANNOTATION not in ingress.meta.annotations


def unwatched(estate: Estate) -> Iterator[Finding]:
    for gone in estate.model.dropped:
        if gone.reason is DropReason.NAMESPACE:
            yield finding("namespace-unwatched", *at(gone.origin), meta=gone.ingress.meta, reason=dropped_words(gone))


def _strangers(estate: Estate) -> Iterator[tuple[Ingress, Stranger]]:
    for ingress in estate.model.ingresses:
        for stranger in unknown_annotations(ingress, estate.simulation.controller):
            yield ingress, stranger


def unknown(estate: Estate) -> Iterator[Finding]:
    for ingress, stranger in _strangers(estate):
        if not stranger.wrong_prefix and not stranger.gone_since:
            yield finding(
                "annotation-unknown",
                *_name(ingress.meta, estate.prefix + stranger.name),
                meta=ingress.meta,
                annotation=stranger.name,
                nearest=_instead(stranger),
                edit=_renaming(ingress, estate.prefix + stranger.name, estate.prefix + stranger.wanted)
                if stranger.is_slip
                else None,
            )


def _instead(stranger: Stranger) -> str:
    if stranger.comes_with:
        return f"; it comes with release {stranger.comes_with}"
    return f'; did you mean "{stranger.wanted}"?' if stranger.wanted else ""


def prefixless(estate: Estate) -> Iterator[Finding]:
    """A known name under another prefix, or under none."""
    for ingress, stranger in _strangers(estate):
        if stranger.wrong_prefix:
            yield _under_prefix(ingress, stranger.name, stranger.wanted)
    for ingress in estate.model.ingresses:
        for name in sorted(ingress.meta.annotations.keys() & estate.annotation_names):
            yield _under_prefix(ingress, name, estate.prefix + name)


def _under_prefix(ingress: Ingress, name: str, wanted: str) -> Finding:
    edit = _renaming(ingress, name, wanted)
    place = _name(ingress.meta, name)
    return finding("annotation-prefix", *place, meta=ingress.meta, annotation=name, wanted=wanted, edit=edit)


def _renaming(ingress: Ingress, name: str, wanted: str) -> Edit | None:
    """None where the Ingress has the other one as well."""
    origin = ingress.meta.annotation_name_origins.get(name)
    return Edit(origin, name, wanted, is_name=True) if origin and wanted not in ingress.meta.annotations else None


OTHER_CONTROLLERS: Mapping[str, str] = {
    "nginx.org": "F5's NGINX Ingress Controller",
    "nginx.com": "F5's NGINX Ingress Controller",
}
"""Prefixes that look like this controller's and are another's."""


def of_another(estate: Estate) -> Iterator[Finding]:
    """Annotations for a controller of a like name."""
    for ingress in estate.model.ingresses:
        for full in sorted(ingress.meta.annotations):
            prefix, _, name = full.partition("/")
            if prefix in OTHER_CONTROLLERS and f"{prefix}/" != estate.prefix:
                wanted = estate.prefix + name if name in estate.annotation_names else ""
                yield finding(
                    "annotation-of-another",
                    *_name(ingress.meta, full),
                    meta=ingress.meta,
                    annotation=full,
                    controller=OTHER_CONTROLLERS[prefix],
                    fix=f"write {wanted}" if wanted else "take it out, or look for this controller's own annotation",
                )


def retired(estate: Estate) -> Iterator[Finding]:
    for ingress, stranger in _strangers(estate):
        if gone := stranger.gone_since:
            place = _name(ingress.meta, estate.prefix + stranger.name)
            yield finding("annotation-retired", *place, meta=ingress.meta, annotation=stranger.name, release=gone)


def misplaced(estate: Estate) -> Iterator[Finding]:
    """The controller reads annotations of Ingresses only."""
    cluster = estate.cluster
    objects: Iterable[HasMeta] = chain(
        cluster.services.values(),
        cluster.workloads,
        cluster.config_maps.values(),
        cluster.secrets.values(),
        cluster.ingress_classes.values(),
        cluster.namespaces.values(),
    )
    for meta in (each.meta for each in objects):
        for full in meta.annotations:
            name = full.removeprefix(estate.prefix)
            if full.startswith(estate.prefix) and name in estate.annotation_names:
                fix = _where_it_belongs(estate, meta, name)
                yield finding("annotation-misplaced", *_name(meta, full), meta=meta, annotation=name, fix=fix)


def _where_it_belongs(estate: Estate, meta: Meta, name: str) -> str:
    """Whoever annotates the controller's own ConfigMap means all Ingresses."""
    if str(meta) == estate.config_map and name in SETTING_KEYS:
        return f"write {name} as a key under data, for all Ingresses, or annotate the Ingress that is meant"
    return "move the annotation to the Ingress"


def _name(meta: Meta, full: str) -> tuple[Evidence, ...]:
    return at(meta.annotation_name_origins.get(full) or meta.annotation_origins.get(full), full)


@dataclass(frozen=True, slots=True)
class Companion:
    """Annotations that begin with one of `starts` only say more about `needs`; `holds`: whether that is there.

    A value that denies the locations has a finding of its own, so that nothing is said about its companions.
    """

    starts: tuple[str, ...]
    needs: str
    holds: Callable[[ParsedAnnotations, Settings], object]


# Where several fit, the first counts.
COMPANIONS = (
    Companion(("cors-",), 'enable-cors: "true"', lambda a, _: a.cors.enabled),
    Companion(("auth-tls-",), "auth-tls-secret", lambda a, _: a.client_certificate.certificate.secret),
    Companion(("auth-realm", "auth-secret-type"), "auth-type", lambda a, _: a.basic_auth.secured),
    Companion(
        (
            "auth-always-set-cookie",
            "auth-cache-",
            "auth-keepalive",
            "auth-method",
            "auth-proxy-set-headers",
            "auth-request-redirect",
            "auth-response-headers",
            "auth-signin",
        ),
        "auth-url",
        lambda a, _: a.external_auth.url,
    ),
    Companion(("affinity-", "session-cookie-"), "affinity: cookie", lambda a, _: a.session_affinity.type == "cookie"),
    Companion(
        ("limit-allowlist", "limit-burst-multiplier", "limit-whitelist"),
        "limit-rps, limit-rpm or limit-connections",
        lambda a, _: a.rate_limit.name,
    ),
    Companion(("limit-rate-after",), "limit-rate", lambda a, _: a.rate_limit.rate),
    Companion(("mirror-",), "mirror-target", lambda a, _: a.mirror.source),
    Companion(("temporal-redirect-code",), "temporal-redirect", lambda a, _: a.redirect.url),
    Companion(("permanent-redirect-code",), "permanent-redirect", lambda a, _: a.redirect.url),
    Companion(("upstream-hash-by-subset",), "upstream-hash-by", lambda a, _: a.upstream_hash.by),
    Companion(("fastcgi-",), "backend-protocol: FCGI", lambda a, _: a.backend_protocol.upper() == "FCGI"),
    Companion(
        ("proxy-ssl-secret",), "backend-protocol: HTTPS", lambda a, _: a.backend_protocol.upper() in TLS_PROTOCOLS
    ),
    Companion(("proxy-ssl-",), "proxy-ssl-secret", lambda a, _: a.proxy_tls.certificate.secret),
    Companion(
        ("enable-owasp-", "modsecurity-"),
        "enable-modsecurity",
        lambda a, settings: a.modsecurity.enable or settings.enable_modsecurity,
    ),
)


def idle(estate: Estate) -> Iterator[Finding]:
    for ingress, parsed in estate.served():
        if parsed.denied is not None:
            continue
        refused = {problem.annotation for problem in estate.model.problems.get(ingress.meta.key, ())}
        for name in sorted(parsed.sources.keys() & estate.annotation_names - refused):
            if needs := _missing_companion(name, parsed, estate.settings):
                evidence = estate.mark(ingress, name)
                yield finding("annotation-idle", *evidence, meta=ingress.meta, annotation=name, needs=needs)


def _missing_companion(name: str, parsed: ParsedAnnotations, settings: Settings) -> str:
    for companion in COMPANIONS:
        if name.startswith(companion.starts) and name != companion.needs:
            return "" if companion.holds(parsed, settings) else companion.needs
    return ""


def snippet_stripped(estate: Estate) -> Iterator[Finding]:
    """Allowed by risk level, but taken out by allow-snippet-annotations: such an Ingress is served without them."""
    if estate.settings.allow_snippet_annotations:
        return
    for ingress, parsed in estate.served():
        for name in SNIPPETS:
            if name in parsed.sources:
                yield finding("snippet-stripped", *estate.mark(ingress, name), meta=ingress.meta, annotation=name)
