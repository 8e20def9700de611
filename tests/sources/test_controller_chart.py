"""The controller whose chart is elsewhere: what its values make of it, and where a person edits them."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from nginxsim import Request, Simulation, simulate
from tests.support.commands import run
from tests.support.trees import tree

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  ingressClassName: external
  rules:
    - host: shop.example.com
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}
"""


def release(values: str, version: str = "4.12.1", more: str = "") -> str:
    return (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: edge, namespace: infra}\nspec:\n"
        f"  chart: {{spec: {{chart: ingress-nginx, version: '{version}', sourceRef: {{kind: HelmRepository}}}}}}\n"
        f"{more}  values:\n{textwrap.indent(values, '    ')}\n"
    )


def simulation(folder: Path, values: str, version: str = "4.12.1", **more: Any) -> Simulation:
    tree(folder, {"edge.yaml": release(values, version), "shop.yaml": INGRESS})
    return simulate([folder], assume=("services",), **more)


FLAGS = {
    "its class": ("controller: {ingressClassResource: {controllerValue: a/b}}", "controller_class", "a/b"),
    "the old class": ("controller: {ingressClass: edge}", "ingress_class", "edge"),
    "a switch": ("controller: {watchIngressWithoutClass: true}", "watch_ingress_without_class", True),
    "one namespace": ("controller: {scope: {enabled: true}}", "watch_namespace", "infra"),
    "another namespace": ("controller: {scope: {enabled: true, namespace: shop}}", "watch_namespace", "shop"),
    "a selector": ("controller: {scope: {namespaceSelector: a=b}}", "watch_namespace_selector", "a=b"),
    "a default backend": (
        "defaultBackend: {enabled: true}",
        "default_backend_service",
        "infra/edge-ingress-nginx-defaultbackend",
    ),
    "validation off": ("controller: {enableAnnotationValidations: false}", "enable_annotation_validation", False),
    "the ConfigMap": ("fullnameOverride: web", "configmap", "infra/web-controller"),
    "its ConfigMap elsewhere": ("controller: {configMapNamespace: a}", "configmap", "a/edge-ingress-nginx-controller"),
    "streams": ("tcp: {9000: shop/shop:9000}", "tcp_services_configmap", "infra/edge-ingress-nginx-tcp"),
    "a further argument": ("controller: {extraArgs: {http-port: 8080}}", "http_port", 8080),
    "an empty argument": ('controller: {extraArgs: {disable-full-test: ""}}', "disable_full_test", True),
    "one that is false": ("controller: {extraArgs: {enable-ssl-passthrough: false}}", "enable_ssl_passthrough", False),
    "a variable": (
        "controller: {extraEnvs: [{name: A, value: x}], extraArgs: {ingress-class: $(A)}}",
        "ingress_class",
        "x",
    ),
}


@pytest.mark.parametrize(("values", "flag", "value"), FLAGS.values(), ids=FLAGS)
def test_flags_are_those_that_the_chart_makes_of_values(tmp_path: Path, values: str, flag: str, value: object) -> None:
    assert getattr(simulation(tmp_path, values).controller.flags, flag) == value


SETTINGS = {
    "config": ('controller: {config: {proxy-body-size: "64k"}}', "proxy_body_size", "64k"),
    "a number as helm prints it": (
        "controller: {config: {proxy-body-size: 10485760}}",
        "proxy_body_size",
        "1.048576e+07",
    ),
    "a boolean": ("controller: {config: {use-forwarded-headers: true}}", "use_forwarded_headers", True),
    "snippets": ("controller: {allowSnippetAnnotations: true}", "allow_snippet_annotations", True),
    "headers": ("controller: {addHeaders: {X-A: b}}", "add_headers", "infra/edge-ingress-nginx-custom-add-headers"),
}


@pytest.mark.parametrize(("values", "key", "value"), SETTINGS.values(), ids=SETTINGS)
def test_settings_are_those_of_its_config(tmp_path: Path, values: str, key: str, value: object) -> None:
    assert getattr(simulation(tmp_path, values).controller.settings, key) == value


