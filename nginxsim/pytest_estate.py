"""Tests in Python: an Estate answers requests, and what it Answered can be asserted on, one thing after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from nginxsim.config.assumed import USUAL
from nginxsim.kube.objects import NOWHERE
from nginxsim.nginx.exchange import Answer, AnswerFunction, ProxyLine, UpstreamRequest
from nginxsim.nginx.regex import MatchLimitError
from nginxsim.nginx.visitors import NOBODY, Visitor
from nginxsim.printing import spaced
from nginxsim.reports.suites.terminal import comparison
from nginxsim.reports.terminal import for_people
from nginxsim.reports.verdicts import verdict_lines
from nginxsim.simulation import Simulation, simulate
from nginxsim.suites.cases import Change, Check, Expectation, Played
from nginxsim.suites.changes import changed, check_keys
from nginxsim.suites.draws import pinned
from nginxsim.suites.expectations import check_cause
from nginxsim.suites.matching import Mismatch, endless, judge, status_text
from nginxsim.suites.nodes import Place
from nginxsim.suites.services import ANY, ServiceNames, answers
from nginxsim.url import request_for
from nginxsim.verdict import Cause, Finding, Outcome, Verdict

Services: TypeAlias = Mapping[str, "int | Answer | Mapping[str, int | Answer]"]
"""What services answer: a status or an Answer, for all paths or by path, as in a suite file."""

NO_ANSWERS = ("controller-crash", "nginx-refuses")
"""Obstacles of a whole estate."""

_HERE = Place(NOWHERE, 0, 0)


class Estate:
    """Manifests under one controller, for tests. Raises InputError for manifests and flags that cannot be used."""

    def __init__(self, simulation: Simulation, services: Services | None = None) -> None:
        self.simulation = simulation
        self._services = dict(services or {})
        self._names: ServiceNames | None = None

    @classmethod
    def load(
        cls,
        *paths: str | Path,
        flags: Sequence[str] = (),
        release: str | None = None,
        templates: Sequence[str | Path] = (),
        services: Services | None = None,
        assume: Sequence[str] = USUAL,
    ) -> Estate:
        """assume: what may be missing from the manifests, as for simulate()."""
        simulation = simulate(paths, flags=flags, release=release, templates=templates, assume=assume)
        return cls(simulation, services)

    @property
    def names(self) -> ServiceNames:
        if self._names is None:
            self._names = ServiceNames(self.simulation.model)
        return self._names

    def playing(self, services: Services) -> Estate:
        """The same estate whose services answer otherwise."""
        return Estate(self.simulation, {**self._services, **services})

    def with_annotations(self, annotations: Mapping[str, Mapping[str, str | None]]) -> Estate:
        """What if: annotations by Ingress "ns/name" ("*": of all) set to a value, or with None taken away."""
        return self._changed(
            [Change(owner, name, value, NOWHERE) for owner, of in annotations.items() for name, value in of.items()]
        )

    def with_configmap(self, **keys: str | None) -> Estate:
        """What if: keys of the controller's ConfigMap, with _ for -, set or with None taken away."""
        return self._changed([Change("", name.replace("_", "-"), value, NOWHERE) for name, value in keys.items()])

    def _changed(self, changes: Sequence[Change]) -> Estate:
        old = self.simulation
        simulation = old.with_cluster(changed(old.given, changes, old.controller.flags))
        check_keys(changes, simulation.controller.settings)
        return Estate(simulation, self._services)

    def assert_nginx_accepts(self) -> Estate:
        """Fails where `nginx -t` would refuse the configuration."""
        __tracebackhide__ = True
        if faults := self.simulation.nginx_errors():
            raise AssertionError("nginx refuses the configuration\n\n" + "\n".join(map(_fault_line, faults)))
        return self

    def server_block(self, host: str) -> str:
        """The nginx server block(s) of a host; "" for an unknown one."""
        return self.simulation.nginx_conf(host)

    def get(self, url: str, **options: object) -> Answered:
        """`request("GET", url, ...)`."""
        return self.request("GET", url, **options)  # type: ignore[arg-type]

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        client: str = "127.0.0.1",
        body_bytes: int = 0,
        http_version: str = "1.1",
        client_certificate: str | None = None,
        proxy_protocol: ProxyLine | str | int | bool | None = None,
        as_: Visitor | str = NOBODY,
        draw: int | None = None,
    ) -> Answered:
        """Sends one request. draw: pins the canary's draw, as in a suite file."""
        lines = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        request = request_for(
            url, method=method, headers=lines, client=client, body_bytes=body_bytes, http_version=http_version
        )
        request = replace(request, client_certificate=client_certificate, proxy_protocol=proxy_protocol, as_=as_)
        verdict = self.simulation.route(request, self._answers())
        return Answered(url, verdict._replace(outcomes=pinned(verdict.outcomes, draw)), self.names)

    def _answers(self) -> AnswerFunction:
        return answers(played_by(self._services), self.names, lambda _: None)


