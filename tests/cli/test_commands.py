"""The command line: exit codes, errors with places and near names, output that pipes well."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.commands import Command, Process
from tests.support.estates import backend, estate_text, ingress, served, service
from tests.support.places import ROOT

SHOP = "http://shop.example.com/cart"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["why", SHOP, "samples/shop"], 1),
        (["why", SHOP, "samples/shop-repaired", "--client", "10.1.2.3"], 0),
        (["why", SHOP, "samples/shop-repaired", "--client", "198.51.100.1"], 1),
        (["why", "http://nobody.example.com/", "samples/shop"], 0),
        (["why", "http://bank.example.com/", "samples/tls-redirect"], 0),
        (["ingresses", "samples/shop"], 1),
        (["ingresses", "samples/canary"], 0),
        (["conf", "samples/shop"], 0),
        (["backends", "samples/shop"], 0),
        (["--help"], 0),
    ],
)
def test_exit_status(nginxsim: Command, arguments: list[str], status: int) -> None:
    assert nginxsim(*arguments).status == status


def test_a_url_is_sent_as_curl_sends_it(nginxsim: Command) -> None:
    any_host = estate_text(*served(), ingress(rules={}, defaultBackend=backend("web:80")))
    sent = nginxsim("why", "http://ann%40x:p%3Aw@münchen.example/", "-", "-o", "json", stdin=any_host)
    request = json.loads(sent.out)["outcomes"][0]["upstream"]
    assert request["host"] == "xn--mnchen-3ya.example"
    assert ["Authorization", "Basic YW5uQHg6cDp3"] in [list(header) for header in request["headers"]]


BAD_INPUT = {
    "no such file": (["why", SHOP, "nowhere.yaml"], "nowhere.yaml"),
    "a name that no file can have": (["check", "\0"], r"\x00: no such file or folder"),
    "unknown command": (["wy", SHOP], 'did you mean "why"?'),
    "unknown scheme": (["why", "htps://shop.example.com/", "samples/shop"], 'did you mean "https"?'),
    "no scheme": (["why", "shop.example.com/cart", "samples/shop"], "write http://shop.example.com/cart"),
    "unknown flag": (["why", SHOP, "samples/shop", "--flag=--watch-namespce=x"], "--watch-namespace"),
    "unknown release": (["why", SHOP, "samples/shop", "--release", "1.15.l"], "1.15.1"),
    "what is never sent": (["why", f"{SHOP}#top", "samples/shop"], f"is never sent; write {SHOP}"),
    "the wrong way round": (["why", "samples/shop", SHOP], f"the URL comes first: nginxsim why {SHOP} samples/shop"),
    "a host that cannot be": (["why", "http://mü⒈.example/", "samples/shop"], "cannot be a host name"),
    "client is no address": (["why", SHOP, "samples/shop", "--client", "office"], "no IP address"),
    "header without colon": (["why", SHOP, "samples/shop", "-H", "X-Canary"], "Name: value"),
    "unknown host": (["conf", "samples/shop", "--host", "shp.example.com"], 'did you mean "shop.example.com"?'),
    "unknown backend": (["backends", "samples/shop", "--backend", "default-shop-8"], 'did you mean "default-shop-80"?'),
    "no Ingress": (["ingresses", "samples/shop/service.yaml"], "no Ingress in samples/shop/service.yaml"),
}


@pytest.mark.parametrize(("arguments", "told"), BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_bad_input_is_told_in_one_line(nginxsim: Command, arguments: list[str], told: str) -> None:
    ran = nginxsim(*arguments)
    assert ran.status == 2
    assert ran.out == ""
    assert told in ran.err
    assert "internal error" not in ran.err


def test_broken_yaml_is_told_with_its_place(nginxsim: Command) -> None:
    ran = nginxsim("ingresses", "-", stdin="kind: Ingress\nmetadata: {name: a\nspec: [\n")
    assert ran.status == 2
    assert "-:3:" in ran.err


def test_an_unquoted_boolean_is_told_with_its_place(nginxsim: Command) -> None:
    text = (ROOT / "samples/shop/ingress.yaml").read_text(encoding="utf-8").replace('"10.0.0.0/8, office"', "true")
    ran = nginxsim("check", "-", stdin=text)
    assert ran.status == 1
    assert "-:7:57" in ran.out
    assert "quote" in ran.out


def test_the_release_of_kubernetes_decides_which_versions_of_the_api_there_are(nginxsim: Command) -> None:
    old = ["apiVersion: extensions/v1beta1", "kind: Ingress", "metadata: {name: old}"]
    text = "\n".join([*old, "spec: {backend: {serviceName: web, servicePort: 80}}"])
    gone = nginxsim("check", "-", stdin=text).out
    assert "extensions/v1beta1 Ingress" in gone
    assert "gone since 1.22" in gone
    for options in (["--kubernetes", "1.21"], ["--release", "0.49.3"]):
        assert "NX713" not in nginxsim("check", "-", *options, stdin=text).out
    assert "expected a release" in nginxsim("check", "-", "--kubernetes", "new", stdin=text).err


def test_manifests_from_standard_input(nginxsim: Command) -> None:
    text = "---\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "samples/shop").glob("*.yaml")))
    ran = nginxsim("why", SHOP, "-", "-o", "json", stdin=text)
    (outcome,) = json.loads(ran.out)["outcomes"]
    assert (outcome["status"], outcome["cause"]["code"]) == (503, "location-denied")
    assert outcome["cause"]["evidence"][0]["origin"] == {"file": "-", "line": 7, "column": 57}


def test_conf_is_written_whole_or_not_at_all(nginxsim: Command, tmp_path: Path) -> None:
    target = tmp_path / "nginx.conf"
    assert nginxsim("conf", "samples/shop", "-o", str(target)).status == 0
    assert target.read_text(encoding="utf-8") == nginxsim("conf", "samples/shop").out
    kept = target.read_bytes()
    assert nginxsim("conf", "samples/shop", "--host", "other.example.com", "-o", str(target)).status == 2
    assert target.read_bytes() == kept
    assert [path.name for path in tmp_path.iterdir()] == ["nginx.conf"]


def test_a_line_of_the_trace_is_the_line_of_the_conf(nginxsim: Command) -> None:
    report = json.loads(nginxsim("why", SHOP, "samples/shop", "-o", "json").out)
    conf = nginxsim("conf", "samples/shop").out.splitlines()
    step = report["outcomes"][0]["trace"][-1]
    assert conf[int(step["conf"].partition(":")[2]) - 1].strip().rstrip(";") == step["text"] == "return 503"


# A process of its own


def test_the_program_hands_its_exit_code_on(process: Process) -> None:
    run = process(sys.executable, "-m", "nginxsim", "why", SHOP, "nowhere.yaml")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("error: nowhere.yaml: ")
    assert process(sys.executable, "-m", "nginxsim", "--help").returncode == 0


def test_a_closed_pipe_ends_quietly(process: Process) -> None:
    run = process("sh", "-c", f"{sys.executable} -m nginxsim conf samples/shop | head -n 1")
    assert run.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(process: Process, shell: str) -> None:
    assert "_NGINXSIM_COMPLETE" in process(sys.executable, "-m", "nginxsim", "completion", shell).stdout


def test_completion_knows_commands(process: Process) -> None:
    asked = {"_NGINXSIM_COMPLETE": "bash_complete", "COMP_WORDS": "nginxsim ing", "COMP_CWORD": "1"}
    run = process(sys.executable, "-m", "nginxsim", env={**os.environ, **asked})
    assert "ingresses" in run.stdout


def test_completion_knows_states(nginxsim: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_NGINXSIM_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "nginxsim ingresses --state denied,no")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert nginxsim().out == "plain,denied,no-endpoints\n"


STATES = {
    "served": (estate_text(*served("web"), ingress()), "served", 0),
    "no Service": (estate_text(service("other"), ingress()), "no endpoints", 1),
    "no Service, and none needed": (
        estate_text(ingress(annotations={"permanent-redirect": "https://example.org/"})),
        "served",
        0,
    ),
    "an invalid annotation": (
        estate_text(*served("web"), ingress(annotations={"whitelist-source-range": "office"})),
        "denied",
        1,
    ),
    "another class": (estate_text(*served("web"), ingress(class_name="other")), "foreign", 0),
    "a path that is taken": (
        estate_text(
            *served("web"),
            ingress("winner", metadata={"creationTimestamp": "2024-05-01T00:00:00Z"}),
            ingress("loser", metadata={"creationTimestamp": "2024-05-02T00:00:00Z"}),
        ),
        "shadowed",
        1,
    ),
    "a path of one of two": (estate_text(*served("web"), ingress("one"), ingress("two")), "unknown age", 1),
    "a host in capitals": (estate_text(*served("web"), ingress(host="Web.example.com")), "refused", 1),
}


@pytest.mark.parametrize("name", STATES)
def test_ingresses_tells_what_became_of_a_path(name: str, nginxsim: Command) -> None:
    text, state, status = STATES[name]
    ran = nginxsim("ingresses", "-", "-o", "json", stdin=text)
    assert json.loads(ran.out)[-1]["state"] == state
    assert ran.status == status


SHOPS = estate_text(
    *served("web"),
    ingress("one", "one.example.com", {"/": "web:80", "/gone": "gone:80"}),
    ingress("two", "two.example.com", annotations={"whitelist-source-range": "office"}),
    ingress("any", "*.example.com"),
    service("web", namespace="team", type="ExternalName", externalName="web.example.net"),
    ingress("alpha", "shared.example.com", namespace="team"),
    ingress("beta", "shared.example.com", namespace="team"),
    ingress("other", "other.example.org", namespace="team", class_name="other"),
)


@pytest.mark.parametrize(
    ("options", "names", "status"),
    [
        ((), "one one two any alpha beta other", 1),
        (("--state", "served"), "one any", 0),
        (("--state", "denied,no-endpoints"), "one two", 1),
        (("--state", "unknown age"), "alpha beta", 1),
        (("--state", "refused"), "", 0),
        (("-n", "team"), "alpha beta other", 1),
        (("-n", "team", "--state", "foreign"), "other", 0),
        (("-n", "team", "-n", "default", "--host", "ONE.example.com"), "one one", 1),
        (("--host", "three.example.com"), "any", 0),
        (("--host", "*.example.org"), "other", 0),
    ],
)
def test_ingresses_lists_what_is_asked_for(
    options: tuple[str, ...], names: str, status: int, nginxsim: Command
) -> None:
    ran = nginxsim("ingresses", "-", "-o", "json", *options, stdin=SHOPS)
    assert ([row["name"] for row in json.loads(ran.out)], ran.status) == (names.split(), status)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--state", "shaddowed"), 'no such state; did you mean "shadowed"? (known: served, canary, no-endpoints'),
        (("--host", "tow.example.com", "-n", "team"), '--host "tow.example.com": no Ingress has it'),
        (("--host", "other.example.og"), 'did you mean "other.example.org"?'),
        (("-n", "teem"), '--namespace "teem": no Ingress is there; did you mean "team"?'),
    ],
)
def test_what_no_ingress_has_is_told(options: tuple[str, ...], message: str, nginxsim: Command) -> None:
    ran = nginxsim("ingresses", "-", *options, stdin=SHOPS)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err


def test_ingresses_in_each_format(nginxsim: Command) -> None:
    def out(*options: str) -> str:
        return nginxsim("ingresses", "-", *options, stdin=SHOPS).out

    *_, blank, summary = out().splitlines()
    assert (blank, summary) == (
        "",
        "7 paths: 2 served, 1 without endpoints, 1 denied, 2 of unknown age, 1 foreign",
    )
    assert out("--state", "served").splitlines()[-1] == "2 of 7 paths: 2 served"
    assert out("--state", "refused") == "0 of 7 paths\n"
    heads, first, *_ = (line.split() for line in out("-o", "wide", "--state", "served").splitlines())
    told = dict(zip(heads, first, strict=True))
    (row, *_) = json.loads(out("-o", "json"))
    assert (told["CLASS"], told["PATHTYPE"]) == (row["ingress_class"], row["path_type"]) == ("nginx", "Prefix")
    assert [told["ADDRESSES"]] == row["addresses"]
    assert yaml.safe_load(out("-o", "yaml")) == json.loads(out("-o", "json"))
    assert out("-o", "name").split() == [
        "default/one",
        "default/two",
        "default/any",
        "team/alpha",
        "team/beta",
        "team/other",
    ]


@pytest.mark.parametrize("wide", [80, 100])
def test_ingresses_fit_a_narrow_terminal(wide: int, nginxsim: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(wide))
    lines = nginxsim("ingresses", "-", "--state", "unknown-age", stdin=SHOPS).out.splitlines()
    assert max(map(len, lines)) <= wide
    assert [line.strip() for line in lines if "age" in line] == [
        "unknown age: taken to be younger than Ingress team/beta",
        "unknown age: taken to be older than Ingress team/alpha",
        "2 of 7 paths: 2 of unknown age",
    ]


def test_conf_finds_a_host_by_every_name_that_it_has(nginxsim: Command) -> None:
    annotations = {"server-alias": "shop.example.org", "from-to-www-redirect": "true"}
    text = estate_text(*served("web"), ingress(host="shop.example.com", annotations=annotations))
    assert 'server_name "shop.example.com"' in nginxsim("conf", "--host", "shop.example.org", "-", stdin=text).out
    redirect = nginxsim("conf", "--host", "www.shop.example.com", "-", stdin=text).out
    assert "return 308" in redirect
    assert "location" not in redirect


def test_conf_says_why_a_host_has_no_block(nginxsim: Command) -> None:
    text = estate_text(*served("web"), ingress(annotations={"server-snippet": "return 403;"}))
    ran = nginxsim("conf", "--host", "web.example.com", "-", stdin=text)
    assert ran.status == 2
    assert "the controller drops Ingress default/web" in ran.err
    assert "did you mean" in nginxsim("conf", "--host", "wep.example.com", "-", stdin=STATES["served"][0]).err