def test_headers_come_with_every_answer(tmp_path: Path) -> None:
    values = "controller: {addHeaders: {X-A: b}, ingressClassResource: {name: external}}"
    assert ("X-A", "b") in simulation(tmp_path, values).route(Request(host="shop.example.com")).headers


VERSIONS = {
    "a version": ("4.12.1", "1.12.1", ""),
    "a range": ("4.11.x", "1.11.8", 'chart version "4.11.x" is 4.11.8, the newest known that it may be'),
    "from a version on": (
        "'>=4.0.0 <4.10'",
        "1.9.6",
        'chart version ">=4.0.0 <4.10" is 4.9.1, the newest known that it may be',
    ),
    "either": ("4.8.x || ~4.9.0", "1.9.6", 'chart version "4.8.x || ~4.9.0" is 4.9.1, the newest known that it may be'),
    "one above a version": ("^4.14.4", "1.15.1", 'chart version "^4.14.4" is 4.15.1, the newest known that it may be'),
    "any": ("", "1.15.1", 'chart version "*" is 4.15.1, the newest known that it may be'),
    "one that nobody knows": ("5.0.0", "1.15.1", 'chart version "5.0.0" is 4.15.1, the newest known that it may be'),
}


@pytest.mark.parametrize(("version", "name", "taken"), VERSIONS.values(), ids=VERSIONS)
def test_the_release_is_that_of_the_chart(tmp_path: Path, version: str, name: str, taken: str) -> None:
    sim = simulation(tmp_path, "{}", version.strip("'"))
    assert sim.controller.release.name == name
    made = "Deployment infra/edge-ingress-nginx-controller is made of the values of HelmRelease infra/edge"
    assert any(words.startswith(made) for words in sim.taken)
    assert [words for words in sim.taken if words.startswith("chart version")] == ([taken] if taken else [])


def test_an_image_goes_before_the_chart(tmp_path: Path) -> None:
    sim = simulation(tmp_path, "controller: {image: {tag: v1.11.5}}", "4.x")
    assert sim.controller.release.name == "1.11.5"
    assert not any("newest known" in words for words in sim.taken)


def test_defaults_are_those_of_the_version(tmp_path: Path) -> None:
    """Up to chart 4.7 snippets are allowed unless somebody says otherwise."""
    old, new = (simulation(tmp_path / version, "{}", version) for version in ("4.7.1", "4.12.1"))
    assert (old.controller.settings.allow_snippet_annotations, new.controller.settings.allow_snippet_annotations) == (
        True,
        False,
    )


def test_its_class_is_known(tmp_path: Path) -> None:
    values = "controller:\n  ingressClassResource:\n    name: external\n    controllerValue: a/b\n"
    tree(tmp_path, {"edge.yaml": release(values), "shop.yaml": INGRESS})
    checked = run("check", ".", folder=tmp_path)
    assert (checked.status, "NX601" in checked.out) == (0, False)
    shown = run("controller", ".", folder=tmp_path).out
    assert "external" in shown.partition("annotation")[0]
    place = next(line for line in shown.splitlines() if "--controller-class=a/b" in line)
    assert place.endswith("./edge.yaml:10:26")


def test_its_service_says_what_stands_in_front(tmp_path: Path) -> None:
    values = """\
controller:
  ingressClassResource: {name: external}
  replicaCount: 3
  service:
    annotations:
      service.beta.kubernetes.io/aws-load-balancer-proxy-protocol: "*"
"""
    tree(tmp_path, {"edge.yaml": release(values), "shop.yaml": INGRESS})
    checked = run("check", ".", folder=tmp_path)
    assert "NX509" in checked.out
    assert "./edge.yaml:12:72" in checked.out
    assert "replicas       3" in run("controller", ".", folder=tmp_path).out


def test_values_come_from_where_the_release_says(tmp_path: Path) -> None:
    common = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: common, namespace: infra}
data:
  values.yaml: |
    controller:
      config: {hsts: "false"}
      ingressClassResource: {name: external}
