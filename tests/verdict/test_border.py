"""No room reads another room's English: with every sentence replaced by one letter, all that is decided stays the same.

What the estates of samples/ and of the catalogue come to is taken down twice, once with the words that people see and
once without them: statuses, causes and their evidence, findings, the states of paths, and how the suites end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

from nginxsim import (
    Answer,
    Finding,
    InputError,
    Outcome,
    Request,
    Simulation,
    TraceStep,
    UpstreamRequest,
    Verdict,
    simulate,
)
from nginxsim.annotations import Problem, extract
from nginxsim.catalogue import BY_NUMBER, Example
from nginxsim.catalogue.examples import example_of
from nginxsim.conf_simulation import simulate_conf
from nginxsim.config import settings
from nginxsim.config.settings_table import SettingProblem
from nginxsim.controller.model import NoticeCode
from nginxsim.controller.reasons import CODES, Break
from nginxsim.lua import events as lua
from nginxsim.nginx import events as nginx
from nginxsim.nginx.steps import Event
from nginxsim.suites.reading import find_suites, read_suite
from nginxsim.suites.running import run
from nginxsim.url import request_for
from nginxsim.verdict import nested
from nginxsim.verdict.ingresses import rows_of
from nginxsim.verdict.wording import controller, rows, steps
from tests.support.examples import filled
from tests.support.places import DATA, SAMPLES, plain_manifests

ESTATES = sorted({path.parent for path in plain_manifests()})
CAUSES = yaml.safe_load((DATA / "causes.yaml").read_text(encoding="utf-8"))
EXAMPLES = {
    f"{row.number} {word}": example
    for row in BY_NUMBER.values()
    for word, example in (("bad", row.bad), ("good", row.good))
    if example and example.objects
}
BUSY = yaml.safe_load((DATA / "border.yaml").read_text(encoding="utf-8"))
BURST = 30
SERVICES = "---\n".join(
    f"""\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {name}}}}}
"""
    for name in ("web", "api", "other", "hashed")
)


def mute_problem(key: str, _reason: str, *facts: Any) -> SettingProblem:
    return SettingProblem(key, "x", *facts)


def take_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is said from here on is "x"."""
    monkeypatch.setattr(steps, "WORDS", dict.fromkeys(steps.WORDS, lambda _: rows.Said("x", "x")))
    mute = {"reason": "x", "complaint": "x", "expected": "x"}
    monkeypatch.setattr(extract, "Problem", lambda **facts: Problem(**(facts | mute)))
    monkeypatch.setattr(controller, "NOTICES", dict.fromkeys(NoticeCode, lambda _: "x"))
    monkeypatch.setattr(controller, "GAPS", dict.fromkeys(Break, "x"))
    monkeypatch.setattr(controller, "turned_words", lambda _: "x")
    monkeypatch.setattr(settings, "SettingProblem", mute_problem)


# --- what is decided --------------------------------------------------------------------------------------------------


def answers(upstream: UpstreamRequest, statuses: Mapping[str, int] = MappingProxyType({"auth": 401})) -> Answer:
    """What is said of a role, else 200; one service is down."""
    down = "other" in upstream.service
    return Answer.failure("refused") if down else Answer(statuses.get(upstream.role, 200))


def requests(simulation: Simulation) -> Iterator[Request]:
    """Every path that some Ingress names, by http and https, and a stranger's."""
    for row in rows_of(simulation):
        host = "nobody.test" if row.host == "*" else row.host.replace("*", "any")
        for scheme in ("http", "https"):
            yield Request(host=host, path=row.path, scheme=scheme, body_bytes=2 << 20)
            yield Request(host=host, path=f"{row.path}/x", scheme=scheme, client="10.0.0.9", headers=[("a_b", "1")])
    yield Request(host="nobody.test")


def of_estate(simulation: Simulation) -> Iterator[object]:
    yield from map(of_finding, simulation.check())
    for row in rows_of(simulation):
        yield row.state, row.origin
    for review in simulation.review():
        yield review.ingress, review.allowed, review.check, review.origins
    for request in requests(simulation):
        try:
            verdict = simulation.route(request, answers)
        except InputError:
            yield request.path, "nginx would not start with this"
            continue
        yield of_verdict(verdict)
        if any(step.phase == "limit" for outcome in verdict.outcomes for step in outcome.trace):
            yield of_verdict(simulation.burst(request, BURST, answers))


def of_finding(found: Finding) -> object:
    return found.code, found.level, found.origins, found.owner, found.host, found.path, found.line


def of_verdict(verdict: Verdict) -> object:
    return verdict.is_finding, [of_outcome(outcome) for outcome in verdict.outcomes]


def of_outcome(outcome: Outcome) -> object:
    cause = outcome.cause
    return (
        (outcome.status, outcome.probability, outcome.places),
        (cause.code, cause.level, cause.origins),
        [of_step(step) for step in nested(outcome.trace)],
    )


