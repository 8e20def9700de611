"""The chain behind a path: Service, port, EndpointSlices, ready endpoints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from nginxsim.checks.estate import Estate, finding
from nginxsim.controller.model import Notice, NoticeCode
from nginxsim.controller.reasons import EmptyCode
from nginxsim.errors import did_you_mean
from nginxsim.kube.objects import BackendRef, Ingress
from nginxsim.verdict.close_by import Hint, port_hint
from nginxsim.verdict.notices import places
from nginxsim.verdict.types import Finding
from nginxsim.verdict.wording.controller import notice_words

COMPARED = 200
"""A misspelt name is looked for among so many at most: comparing is slow, and there may be as many misspelt ones."""


def missing(estate: Estate) -> Iterator[Finding]:
    names: defaultdict[str, list[str]] = defaultdict(list)
    for service in estate.cluster.services.values():
        names[service.meta.namespace].append(service.meta.name)
    for notice in estate.notices["service-missing"]:
        namespace, _, name = notice.about.missing.key.partition("/") if notice.about.missing else ("", "", "")
        known = names[namespace]
        hint = did_you_mean(name, known) if name and len(known) <= COMPARED else ""
        owner = f"Ingress {notice.ingress}"
        yield finding("service-missing", *places(notice), owner=owner, reason=notice_words(notice) + hint)


def port_missing(estate: Estate) -> Iterator[Finding]:
    for notice in estate.notices["port-missing"]:
        more = _port_hint(estate, notice)
        yield finding(
            "port-missing",
            *(places(notice) if not more.reason else (*places(notice)[:1], *more.evidence)),
            owner=f"Ingress {notice.ingress}",
            reason=more.reason or notice_words(notice),
            fix=more.fix or "name a port of the Service, by number or by name",
        )


def _port_hint(estate: Estate, notice: Notice) -> Hint:
    """What `why` says of the same port."""
    service = estate.cluster.services.get(notice.about.gap.service.partition(" ")[2]) if notice.about.gap else None
    references = _references(estate.cluster.ingresses[notice.ingress])
    reference = next((each for each in references if each.port_origin == notice.origins[0]), None)
    return port_hint(estate.cluster, service, reference) if service and reference else Hint()


def _references(ingress: Ingress) -> Iterator[BackendRef]:
    if ingress.default_backend:
        yield ingress.default_backend
    yield from (path.backend for rule in ingress.rules for path in rule.paths or ())


STREAM_FIXES: Mapping[NoticeCode | EmptyCode, str] = {
    NoticeCode.STREAM_PORT_INVALID: "write the port's number as the key of the entry",
    NoticeCode.STREAM_PORT_RESERVED: "take another port: the controller needs this one itself",
    NoticeCode.STREAM_REFERENCE_INVALID: 'write the entry as "PORT": "namespace/service:port"',
    NoticeCode.STREAM_SERVICE_EMPTY: "give the Service that port and ready endpoints",
}


def stream_unusable(estate: Estate) -> Iterator[Finding]:
    """Entries of the ConfigMaps for TCP and UDP services that lead nowhere."""
    for code in (*STREAM_FIXES, NoticeCode.STREAM_SERVICE_MISSING):
        for notice in estate.notices[code]:
            missing = notice.about.missing
            fix = f"create {missing.kind} {missing.key}, or name one that is there" if missing else STREAM_FIXES[code]
            yield finding("stream-unusable", *places(notice), reason=notice_words(notice), fix=fix)


def endpoints_unknown(estate: Estate) -> Iterator[Finding]:
    """No EndpointSlice where the input has none for anybody: the manifests do not tell."""
    seen = _namespaces_with_endpoints(estate)
    return (
        _sliceless("endpoints-unknown", each) for each in estate.notices["no-slice"] if _namespace(each) not in seen
    )


def no_slice(estate: Estate) -> Iterator[Finding]:
    seen = _namespaces_with_endpoints(estate)
    return (_sliceless("no-slice", each) for each in estate.notices["no-slice"] if _namespace(each) in seen)


def _namespaces_with_endpoints(estate: Estate) -> set[str]:
    return {key.partition("/")[0] for key in estate.cluster.slices}


def _namespace(notice: Notice) -> str:
    return notice.ingress.partition("/")[0]


def _sliceless(code: str, notice: Notice) -> Finding:
    return finding(code, *places(notice), owner=f"Ingress {notice.ingress}", reason=notice_words(notice))
