"""Which versions of the API a release of Kubernetes serves, and what to write instead of those that are gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

from nginxsim.errors import nearest
from nginxsim.kube.kubernetes import Kubernetes
from nginxsim.kube.validation.faults import Fault, Reason
from nginxsim.kube.validation.kinds import KINDS

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Span(NamedTuple):
    since: int
    until: int | None

    def holds(self, release: Kubernetes) -> bool:
        return self.since <= release.minor and (self.until is None or release.minor < self.until)


@cache
def _served() -> Mapping[str, Mapping[str, _Span]]:
    text = files("nginxsim.kube.validation").joinpath("served.yaml").read_text(encoding="utf-8")
    table = yaml.load(text, _Loader)  # noqa: S506
    return {version: {kind: _span(written) for kind, written in kinds.items()} for version, kinds in table.items()}


def _span(written: str) -> _Span:
    since, _, until = written.partition("-")
    return _Span(int(since.split(".")[1]), int(until.split(".")[1]) if until else None)


def unserved(version: str, kind: str, release: Kubernetes) -> Iterator[Fault]:
    """What is wrong with an object's apiVersion and kind. Groups with a dot that nobody knows are custom resources."""
    span = _served().get(version, {}).get(kind)
    if span is not None:
        if not span.holds(release):
            yield _gone(version, kind, span, release)
    elif _is_unknown(version, kind):
        says = f"is no kind that Kubernetes {release} knows{_meant(version, kind, release)}"
        yield Fault(Reason.UNKNOWN_KIND, ("kind",), says, f"{version} {kind}")


def _gone(version: str, kind: str, span: _Span, release: Kubernetes) -> Fault:
    is_past = span.until is not None and release.minor >= span.until
    dated = f"gone since 1.{span.until}" if is_past else f"new in 1.{span.since}"
    instead = next(_versions_of(kind, release), "")
    advice = f"; write {instead}" if instead else ""
    says = f"is not served by Kubernetes {release} ({dated}){advice}"
    return Fault(Reason.NOT_SERVED, ("apiVersion",), says, f"{version} {kind}", named="kind")


def _versions_of(kind: str, release: Kubernetes) -> Iterator[str]:
    return (version for version, kinds in _served().items() if kind in kinds and kinds[kind].holds(release))


def _is_unknown(version: str, kind: str) -> bool:
    group, _, name = version.rpartition("/")
    built_in = {each.rpartition("/")[0] for each in _served()}
    if group not in built_in:
        return "." not in group
    if kind == "List" or (kind.endswith("List") and kind.removesuffix("List") in _served().get(version, {})):
        return False
    if "alpha" in name or "beta" in name:
        return any(kind == known for _, known in KINDS)
    return True


def _meant(version: str, kind: str, release: Kubernetes) -> str:
    if home := next(_versions_of(kind, release), ""):
        return f"; {kind} is of {home}"
    match = nearest(kind, _served().get(version, ()))
    return f'; did you mean "{match}"?' if match else ""
