"""Kustomizations: what is rendered, where its values are written, and what is said where that cannot be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nginxsim.errors import InputError
from nginxsim.kube import Cluster, load
from nginxsim.origins import Origin
from nginxsim.sources import Reading, SkippedFile
from tests.support.commands import run
from tests.support.trees import tree

APP = """\
apiVersion: v1
kind: Service
metadata: {name: wiki}
spec: {selector: {app: wiki}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: wiki}
spec:
  selector: {matchLabels: {app: wiki}}
  template:
    metadata: {labels: {app: wiki}}
    spec: {containers: [{name: wiki, image: wiki, ports: [{containerPort: 8080}]}]}
"""
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: wiki
  annotations:
    nginx.ingress.kubernetes.io/proxy-body-size: 8m
    nginx.ingress.kubernetes.io/limit-rps: "5"
spec:
  ingressClassName: nginx
  rules:
    - host: wiki.example.com
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: wiki, port: {name: http}}}}
"""
PROD = """\
kind: Kustomization
namespace: wiki-prod
namePrefix: prod-
resources:
  - ../../base
components: [../../parts/cors]
commonAnnotations:
  nginx.ingress.kubernetes.io/ssl-redirect: "false"
configMapGenerator:
  - name: controller
    literals:
      - use-gzip=true
      - keep-alive=10
    envs: [more.env]
patches:
  - path: rps.yaml
  - target: {kind: Ingress}
    patch: |-
      - op: replace
        path: /spec/rules/0/host
        value: prod.example.com
      - op: add
        path: /metadata/annotations/nginx.ingress.kubernetes.io~1proxy-read-timeout
        value: "30"
"""


@pytest.fixture
def wiki(tmp_path: Path) -> Path:
    return tree(
        tmp_path,
        {
            "base/app.yaml": APP,
            "base/ingress.yaml": INGRESS,
            "base/unused.yaml": INGRESS.replace("wiki", "unused"),
            "base/kustomization.yaml": "resources: [app.yaml, ingress.yaml]\n",
            "parts/cors/kustomization.yaml": "kind: Component\npatches: [{path: cors.yaml}]\n",
            "parts/cors/cors.yaml": "kind: Ingress\napiVersion: networking.k8s.io/v1\nmetadata:\n  name: wiki\n"
            '  annotations:\n    nginx.ingress.kubernetes.io/enable-cors: "true"\n',
            "overlays/prod/kustomization.yaml": PROD,
            "overlays/prod/more.env": "# a comment\nworker-processes=2\n",
            "overlays/prod/rps.yaml": "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: wiki\n"
            '  annotations:\n    nginx.ingress.kubernetes.io/limit-rps: "50"\n',
        },
    )


def place(origin: Origin, folder: Path) -> str:
    return str(origin).removeprefix(f"{folder}/")


def test_a_rendered_value_leads_back_to_the_line_that_wrote_it(wiki: Path, tools: Path) -> None:
    with pytest.warns(SkippedFile, match=r"base/unused\.yaml is skipped: the kustomization around it does not name it"):
        cluster = load([wiki])
    ingress = cluster.ingresses["wiki-prod/prod-wiki"]
    found = {name.rpartition("/")[2]: place(at, wiki) for name, at in ingress.meta.annotation_origins.items()}
    assert found == {
        "proxy-body-size": "base/ingress.yaml:6:50",
        "limit-rps": "overlays/prod/rps.yaml:6:44",
        "enable-cors": "parts/cors/cors.yaml:6:46",
        "ssl-redirect": "overlays/prod/kustomization.yaml:8:45",
        "proxy-read-timeout": "overlays/prod/kustomization.yaml:24:16",
    }
    assert place(ingress.rules[0].origin, wiki) == "overlays/prod/kustomization.yaml:21:16"
    service = cluster.services["wiki-prod/prod-wiki"]
    assert place(service.meta.origin, wiki) == "base/app.yaml:3:18"
    (settings,) = cluster.config_maps.values()
    assert {key: place(at, wiki) for key, at in settings.origins.items()} == {
        "use-gzip": "overlays/prod/kustomization.yaml:12:9",
        "keep-alive": "overlays/prod/kustomization.yaml:13:9",
        "worker-processes": "overlays/prod/more.env:2:1",
    }


