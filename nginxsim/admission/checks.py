"""The webhook's checks, one function each; CHECKS has them in the order of the original.

A check returns None (the next one goes on), a Refusal, or a Pass: the Ingress is let through without a further look.
ingress-nginx 1.15.1: internal/ingress/controller/controller.go (CheckIngress), internal/ingress/inspector/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from nginxsim.admission.overlap import Newcomer, Owner, Queue
from nginxsim.annotations import Effect, Extraction, blocked_words
from nginxsim.config.controller import Controller
from nginxsim.controller.ingresses import Gatekeeper, arrived
from nginxsim.controller.inspection import inspect
from nginxsim.controller.references import Claim
from nginxsim.golang.patterns import Pattern
from nginxsim.golang.strconv import parse_bool, quote
from nginxsim.kube.objects import Ingress, IngressPath
from nginxsim.origins import Origin
from nginxsim.verdict.wording.controller import dropped_words

MEMCACHED = "'global-rate-limit-memcached-host'"
DEFAULT_PREFIX = "nginx.ingress.kubernetes.io"
UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """error: the webhook's words. also: further reasons it has, of which Go's map order picks one.

    is_snippet: a snippet is refused because none is allowed.
    """

    error: str
    origins: tuple[Origin, ...] = ()
    also: tuple[str, ...] = ()
    is_snippet: bool = False


@dataclass(frozen=True, slots=True)
class Pass:
    why: str


Outcome: TypeAlias = Refusal | Pass | None


@dataclass(frozen=True, slots=True)
class Desk:
    """What the checks look things up in; `extractions` by "namespace/name"."""

    controller: Controller
    gatekeeper: Gatekeeper
    strict_path: Pattern | None
    extractions: Mapping[str, Extraction]
    queue: Queue
    nginx_says: Callable[[Ingress], str]
    """What `nginx -t` has against the conf with an Ingress in it, "" when it would take that."""


def being_deleted(ingress: Ingress, _desk: Desk) -> Outcome:
    return Pass("it is being deleted") if ingress.meta.deleted else None


def deep_inspection(ingress: Ingress, desk: Desk) -> Outcome:
    complaint = inspect(ingress) if desk.controller.flags.deep_inspect else None
    return Refusal(f"invalid object: {complaint[0]}", _places(complaint[1])) if complaint else None


def other_class(ingress: Ingress, desk: Desk) -> Outcome:
    foreign = desk.gatekeeper.foreign(ingress)
    return Pass(dropped_words(foreign)) if foreign else None


def other_namespace(ingress: Ingress, desk: Desk) -> Outcome:
    """Only --watch-namespace counts here, not a selector."""
    watched = desk.controller.flags.watch_namespace
    if not watched or ingress.meta.namespace == watched:
        return None
    return Pass(f"namespace {ingress.meta.namespace} is not watched (--watch-namespace={watched})")


def catch_all(ingress: Ingress, desk: Desk) -> Outcome:
    release, flags = desk.controller.release, desk.controller.flags
    if not release.webhook_refuses_catch_all or not flags.disable_catch_all or ingress.default_backend is None:
        return None
    return Refusal(
        "this deployment is trying to create a catch-all ingress while DisableCatchAll flag is set to true. "
        "Remove '.spec.defaultBackend' or set DisableCatchAll flag to false",
        _places(ingress.default_backend.origin),
    )


def valid_uid(ingress: Ingress, desk: Desk) -> Outcome:
    """An Ingress that has never met an API server has no UID; it will get a good one."""
    uid = ingress.meta.uid
    if not desk.controller.release.webhook_checks_uid or not uid or UID.fullmatch(uid):
        return None
    fault = f"<nil>: Invalid value: {quote(uid)}: must be a lowercase UUID in 8-4-4-4-12 format"
    return Refusal(f"ingress has invalid UID: [{fault}]", _places(ingress.meta.origin))


def path_types(ingress: Ingress, desk: Desk) -> Outcome:
    wrong = list(bad_paths(ingress, desk)) if desk.controller.settings.strict_validate_path_type else []
    if not wrong:
        return None
    reasons = "\n".join(reason for reason, _ in wrong)
    return Refusal(f"ingress contains invalid paths: {reasons}", _places(*(path.origin for _, path in wrong)))


def bad_paths(ingress: Ingress, desk: Desk) -> Iterator[tuple[str, IngressPath]]:
    """Paths with characters that only ImplementationSpecific may have, and the webhook's words on each."""
    if desk.strict_path is None:
        return
    for rule in ingress.rules:
        for path in rule.paths or ():
            strict = path.path and path.path_type != "ImplementationSpecific"
            if strict and not desk.strict_path.search(path.path):
                yield f"path {path.path} cannot be used with pathType {path.path_type or '<nil>'}", path


def annotation_rules(ingress: Ingress, desk: Desk) -> Outcome:
    """The prefix, the word blocklist and the ban on snippets: one look at each annotation, by name."""
    found = list(_broken_rules(ingress, desk))
    if not found:
        return None
    first, *others = found
    origin = ingress.meta.annotation_origins.get(first.annotation)
    return Refusal(first.error, _places(origin), tuple(each.error for each in others), first.is_snippet)


class _Broken(NamedTuple):
    """A rule that an annotation breaks."""

    annotation: str
    error: str
    is_snippet: bool = False


