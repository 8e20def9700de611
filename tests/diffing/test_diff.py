"""`nginxsim diff`: edits of one estate with what must be said of each, revisions of a git repository, bad input."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from nginxsim.cli.main import cli
from nginxsim.diffing import compare
from nginxsim.diffing.access import borders, clients, rules_of
from nginxsim.diffing.patterns import examples
from nginxsim.nginx.addresses import parse_network
from nginxsim.nginx.regex import Regex
from nginxsim.nginx.tree import parse_conf
from tests.support.commands import Process, run
from tests.support.estates import estate, ingress, served
from tests.support.examples import example
from tests.support.places import DATA, ROOT

BASE_FILE = DATA / "diff" / "base.yaml"
BASE = BASE_FILE.read_text(encoding="utf-8")
EDITS = yaml.safe_load((DATA / "diff" / "edits.yaml").read_text(encoding="utf-8"))
SIGNS = {"added": "+", "removed": "-", "changed": "~", "reordered": "~"}
VISIBLE = 1


def diff(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["diff", *arguments])


def answer(outcomes: list[dict[str, Any]]) -> str:
    said = [f"{one['status']} {one['cause'] or one['service']}" for one in outcomes]
    if len(said) == 1:
        return said[0]
    return ", ".join(f"{one['probability'] * 100:.4g} % {text}" for one, text in zip(outcomes, said, strict=True))


def request(change: dict[str, Any]) -> str:
    said = [change["url"]]
    said += [] if change["method"] == "GET" else [change["method"]]
    said += [] if change["client"] == "127.0.0.1" else [f"from {change['client']}"]
    for name, value in change["headers"]:
        said.append("with the password" if name == "Authorization" else f"{name}: {value}")
    said += [f"with a body of {change['body_bytes']} bytes"] if change["body_bytes"] else []
    return " ".join(said)


def behaviour_lines(report: dict[str, Any]) -> list[str]:
    return [
        f"{request(change)}: {answer(change['before'])} -> {answer(change['after'])}" for change in report["behaviour"]
    ]


def conf_lines(report: dict[str, Any]) -> list[str]:
    lines = []
    for change in report["conf"]:
        text = f"{change['before']} -> {change['after']}"
        if change["action"] != "changed":
            text = f"{SIGNS[change['action']]} {change['after'] or change['before']}"
        lines.append(f"{change['host']}: {text}")
    return lines


def origins(report: dict[str, Any]) -> set[str]:
    places = [source["origin"] for change in report["behaviour"] for source in change["sources"]]
    places += [item["origin"] for change in report["behaviour"] for item in change["cause"]["evidence"]]
    return {f"{place['file']}:{place['line']}" for place in places}


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit["about"])
def test_an_edit_is_told(edit: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before, after = edit.get("change", ("", ""))
    assert before in BASE
    Path("old.yaml").write_text(BASE, encoding="utf-8")
    prepended = f"{edit['prepend']}---\n" if "prepend" in edit else ""
    Path("new.yaml").write_text(prepended + (BASE.replace(before, after) if before else BASE), encoding="utf-8")
    run = diff("old.yaml", "new.yaml", "-o", "json")
    report = json.loads(run.output)
    assert behaviour_lines(report) == edit.get("behaviour", [])
    assert conf_lines(report) == edit.get("conf", [])
    model = [f"{SIGNS[change['action']]} {change['kind']} {change['name']}" for change in report["model"]]
    assert model == edit.get("model", [])
    assert edit.get("at", "") in origins(report) | {""}
    assert run.exit_code == (VISIBLE if "behaviour" in edit else 0)
    assert len(report["behaviour"]) <= report["requests"] < 200


@pytest.mark.parametrize("output", ["text", "json", "markdown"])
def test_an_estate_does_not_differ_from_itself(output: str) -> None:
    run = diff(str(BASE_FILE), str(BASE_FILE), "-o", output)
    assert run.exit_code == 0
    assert diff(str(BASE_FILE), str(BASE_FILE), "-o", output).output == run.output


def test_another_flag_changes_the_behaviour_of_the_same_manifests() -> None:
    path = str(BASE_FILE)
    run = diff(path, path, "--new-flag=--controller-class=example.com/other", "-o", "json")
    assert run.exit_code == VISIBLE
    assert "ingress-ignored" in {change["cause"]["code"] for change in json.loads(run.output)["behaviour"]}
    both = diff(path, path, "--flag=--controller-class=example.com/other")
    assert both.exit_code == 0


def test_a_conf_that_nginx_would_refuse_fails(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(BASE, encoding="utf-8")
    new.write_text(BASE.replace("return 403;", "return;"), encoding="utf-8")
    run = diff(str(old), str(new))
    assert run.exit_code == VISIBLE
    assert 'invalid number of arguments in "return" directive' in run.output
    assert f"{new}:52" in run.output


def test_the_comment_for_a_pull_request_is_one_table_with_the_rest_folded() -> None:
    run = diff(str(ROOT / "samples/shop"), str(ROOT / "samples/shop-repaired"), "-o", "markdown")
    lines = run.output.splitlines()
    assert lines[0] == "<!-- nginxsim diff -->"
    assert lines.count("|---|---|---|---|") == 1
    assert any(line.startswith("| `http://shop.example.com/`") and "`503 location-denied`" in line for line in lines)
    assert run.output.count("<details>") == run.output.count("</details>") == 2


@pytest.fixture
def git(process: Process) -> Callable[..., None]:
    """Runs git: (folder, arguments...)."""

    def run(folder: Path, *arguments: str) -> None:
        identity = ("-c", "user.name=tester", "-c", "user.email=tester@example.com")
        process("git", "-C", folder, *identity, *arguments).check_returncode()

    return run


@pytest.fixture
def repository(tmp_path: Path, git: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits: the second gives one network fewer; beside the manifests a link, a hidden file, another file."""
    manifests = tmp_path / "k8s"
    manifests.mkdir()
    git(tmp_path, "init", "-q")
    (manifests / "all of it.yaml").write_text(BASE, encoding="utf-8")
    (manifests / "link.yaml").symlink_to("all of it.yaml")
    (manifests / ".hidden.yaml").write_text("{", encoding="utf-8")
    (manifests / "README").write_text("{", encoding="utf-8")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    (manifests / "all of it.yaml").write_text(BASE.replace("10.0.0.0/8", "10.0.0.0/9"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_revision_is_compared_with_the_working_tree(repository: Path, git: Callable[..., None]) -> None:
    run = diff("--git", "HEAD", "k8s")
    assert run.exit_code == VISIBLE
    assert "HEAD:k8s/all of it.yaml:19" in run.output or "k8s/link.yaml:19" in run.output
    assert "from 10.255.255.255   200 default/office:80  ->  403 address-denied" in run.output
    git(repository, "commit", "-qam", "two")
    assert diff("--git", "HEAD", "k8s").exit_code == 0
    assert diff("--git", "HEAD~1", "k8s").exit_code == VISIBLE


@pytest.mark.parametrize("range_", ["HEAD~1..HEAD", "HEAD~1..", "HEAD~1...HEAD"])
def test_two_revisions_are_compared_whatever_the_working_tree_holds(
    repository: Path, git: Callable[..., None], range_: str
) -> None:
    git(repository, "commit", "-qam", "two")
    (repository / "k8s" / "all of it.yaml").write_text("{", encoding="utf-8")
    run = diff("--git", range_, "k8s")
    assert run.exit_code == VISIBLE
    assert "1 change of behaviour" in run.output


BAD = {
    ("one",): "two paths, OLD and NEW, not 1",
    ("-", "-"): 'only one side can be read from standard input ("-")',
    ("none.yaml", "none.yaml"): "none.yaml: no such file or folder",
    ("--git", "nothing", "k8s"): 'no revision "nothing" in the git repository',
    ("--git", "--all", "k8s"): 'no revision "--all" in the git repository',
    ("--git", "HEAD", "-"): "standard input",
    ("--git", "HEAD", ".."): "not in a git repository",
    ("k8s", "k8s", "--old-release=1.13.9999"): "1.13.9999",
}


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("arguments", BAD, ids=" ".join)
def test_bad_input_is_told_in_one_line(arguments: tuple[str, ...]) -> None:
    ran = run("diff", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert BAD[arguments] in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        ("^/api(/|$)(.*)", "/"),
        (r"^/(?<user>[a-z]+)/[0-9]{2,4}\.(?:png|jpe?g)$", "/"),
        (r"\.php$", "/"),
        ("^/a(?=b)b", "/"),
        (r"^/\d+/[^/]+/\w\W", "/"),
        (r"^(https://[A-Za-z0-9\-]+\.example\.com)$", ""),
        ("(a|b)\\1c", ""),
    ],
)
def test_examples_match_their_pattern(pattern: str, prefix: str) -> None:
    found = examples(pattern, prefix=prefix)
    assert found
    assert len(set(found)) == len(found)
    for text in found:
        assert text.startswith(prefix)
        assert Regex(pattern).groups(text) is not None


def test_a_pattern_without_an_example_gives_its_literal_beginning() -> None:
    assert examples("^/never(?!)x", prefix="/") == ("/never",)


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"]),
        ("192.0.2.1", ["192.0.2.1", "192.0.2.0", "192.0.2.2"]),
        ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"]),
        ("fd00::/8", ["fd00::", "fdff:" + ":".join(["ffff"] * 7), "fcff:" + ":".join(["ffff"] * 7), "fe00::"]),
    ],
)
def test_borders_of_a_network(network: str, expected: list[str]) -> None:
    parsed = parse_network(network)
    assert parsed is not None
    assert list(borders(parsed)) == expected


