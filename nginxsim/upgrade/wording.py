"""What is said of the changes that an upgrade brings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, takewhile
from typing import Any

from nginxsim.admission import Review
from nginxsim.annotations import NAMES, Effect
from nginxsim.around.webhook.way import asks_in
from nginxsim.catalogue.entries import Level
from nginxsim.config.controller import Controller
from nginxsim.config.flags import Flags
from nginxsim.config.settings import SettingProblem, Settings
from nginxsim.controller.model import Dropped
from nginxsim.diffing import BehaviourChange
from nginxsim.diffing.facts import LISTS, is_decided_otherwise, lists
from nginxsim.diffing.wording import answer_text, item_text
from nginxsim.errors import some
from nginxsim.kube.objects import Ingress
from nginxsim.kube.webhooks import Registration, Webhook
from nginxsim.origins import Origin
from nginxsim.releases import chart_values
from nginxsim.releases.charts import charts_of
from nginxsim.releases.rights import Right, Use
from nginxsim.releases.settings import INSTEAD
from nginxsim.sources.values import Leaf
from nginxsim.upgrade.gate import Rule, Trouble
from nginxsim.upgrade.keeping import KEEPS, Cost, Keep
from nginxsim.upgrade.kinds import Course, Kind
from nginxsim.upgrade.written import CustomTemplate, Reader, Role
from nginxsim.verdict.findings import at, finding
from nginxsim.verdict.types import Evidence, Finding
from nginxsim.verdict.wording.controller import dropped_words
from nginxsim.verdict.wording.problems import complaint

COSTS: Mapping[Cost, str] = {
    Cost.ANY_DIRECTIVE: "whoever may write an Ingress may then write any directive, and read the controller's Secrets",
    Cost.UNCHECKED_VALUES: "no value of any annotation is checked any more before it is written into nginx.conf",
    Cost.OTHER_NAMESPACES: "every Ingress may then use the Secrets of every namespace",
    Cost.ANY_PATH: "Exact and Prefix paths may then hold whatever nginx reads as a pattern",
    Cost.UNINSPECTED: "hosts and paths that reach for the controller's files are no longer looked for",
    Cost.EVERY_INGRESS: "Ingresses that are meant for other controllers and name no class are served too",
    Cost.CLASS_OF_ANOTHER: "a class of that name counts whatever its spec.controller says",
    Cost.ANY_WORD: "no word is kept out of annotations",
}
UNTIL_NOW: Mapping[Effect, str] = {Effect.DROPPED: "dropped", Effect.DENIED: "denied"}


@dataclass(frozen=True, slots=True)
class Case:
    """What happens to an Ingress or an annotation: why, when, and how it is kept from happening."""

    reasons: Sequence[Trouble]
    controller: Controller
    course: Course
    keeps: Sequence[Keep] = ()

    @property
    def facts(self) -> dict[str, Any]:
        """What the catalogue's templates ask for."""
        return {
            "since": releases(self.course),
            "repaired": ends(self.course),
            "why": why(self.reasons, self.controller),
            "fix": fix(self.reasons, self.keeps, self.controller),
        }


def lost(kind: Kind, ingress: Ingress, case: Case) -> Finding:
    """An Ingress that is dropped or denied."""
    status = "403" if any(each.rule is Rule.CLIENT_CERTIFICATE for each in case.reasons) else "503"
    return finding(kind, *evidence(case.reasons), meta=ingress.meta, status=status, **case.facts)


def ignored(ingress: Ingress, case: Case) -> Finding:
    subject = case.reasons[0].subject
    return finding(Kind.IGNORED, *evidence(case.reasons), meta=ingress.meta, subject=subject, **case.facts)


def served(ingress: Ingress, was: Effect, reasons: Sequence[Trouble], course: Course) -> Finding:
    names = ", ".join(dict.fromkeys(each.subject for each in reasons if each.subject))
    what = f"{names} no longer stands in the way" if names else "the rule that kept it out is gone"
    return finding(
        Kind.SERVED, *evidence(reasons), meta=ingress.meta, was=UNTIL_NOW[was], since=releases(course), why=what
    )


