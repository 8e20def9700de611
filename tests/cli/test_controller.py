"""`nginxsim controller`: what of the controller in the input counts, and where it stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.commands import Command, run
from tests.support.controllers import deployment
from tests.support.estates import config_map, ingress, ingress_class, manifests, served, service
from tests.support.places import DATA
from tests.support.trees import tree

CHART = yaml.safe_load((DATA / "controller_chart.yaml").read_text(encoding="utf-8"))
PROXY = {"service.beta.kubernetes.io/aws-load-balancer-proxy-protocol": "*"}
FRONT = service("edge") | {
    "metadata": {"name": "edge", "namespace": "infra", "annotations": PROXY},
    "spec": {"type": "LoadBalancer", "selector": {"app": "edge"}, "ports": [{"port": 80, "targetPort": 80}]},
}
FLAGS = ("--ingress-class=edge", "--controller-class=k8s.io/edge", "--configmap=infra/cm", "--maxmind-license-key=k")
INPUT = manifests(
    deployment(*FLAGS),
    config_map({"hide-headers": "X-A"}, "cm", namespace="infra"),
    FRONT,
    ingress_class("edge", "k8s.io/edge"),
    *served(),
    ingress(class_name="edge"),
    ingress("other", class_name="else"),
)


def place(text: str, words: str) -> str:
    """Where a text begins that the input has once."""
    line, written = next((at, each) for at, each in enumerate(text.splitlines(), 1) if words in each)
    return f"in.yaml:{line}:{written.index(words) + 1}"


def controllers(folder: Path, text: str = INPUT, *options: str) -> list[dict[str, Any]]:
    ran = run("controller", "in.yaml", "-o", "json", *options, folder=tree(folder, {"in.yaml": text}))
    assert (ran.status, ran.err) == (0, "")
    told: list[dict[str, Any]] = json.loads(ran.out)
    return told


def at(told: dict[str, Any]) -> str:
    origin = told["origin"]
    return f"{origin['file']}:{origin['line']}:{origin['column']}"


def test_everything_that_counts_with_its_place(tmp_path: Path) -> None:
    (told,) = controllers(tmp_path, INPUT, "--flag=--http-port=81")
    assert told["controller"].items() >= {"kind": "Deployment", "namespace": "infra", "name": "edge"}.items()
    assert (told["release"]["name"], told["release"]["from"]) == ("1.12.2", "image")
    assert at(told["release"]) == place(INPUT, "mirror.test")
    assert [(each["name"], each["from"]) for each in told["flags"]] == [
        ("ingress-class", "Deployment infra/edge"),
        ("controller-class", "Deployment infra/edge"),
        ("configmap", "Deployment infra/edge"),
        ("maxmind-license-key", "Deployment infra/edge"),
        ("http-port", "--flag"),
    ]
    assert at(told["flags"][0]) == place(INPUT, "--ingress-class=edge")
    assert told["flags"][-1]["origin"] is None
    assert [each["name"] for each in told["config_maps"]] == ["infra/cm"]
    assert told["class"].items() >= {"controller": "k8s.io/edge", "names": ["edge"], "without_class": False}.items()
    assert told["service"]["ports"][0].items() >= {"port": 80, "proxy_line": True, "ends_tls": False}.items()
    assert told["ingresses"] == ["default/web"]


def test_a_licence_key_is_not_shown(tmp_path: Path) -> None:
    (told,) = controllers(tmp_path)
    assert next(each["value"] for each in told["flags"] if each["name"] == "maxmind-license-key") is None
    shown = run("controller", "in.yaml", folder=tmp_path).out
    assert "--maxmind-license-key=..." in shown
    assert "key=k" not in shown


def test_for_people_it_names_the_places(tmp_path: Path) -> None:
    shown = run("controller", "in.yaml", folder=tree(tmp_path, {"in.yaml": INPUT})).out
    rows = [line.split() for line in shown.splitlines()]
    assert ["flag", "--ingress-class=edge", "Deployment", "infra/edge", place(INPUT, "--ingress-class=edge")] in rows
    assert ["serves", "1", "Ingress", "of", "2"] in rows


def test_without_one_it_says_what_is_taken_instead(nginxsim: Command) -> None:
    ran = nginxsim("controller", "samples/shop")
    assert ran.status == 0
    assert ran.out.startswith("no controller in the input\n")
    assert "newest known" in ran.out


def test_an_input_without_any_ingress_has_a_controller_all_the_same(tmp_path: Path) -> None:
    (told,) = controllers(tmp_path, manifests(deployment()))
    assert told["ingresses"] == []


def test_a_flag_that_it_would_not_start_with(tmp_path: Path) -> None:
    text = manifests(deployment("--ingres-class=x"))
    ran = run("controller", "in.yaml", folder=tree(tmp_path, {"in.yaml": text}))
    assert ran.status == 2
    assert ran.err.startswith(f"error: {place(text, '--ingres-class')}: unknown flag: --ingres-class")


@pytest.mark.usefixtures("tools")
def test_a_chart_leads_back_to_the_values(tmp_path: Path) -> None:
    """Rendered by a real helm, with values that set flags and the ConfigMap."""
    folder = tree(tmp_path, {name if name == "prod.yaml" else f"edge/{name}": text for name, text in CHART.items()})
    tree(folder, {"app.yaml": manifests(*served(), ingress(class_name=None))})
    chart = ("edge", "app.yaml", "--values", "prod.yaml")
    (told,) = json.loads(run("controller", *chart, "-o", "json", folder=folder).out)
    assert (told["release"]["name"], at(told["release"])) == ("1.15.1", "edge/values.yaml:1:8")
    flags = {each["name"]: (each["value"], at(each)) for each in told["flags"]}
    assert flags["controller-class"] == ("k8s.io/edge", "prod.yaml:1:8")
    assert flags["watch-ingress-without-class"] == ("true", "prod.yaml:4:32")
    assert told["config_maps"][0]["name"] == "default/edge-cm"
    answered = run("why", "http://web.example.com/", *chart, folder=folder)
    assert answered.status == 0
    assert "taken  the controller is Deployment default/edge, release 1.15.1" in answered.out
    hidden = run("conf", *chart, folder=folder).out
    assert "proxy_hide_header X-Powered-By;" in hidden or 'proxy_hide_header "X-Powered-By";' in hidden
