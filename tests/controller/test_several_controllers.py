"""Several controllers in one input: each Ingress goes to its own, and every face names whose answer it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nginxsim import Request, simulate
from nginxsim.checks import Finding
from nginxsim.sources import File
from tests.support.commands import Ran, run
from tests.support.controllers import deployment
from tests.support.estates import Object, config_map, ingress, ingress_class, manifests, served
from tests.support.trees import tree

PUBLIC = deployment("--configmap=infra/public", name="public")
INTERNAL_FLAGS = ("--configmap=infra/internal", "--ingress-class=internal", "--controller-class=k8s.io/internal")
INTERNAL = deployment(*INTERNAL_FLAGS, name="internal", image="mirror.test/ingress-nginx/controller:v1.11.5")
CLASSES = (ingress_class(), ingress_class("internal", "k8s.io/internal"))


def settings(name: str, header: str) -> Object:
    return config_map({"hide-headers": header}, name, namespace="infra")


TWO = (
    PUBLIC,
    INTERNAL,
    *CLASSES,
    settings("public", "X-Public"),
    settings("internal", "X-Internal"),
    *served(),
    ingress("shop", "shop.example.com"),
    ingress("wiki", "wiki.example.com", class_name="internal"),
)


def asked(folder: Path, *arguments: str, objects: tuple[Object, ...] = TWO) -> Ran:
    return run(*arguments, folder=tree(folder, {"in.yaml": manifests(*objects)}))


@pytest.mark.parametrize(("host", "own"), [("shop", "infra/public"), ("wiki", "infra/internal")])
def test_why_answers_for_the_controller_that_serves_the_host(tmp_path: Path, host: str, own: str) -> None:
    ran = asked(tmp_path, "why", f"http://{host}.example.com/", "in.yaml")
    assert ran.status == 0
    assert ran.out.startswith(f"controller {own}\n\n200 OK")
    told = json.loads(asked(tmp_path, "why", f"http://{host}.example.com/", "in.yaml", "-o", "json").out)
    (answer,) = told if isinstance(told, list) else [told]
    assert (answer["controller"], answer["outcomes"][0]["status"]) == (own, 200)


def test_a_host_that_nobody_serves_gets_the_answer_of_each(tmp_path: Path) -> None:
    ran = asked(tmp_path, "why", "http://nosuch.example.com/", "in.yaml")
    assert ran.out.count("404 Not Found") == 2
    assert "controller infra/public\n" in ran.out
    assert "controller infra/internal\n" in ran.out


def test_ingresses_lists_each_with_its_controller(tmp_path: Path) -> None:
    rows = json.loads(asked(tmp_path, "ingresses", "in.yaml", "-o", "json").out)
    assert [(row["controller"], row["name"], row["state"]) for row in rows] == [
        ("infra/public", "shop", "served"),
        ("infra/internal", "wiki", "served"),
    ]
    heads = asked(tmp_path, "ingresses", "in.yaml").out.split("\n")[0].split()
    assert heads[:3] == ["CONTROLLER", "NAMESPACE", "INGRESS"]


def test_check_tells_which_controller_it_is_about(tmp_path: Path) -> None:
    bad = ingress("wiki", "wiki.example.com", class_name="internal", annotations={"limit-rsp": "1"})
    ran = asked(tmp_path, "check", "in.yaml", "-o", "json", objects=(*TWO[:-1], bad))
    told = json.loads(ran.out)
    assert told["controllers"] == ["infra/public", "infra/internal"]
    assert told["summary"]["ingresses"] == 2
    assert [(found["code"], found["controllers"]) for found in told["findings"]] == [
        ("annotation-unknown", ["infra/internal"])
    ]
    assert "controller: infra/internal" in asked(tmp_path, "check", "in.yaml", objects=(*TWO[:-1], bad)).out


def test_what_is_wrong_for_all_is_told_once(tmp_path: Path) -> None:
    twice = settings("public", "X-Other")
    told = json.loads(asked(tmp_path, "check", "in.yaml", "-o", "json", objects=(*TWO, twice)).out)
    (found,) = (each for each in told["findings"] if each["code"] == "object-twice")
    assert "controllers" not in found


def test_each_has_its_own_release_and_settings(tmp_path: Path) -> None:
    both = json.loads(asked(tmp_path, "controller", "in.yaml", "-o", "json").out)
    assert [(each["controller"]["name"], each["release"]["name"], each["ingresses"]) for each in both] == [
        ("public", "1.12.2", ["default/shop"]),
        ("internal", "1.11.5", ["default/wiki"]),
    ]
    conf = asked(tmp_path, "conf", "in.yaml", "--controller", "infra/internal").out
    assert "X-Internal" in conf
    assert "X-Public" not in conf
    assert "shop.example.com" not in conf


@pytest.mark.parametrize("command", ["conf", "backends", "admit"])
def test_a_command_about_one_wants_to_be_told_which(tmp_path: Path, command: str) -> None:
    ran = asked(tmp_path, command, "in.yaml")
    assert ran.status == 2
    assert ran.err == (
        "error: in.yaml: several controllers (infra/public, infra/internal): choose one with --controller NS/NAME\n"
    )
    assert asked(tmp_path, command, "in.yaml", "--controller", "internal").status == 0


def test_one_that_is_not_there(tmp_path: Path) -> None:
    ran = asked(tmp_path, "check", "in.yaml", "--controller", "infra/intern")
    assert ran.status == 2
    assert 'did you mean "infra/internal"?' in ran.err


def test_one_without_ingresses_leaves_the_answers_to_the_other(tmp_path: Path) -> None:
    ran = asked(tmp_path, "conf", "in.yaml", objects=TWO[:-1])
    assert ran.status == 0
    assert "the controller is Deployment infra/public, release 1.12.2, beside infra/internal" in ran.err


def test_from_python_it_is_the_first_unless_one_is_named() -> None:
    text = manifests(*TWO)
    first = simulate([File("in.yaml", text)])
    assert first.route(Request(host="shop.example.com")).status == 200
    assert first.route(Request(host="wiki.example.com")).status == 404
    named = simulate([File("in.yaml", text)], controller="infra/internal")
    assert named.route(Request(host="wiki.example.com")).status == 200


def test_another_that_would_not_start_takes_nothing(tmp_path: Path) -> None:
    broken = deployment("--no-such-flag", name="broken")
    assert asked(tmp_path, "check", "in.yaml", objects=(*TWO, broken)).status == 2
    chosen = asked(tmp_path, "check", "in.yaml", "--controller", "infra/public", objects=(*TWO, broken))
    assert (chosen.status, chosen.err) == (0, "")


def test_diff_compares_one_of_them(tmp_path: Path) -> None:
    changed = ingress("wiki", "wiki.example.com", "/docs", class_name="internal")
    tree(tmp_path, {"old.yaml": manifests(*TWO), "new.yaml": manifests(*TWO[:-1], changed)})
    assert "--controller NS/NAME" in run("diff", "old.yaml", "new.yaml", folder=tmp_path).err
    assert run("diff", "old.yaml", "new.yaml", "--controller", "infra/public", folder=tmp_path).status == 0
    assert run("diff", "old.yaml", "new.yaml", "--controller", "infra/internal", folder=tmp_path).status == 1


def test_a_suite_names_the_one_that_it_is_about(tmp_path: Path) -> None:
    suite = (
        "manifests: in.yaml\ncontroller: {}\ntests:\n- request: http://wiki.example.com/\n  expect: {{status: {}}}\n"
    )
    files = {"a.nginxsim.yaml": suite.format("infra/internal", 200), "b.nginxsim.yaml": suite.format("public", 404)}
    ran = asked(tree(tmp_path, files), "test")
    assert (ran.status, "2 passed" in ran.out) == (0, True), ran.out


def test_a_suite_is_recorded_for_one_of_them(tmp_path: Path) -> None:
    recording = ("test", "in.yaml", "--record", "wiki.nginxsim.yaml")
    assert "--controller NS/NAME" in asked(tmp_path, *recording).err
    assert asked(tmp_path, *recording, "--controller", "infra/internal").status == 0
    assert "wiki.example.com" in (tmp_path / "wiki.nginxsim.yaml").read_text(encoding="utf-8")
    assert run("test", "wiki.nginxsim.yaml", folder=tmp_path).status == 0


SHARED = {
    "a class name is not enough": (("--ingress-class=internal",), {}, "with controller k8s.io/ingress-nginx"),
    "a class of its own": (("--controller-class=k8s.io/internal",), {}, ""),
    "without any class": (
        ("--controller-class=k8s.io/internal", "--watch-ingress-without-class"),
        {"first": ("--watch-ingress-without-class",)},
        "that name no class",
    ),
    "another namespace": (("--watch-namespace=b",), {"first": ("--watch-namespace=a",)}, ""),
    "a namespace of the first's many": (("--watch-namespace=b",), {}, "with controller k8s.io/ingress-nginx"),
    "selectors that meet nowhere": (
        ("--watch-namespace-selector=a=1",),
        {"first": ("--watch-namespace-selector=a=2",)},
        "",
    ),
}


@pytest.mark.parametrize(("second", "more", "what"), SHARED.values(), ids=SHARED)
def test_two_that_take_the_same_ingresses(second: tuple[str, ...], more: dict[str, tuple[str, ...]], what: str) -> None:
    found = shared(deployment(*more.get("first", ()), name="one"), deployment(*second, name="two"))
    assert [each.message for each in found] == (
        [f"Deployment infra/one and Deployment infra/two both take the Ingresses {expected(what)}"] if what else []
    )


def expected(what: str) -> str:
    return what if what.startswith("that") else f"of an IngressClass {what}"


def test_one_that_runs_nowhere_takes_nothing() -> None:
    idle = deployment(name="two")
    idle["spec"]["replicas"] = 0
    assert not shared(deployment(name="one"), idle)


def shared(*controllers: Object) -> list[Finding]:
    text = manifests(*controllers, *CLASSES, *served(), ingress())
    found = simulate([File("in.yaml", text)]).check()
    return [each for each in found if each.code == "class-served-twice"]