def heard(ingress: Ingress, trouble: Trouble, course: Course) -> Finding:
    what = f"annotation {trouble.subject}"
    return finding(Kind.HEARD, *evidence([trouble]), meta=ingress.meta, what=what, since=releases(course))


def kept_until_restart(ingress: Ingress, reasons: Sequence[Trouble], controller: Controller) -> Finding:
    return finding(
        Kind.RESTART,
        *evidence(reasons),
        meta=ingress.meta,
        release=controller.release.name,
        why=why(reasons, controller),
        fix=fix(reasons, (), controller),
    )


def evidence(reasons: Iterable[Trouble]) -> Iterable[Evidence]:
    return chain.from_iterable(at(each.origin, _text(each)) for each in reasons)


def _text(trouble: Trouble) -> str:
    return trouble.problem.offending if trouble.problem else ""


def releases(course: Course) -> str:
    """ "1.11.5 and 1.12.1"."""
    return " and ".join(course.since)


def ends(course: Course) -> str:
    return f" ({course.repaired} no longer does that)" if course.repaired else ""


def why(reasons: Iterable[Trouble], controller: Controller) -> str:
    return "; ".join(dict.fromkeys(_why(each, controller) for each in reasons))


def _why(trouble: Trouble, controller: Controller) -> str:
    name, release = trouble.subject, controller.release
    match trouble.rule:
        case Rule.RISK:
            risk = NAMES[name].at(release).risk
            return (
                f"{name} is of risk {risk}, and annotations-risk-level is {controller.settings.annotations_risk_level}"
            )
        case Rule.SNIPPETS_OFF:
            return "allow-snippet-annotations is false, and the webhook refuses every change of an Ingress with it"
        case Rule.NO_SUCH_ANNOTATION:
            return "the controller knows no such annotation"
        case Rule.WORD:
            return f'{name} holds "{trouble.value}", a word of annotation-value-word-blocklist'
        case Rule.CLIENT_CERTIFICATE:
            return f"{name} cannot be used ({trouble.value})"
    if trouble.problem:
        return complaint(trouble.problem)
    return _turned(trouble.turned)


def _turned(dropped: Dropped | None) -> str:
    return dropped_words(dropped) if dropped else ""


def fix(reasons: Sequence[Trouble], keeps: Sequence[Keep], controller: Controller) -> str:
    """What to change in the Ingress, and with which settings it goes on as before."""
    return "; ".join(filter(None, (_mend(reasons, controller), keeping(keeps))))


def _mend(reasons: Sequence[Trouble], controller: Controller) -> str:
    told = (_remedy(each, controller) for each in reasons)
    return "; ".join(dict.fromkeys(filter(None, told)))


def _remedy(trouble: Trouble, controller: Controller) -> str:
    match trouble.rule:
        case Rule.CLASS:
            return f"name the class in spec.ingressClassName: {controller.flags.ingress_class}"
        case Rule.VALUE if trouble.problem and trouble.problem.expected:
            return f"{trouble.subject} wants {trouble.problem.expected}"
        case Rule.RISK | Rule.SNIPPETS_OFF | Rule.NO_SUCH_ANNOTATION:
            return f"do without {trouble.subject}"
        case Rule.WORD:
            return f'write {trouble.subject} without "{trouble.value}"'
        case Rule.ABSENT if trouble.problem and trouble.problem.missing:
            return f"create {trouble.problem.missing.kind} {trouble.problem.missing.key}"
    return f"correct {trouble.subject}" if trouble.subject else ""


def keeping(keeps: Sequence[Keep]) -> str:
    """ "to keep it, set ..., which ..."."""
    if not keeps:
        return ""
    settings = " and ".join(map(_setting, keeps))
    costs = "; ".join(dict.fromkeys(COSTS[keep.cost] for keep in keeps))
    wrong = [name for keep in keeps for name in keep.wrong]
    useless = f" ({' and '.join(wrong)} {'does' if len(wrong) == 1 else 'do'} nothing for it)" if wrong else ""
    return f"or keep it with {settings}{useless}: {costs}"