"""
    more = "  valuesFrom: [{kind: ConfigMap, name: common}, {kind: Secret, name: hidden}]\n"
    tree(tmp_path, {"edge.yaml": release("controller: {}", more=more), "common.yaml": common, "shop.yaml": INGRESS})
    shown = run("check", ".", folder=tmp_path)
    assert "Secret hidden is skipped: its values are not known" in shown.err
    assert "NX601" not in shown.out
    sim = simulate([tmp_path])
    assert sim.controller.settings.hsts is False
    assert str(sim.controller.settings.source("hsts").origin) == f"{tmp_path}/common.yaml:7:22"


def test_what_helm_would_fill_in_is_left_out_and_told(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {"edge.yaml": release('controller: {config: {server-tokens: "{{ .Values.x }}"}}'), "shop.yaml": INGRESS},
    )
    told = run("check", ".", folder=tmp_path).err
    assert "controller.config.server-tokens is skipped: its values are not known" in told


def test_what_it_makes_is_what_kubectl_takes(tmp_path: Path) -> None:
    more = "defaultBackend: {enabled: true}\ntcp: {9000: shop/shop:9000}\n"
    sim = simulation(tmp_path, f"controller: {{kind: DaemonSet, addHeaders: {{X-A: b}}}}\n{more}")
    assert sim.api_errors() == []
    assert sim.controller.deployed is not None
    assert sim.controller.deployed.replicas is None


def test_another_chart_is_none_of_it(tmp_path: Path) -> None:
    other = release("{}").replace("chart: ingress-nginx", "chart: nginx-ingress-controller")
    tree(tmp_path, {"edge.yaml": other, "shop.yaml": INGRESS})
    told = run("check", ".", folder=tmp_path).err
    assert "its chart nginx-ingress-controller is elsewhere" in told
    assert simulate([tmp_path]).controller.deployed is None


def test_an_application_of_argo_cd_has_values_too(tmp_path: Path) -> None:
    application = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: edge, namespace: argocd}
spec:
  destination: {namespace: infra}
  sources:
    - repoURL: https://mirror.test/charts
      chart: ingress-nginx
      targetRevision: 4.12.1
      helm:
        valueFiles: [$values/values/edge.yaml]
        parameters: [{name: controller.ingressClassResource.name, value: external}]
        valuesObject: {controller: {watchIngressWithoutClass: true}}
    - {repoURL: https://mirror.test/deploy.git, ref: values}
"""
    tree(
        tmp_path / "deploy",
        {
            "apps/edge.yaml": application,
            "values/edge.yaml": 'controller: {config: {hsts: "false"}}\n',
            "shop.yaml": INGRESS,
        },
    )
    sim = simulate([tmp_path / "deploy"])
    assert (sim.controller.release.name, sim.controller.flags.watch_ingress_without_class) == ("1.12.1", True)
    assert sim.controller.settings.hsts is False
    assert sorted(sim.cluster.ingress_classes) == ["external"]


def test_a_chart_around_it_has_values_too(tmp_path: Path, tools: Path) -> None:
    about = "apiVersion: v2\nname: edge\nversion: 0.0.0\ndependencies:\n  - name: ingress-nginx\n    version: 4.12.1\n"
    values = 'ingress-nginx:\n  controller:\n    config: {hsts: "false"}\n    ingressClassResource: {name: external}\n'
    tree(tmp_path, {"edge/Chart.yaml": about, "edge/values.yaml": values, "shop.yaml": INGRESS})
    checked = run("check", ".", "--set", "ingress-nginx.controller.watchIngressWithoutClass=true", folder=tmp_path)
    assert (checked.status, checked.err) == (0, "")
    made = "edge-ingress-nginx-controller is made of the values of chart ./edge (./edge/Chart.yaml:5:11)"
    assert f"taken  Deployment default/{made}, as its chart is elsewhere" in checked.out
    sim = simulate([tmp_path])
    assert (sim.controller.release.name, sim.controller.settings.hsts) == ("1.12.1", False)
    assert str(sim.controller.settings.source("hsts").origin) == f"{tmp_path}/edge/values.yaml:3:20"
