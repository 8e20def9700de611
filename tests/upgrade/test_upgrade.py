"""What an upgrade changes: for each change of a release an estate that shows it, and none of it one release before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from nginxsim import UsageError, simulate
from nginxsim.catalogue.examples import example_of
from nginxsim.releases import RELEASES
from nginxsim.reports import UPGRADE_FORMATS
from nginxsim.upgrade import Change, Kind, compare
from nginxsim.verdict.types import LEVELS
from tests.support.commands import Command
from tests.support.examples import SERVICES, known
from tests.support.places import DATA, ROOT

CASES = yaml.safe_load((DATA / "upgrade/headlines.yaml").read_text())
THREADS = yaml.safe_load((DATA / "upgrade/threads.yaml").read_text())
STEPS = {f"{case['id']}-{step[2]}": (case, step) for case in CASES for step in case["steps"]}


def estate(case: Mapping[str, Any], folder: Path) -> tuple[Path, tuple[str, ...]]:
    """The file, and the flags of the controller."""
    example = example_of(case["given"])
    assert example is not None
    beside = (known(), SERVICES) if case.get("beside", True) else ()
    path = folder / "estate.yaml"
    path.write_text("---\n".join((*beside, example.manifests())), encoding="utf-8")
    return path, example.flags


def changes(case: Mapping[str, Any], old: str, new: str, folder: Path) -> tuple[Change, ...]:
    path, flags = estate(case, folder)
    assume = () if case.get("beside", True) else ("secrets", "services")
    return compare(simulate([path], release=old, flags=flags, assume=assume), new, case.get("facts", ())).changes


def is_meant(change: Change, expected: Mapping[str, Any]) -> bool:
    found = change.finding
    return (
        change.kind == expected["kind"]
        and change.subject == expected.get("subject", change.subject)
        and expected.get("says", "") in found.message
        and expected.get("fix", "") in found.fix
    )


@pytest.mark.parametrize(("case", "step"), list(STEPS.values()), ids=list(STEPS))
def test_a_change_is_found_at_the_release_that_brings_it(
    case: Mapping[str, Any], step: list[str], tmp_path: Path
) -> None:
    old, before, at = step
    without, found = changes(case, old, before, tmp_path), changes(case, old, at, tmp_path)
    for expected in (case["finds"], *case.get("all", ())):
        assert not [change for change in without if is_meant(change, expected)]
        meant = [change for change in found if is_meant(change, expected)]
        assert meant, [change.finding.message for change in found]
        assert at in meant[0].course.since or meant[0].kind is Kind.ANSWER  # one of two branches is named
        assert meant[0].course.repaired == expected.get("repaired", meant[0].course.repaired)
        assert [keep.name for keep in meant[0].keeps] == expected.get("keeps", [keep.name for keep in meant[0].keeps])
    keep_what_they_promise(found, case, at, tmp_path)


@pytest.mark.parametrize("case", THREADS, ids=lambda case: case["about"])
def test_what_people_met_comes_first(case: Mapping[str, Any], tmp_path: Path) -> None:
    first, *_ = changes(case, *case["steps"], tmp_path)
    assert is_meant(first, case["first"]), (first.kind, first.subject, first.finding.message, first.finding.fix)
    assert first.course.repaired == case["first"].get("repaired", first.course.repaired)


def keep_what_they_promise(found: tuple[Change, ...], case: Mapping[str, Any], release: str, folder: Path) -> None:
    """Every setting that is told to keep an Ingress does so."""
    path, flags = estate(case, folder)
    text = path.read_text()
    for change in found:
        if change.keeps and change.finding.ingress:
            written = {keep.name: keep for keep in change.keeps}
            path.write_text(text + _with_settings(case, written))
            again = [f"--{keep.name}={keep.written}" for keep in change.keeps if keep.kind == "flag"]
            sim = simulate([path], release=release, flags=(*flags, *again))
            assert change.finding.ingress in {ingress.meta.key for ingress in sim.model.ingresses}


def _with_settings(case: Mapping[str, Any], keeps: Mapping[str, Any]) -> str:
    """One ConfigMap more, the last of a name being the one that counts."""
    given = case["given"] if isinstance(case["given"], list) else [case["given"]]
    settings = {key: value for item in given for key, value in item.get("settings", {}).items()}
    settings |= {name: keep.written.strip('"') for name, keep in keeps.items() if keep.kind == "setting"}
    example = example_of([{"settings": settings}])
    assert example is not None
    return "---\n" + example.manifests()


def test_nothing_changes_from_a_release_to_itself_and_nobody_looks_back() -> None:
    old = simulate([ROOT / "samples/shop"], release="1.12.0")
    assert compare(old, "1.12.0").changes == ()
    with pytest.raises(UsageError, match=r"1\.11\.8 is older than 1\.12\.0"):
        compare(old, "1.11.8")


@pytest.mark.parametrize(("old", "new"), [("1.14.4", "1.14.5"), ("1.15.0", "1.15.1")])
def test_releases_that_bring_nothing(old: str, new: str, tmp_path: Path) -> None:
    """Of what does nothing under both alone there is something to say: the restart, and values that nobody reads."""
    found = [change for case in CASES[::8] for change in changes(case, old, new, tmp_path)]
    assert {change.kind for change in found} <= {Kind.RESTART, Kind.CHART}


def test_changes_come_worst_first(tmp_path: Path) -> None:
    case = next(case for case in CASES if case["id"] == "tracing")
    found = changes(case, "0.43.0", RELEASES[-1], tmp_path)
    for level in ("notice", *LEVELS):
        kinds = [change.kind for change in found if (change.finding.level == "notice") is (level == "notice")]
        assert kinds == sorted(kinds, key=list(Kind).index)
    assert [change.finding.level for change in found][-3:] == ["notice"] * 3


@pytest.mark.parametrize("name", UPGRADE_FORMATS)
def test_every_format_tells_every_change(name: str, nginxsim: Command, tmp_path: Path) -> None:
    case = next(case for case in CASES if case["id"] == "risk-level")
    path, _ = estate(case, tmp_path)
    ran = nginxsim("upgrade", str(path), "--from", "1.11.5", "--to", "1.12.1", "-o", name)
    assert ran.status == 1
    assert "NX902" in ran.out
    assert "annotations-risk-level" in ran.out.replace("\\", "")


def test_json_has_the_dates_and_what_keeps_it(nginxsim: Command, tmp_path: Path) -> None:
    case = next(case for case in CASES if case["id"] == "risk-level")
    path, _ = estate(case, tmp_path)
    ran = nginxsim("upgrade", str(path), "--from", "1.11.5", "--to", "1.12.1", "-o", "json", "--exit-zero")
    told = json.loads(ran.out)
    first = told["changes"][0]
    assert (ran.status, told["from"], told["to"], first["code"]) == (0, "1.11.5", "1.12.1", "upgrade-dropped")
    assert (first["since"], first["repaired"]) == (["1.12.0"], None)
    assert first["keeps"][0]["chart"] == "controller.config.annotations-risk-level"


def test_which_release_runs_has_to_be_known(nginxsim: Command) -> None:
    ran = nginxsim("upgrade", str(ROOT / "samples/shop"), "--to", "1.12.1")
    assert (ran.status, ran.err) == (
        2,
        "error: which release runs now? No controller is in the input; say it with --from VERSION\n",
    )
    ran = nginxsim("upgrade", str(ROOT / "samples/shop"), "--to", "1.12.1", "--from", "1.9.6", "--release", "1.9.5")
    assert ran.status == 2


def test_a_plan_puts_right_what_breaks_before_it_goes_branch_by_branch(nginxsim: Command, tmp_path: Path) -> None:
    case = next(case for case in CASES if case["id"] == "risk-level")
    path, _ = estate(case, tmp_path)
    ran = nginxsim("upgrade", str(path), "--from", "1.11.5", "--to", "1.15.1", "--plan")
    steps = [line for line in ran.out.splitlines() if line[:1].isdigit()]
    assert steps == [
        "1. while 1.11.5 runs, put right what follows",
        "2. go to 1.12.8 (chart 4.12.8)",
        "3. go to 1.15.1 (chart 4.15.1)",
    ]
    assert ran.out.index("do without configuration-snippet") < ran.out.index("2. go to")
    told = json.loads(nginxsim("upgrade", str(path), "--from", "1.11.5", "--to", "1.15.1", "--plan", "-o", "json").out)
    assert [step["release"] for step in told["plan"]] == ["", "1.12.8", "1.15.1"]
    assert told["plan"][0]["first"] == [told["changes"][0]["fingerprint"]]
    refused = nginxsim("upgrade", str(path), "--from", "1.11.5", "--to", "1.15.1", "--plan", "-o", "sarif")
    assert (refused.status, refused.err) == (2, "error: --plan goes with -o text, json, markdown, not sarif\n")


def test_what_a_running_controller_still_serves_is_told_of_the_restart(tmp_path: Path) -> None:
    case = {"given": {"annotations": {"upstream-vhost": "shop internal"}}}
    found = changes(case, "1.12.0", "1.12.1", tmp_path)
    assert [(change.kind, change.subject) for change in found] == [(Kind.RESTART, "upstream-vhost")]


def test_the_controller_of_the_input_says_which_release_runs(nginxsim: Command, tmp_path: Path) -> None:
    case = next(case for case in CASES if case["id"] == "risk-level")
    path, _ = estate(case, tmp_path)
    path.write_text(path.read_text() + CONTROLLER)
    told = json.loads(nginxsim("upgrade", str(path), "--to", "1.12.1", "-o", "json").out)
    assert (told["from"], told["to"]) == ("1.11.5", "1.12.1")
    assert told["changes"][0]["code"] == "upgrade-dropped"


def test_values_of_the_chart_are_found_where_people_keep_them(nginxsim: Command, tmp_path: Path) -> None:
    estate({"given": {}}, tmp_path)
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/values.yaml").write_text("controller: {config: {}, opentelemetry: {enabled: true}}\n")
    (tmp_path / "around").mkdir()
    (tmp_path / "around/Chart.yaml").write_text(
        "apiVersion: v2\nname: around\nversion: 1.0.0\ndependencies: [{name: ingress-nginx, version: 4.11.5}]\n"
    )
    (tmp_path / "around/values.yaml").write_text("ingress-nginx: {controller: {existingPsp: mine}}\n")
    (tmp_path / "jenkins-values.yaml").write_text("controller: {javaOpts: -Xmx1g}\n")
    named = tmp_path / "asked.yml"
    named.write_text(
        "controller:\n"
        "  annotations: {risk-level: Critical, example.com/owner: web}\n"
        "  config: {use-forwarded-header: 'true', use-geoip2: 'true'}\n"
        "  allow-snippet-annotations: true\n"
    )
    step = ("--from", "1.11.5", "--to", "1.12.1", "-o", "json")
    told = json.loads(nginxsim("upgrade", str(tmp_path), "--values", str(named), *step).out)
    found = {
        (
            each["evidence"][0]["origin"]["file"].removeprefix(f"{tmp_path}/"),
            each["subject"],
            each["fix"].rpartition("; ")[0] or each["fix"],
        )
        for each in told["changes"]
        if each["code"] == "upgrade-chart-value"
    }
    assert found == {
        ("dev/values.yaml", "controller.opentelemetry", "take it out"),
        ("around/values.yaml", "controller.existingPsp", "take it out"),
        ("asked.yml", "controller.annotations.risk-level", "write controller.config.annotations-risk-level"),
        ("asked.yml", "controller.config.use-forwarded-header", "write controller.config.use-forwarded-headers"),
        ("asked.yml", "controller.allow-snippet-annotations", "write controller.allowSnippetAnnotations"),
    }


def test_a_file_of_values_is_the_controller_that_the_chart_makes_of_it(nginxsim: Command, tmp_path: Path) -> None:
    path, _ = estate({"given": {"annotations": {"configuration-snippet": "more_set_headers X:y;"}}}, tmp_path)
    values = tmp_path / "values.yaml"
    values.write_text("controller: {config: {allow-snippet-annotations: 'true', annotations-risk-level: Critical}}\n")
    step = ("--from", "1.11.5", "--to", "1.12.1", "-o", "json")
    dropped = json.loads(nginxsim("upgrade", str(path), *step).out)["changes"]
    kept = json.loads(nginxsim("upgrade", str(path), "--values", str(values), *step).out)["changes"]
    assert "upgrade-dropped" in {each["code"] for each in dropped}
    assert {each["code"] for each in kept} == {"upgrade-default"}


def test_the_chart_is_that_of_the_release_that_is_said_to_run(nginxsim: Command, tmp_path: Path) -> None:
    """And not that which the values ask for, whose flags an old release does not know."""
    case = next(case for case in CASES if case["id"] == "chart-snippets")
    path, _ = estate(case, tmp_path)
    path.write_text(path.read_text().replace("4.7.2", "4.11.5"))
    values = path.read_text().replace("use-gzip: 'true'", "use-gzip: 'true'\n      enableAnnotationValidations: true")
    path.write_text(values)
    told = json.loads(nginxsim("upgrade", str(path), "--from", "1.8.2", "--to", "1.9.0", "-o", "json").out)
    assert "upgrade-ignored" in {change["code"] for change in told["changes"]}


def test_each_estate_and_each_controller_goes_from_its_own_release(nginxsim: Command, tmp_path: Path) -> None:
    case = {"given": {"annotations": {"configuration-snippet": "more_set_headers X:y;"}}, "beside": False}
    text = estate(case, tmp_path)[0].read_text()
    (tmp_path / "estate.yaml").unlink()
    for name, release in (("dev", "1.12.5"), ("prod", "1.11.5")):
        (tmp_path / name).mkdir()
        controller = CONTROLLER.replace("v1.11.5", f"v{release}")
        (tmp_path / name / "all.yaml").write_text(text.replace("more_set", f"# {name}\n      more_set") + controller)
        (tmp_path / name / "values.yaml").write_text("controller: {config: {}, opentelemetry: {enabled: true}}\n")
    ran = nginxsim("upgrade", str(tmp_path), "--to", "1.12.1", "-o", "json")
    dev, prod = json.loads(ran.out)["upgrades"]
    assert (dev["estate"], dev["from"], dev["changes"]) == (str(tmp_path / "dev"), "1.12.5", [])
    assert (prod["estate"].rpartition("/")[2], prod["from"]) == ("prod", "1.11.5")
    assert prod["changes"][0]["code"] == "upgrade-dropped"
    told = [each["evidence"] for each in prod["changes"] if each["code"] == "upgrade-chart-value"]
    assert [places[0]["origin"]["file"] for places in told] == [str(tmp_path / "prod/values.yaml")]
    lines = nginxsim("upgrade", str(tmp_path), "--to", "1.12.1").out.splitlines()
    assert lines[:2] == [f"estate {tmp_path}/dev", "runs 1.12.5, which is newer than 1.12.1"]
    (tmp_path / "dev/all.yaml").unlink()
    two = CONTROLLER.replace("ingress-nginx-controller, namespace", "second, namespace").replace("v1.11.5", "v1.9.6")
    two = two.replace("- /nginx-ingress-controller", "- /nginx-ingress-controller\n        - --ingress-class=second")
    (tmp_path / "prod/second.yaml").write_text(two + SECOND)
    told = json.loads(nginxsim("upgrade", str(tmp_path), "--to", "1.12.1", "-o", "json").out)["upgrades"]
    assert [(each["controller"].rpartition("/")[2], each["from"]) for each in told] == [
        ("ingress-nginx-controller", "1.11.5"),
        ("second", "1.9.6"),
    ]


SECOND = """---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: second}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: second, namespace: default}
spec:
  ingressClassName: second
  rules:
  - host: second.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""

CONTROLLER = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}
spec:
  selector: {matchLabels: {app: controller}}
  template:
    metadata: {labels: {app: controller}}
    spec:
      containers:
      - name: controller
        image: registry.example.com/ingress-nginx/controller:v1.11.5
        args:
        - /nginx-ingress-controller
        - --configmap=ingress-nginx/ingress-nginx-controller
"""