def _setting(keep: Keep) -> str:
    where = (
        f"{keep.name}: {keep.written} in the ConfigMap" if keep.kind == "setting" else f"--{keep.name}={keep.written}"
    )
    return f"{where} (chart: {keep.chart})"


# --- settings and flags


EMPTY = "empty"
LONGEST = 80
"""Characters of a value that are shown whole."""


def setting_unknown(key: str, origin: Origin | None, course: Course) -> Finding:
    fix = f"take it out, and set {INSTEAD[key]} for it" if key in INSTEAD else "take it out"
    return finding(Kind.SETTING_UNKNOWN, *at(origin), subject=key, since=releases(course), fix=fix)


def setting_heard(key: str, origin: Origin | None, course: Course) -> Finding:
    owner = "the controller's ConfigMap"
    return finding(Kind.HEARD, *at(origin), what=f"key {key}", owner=owner, since=releases(course))


def protocols_unheard(names: Sequence[str], settings: Settings, course: Course) -> Finding:
    source = settings.source("ssl-protocols")
    return finding(
        Kind.IGNORED,
        *at(source.origin),
        owner="key ssl-protocols",
        subject=f"each of {' and '.join(names)}" if names[1:] else names[0],
        since=releases(course),
        why="OpenSSL 3 speaks them only with security level 0, and clients that know nothing newer get a TLS alert",
        repaired=ends(course),
        fix="have the clients speak TLSv1.2, or add @SECLEVEL=0 to ssl-ciphers",
    )


def metrics_missed(reader: Reader, course: Course) -> Finding:
    default = "--enable-metrics is false by default, no longer true"
    why = f"from {releases(course)} on {reader.owner} finds no metrics: {default}"
    fix = "set --enable-metrics=true (chart: controller.metrics.enabled)"
    return finding(Kind.OBJECT, *at(reader.origin), owner=reader.owner, why=why, fix=fix)


def setting_read(problem: SettingProblem, course: Course) -> Finding:
    what, owner = f'"{problem.value}" in key {problem.key}', "the controller's ConfigMap"
    return finding(Kind.HEARD, *at(problem.origin, problem.value), what=what, owner=owner, since=releases(course))


def default_moved(what: str, name: str, values: tuple[Any, Any], course: Course) -> Finding:
    """values: the old default and the new one."""
    known = {"setting": f"ConfigMap key {name}", "flag": f"--{name}"}[what]
    old, new = _unlike(*map(_written, values))
    keep = next((f" (chart: {keep.chart})" for keep in KEEPS if (keep.kind, keep.name) == (what, name)), "")
    value = _written(values[0]) if _written(values[0]) != EMPTY else '""'
    written = f"{name}: {value} in the ConfigMap" if what == "setting" else f"--{name}={value}"
    fix = f"set {written}{keep} to keep it"
    facts: dict[str, Any] = {"since": releases(course), "repaired": ends(course), "fix": fix}
    return finding(Kind.DEFAULT, what=known, old=old, new=new, **facts)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {part}" for key, part in value.items())
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or EMPTY
    return str(value) or EMPTY


def _unlike(old: str, new: str) -> tuple[str, str]:
    """Of long lists only what follows their common beginning."""
    if min(len(old), len(new)) <= LONGEST:
        return old, new
    pairs = zip(old.split(":"), new.split(":"), strict=False)
    alike = len("".join(f"{one}:" for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)))
    return (f"...:{old[alike:]}", f"...:{new[alike:]}") if alike else (old, new)


# --- values of the chart


def value_gone(name: str, found: Sequence[Leaf], course: Course) -> Finding:
    """A value with all that is written below it."""
    when = f"from {_with_charts(course)} on{ends(course)}"
    fix = _without(name)
    places = chain.from_iterable(at(each.origin) for each in found)
    return finding(Kind.CHART, *places, subject=name, when=when, why="", fix=fix)


def value_dead(name: str, leaf: Leaf, last: str) -> Finding:
    """last: the newest release whose chart read it."""
    why = f": {last} was the last release whose chart read it"
    return finding(Kind.CHART, *at(leaf.origin), subject=name, when="any more", why=why, fix=_without(name))


