"""`--record`: a first suite for an estate, some tests for each location. It says what is, not what ought to be."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from nginxsim.nginx.steps import Phase
from nginxsim.simulation import Simulation
from nginxsim.suites.cases import EstateSpec
from nginxsim.suites.coverage import REACHABLE
from nginxsim.suites.expectations import CLOSED
from nginxsim.suites.matching import is_denied, redirect_of
from nginxsim.suites.services import ServiceNames
from nginxsim.url import request_for
from nginxsim.verdict import Outcome, Verdict
from nginxsim.verdict.ingresses import PathState, rows_of

_META = re.compile(r"[\\^$.|?*+()\[\]{}]")
CATCH_ALL_HOST = "unknown.invalid"
ALLOWLISTS = ("whitelist-source-range", "allowlist-source-range")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A test to write."""

    name: str
    url: str
    expect: dict[str, object]
    draw: int | None = None
    client: str = ""


def record(simulation: Simulation, spec: EstateSpec, file: str) -> str:
    """The suite file's text for the estate that `spec` describes; paths in it are relative to `file`."""
    recorder = _Recorder(simulation)
    lines = [
        f"# Written by `nginxsim test --record` from {', '.join(spec.manifests)}.",
        "# It says what is, not what ought to be: read it before you rely on it.",
        f"manifests: {_inline(_relative(spec.manifests, file))}",
        *([f"flags: {_inline(list(spec.flags))}"] if spec.flags else []),
        *([f"release: {_inline(spec.release)}"] if spec.release else []),
        *([f"controller: {_inline(spec.controller)}"] if spec.controller else []),
        *([f"facts: {_inline(list(spec.facts))}"] if spec.facts else []),
        *([f"templates: {_inline(_relative(spec.templates, file))}"] if spec.templates else []),
        "tests:",
    ]
    for row in rows_of(simulation):
        if row.state in REACHABLE:
            lines += ["", *_block(row, list(recorder.tests(row)))]
    return "\n".join(lines) + "\n"


def _relative(paths: Sequence[str], file: str) -> list[str]:
    """Paths as the file has to name them."""
    return [Path(os.path.relpath(path, Path(file).parent)).as_posix() for path in paths]


def _block(row: PathState, tests: list[Recorded]) -> Iterator[str]:
    yield f"  # Ingress {row.namespace}/{row.name}: {row.host}{row.path}"
    if not tests:
        yield "  # (no request was found that reaches it)"
    for test in tests:
        yield f"  - name: {_inline(test.name)}"
        yield f"    request: {_inline(f'GET {test.url}')}"
        if test.client:
            yield f"    client: {test.client}"
        if test.draw is not None:
            yield f"    draw: {test.draw}"
        yield f"    expect: {_inline(test.expect)}"


def _inline(value: object) -> str:
    """Flow style; names of fields need no quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_inline(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


class _Recorder:
    """Tries requests on an estate."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._refused: dict[str, object] = {"nginx_refuses": True} if simulation.refused_by_nginx else {}
        self._names = ServiceNames(simulation.model)

    def tests(self, row: PathState) -> Iterator[Recorded]:
        if row.state == "canary":
            yield from self._canary(row)
            return
        found = self._find(row)
        if found is None:
            return
        path, verdict = found
        place = row.host + row.path
        http = f"http://{_host(row)}{path}"
        kind = _kind(verdict.outcomes[0])
        yield Recorded(f"{place} {kind} over http", http, self._expected(verdict))
        if kind == "redirects":
            https = f"https://{_host(row)}{path}"
            secure = self._verdict(https)
            yield Recorded(f"{place} {_kind(secure.outcomes[0])} over https", https, self._expected(secure))
            http, verdict = https, secure
        if verdict.cause.code == "address-denied" and (client := self._allowed(row)):
            inside = self._verdict(http, client)
            name = f"{place} {_kind(inside.outcomes[0])} from inside the allowlist"
            yield Recorded(name, http, self._expected(inside), client=client)
        if row.path != "/":
            beyond = f"{http.rstrip('/')}-near-miss"
            yield Recorded(f"near miss of {place}", beyond, self._expected(self._verdict(beyond)))

    def _verdict(self, url: str, client: str = "127.0.0.1") -> Verdict:
        return self._simulation.route(request_for(url, client=client))

    def _allowed(self, row: PathState) -> str:
        """An address of the first network that the Ingress lets in; "" where it names none."""
        annotations = self._simulation.cluster.ingresses[f"{row.namespace}/{row.name}"].meta.annotations
        for name in ALLOWLISTS:
            for word in annotations.get(self._simulation.controller.flags.prefix + name, "").split(","):
                with suppress(ValueError):
                    network = ip_network(word.strip(), strict=False)
                    return str(next(iter(network.hosts()), network.network_address))
        return ""

    def _find(self, row: PathState) -> tuple[str, Verdict] | None:
        """A path that enters the location, and how the request ends."""
        for path in _candidates(row.path):
            verdict = self._verdict(f"http://{_host(row)}{path}")
            if any(_enters(outcome, row) for outcome in verdict.outcomes):
                return path, verdict
        return None

    def _canary(self, row: PathState) -> Iterator[Recorded]:
        """A draw of 0 falls to any canary that has some weight; one by header or cookie alone is left to the reader."""
        url = f"http://{_host(row)}{row.path}"
        for outcome in self._verdict(url).outcomes:
            if outcome.upstream and self._names.of(outcome.upstream) == f"{row.namespace}/{row.service}":
                yield Recorded(
                    f"{row.host}{row.path} goes to the canary",
                    url,
                    {**self._of_outcome(outcome), **self._refused},
                    draw=0,
                )
                return

    def _expected(self, verdict: Verdict) -> dict[str, object]:
        if len(verdict.outcomes) == 1:
            return {**self._of_outcome(verdict.outcomes[0]), **self._refused}
        several = [(self._of_outcome(outcome), outcome.probability) for outcome in verdict.outcomes]
        return {
            "outcomes": [{**expected, "probability": round(share, 4)} for expected, share in several],
            **self._refused,
        }

    def _of_outcome(self, outcome: Outcome) -> dict[str, object]:
        if redirect := redirect_of(outcome.status, outcome.headers):
            return {"redirect": redirect}
        status = outcome.status if outcome.status is not None else CLOSED
        if is_denied(outcome):
            return {"status": status, "denied": True, "cause": outcome.cause.code}
        if outcome.upstream is not None:
            return {"status": status, "service": self._names.of(outcome.upstream)}
        return {"status": status, "cause": outcome.cause.code}


def _host(row: PathState) -> str:
    """A host name for the rule: any name for a wildcard or for none."""
    if row.host == "*":
        return CATCH_ALL_HOST
    return row.host.replace("*", "any")


def _candidates(path: str) -> Iterator[str]:
    """The path itself, or for a regular expression what it begins with and some ways to go on."""
    yield path
    if meta := _META.search(path):
        stem = path[: meta.start()]
        yield from (stem, f"{stem}/", f"{stem}x", f"{stem}/x", f"{stem}1")


def _enters(outcome: Outcome, row: PathState) -> bool:
    return any(
        step.phase is Phase.LOCATION and step.source and step.source.origin == row.origin for step in outcome.trace
    )


def _kind(outcome: Outcome) -> str:
    if redirect_of(outcome.status, outcome.headers):
        return "redirects"
    return "is denied" if is_denied(outcome) else "is reachable"