def of_step(step: TraceStep) -> object:
    source = step.source and step.source.origin
    return step.phase, step.line, source, len(step.considered), [of_step(inner) for inner in step.steps]


def of_suite(file: str) -> Iterator[object]:
    for result in run(read_suite(file).cases).results:
        yield result.case.name, result.state, [each.field for each in result.mismatches]


# --- the same without words -------------------------------------------------------------------------------------------


def same_without_words(monkeypatch: pytest.MonkeyPatch, seen: Callable[[], Iterable[object]]) -> None:
    spoken = list(seen())
    take_words(monkeypatch)
    assert list(seen()) == spoken


@pytest.mark.parametrize("folder", ESTATES, ids=lambda path: path.name)
def test_samples(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    same_without_words(monkeypatch, lambda: of_estate(simulate([folder])))


def simulated(example: Example, folder: Path) -> Simulation:
    path = folder / "manifests.yaml"
    path.write_text(f"{SERVICES}---\n{filled(example.manifests())}", encoding="utf-8")
    return simulate([path], flags=example.flags)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_of_the_catalogue(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    same_without_words(monkeypatch, lambda: of_estate(simulated(EXAMPLES[name], tmp_path)))


@pytest.mark.parametrize("name", [name for name, row in CAUSES.items() if "manifests" in row])
def test_what_users_ask_about(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = example_of(CAUSES[name]["manifests"])
    assert example is not None
    same_without_words(monkeypatch, lambda: of_estate(simulated(example, tmp_path)))


def test_an_estate_with_events_of_every_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = example_of(BUSY["manifests"])
    assert example is not None

    def seen() -> Iterator[object]:
        simulation = simulated(example, tmp_path)
        yield from of_estate(simulation)
        for row in BUSY["requests"]:
            asked = {key: value for key, value in row.items() if key not in ("auth", "status", "headers")}
            request = Request(**asked, headers=list(row.get("headers", {}).items()))
            statuses = {"auth": row.get("auth", 401), "service": row.get("status", 200)}
            yield of_verdict(simulation.route(request, lambda sent, said=statuses: answers(sent, said)))

    same_without_words(monkeypatch, seen)


def test_suites(monkeypatch: pytest.MonkeyPatch) -> None:
    files = find_suites([SAMPLES])
    same_without_words(monkeypatch, lambda: chain.from_iterable(map(of_suite, files)))


CONF = """
events {}
http {
    limit_req_zone $binary_remote_addr zone=z:1m rate=2r/s;
    upstream other { server 10.0.0.1; }
    server {
        listen 80 default_server;
        location / { return 200 here; }
        location /old { return 301 /new; }
        location /gone { return 444; }
        location /loop { rewrite ^ /loop last; }
        location /files { root /srv; }
        location /tried { try_files $uri =404; }
        location /dir/ { proxy_pass http://other; }
        location /private { allow 10.0.0.0/8; deny all; auth_basic x; auth_basic_user_file /none; }
        location /asked { auth_request /auth; return 200; }
        location = /auth { internal; proxy_pass http://auth.test; }
        location /slow { limit_req zone=z burst=4; return 200; }
        location /big { client_max_body_size 1k; proxy_pass http://other; }
        location /own { proxy_pass http://127.0.0.1:80/dir/x; }
    }
    server { listen 443 ssl; server_name www.example.com; ssl_verify_client on; ssl_client_certificate /ca.pem; }
}
"""
PATHS = (
    *("/", "/old", "/gone", "/loop", "/files/x", "/tried", "/dir", "/dir/x", "/private", "/asked", "/slow"),
    *("/big", "/own", "//..", "/%00"),
)


def test_a_conf_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(CONF, encoding="utf-8")
    plain = [Request(host="ww.example.com", path=path, body_bytes=2000, client="10.1.1.1") for path in PATHS]
    others = [request_for("https://www.example.com/"), request_for("http://x.test:81/"), request_for("https://[::1]/")]

    def seen() -> Iterator[object]:
        simulation = simulate_conf(path)
        yield from (of_verdict(simulation.route(request, answers)) for request in [*plain, *others])
        yield of_verdict(simulation.burst(Request(path="/slow"), BURST, answers))

    same_without_words(monkeypatch, seen)


# --- every kind has its words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [nginx, lua], ids=lambda room: room.__name__)
def test_something_is_said_of_every_kind_of_event(room: Any) -> None:
    bases = {Event, nginx.LimitEvent}
    kinds = {kind for kind in vars(room).values() if isinstance(kind, type) and issubclass(kind, Event)} - bases
    assert kinds <= set(steps.WORDS)


def test_something_is_said_of_every_notice_and_every_gap() -> None:
    assert set(controller.NOTICES) == set(NoticeCode)
    assert set(controller.GAPS) == set(Break) == set(CODES)