def _without(name: str) -> str:
    instead = chart_values.INSTEAD.get(chart_values.entry_of(name, chart_values.INSTEAD), "")
    return "; ".join(filter(None, ("take it out", instead)))


def value_unread(name: str, leaf: Leaf, meant: str) -> Finding:
    """Of no release. meant: what people are after who write it."""
    fix = f"write {meant}" if meant else "take it out"
    reason = next(
        (AMISS[above] for above in AMISS if name.startswith(f"{above}.")), "no template of the chart reads it"
    )
    return finding(Kind.CHART, *at(leaf.origin), subject=name, when="in any release", why=f": {reason}", fix=fix)


AMISS: Mapping[str, str] = {
    "controller.config": "the controller knows no such key",
    "controller.annotations": "it becomes an annotation of the controller's Deployment, where nobody looks for it",
    "controller.configAnnotations": "it becomes an annotation of the ConfigMap, not a key of it",
    "controller.podAnnotations": "it becomes an annotation of the controller's Pods, where nobody looks for it",
}
"""What becomes of values that the chart only hands on, by where they stand."""


def _with_charts(course: Course) -> str:
    """ "1.12.0 (chart 4.12.0)"."""
    return " and ".join(f"{name} (chart {charts_of(name)[0]})" for name in course.since)


def value_heard(name: str, leaf: Leaf, owner: str, course: Course) -> Finding:
    return finding(Kind.HEARD, *at(leaf.origin), what=f"value {name}", owner=owner, since=releases(course))


def chart_default(name: str, values: tuple[Any, Any], owner: str, course: Course) -> Finding:
    old, new = map(_written, values)
    facts: dict[str, Any] = {"since": releases(course), "repaired": ends(course)}
    fix = (
        f"write {name}: {old} in {owner} to keep it" if values[0] != "" else f"write {name} in {owner} to have another"
    )
    return finding(Kind.DEFAULT, what=f"chart value {name}", old=old, new=new, fix=fix, **facts)


# --- the webhook and nginx


def refused(ingress: Ingress, review: Review, course: Course, keeps: Sequence[Keep]) -> Finding:
    return finding(
        Kind.REFUSED,
        *chain.from_iterable(map(at, review.origins)),
        meta=ingress.meta,
        since=releases(course),
        why=_one_line(review.error),
        repaired=ends(course),
        fix=REFUSALS.get(review.check, "correct it") + (f"; {keeping(keeps)}" if keeps else ""),
    )


REFUSALS: Mapping[str, str] = {
    "path-type": "write pathType: ImplementationSpecific for these paths",
    "overlap": "take the host and path out of one of the two Ingresses",
    "catch-all": "write a rule instead of spec.defaultBackend",
    "uid": "let the API server give it its UID",
}
"""What to do about a check of the webhook."""


def admitted(ingress: Ingress, review: Review, course: Course) -> Finding:
    places = chain.from_iterable(map(at, review.origins))
    why = _one_line(review.error)
    return finding(Kind.ADMITTED, *places, meta=ingress.meta, since=releases(course), why=why)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def reloads_fail(found: Finding, course: Course) -> Finding:
    facts: dict[str, Any] = {"since": releases(course), "repaired": ends(course), "why": found.message}
    fix = "; ".join(filter(None, (_do(found), f"or go to {course.repaired} at once" if course.repaired else "")))
    return finding(Kind.RELOADS_FAIL, *found.evidence, owner=found.owner, host=found.host, fix=fix, **facts)


def untested(found: Finding, course: Course) -> Finding:
    return finding(
        Kind.UNTESTED,
        *found.evidence,
        owner=found.owner,
        host=found.host,
        since=releases(course),
        why=found.message,
        fix=_do(found),
    )


def _do(found: Finding) -> str:
    return found.fix or "correct what nginx refuses"


# --- requests