def test_networks_on_both_sides_are_not_asked_address_by_address() -> None:
    old, new = (
        rules_of(parse_conf(text).block or ())
        for text in ("allow 10.0.0.0/8; allow 192.0.2.1; deny all;", "allow 10.0.0.0/8; allow 192.0.2.9; deny all;")
    )
    assert clients(old, new)[:2] == ("10.0.0.0", "127.0.0.1")
    assert "10.255.255.255" not in clients(old, new)
    assert {"192.0.2.1", "192.0.2.9", "192.0.2.10"} <= set(clients(old, new))


def test_a_line_that_both_sides_have_is_not_what_changed() -> None:
    old, new = (estate(*served("web"), ingress(class_name=name)) for name in ("nginx", "nginxx"))
    for before, after in ((old, new), (new, old)):
        (change,) = compare(before, after).behaviour
        assert change.sources == ()
        assert change.cause.code == "ingress-ignored"


def test_what_flux_applies_is_compared_at_both_revisions(
    tmp_path: Path, git: Callable[..., None], tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    shutil.copytree(ROOT / "samples" / "flux", tmp_path / "fleet")
    git(tmp_path / "fleet", "init", "-q")
    git(tmp_path / "fleet", "add", "-A")
    git(tmp_path / "fleet", "commit", "-qm", "one")
    patch = tmp_path / "fleet" / "apps" / "production" / "office-only.yaml"
    patch.write_text(patch.read_text(encoding="utf-8").replace(", office", ""), encoding="utf-8")
    monkeypatch.chdir(tmp_path / "fleet")
    run = diff("--git", "HEAD", "--estate", "clusters/production", ".")
    assert run.exit_code == VISIBLE, run.output
    assert "503 location-denied" in run.output
    assert "HEAD:apps/production/office-only.yaml:11" in run.output


def test_two_releases_differ_in_whom_the_webhook_lets_in(tmp_path: Path) -> None:
    path = tmp_path / "dots.yaml"
    path.write_text(BASE.replace("path: /\n", "path: /robots.txt\n", 1).replace("path: /,", "path: /robots.txt,", 1))
    ran = diff(str(path), str(path), "--old-release=1.11.5", "--new-release=1.12.1", "-o", "json")
    told = [(each["before"], each["after"]) for each in json.loads(ran.stdout)["model"] if each["kind"] == "webhook"]
    assert [(before, after.partition(" ")[0]) for before, after in told] == [("let in", "refused")]
    shown = diff(str(path), str(path), "--old-release=1.11.5", "--new-release=1.12.1").stdout
    assert max(map(len, shown.splitlines())) < 400
    assert "init_by_lua_block" in shown
    assert " characters)" in shown


def test_what_a_running_controller_does_not_follow_is_told(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(example({}).manifests())
    new.write_text(example({"annotations": {"upstream-vhost": "shop internal"}}).manifests())
    told = json.loads(diff(str(old), str(new), "-o", "json").output)
    assert [found["code"] for found in told["unfollowed"]] == ["restart-drops"]
    for arguments in ((new, old), (old, new, "--new-release", "1.14.5"), (old, new, "--new-flag=--disable-catch-all")):
        assert json.loads(diff(*map(str, arguments), "-o", "json").output)["unfollowed"] == []


def test_a_class_that_is_deleted_is_missed_at_the_next_start(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    kept, gone = (CLASS.format(name) for name in ("other", "nginx"))
    old.write_text("---\n".join((example({}).manifests(), kept, gone)))
    new.write_text("---\n".join((example({}).manifests(), kept)))
    told = json.loads(diff(str(old), str(new), "-o", "json").output)
    assert [found["code"] for found in told["unfollowed"]] == ["restart-drops"]


CLASS = """apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {{name: {}}}
spec: {{controller: k8s.io/ingress-nginx}}
"""