def _broken_rules(ingress: Ingress, desk: Desk) -> Iterator[_Broken]:
    prefix = desk.controller.flags.annotations_prefix
    blocked = {found.annotation: found for found in blocked_words(ingress, desk.controller, trimmed=True)}
    for name in sorted(ingress.meta.annotations):
        if prefix != DEFAULT_PREFIX and name.startswith(f"{DEFAULT_PREFIX}/"):
            use = f"Use '{prefix}' instead of '{DEFAULT_PREFIX}'"
            yield _Broken(name, f"this deployment has a custom annotation prefix defined. {use}")
        if name in blocked:
            yield _Broken(name, blocked[name].reason)
        if not desk.controller.settings.allow_snippet_annotations and name.endswith("-snippet"):
            reason = "Snippet directives are disabled by the Ingress administrator"
            yield _Broken(name, f"{name} annotation cannot be used. {reason}", is_snippet=True)
        if not _can_limit_globally(desk) and name.startswith(f"{prefix}/global-rate-limit"):
            needs = f"'global-rate-limit*' annotations require {MEMCACHED} settings configured in the global configmap"
            yield _Broken(name, needs)


def _can_limit_globally(desk: Desk) -> bool:
    """Or does not know what that is."""
    controller = desk.controller
    return not controller.release.limits_globally or bool(controller.settings.global_rate_limit_memcached_host)


def extraction(ingress: Ingress, desk: Desk) -> Outcome:
    """Risk and validation; a denial is no error here, so its 503 is let through."""
    extracted = desk.extractions[ingress.meta.key]
    if not extracted.error:
        return None
    dropping = [problem for problem in extracted.problems if problem.effect is Effect.DROPPED]
    first, *also = dict.fromkeys(problem.reason for problem in dropping)
    return Refusal(first, _places(*(problem.origin for problem in dropping)), tuple(also))


def crash(ingress: Ingress, desk: Desk) -> Outcome:
    """Whose rule it is does not matter: the API server hears nothing from a webhook that crashes."""
    newcomer = _newcomer(ingress, desk)
    origins = list(newcomer.crashes_on()) if newcomer else []
    if not origins:
        return None
    return Refusal("the webhook crashes: a canary Ingress has a rule without http", _places(*origins))


def _newcomer(ingress: Ingress, desk: Desk) -> Newcomer | None:
    parsed = desk.extractions[ingress.meta.key].parsed
    return Newcomer(desk.queue, arrived(ingress, parsed, desk.controller)) if parsed else None


def overlap(ingress: Ingress, desk: Desk) -> Outcome:
    newcomer = _newcomer(ingress, desk)
    if newcomer is None:
        return None
    for claim in _by_place(newcomer.claims):
        owners = list(newcomer.owners(claim.host, claim.path))
        if refusal := _overlapping(ingress, claim, owners, desk):
            return refusal
        if owners and not desk.controller.release.overlap_looks_at_every_path:
            return None
    return None


def _by_place(claims: Iterable[Claim]) -> Iterator[Claim]:
    """The first claim for each place: what others hold there is the same for all of them."""
    seen = set()
    for claim in claims:
        if (claim.host, claim.path) not in seen:
            seen.add((claim.host, claim.path))
            yield claim


def _overlapping(ingress: Ingress, claim: Claim, owners: Sequence[Owner], desk: Desk) -> Refusal | None:
    release, prefix = desk.controller.release, desk.controller.flags.annotations_prefix
    is_own = any(owner.ingress.meta.key == ingress.meta.key for owner in owners)
    if is_own and not release.overlap_looks_at_every_path:
        return None
    for owner in owners:
        if _in_conflict(ingress, owner, prefix):
            where = f'host "{claim.host}" and path "{claim.path}"'
            error = f"{where} is already defined in ingress {owner.ingress.meta.key}"
            return Refusal(error, _places(claim.spec_path.origin, owner.origin))
    return None


def configtest(ingress: Ingress, desk: Desk) -> Outcome:
    """Of the whole file, so that whatever is wrong with it has every Ingress refused."""
    complaint = desk.nginx_says(ingress) if desk.controller.release.webhook_tests_conf else ""
    if not complaint:
        return None
    line = "-" * 79
    tested = "/tmp/nginx/nginx-cfg<id>"  # noqa: S108 -- the controller's file, named in its message
    words = f"nginx: [emerg] {complaint} in {tested}\nnginx: configuration file {tested} test failed"
    return Refusal(f"\n{line}\nError: exit status 1\n{words}\n\n{line}\n", _places(ingress.meta.origin))


def _in_conflict(ingress: Ingress, owner: Owner, prefix: str) -> bool:
    """Two canaries, or two Ingresses that do not mention the canary annotation. `canary: "false"` slips through."""
    if owner.ingress.meta.key == ingress.meta.key:
        return False
    mine, theirs = (one.meta.annotations.get(f"{prefix}/canary") for one in (ingress, owner.ingress))
    return (mine is None and theirs is None) or (_is_true(mine) and _is_true(theirs))


def _is_true(text: str | None) -> bool:
    try:
        return text is not None and parse_bool(text)
    except ValueError:
        return False


def _places(*origins: Origin | None) -> tuple[Origin, ...]:
    return tuple(dict.fromkeys(origin for origin in origins if origin and origin.file))


CHECKS: Mapping[str, Callable[[Ingress, Desk], Outcome]] = {
    "deletion": being_deleted,
    "deep-inspection": deep_inspection,
    "class": other_class,
    "namespace": other_namespace,
    "catch-all": catch_all,
    "uid": valid_uid,
    "path-type": path_types,
    "annotation-rules": annotation_rules,
    "annotations": extraction,
    "crash": crash,
    "overlap": overlap,
    "configtest": configtest,
}