def otherwise(change: BehaviourChange, ingress: Ingress | None, others: int, course: Course) -> Finding:
    """One request that stands for all that change alike; others: hosts more of which the same holds."""
    level = _level(change)
    # Of what a notice about no Ingress tells, settings are mere candidates.
    sources = change.sources if ingress or level != "notice" else ()
    told = finding(
        Kind.ANSWER,
        *chain.from_iterable(at(source.origin) for source in sources),
        meta=ingress.meta if ingress else None,
        host=change.probe.request.host or "",
        url="  ".join((change.probe.url, *change.probe.extras)),
        before=answer_text(change.before),
        after=_after(change),
        since=releases(course),
        why=_because(change, others),
        repaired=ends(course),
        fix=change.cause.fix if _is_worse(change) else "see whether clients and services mind",
    )
    return replace(told, level=level)


def _after(change: BehaviourChange) -> str:
    before, after = answer_text(change.before), answer_text(change.after)
    details = list(_details(change))
    return f"{after if before != after else 'the same'}{' but for ' if details else ''}{', '.join(details)}"


def _details(change: BehaviourChange) -> Iterator[str]:
    """Of what the line of statuses and services does not show."""
    for name in change.what:
        if name in LISTS:
            gone, come = lists(change.before, change.after, name)
            items = [*(f"-{item_text(each)}" for each in gone), *(f"+{item_text(each)}" for each in come)]
            yield f"{LISTED.get(name, name)} {' and '.join(items)}"
        elif name in ("uri", "certificate"):
            yield f"{name} {getattr(change.after.first, name) or 'the default one'}"


LISTED: Mapping[str, str] = {"headers": "response header", "sent": "request header to the service"}
"""What the lists of an answer have in them."""


def _because(change: BehaviourChange, others: int) -> str:
    ends_alike = answer_text(change.before) == answer_text(change.after)
    reason = "" if ends_alike or change.cause.level == "fine" else f": {change.cause.message}"
    return reason + (f" (and on {others} more host{'' if others == 1 else 's'})" if others > 0 else "")


def _level(change: BehaviourChange) -> Level:
    if _is_worse(change):
        return "error"
    return "warning" if is_decided_otherwise(change.what) else "notice"


def is_felt(change: BehaviourChange) -> bool:
    """Whether it is more than a notice."""
    return _level(change) != "notice"


def _is_worse(change: BehaviourChange) -> bool:
    was, now = change.before.first.status, change.after.first.status
    return (now is None or now >= 400) and was is not None and was < 400


@dataclass(frozen=True, slots=True)
class Looking:
    """An annotation that goes by the client's address."""

    ingress: Ingress
    annotation: str
    origin: Origin


def client_seen(settings: Settings, looking: Sequence[Looking], course: Course) -> Finding:
    names = dict.fromkeys(each.annotation for each in looking)
    what = f"{', '.join(names)} of {_ingresses(looking)}" if names else "services and logs"
    first = looking[0].ingress.meta if looking else None
    places = (settings.source(key) for key in ("use-proxy-protocol", "use-forwarded-headers"))
    return finding(
        Kind.CLIENT,
        *chain.from_iterable(at(each.origin) for each in looking),
        *chain.from_iterable(at(source.origin) for source in places),
        meta=first,
        header=settings.forwarded_for_header,
        what=what,
        see="see" if len(names) != 1 else "sees",
        since=releases(course),
        repaired=ends(course),
    )


def _ingresses(looking: Sequence[Looking]) -> str:
    keys = list(dict.fromkeys(each.ingress.meta.key for each in looking))
    return f"Ingress {keys[0]}" + (f" and {len(keys) - 1} more" if keys[1:] else "")


def widened(ingress: Ingress, name: str, words: str, course: Course) -> Finding:
    """An annotation that did only a part of what it does. words: the rest of it, which it now does as well."""
    origin = ingress.meta.annotation_origins.get(name)
    return finding(Kind.HEARD, *at(origin), meta=ingress.meta, what=words, since=releases(course))