def _fault_line(fault: Finding) -> str:
    return "   ".join([fault.message, *map(str, fault.origins)])


def played_by(services: Services) -> tuple[Played, ...]:
    found = [
        Played(target, path, answer if isinstance(answer, Answer) else Answer(answer), NOWHERE)
        for target, given in services.items()
        for path, answer in (given.items() if isinstance(given, Mapping) else [(ANY, given)])
    ]
    return tuple(sorted(found, key=lambda played: (played.path.endswith(ANY), -len(played.path))))


@dataclass(frozen=True, slots=True)
class Answered:
    """How a request ended. Assertions hold for every outcome that chance allows, and can be chained."""

    url: str
    verdict: Verdict
    names: ServiceNames

    @property
    def status(self) -> int | None:
        return self.verdict.status

    @property
    def cause(self) -> Cause:
        return self.verdict.cause

    @property
    def headers(self) -> list[tuple[str, str]]:
        return self.verdict.headers

    @property
    def upstream(self) -> UpstreamRequest | None:
        return self.verdict.upstream

    @property
    def outcomes(self) -> list[Outcome]:
        return self.verdict.outcomes

    def assert_status(self, status: int | str | None) -> Answered:
        """A status, a class such as "4xx", or None for no HTTP answer."""
        __tracebackhide__ = True
        return self._assert(_check("status", status_text(status)))

    def assert_cause(self, cause: str) -> Answered:
        """By code or NX number."""
        __tracebackhide__ = True
        return self._assert(_check("cause", check_cause(cause)))

    def assert_service(self, service: str) -> Answered:
        """ "ns/name", "ns/name:port", or "" when no service may answer."""
        __tracebackhide__ = True
        return self._assert(_check("service", service))

    def assert_redirect(self, redirect: str) -> Answered:
        """ "308 https://host/path", the location alone, or "" when there may be none."""
        __tracebackhide__ = True
        return self._assert(_check("redirect", redirect))

    def assert_denied(self, denied: bool = True) -> Answered:
        __tracebackhide__ = True
        return self._assert(_check("denied", denied))

    def assert_header(self, name: str, value: str) -> Answered:
        """Of the response: text, "~regex", or "" for absent."""
        __tracebackhide__ = True
        return self._assert(_check("headers", value, name))

    def assert_upstream(self, *, headers: Mapping[str, str] | None = None, **fields: str) -> Answered:
        """What the service is sent: method, uri, host, protocol, and headers by name."""
        __tracebackhide__ = True
        lines = [_check("upstream.headers", value, name) for name, value in (headers or {}).items()]
        return self._assert(*(_check(f"upstream.{name}", value) for name, value in fields.items()), *lines)

    def _in_the_way(self) -> Iterator[Mismatch]:
        """What keeps every answer of the estate from being given, as in a suite."""
        for found in self.verdict.obstacles:
            if found.code in NO_ANSWERS:
                yield Mismatch(found.code, "nothing in the way", found.message)

    def _assert(self, *checks: Check) -> Answered:
        __tracebackhide__ = True
        try:
            faults = [*judge(Expectation(checks), self.verdict.outcomes, self.names), *self._in_the_way()]
        except MatchLimitError as problem:
            faults = [endless(problem)]
        if faults:
            told = [f"{self.verdict.request.method} {self.url}"]
            raise AssertionError(for_people(spaced([told, comparison(faults), verdict_lines(self.url, self.verdict)])))
        return self


def _check(field: str, wanted: str | bool, name: str = "") -> Check:
    return Check(field, wanted, _HERE, name)
