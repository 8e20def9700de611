"""The chain behind a path: Service, port, EndpointSlices, ready endpoints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from nginxsim.checks.estate import Estate, finding
from nginxsim.controller.model import Notice
from nginxsim.errors import did_you_mean
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