def annotation_default_moved(
    ingress: Ingress, user: str, moved: tuple[str, str, str], course: Course, fix: str
) -> Finding:
    """user: the annotation with which the default counts, as it is written. moved: the other one, and its defaults."""
    name, old, new = moved
    what = f"{name} of Ingress {ingress.meta.key}"
    facts: dict[str, Any] = {"since": releases(course), "repaired": ends(course), "fix": fix}
    origin = ingress.meta.annotation_origins.get(user)
    return finding(Kind.DEFAULT, *at(origin), meta=ingress.meta, what=what, old=old, new=new, **facts)


# --- objects


MOST_NAMES = 4


def template_broken(custom: CustomTemplate, names: Sequence[str], course: Course, new: str) -> Finding:
    """A template of one's own with names that the new release does not have."""
    missing = f"{some(names, MOST_NAMES)}, which the controller no longer has from {releases(course)} on"
    why = f"no nginx.conf is written any more: {custom} names {missing}"
    return finding(Kind.OBJECT, *at(custom.origin), owner=custom.owner, why=why, fix=_merge(new))


def template_behind(custom: CustomTemplate, course: Course, new: str) -> Finding:
    """A template of one's own that stands for one of an older release."""
    why = f"{custom} stands for the template of the old release, which is another one from {releases(course)} on"
    return finding(Kind.OBJECT, *at(custom.origin), owner=custom.owner, why=why, fix=_merge(new))


def _merge(new: str) -> str:
    return f"write it anew from rootfs/etc/nginx/template/nginx.tmpl of {new}, or do without it"


def image_missing(owner: str, image: str, origin: Origin, course: Course) -> Finding:
    why = f"{owner} runs {image}, and {releases(course)} has no such image{ends(course)}"
    return finding(
        Kind.OBJECT, *at(origin), owner=owner, why=why, fix="run the plain image, or go to a release that has it"
    )


RIGHTS: Mapping[Use, str] = {
    Use.BACKENDS: "the controller finds no endpoint without it, and every path answers 503",
    Use.CLASSES: "the controller finds no IngressClass without it",
    Use.LEADER: "no replica becomes the leader without it, and no Ingress gets its address",
}
"""What becomes of a controller that lacks a right."""


def right_wanted(right: Right, missing: Sequence[str], role: Role, course: Course) -> Finding:
    verbs = " and ".join((", ".join(missing[:-1]), missing[-1]) if missing[1:] else missing)
    object_name = f"{right.resource} of {right.group}"
    why = f"from {releases(course)} on the controller has to {verbs} {object_name}, which {role.owner} does not allow"
    return finding(
        Kind.OBJECT,
        *at(role.origin),
        owner=role.owner,
        why=f"{why}: {RIGHTS[right.use]}",
        fix=f"add a rule: apiGroups [{right.group}], resources [{right.resource}], verbs [{', '.join(right.verbs)}]",
    )


def class_wanted(ingress: Ingress, flags: Flags, course: Course) -> Finding:
    name, controller = flags.ingress_class, flags.controller_class
    why = f"from {releases(course)} on the controller looks for an IngressClass {name}, and the input has none"
    return finding(
        Kind.OBJECT,
        *at(ingress.class_origin),
        meta=ingress.meta,
        why=f"{why}: what names it is dropped, and answers 404",
        fix=f"create IngressClass {name} with spec.controller: {controller} (the chart of the new release does)",
    )


def registration_old(registration: Registration, webhook: Webhook, course: Course) -> Finding:
    return finding(
        Kind.OBJECT,
        *at(webhook.place("admissionReviewVersions")),
        meta=registration.meta,
        why=f"from {releases(course)} on the webhook answers reviews of admission/v1 only, and {registration.meta} "
        f"asks in {asks_in(webhook)}: every change of an Ingress is refused, or let through unseen with failurePolicy: "
        "Ignore",
        fix="write admissionReviewVersions: [v1], and networking.k8s.io v1 in its rules",
    )


def version_gone(found: Finding, course: Course) -> Finding:
    why = f"{found.message}; that is the newest Kubernetes that {releases(course)} is for"
    return finding(Kind.OBJECT, *found.evidence, owner=found.owner, why=why, fix=found.fix)
