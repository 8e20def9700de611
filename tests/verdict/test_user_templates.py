"""Explanations under templates that no longer say, in nginx's own variables, which Ingress a location is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nginxsim import Request, Simulation, TraceStep, Verdict, simulate
from nginxsim.config.told import Told
from nginxsim.diffing import compare
from nginxsim.render.templates import TEMPLATE_FOLDER
from tests.support.estates import estate, ingress, served
from tests.support.places import SAMPLES

NAMING = re.compile(r"^ *set \$(?:namespace|ingress_name|service_name|service_port|location_path) .*\n", re.MULTILINE)
HOST = "web.example.com"


def ours(name: str) -> str:
    return (TEMPLATE_FOLDER / f"{name}.conf.j2").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Without the variables, and another name first in each server."""
    folder = tmp_path_factory.mktemp("templates")
    location = NAMING.sub("", ours("location"))
    server = ours("server").replace("server_name ", "server_name {{ first }} ")
    server = '{% set first = "x" ~ server.names[0] | length ~ ".internal" %}\n' + server
    for name, text in {"location": location, "server": server}.items():
        (folder / f"{name}.conf.j2").write_text(text, encoding="utf-8")
    return folder


CASES = {
    "denied": ({"whitelist-source-range": "office"}, Request(host=HOST, path="/a")),
    "not among those allowed": ({"whitelist-source-range": "192.0.2.0/24"}, Request(host=HOST, path="/a")),
    "a preflight": ({"enable-cors": "true"}, Request(host=HOST, path="/a", method="OPTIONS")),
    "served": ({}, Request(host=HOST, path="/a")),
    "no endpoints": ({}, Request(host=HOST, path="/gone")),
    "a path that is none": ({}, Request(host=HOST, path="/")),
    "a host that is none": ({}, Request(host="wb.example.com", path="/a")),
    "another name": ({"from-to-www-redirect": "true"}, Request(host=f"www.{HOST}", path="/a")),
    "to https": ({"force-ssl-redirect": "true"}, Request(host=HOST, path="/a")),
    "a redirect": ({"permanent-redirect": "https://example.org/"}, Request(host=HOST, path="/a")),
    "a rewrite": ({"rewrite-target": "/$1"}, Request(host=HOST, path="/a")),
    "a user agent that is blocked": ({}, Request(host=HOST, path="/a", headers=[("User-Agent", "worm")])),
}


@pytest.mark.parametrize(("annotations", "request_"), CASES.values(), ids=CASES)
def test_the_same_manifest_lines_are_named(annotations: dict[str, str], request_: Request, templates: Path) -> None:
    made = ingress(host=HOST, paths={"/a": "web:80", "/gone": "gone:80"}, annotations=annotations)
    plain = estate(*served(), made, settings={"block-user-agents": "worm"})
    before, after = (each.route(request_) for each in (plain, under(templates, plain)))
    assert (after.cause.code, after.cause.origins) == (before.cause.code, before.cause.origins)
    assert list(named(after)) == list(named(before))


def under(templates: Path, simulation: Simulation) -> Simulation:
    return simulation.with_controller(Told.of(templates=[templates]))


def named(verdict: Verdict) -> Iterator[tuple[str, object]]:
    """The manifest lines in the trace."""
    steps: tuple[TraceStep, ...] = tuple(verdict.outcomes[0].trace)
    yield from ((step.phase, step.source and step.source.origin) for step in steps)


def test_a_denial_that_answers_otherwise_is_a_denial(tmp_path: Path) -> None:
    (tmp_path / "location.conf.j2").write_text(ours("location").replace("return 503;", "return 403;"))
    made = ingress(host=HOST, annotations={"whitelist-source-range": "office"})
    verdict = under(tmp_path, estate(*served(), made)).route(Request(host=HOST))
    assert (verdict.status, verdict.cause.code) == (403, "location-denied")


def test_a_comparison_finds_hosts_and_locations(templates: Path) -> None:
    sides = [simulate([SAMPLES / name]) for name in ("shop", "shop-repaired")]
    before, after = (compare(*each) for each in (sides, [under(templates, side) for side in sides]))
    assert [(change.cause.code, change.sources) for change in after.behaviour] == [
        (change.cause.code, change.sources) for change in before.behaviour
    ]
    assert {(change.host, change.scope) for change in after.conf} == {
        (change.host, change.scope) for change in before.conf
    }
