"""What keeps an answer from ever being given comes before the answer."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import yaml

from nginxsim import Request, Simulation, simulate
from nginxsim.sources import File
from tests.support.commands import Command
from tests.support.estates import SNIPPETS, config_map, estate, estate_text, ingress, served

URL = "http://web.example.com/"
MISSPELT = {"configuration-snippet": "add_heade X-A b;"}
TWICE = {"server-snippet": "location / {\n  return 200;\n}"}
OPEN = {"configuration-snippet": "if ($uri) {"}
CRASH = {"canary": "true", "canary-weight": "10"}


def with_snippets(annotations: dict[str, str]) -> str:
    return estate_text(*served("web"), config_map(SNIPPETS), ingress(annotations=annotations))


ESTATES = {
    "an unknown directive": (with_snippets(MISSPELT), "nginx-refuses", 200),
    "a block that is never closed": (with_snippets(OPEN), "nginx-refuses", None),
    "a host in capitals": (estate_text(*served("web"), ingress(host="Web.example.com")), "api-host", 200),
    "an Ingress that the controller does not survive": (
        estate_text(*served("web"), ingress(), ingress("next", rules={"web.example.com": {}}, annotations=CRASH)),
        "controller-crash",
        200,
    ),
}


def answered(text: str) -> Simulation:
    return simulate([File("estate.yaml", text)])


@pytest.mark.parametrize("name", ESTATES)
def test_every_format_begins_with_it(name: str, nginxsim: Command) -> None:
    text, code, status = ESTATES[name]
    url = URL.replace("web", "Web") if code == "api-host" else URL
    verdict = json.loads(nginxsim("why", url, "-", "-o", "json", stdin=text).out)
    assert verdict["obstacles"][0]["code"] == code
    assert verdict["outcomes"][0]["status"] == status
    for output in ("text", "yaml", "markdown", "html", "sarif", "junit", "github"):
        ran = nginxsim("why", url, "-", "-o", output, stdin=text)
        assert ran.status == 1
        assert code in ran.out


def test_the_line_is_the_one_that_a_person_edits() -> None:
    (found,) = answered(with_snippets(MISSPELT)).route(Request(host="web.example.com", path="/")).obstacles
    assert found.evidence[0].text == "add_heade X-A b"
    assert found.ingress == "default/web"
    text = with_snippets(TWICE).replace("path: /\n", "path: /app\n")
    (found,) = answered(text).route(Request(host="web.example.com", path="/")).obstacles
    assert [item.text for item in found.evidence[:1]] == ["location /"]


def test_nothing_is_in_the_way_of_a_sound_estate() -> None:
    verdict = estate(*served("web"), ingress()).route(Request(host="web.example.com", path="/"))
    assert verdict.obstacles == ()
    assert not verdict.is_finding


def test_another_process_gets_it_too() -> None:
    verdict = answered(with_snippets(MISSPELT)).route(Request(host="web.example.com", path="/"))
    assert [found.code for found in pickle.loads(pickle.dumps(verdict)).obstacles] == ["nginx-refuses"]


@pytest.mark.parametrize("servers", [3, 60, 300])
def test_however_many_servers_there_are_a_fault_of_another_host_counts(servers: int) -> None:
    hosts = [ingress(f"web-{n}", f"web-{n}.example.com") for n in range(servers)]
    bad = ingress("bad", "bad.example.com", annotations=MISSPELT)
    simulation = estate(*served("web"), *hosts, bad, settings=SNIPPETS)
    (found,) = simulation.route(Request(host="web-1.example.com", path="/")).obstacles
    assert found.ingress == "default/bad"
    assert [each for each in simulation.check() if each.code == "nginx-refuses"] == [found]
    assert {each.message for each in simulation.nginx_errors()} == {found.message}


def test_diff_tells_what_is_refused_on_the_new_side_and_on_both(tmp_path: Path, nginxsim: Command) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(estate_text(*served("web"), ingress()))
    new.write_text(with_snippets(MISSPELT))
    found = json.loads(nginxsim("diff", str(old), str(new), "-o", "json").out)
    assert [len(found[key]) for key in ("refused", "still_refused", "unstored")] == [1, 0, 0]
    found = json.loads(nginxsim("diff", str(new), str(new), "-o", "json").out)
    assert [len(found[key]) for key in ("refused", "still_refused", "unstored")] == [0, 1, 0]
    new.write_text(ESTATES["a host in capitals"][0])
    ran = nginxsim("diff", str(old), str(new), "-o", "json")
    assert [each["code"] for each in json.loads(ran.out)["unstored"]] == ["api-host"]
    assert ran.status == 1


@pytest.mark.parametrize("name", ESTATES)
def test_a_suite_is_not_green_in_silence(name: str, tmp_path: Path, nginxsim: Command) -> None:
    text, code, _ = ESTATES[name]
    (tmp_path / "estate.yaml").write_text(text)
    url = URL.replace("web", "Web") if code == "api-host" else URL
    suite = {
        "manifests": ["estate.yaml"],
        "tests": [{"name": "served", "request": f"GET {url}", "expect": {"status": 200}}],
    }
    (tmp_path / "a.nginxsim.yaml").write_text(yaml.safe_dump(suite))
    ran = nginxsim("test", str(tmp_path))
    assert ran.status == (0 if code == "api-host" else 1)
    assert code != "api-host" or "the API server refuses Ingress default/web" in ran.err