def test_places_are_those_of_the_files_as_they_are_now(wiki: Path, tools: Path) -> None:
    patch, name = wiki / "overlays" / "prod" / "rps.yaml", "nginx.ingress.kubernetes.io/limit-rps"
    for line, text in enumerate([patch.read_text(encoding="utf-8")] * 2, 6):
        patch.write_text("# again\n" * (line - 6) + text, encoding="utf-8")
        found = load([wiki / "overlays" / "prod"]).ingresses["wiki-prod/prod-wiki"].meta.annotation_origins[name]
        assert place(found, wiki) == f"overlays/prod/rps.yaml:{line}:44"


def test_an_answer_about_an_overlay_names_its_patch(wiki: Path, tools: Path) -> None:
    ran = run("why", "http://prod.example.com/", "overlays/prod", folder=wiki)
    assert ran.status == 0
    assert run("conf", "overlays/prod", "--origins", folder=wiki).out.count("overlays/prod/rps.yaml:6:44")


def test_what_a_broken_kustomization_says(wiki: Path, tools: Path) -> None:
    (wiki / "overlays" / "prod" / "rps.yaml").unlink()
    named = run("check", "overlays/prod", folder=wiki)
    assert named.status == 2
    assert named.err.startswith("error: overlays/prod: not rendered: kubectl refuses: ")
    assert "rps.yaml" in named.err
    tree(wiki, {"plain/ingress.yaml": INGRESS.replace("wiki", "plain")})
    found = run("ingresses", ".", folder=wiki)
    assert "plain.example.com" in found.out
    assert "note: ./overlays/prod is skipped: not rendered: kubectl refuses: " in found.err


