"""The controller that the input itself has: its release, its flags, and what goes before these."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from nginxsim import InputError, Request, Simulation, simulate
from nginxsim.sources import File
from tests.support.commands import run
from tests.support.controllers import IMAGE, PROGRAM, deployment
from tests.support.estates import Object, config_map, estate, ingress, ingress_class, manifests, served, thing
from tests.support.trees import tree

POD_NAMESPACE = {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}


def with_controller(controller: Object, *more: Object, **told: Any) -> Simulation:
    return estate(controller, *served(), ingress(), *more, **told)


RELEASES = {
    "the tag": ({}, "1.12.2", ""),
    "a tag and a digest": ({"image": f"{IMAGE}@sha256:0f"}, "1.12.2", ""),
    "a mirror with a port": ({"image": "mirror.test:5000/a/ingress-nginx/controller:v1.9.6"}, "1.9.6", ""),
    "a distributor's build": (
        {"image": "rancher/nginx-ingress-controller:v1.12.1-hardened4"},
        "1.12.1",
        "1.12.1-hardened4 does what 1.12.1 does, which it is a build of",
    ),
    "a label beside a digest": (
        {"image": "mirror.test/nginx@sha256:0f", "labels": {"app.kubernetes.io/version": "1.11.5"}},
        "1.11.5",
        "",
    ),
    "the chart": ({"image": "mirror.test/nginx:prod", "labels": {"helm.sh/chart": "ingress-nginx-4.2.4"}}, "1.3.0", ""),
    "an older one": (
        {"image": "quay.test/nginx-ingress-controller:0.30.0"},
        "0.43.0",
        "0.30.0 does what 0.43.0 does, the release nearest to it that is known",
    ),
    "one that nobody can tell": (
        {"image": "mirror.test/nginx:latest"},
        "1.15.1",
        "mirror.test/nginx:latest is release 1.15.1, the newest known",
    ),
    "an image alone": ({"program": "", "image": "mirror.test/ingress-nginx/controller:v1.3.1"}, "1.3.1", ""),
}


@pytest.mark.parametrize(("parts", "release", "taken"), RELEASES.values(), ids=RELEASES)
def test_the_release_is_that_of_the_image(parts: Any, release: str, taken: str) -> None:
    simulation = with_controller(deployment(**parts))
    assert simulation.controller.release.name == release
    named = f"the controller is Deployment infra/edge, release {release} (estate.yaml:"
    assert simulation.taken[0].startswith(named)
    assert (taken in simulation.taken) is bool(taken)


FOREIGN = {
    "another controller": deployment(image="nginx/nginx-ingress:3.4", program="-nginx-configmaps=a/b"),
    "its image with another program": deployment(program="/wait-shutdown"),
    "an application": deployment(image="registry.test/controller:v1.2.0", program=""),
}


@pytest.mark.parametrize("other", FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_controller_says_nothing_of_one(other: Object) -> None:
    simulation = with_controller(other)
    assert simulation.controller.release.name == "1.15.1"
    assert simulation.taken == ()


WORDS = {
    "the namespace of the Pod": (
        ["--configmap=$(POD_NAMESPACE)/cm"],
        {"env": [POD_NAMESPACE]},
        "configmap",
        "infra/cm",
    ),
    "the same where it is left out": (["--configmap=$(POD_NAMESPACE)/cm"], {}, "configmap", "infra/cm"),
    "a value": (["--ingress-class=$(A)"], {"env": [{"name": "A", "value": "x"}]}, "ingress_class", "x"),
    "a value of a value": (
        ["--ingress-class=$(B)"],
        {"env": [{"name": "A", "value": "x"}, {"name": "B", "value": "$(A)y"}]},
        "ingress_class",
        "xy",
    ),
    "a label": (
        ["--ingress-class=$(A)"],
        {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['tier']"}}}]},
        "ingress_class",
        "front",
    ),
    "an escape": (["--ingress-class=$$(A)"], {"env": [{"name": "A", "value": "x"}]}, "ingress_class", "$(A)"),
    "a variable that nobody sets": (["--ingress-class=$(A)"], {}, "ingress_class", "$(A)"),
    "a command": ([], {"command": [PROGRAM, "--ingress-class", "x"], "args": ["-v=2"]}, "ingress_class", "x"),
    "a ConfigMap that nobody names": ([], {}, "configmap", ""),
    "what comes last": (["--http-port=1", "--http-port=2"], {}, "http_port", 2),
}


@pytest.mark.parametrize(("args", "container", "flag", "value"), WORDS.values(), ids=WORDS)
def test_flags_are_those_of_its_command_line(args: list[str], container: Any, flag: str, value: object) -> None:
    simulation = with_controller(deployment(*args, **container))
    assert getattr(simulation.controller.flags, flag) == value


def test_what_only_the_cluster_knows_is_passed_over_and_said() -> None:
    env = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
    simulation = with_controller(deployment("--ingress-class=$(A)", env=env))
    assert simulation.controller.flags.ingress_class == "nginx"
    words = "--ingress-class=$(A) of Deployment infra/edge is passed over: the value of $(A) is not in the input"
    assert words in simulation.taken


def test_variables_that_double_each_other_end() -> None:
    env = [{"name": f"A{n}", "value": f"$(A{n - 1})$(A{n - 1})" if n else "x" * 1000} for n in range(64)]
    simulation = with_controller(deployment("--ingress-class=$(A63)", env=env))
    assert simulation.controller.flags.ingress_class == "nginx"
    assert any("the value of $(A63) is not in the input" in words for words in simulation.taken)


def test_a_shell_may_do_anything() -> None:
    shell = deployment(program="", command=["sh", "-c", f"exec {PROGRAM} --ingress-class=x"])
    simulation = with_controller(shell)
    assert simulation.controller.flags.ingress_class == "nginx"
    assert "Deployment infra/edge starts through a shell: its flags are not read" in simulation.taken


def test_its_configmap_is_the_one_that_it_names() -> None:
    own = config_map({"hide-headers": "X-A"}, "cm", namespace="infra")
    controller = deployment("--configmap=$(POD_NAMESPACE)/cm")
    simulation = with_controller(controller, own, config_map({"hide-headers": "X-B"}))
    assert simulation.controller.settings.hide_headers == ("X-A",)
    words = "ConfigMap infra/cm of the controller sets nothing: it is not in the input"
    assert words not in simulation.taken
    assert words in with_controller(controller).taken


SAID = {
    "the input": ({}, "1.12.2", "x", 81),
    "flags, each by itself": ({"flags": ["--http-port=82"]}, "1.12.2", "x", 82),
    "a release": ({"release": "1.11.5"}, "1.11.5", "x", 81),
}


@pytest.mark.parametrize(("told", "release", "name", "port"), SAID.values(), ids=SAID)
def test_what_is_told_goes_before_the_input(told: Any, release: str, name: str, port: int) -> None:
    controller = with_controller(deployment("--ingress-class=x", "--http-port=81"), **told).controller
    assert (controller.release.name, controller.flags.ingress_class, controller.flags.http_port) == (
        release,
        name,
        port,
    )


def test_nginxsim_toml_stands_between_the_input_and_the_command_line(tmp_path: Path) -> None:
    project = 'flags = ["--http-port=82", "--https-port=444"]\nrelease = "1.11.5"\nmanifests = ["k8s"]\n'
    flags = ("--http-port=81", "--https-port=442", "--default-server-port=8182")
    text = manifests(ingress_class(), deployment(*flags), *served(), ingress())
    folder = tree(tmp_path, {"nginxsim.toml": project, "k8s/all.yaml": text})
    shown = run("conf", "--flag=--http-port=83", folder=folder)
    assert "taken  the controller is Deployment infra/edge, release 1.11.5 (k8s/all.yaml:" in shown.err
    ports = set(re.findall(r"^\s*listen (\d+) ", shown.out, re.MULTILINE))
    assert ports == {"83", "444", "8182"}


WRONG = {
    "a flag that the release does not know": (
        ["--bucket-factor=2"],
        IMAGE.replace("1.12.2", "1.9.6"),
        "unknown flag: --bucket-factor; it comes with release 1.12.0",
    ),
    "a misspelt one": (["--ingres-class=x"], IMAGE, 'unknown flag: --ingres-class; did you mean "--ingress-class"?'),
    "a value": (["--http-port=x"], IMAGE, 'invalid argument "x" for "--http-port" flag'),
    "two that exclude each other": (
        ["--watch-namespace=a", "--watch-namespace-selector=b=c"],
        IMAGE,
        "mutually exclusive",
    ),
}


@pytest.mark.parametrize(("args", "image", "says"), WRONG.values(), ids=WRONG)
def test_a_command_line_that_it_would_not_start_with(args: list[str], image: str, says: str) -> None:
    text = manifests(deployment(*args, image=image), *served(), ingress())
    line = next(at for at, written in enumerate(text.splitlines(), 1) if args[0] in written)
    with pytest.raises(InputError) as refused:
        simulate([File("edge.yaml", text)])
    assert str(refused.value).startswith(f"edge.yaml:{line}:")
    assert says in str(refused.value)


def test_flags_of_a_release_that_is_not_known_are_passed_over() -> None:
    simulation = with_controller(deployment("--force-isolation", image="x/nginx-ingress-controller:0.26.1"))
    assert "--force-isolation of Deployment infra/edge is passed over: 0.43.0 does not know it" in simulation.taken


def test_a_dump_of_a_cluster_has_it_once() -> None:
    owner = {"ownerReferences": [{"kind": "ReplicaSet", "name": "edge-1"}]}
    container = {"image": IMAGE, "args": [PROGRAM, "--http-port=81"]}
    pods = [
        thing("Pod", f"edge-1-{i}", namespace="infra", metadata=owner, spec={"containers": [container]}) for i in "ab"
    ]
    simulation = with_controller(pods[0], pods[1], deployment("--http-port=81"))
    assert simulation.controller.others == ()
    assert simulation.taken[0].startswith("the controller is Deployment infra/edge")


def test_watching_without_class_as_the_deployment_has_it() -> None:
    plain = ingress(class_name=None)
    assert estate(*served(), plain).route(Request(host="web.example.com")).status == 404
    controller = deployment("--watch-ingress-without-class")
    assert estate(controller, *served(), plain).route(Request(host="web.example.com")).status == 200
