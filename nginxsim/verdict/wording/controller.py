"""What is said of the controller's decisions: notices, chains without an end, Ingresses that are turned away."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nginxsim.controller.ingresses import CLASS_ANNOTATION
from nginxsim.controller.model import Dropped, Notice, NoticeCode
from nginxsim.controller.reasons import (
    Break,
    CatchAll,
    ClassOfAnother,
    Gap,
    NoClass,
    OtherClass,
    Quoted,
    Turned,
    UnknownClass,
    Unwatched,
)

GAPS: Mapping[Break, str] = {
    Break.NO_PORT_NAMED: "the backend names no port",
    Break.SERVICE_MISSING: "{service} does not exist",
    Break.PORT_NOT_OFFERED: '{service} has no port "{wanted}"; it offers {names}',
    Break.PROTOCOL_NOT_OFFERED: '{service} has no {protocol} port "{wanted}"',
    Break.NO_PORTS: "{service} has no ports",
    Break.EXTERNAL_NAME_DISABLED: "{service} is of type ExternalName, which --disable-svc-external-name forbids",
    Break.EXTERNAL_NAME_LOCAL: "{service} points at {wanted}, which is not allowed",
    Break.EXTERNAL_NAME_NO_NAME: '"{wanted}", externalName of {service}, is no DNS name',
    Break.SLICES_EMPTY: "the EndpointSlices of {service} list no endpoint",
    Break.NONE_READY: "no endpoint of {service} is ready",
    Break.OTHER_ZONES: "the hints of {service} keep its endpoints for {names}, and the controller is in {wanted}",
    Break.SLICES_WITHOUT_PORT: "no EndpointSlice of {service} has a port for {wanted}",
    Break.SLICES_OF_OTHER_NAMES: (
        "only EndpointSlices whose name starts with that of {service} are found, unlike {names}"
    ),
    Break.NO_SELECTOR: "{service} has no selector, and no EndpointSlice belongs to it",
    Break.NO_POD_MATCHES: "no Pod matches the selector of {service} ({names})",
    Break.NO_SLICE: "{service} has no EndpointSlice",
    Break.SCALED_DOWN: "{names} has 0 replicas",
}


def gap_words(gap: Gap | None) -> str:
    """Where a chain breaks; "" where it does not."""
    if gap is None:
        return ""
    names = ", ".join(gap.names) or "no ports"
    return GAPS[gap.kind].format(service=gap.service, wanted=gap.wanted, names=names, protocol=gap.protocol)


def dropped_words(dropped: Dropped) -> str:
    """Why an Ingress never reaches the model."""
    return turned_words(dropped.why)


def turned_words(why: Turned) -> str:
    match why:
        case NoClass():
            return "no ingress class is named, and --watch-ingress-without-class is not set"
        case OtherClass(named, wanted):
            return f'annotation {CLASS_ANNOTATION} is "{named}", the controller wants "{wanted}"'
        case UnknownClass(name):
            return f'IngressClass "{name}" does not exist'
        case ClassOfAnother(name, controller, ours):
            return f'IngressClass "{name}" belongs to controller "{controller}", this one is "{ours}"'
        case Unwatched(namespace, option):
            return f"namespace {namespace} is not watched ({option})"
        case CatchAll():
            return "spec.defaultBackend makes it a catch-all, which --disable-catch-all forbids"
        case Quoted(words):
            return words


def _taken(it: Notice) -> str:
    return f"{it.about.subject} of {it.host} is already set by {it.about.other}; this one is ignored"


def _canary(why: Callable[[Notice], str]) -> Callable[[Notice], str]:
    return lambda it: f"canary {it.host}{it.path} gets no traffic: {why(it)}"


def _unmerged(it: Notice) -> str:
    lost = f"; {it.about.other} is removed with it, and whatever else it served answers 503" if it.about.other else ""
    return f"no main Ingress serves this host and path with another Service{lost}"


def _path(why: Callable[[Notice], str]) -> Callable[[Notice], str]:
    return lambda it: f"{it.host}{it.path}: {why(it)}"


def _expiry(verb: str) -> Callable[[Notice], str]:
    return lambda it: f"the certificate of {it.host} in Secret {it.about.subject} {verb} ({it.about.day})"


def _defaulted(it: Notice) -> str:
    key = it.about.subject
    why = it.about.quoted or f"Secret {key} holds a CA, but no certificate of a server"
    ours = f" (there is no Secret {key})" if it.code is NoticeCode.TLS_SECRET_MISSING else ""
    return f"{it.host} gets the default certificate instead of Secret {key}: {why}{ours}"


def _crash(it: Notice) -> str:
    if it.about.other == "EndpointSlice":
        return f"an EndpointSlice of {it.about.subject} has a port without a number, which makes the controller crash"
    if it.about.option:
        return f"{it.about.option}: {it.about.subject} has no ports, which makes the controller crash"
    return f"the canary rule for {it.host} has no paths, which makes the controller crash"


def _absent(it: Notice) -> str:
    before = it.about.option or it.about.subject
    missing = it.about.missing
    return f"{before}: {missing.kind} {missing.key} does not exist" if missing else before


def _empty(it: Notice) -> str:
    return f"{it.about.option or it.about.subject}: {gap_words(it.about.gap)}"


def _no_use(it: Notice) -> str:
    return f"default-backend is of no use: {gap_words(it.about.gap)}"


NOTICES: Mapping[NoticeCode, Callable[[Notice], str]] = {
    NoticeCode.ALIAS_TAKEN: lambda it: (
        f"alias {it.about.subject} of {it.about.other} is ignored: the host has rules of its own"
    ),
    NoticeCode.AUTH_TLS_SECRET_TAKEN: _taken,
    NoticeCode.PROXY_SSL_SECRET_TAKEN: _taken,
    NoticeCode.SERVER_ALIAS_TAKEN: _taken,
    NoticeCode.SERVER_SNIPPET_TAKEN: _taken,
    NoticeCode.CANARY_HOST_UNKNOWN: _canary(lambda _: "no other Ingress serves this host"),
    NoticeCode.CANARY_IS_MAIN: _canary(lambda it: f"{it.about.subject} is a main backend of this host itself"),
    NoticeCode.CANARY_NOT_FIRST: _canary(lambda it: f"{it.about.subject} asks only its first canary, {it.about.other}"),
    NoticeCode.CANARY_REMOVED: _canary(lambda it: f"{it.about.subject} matched nothing before and was removed"),
    NoticeCode.CANARY_UNMERGED: _canary(_unmerged),
    NoticeCode.CERTIFICATE_EXPIRED: _expiry("has expired"),
    NoticeCode.CERTIFICATE_EXPIRING: _expiry("expires soon"),
    NoticeCode.CERTIFICATE_MISMATCH: _defaulted,
    NoticeCode.TLS_SECRET_MISSING: _defaulted,
    NoticeCode.TLS_SECRET_UNUSABLE: _defaulted,
    NoticeCode.CLUSTER_IP_MISSING: lambda it: f"service-upstream: {it.about.quoted}; its endpoints are used",
    NoticeCode.CONTROLLER_CRASH: _crash,
    NoticeCode.COOKIE_PATH_MISSING: _path(lambda _: "session-cookie-path should be set when use-regex is"),
    NoticeCode.RESOURCE_BACKEND: _path(lambda _: "the backend is no Service; the path is skipped"),
    NoticeCode.SERVICE_IS_CANARY: _path(
        lambda it: f"it gets no location, because an older canary Ingress made {it.about.subject} a canary backend"
    ),
    NoticeCode.PATH_TAKEN: _path(
        lambda it: f"already served by {it.about.other or 'the default backend'}; this rule is ignored"
    ),
    NoticeCode.DEFAULT_BACKEND_MISSING: _absent,
    NoticeCode.STREAM_CONFIGMAP_MISSING: _absent,
    NoticeCode.STREAM_SERVICE_MISSING: _absent,
    NoticeCode.DEFAULT_BACKEND_EMPTY: _empty,
    NoticeCode.STREAM_SERVICE_EMPTY: _empty,
    NoticeCode.STREAM_PORT_INVALID: lambda it: f'{it.about.subject}: "{it.about.other}" is not a valid port number',
    NoticeCode.STREAM_PORT_RESERVED: lambda it: (
        f"{it.about.subject}: port {it.about.other} is reserved for the controller"
    ),
    NoticeCode.STREAM_REFERENCE_INVALID: lambda it: (
        f'{it.about.subject}: "{it.about.other}" is not of the form namespace/name:port'
    ),
    NoticeCode.FALLBACK_EMPTY: _no_use,
    NoticeCode.FALLBACK_WITHOUT_PORTS: _no_use,
    NoticeCode.PASSTHROUGH_IGNORED: lambda it: (
        f"{it.host} passes TLS through, which path {it.path} cannot take part in"
    ),
    NoticeCode.RULE_WITHOUT_PATHS: lambda it: (
        f"the rule for {it.host} has no paths: only the host's implicit root remains"
    ),
}


def notice_words(notice: Notice) -> str:
    """What the controller logs, for people."""
    if isinstance(notice.code, NoticeCode):
        return NOTICES[notice.code](notice)
    return gap_words(notice.about.gap)