def test_without_a_tool_or_without_leave_nothing_is_rendered(wiki: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(wiki, {"plain/ingress.yaml": INGRESS.replace("wiki", "plain")})
    monkeypatch.setenv("PATH", str(wiki))
    with pytest.warns(SkippedFile, match="overlays/prod is skipped: not rendered: kustomize is not on PATH: https://"):
        assert list(load([wiki]).ingresses) == ["default/plain"]
    with pytest.warns(SkippedFile, match="overlays/prod is skipped: not rendered, as --no-render says"):
        assert list(load([wiki], reading=Reading(render=False)).ingresses) == ["default/plain"]
    with pytest.raises(InputError, match="kustomize is not on PATH"):
        load([wiki / "overlays" / "prod"])


def test_nothing_comes_from_the_network_unless_it_may(wiki: Path, tools: Path) -> None:
    tree(wiki, {"far/kustomization.yaml": "resources: ['https://example.com/org/repo//base?ref=v1']\n"})
    with pytest.raises(InputError, match=r"it takes https://example\.com/org/repo//base\?ref=v1 from the network"):
        load([wiki / "far"])


FAR = "https://example.com/org/repo//base?ref=v1"
REDUCED = {
    "a resource": {"far/kustomization.yaml": f"resources: [../base, '{FAR}']\n"},
    "a component": {"far/kustomization.yaml": f"resources: [../base]\ncomponents: ['{FAR}']\n"},
    "a part of a base": {
        "mid/kustomization.yaml": f"resources: [../base, '{FAR}']\nnamePrefix: my-\n",
        "far/kustomization.yaml": "resources: [../mid]\n",
    },
    "a file of a generator": {
        "far/kustomization.yaml": "resources: [../base]\n"
        f"configMapGenerator: [{{name: boards, files: ['{FAR}', a.json='{FAR}']}}]\n",
    },
    "with patches of it": {
        "far/kustomization.yaml": f"resources: [../base, '{FAR}']\npatches: [{{path: far.yaml}}, {{path: near.yaml}}]\n"
        "patchesStrategicMerge: [far.yaml]\n",
        "far/far.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: far}\nspec: {type: NodePort}\n",
        "far/near.yaml": "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"
        'metadata: {name: wiki, annotations: {nginx.ingress.kubernetes.io/limit-rps: "7"}}\n',
    },
}


@pytest.mark.parametrize("files", REDUCED.values(), ids=REDUCED)
def test_what_is_elsewhere_is_left_out_alone(files: dict[str, str], wiki: Path, tools: Path) -> None:
    tree(wiki, files)
    place = "mid" if "mid/kustomization.yaml" in files else "far"
    with pytest.warns(
        SkippedFile, match=rf"{place}/kustomization.yaml:\d:\d+ is skipped: not rendered: {re.escape(FAR)} is"
    ):
        ingresses = load([wiki / "far"]).ingresses
    assert [key.replace("my-", "") for key in ingresses] == ["default/wiki"]
    ingress = next(iter(ingresses.values()))
    limit = ingress.meta.annotation_origins.get("nginx.ingress.kubernetes.io/limit-rps")
    assert str(limit).startswith(f"{wiki}/far/near.yaml:3") is ("far/near.yaml" in files)


def test_a_rendering_that_does_not_end_is_ended(wiki: Path, process: object, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tree(wiki, {"bin/kustomize": "#!/bin/sh\nwhile :; do :; done\n"}) / "bin" / "kustomize"
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setattr("nginxsim.sources.tools.PATIENCE", 0.3)
    with pytest.raises(InputError, match=r"kustomize takes longer than 0\.3 s"):
        load([wiki / "overlays" / "prod"])
    program.write_text(
        "#!/bin/sh\nwhile :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done\n"
    )
    monkeypatch.setattr("nginxsim.sources.tools.PATIENCE", 60)
    monkeypatch.setenv("NGINXSIM_MAX_FILE_SIZE", "64k")
    with pytest.raises(InputError, match=r"kustomize prints more than 65,536 bytes"):
        load([wiki / "overlays" / "prod"])


def test_a_tool_sees_nothing_of_the_user(wiki: Path, process: object, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "#!/bin/sh\n"
        'printf "kind: ConfigMap\\napiVersion: v1\\nmetadata: {name: seen}\\ndata:\\n"\n'
        'printf "  token: \\"$TOKEN\\"\\n  kube: \\"$KUBECONFIG\\"\\n  proxy: \\"$HTTPS_PROXY\\"\\n"\n'
        'printf "  path: \\"$PATH\\"\\n"\n'
        'printf "  home: \\"$HOME\\"\\n  cwd: \\"$(pwd)\\"\\n"\n'
    )
    program = tree(wiki, {"bin/kustomize": script}) / "bin" / "kustomize"
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setenv("TOKEN", "secret")
    seen = _seen(load([wiki / "overlays" / "prod"]))
    assert (seen["token"], seen["kube"], seen["proxy"]) == ("", "/dev/null", "http://127.0.0.1:9")
    assert seen["path"] == seen["home"] != str(Path.home())
    assert seen["cwd"].endswith("overlays/prod")


def _seen(cluster: Cluster) -> dict[str, str]:
    return dict(cluster.config_maps["default/seen"].data)


def test_charts_of_a_kustomization_are_left_out(wiki: Path, tools: Path) -> None:
    chart = "helmCharts: [{name: redis, repo: 'https://mirror.test', version: 1.0.0, releaseName: redis}]\n"
    tree(wiki, {"far/kustomization.yaml": f"resources: [../base]\n{chart}"})
    with pytest.warns(
        SkippedFile, match=r"far/kustomization.yaml:2:14 \(chart redis\) is skipped: not rendered: its chart"
    ):
        assert list(load([wiki / "far"]).ingresses) == ["default/wiki"]
