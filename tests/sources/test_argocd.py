"""Argo CD: what Applications apply, with which values, and where a person edits it."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from nginxsim.kube import load, load_each
from nginxsim.sources import SkippedFile
from tests.sources.test_flux import CHART, INGRESS, NGINX, places, values
from tests.support.commands import run
from tests.support.trees import tree

REPOSITORY = "https://git.example.com/org/deploy.git"


def application(source: str, name: str = "web", namespace: str = "live") -> str:
    return (
        f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n"
        f"  destination: {{namespace: {namespace}}}\n{source}"
    )


def test_values_come_in_the_order_of_argo_cd(tmp_path: Path, tools: Path) -> None:
    app = f"""\
  source:
    repoURL: {REPOSITORY}
    path: charts/web
    helm:
      releaseName: shop
      valueFiles: [../../values/live.yaml, /values/more.yaml]
      values: |
        annotations:
          {NGINX}limit-rps: "3"
          {NGINX}limit-rpm: "3"
      parameters:
        - name: annotations.{NGINX.replace(".", chr(92) + ".")}limit-rpm
          value: "4"
          forceString: true
"""
    file = f'annotations:\n  {NGINX}limit-rps: "1"\n  {NGINX}proxy-body-size: 1m\n  {NGINX}limit-rpm: "1"\n'
    more = f"annotations: {{{NGINX}proxy-body-size: 2m}}\nhost: live.example.com\n"
    tree(tmp_path, {**CHART, "apps/web.yaml": application(app), "values/live.yaml": file, "values/more.yaml": more})
    cluster = load([tmp_path])
    assert list(cluster.ingresses) == ["live/shop"]
    ingress = cluster.ingresses["live/shop"]
    assert values(ingress) == {"limit-rps": "3", "limit-rpm": "4", "proxy-body-size": "2m"}
    assert ingress.rules[0].host == "live.example.com"
    assert places(ingress, tmp_path) == {
        "limit-rps": "apps/web.yaml:14:50",
        "limit-rpm": "apps/web.yaml:18:18",
        "proxy-body-size": "values/more.yaml:1:60",
    }


def test_a_kustomization_is_changed_as_argo_cd_would(tmp_path: Path, tools: Path) -> None:
    app = f"""\
  source:
    repoURL: {REPOSITORY}
    path: wiki
    kustomize:
      namePrefix: my-
      images: [nginx:1.29]
      commonAnnotations: {{{NGINX}enable-cors: "true"}}
      patches:
        - target: {{kind: Ingress}}
          patch: |-
            - op: replace
              path: /metadata/annotations/nginx.ingress.kubernetes.io~1proxy-read-timeout
              value: "60"
"""
    tree(
        tmp_path,
        {
            "apps/wiki.yaml": application(app),
            "wiki/kustomization.yaml": "resources: [ingress.yaml]\n",
            "wiki/ingress.yaml": INGRESS,
        },
    )
    ingress = load([tmp_path]).ingresses["live/my-wiki"]
    assert values(ingress)["proxy-read-timeout"] == "60"
    found = places(ingress, tmp_path)
    assert found["proxy-read-timeout"] == "apps/wiki.yaml:18:22"
    assert found["enable-cors"] == "apps/wiki.yaml:12:68"
    assert found["limit-rps"] == "wiki/ingress.yaml:6:44"


def test_a_directory_and_the_applications_in_it(tmp_path: Path, tools: Path) -> None:
    def directory(path: str, more: str = "") -> str:
        return f"  source: {{repoURL: {REPOSITORY}, path: {path}{more}}}\n"

    tree(
        tmp_path,
        {
            "root.yaml": application(directory("apps"), name="root"),
            "apps/flat.yaml": application(directory("flat"), name="flat", namespace="flat"),
            "apps/deep.yaml": application(
                directory("deep", ", directory: {recurse: true, exclude: '*/not.yaml'}"), name="deep", namespace="deep"
            ),
            "flat/wiki.yaml": INGRESS,
            "flat/inner/other.yaml": INGRESS.replace("wiki", "loose"),
            "deep/one/wiki.yaml": INGRESS,
            "deep/one/not.yaml": INGRESS.replace("wiki", "not"),
        },
    )
    cluster = load([tmp_path])
    assert sorted(cluster.ingresses) == ["deep/wiki", "default/loose", "flat/wiki"]
    assert str(cluster.ingresses["deep/wiki"].meta.origin).endswith("deep/one/wiki.yaml:4:9")


def test_what_two_applications_make_of_one_base_are_two_estates(tmp_path: Path, tools: Path) -> None:
    apps = {
        f"apps/{name}.yaml": application(
            f"  source:\n    repoURL: {REPOSITORY}\n    path: charts/web\n    helm:\n      releaseName: web\n"
            f"      valuesObject: {{host: {name}.example.com}}\n",
            name=name,
        )
        for name in ("dev", "prod")
    }
    tree(tmp_path, {**CHART, **apps})
    found = {each.name.rpartition("/")[2]: each.ingresses["live/web"].rules[0].host for each in load_each([tmp_path])}
    assert found == {"dev": "dev.example.com", "prod": "prod.example.com"}


def test_what_is_elsewhere_is_told(tmp_path: Path, tools: Path) -> None:
    chart = "  source: {repoURL: https://charts.example.com, chart: web, targetRevision: 1.2.3}\n"
    other = "  source: {repoURL: https://git.example.com/org/other.git, path: charts/web}\n"
    plugin = f"  source: {{repoURL: {REPOSITORY}, path: charts/web, plugin: {{name: x}}}}\n"
    tree(
        tmp_path,
        {
            **CHART,
            "deploy/.git/config": f'[remote "origin"]\n\turl = {REPOSITORY}\n',
            "deploy/charts/web/values.yaml": "",
            "deploy/apps.yaml": "---\n".join(
                application(text, name=name) for name, text in (("far", chart), ("other", other), ("plug", plugin))
            ),
            "deploy/wiki.yaml": INGRESS,
        },
    )
    told = run("ingresses", "deploy", folder=tmp_path)
    for words in (
        "deploy/apps.yaml:3:18 (Application argocd/far) is skipped: not rendered: its chart web is elsewhere: "
        "`helm pull web --repo https://charts.example.com --version '1.2.3' --untar --untardir DIR` fetches it, "
        "then --chart-source web=DIR",
        "deploy/apps.yaml:10:18 (Application argocd/other) is skipped: not rendered: its repository is elsewhere: "
        "`git clone https://git.example.com/org/other.git DIR` fetches it, then --chart-source other=DIR",
        "(Application argocd/plug) is skipped: not rendered: a plugin renders it",
    ):
        assert words in told.err
    ran = run("ingresses", "deploy", "--chart-source", "web=charts", "--chart-source", "other=.", folder=tmp_path)
    assert ran.out.count("web.example.com") == 2


@pytest.mark.parametrize("name", ["missing.yaml", "$other/x.yaml"])
def test_values_that_are_not_there(tmp_path: Path, tools: Path, name: str) -> None:
    source = f"  source: {{repoURL: {REPOSITORY}, path: charts/web, helm: {{valueFiles: [{name}]}}}}\n"
    tree(tmp_path, {**CHART, "apps/web.yaml": application(source), "wiki.yaml": INGRESS})
    with pytest.warns(SkippedFile, match="not rendered: valueFiles: "):
        assert list(load([tmp_path]).ingresses) == ["default/wiki"]


SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all, namespace: argocd}
spec:
  goTemplate: %s
  generators: %s
  template:
    metadata: {name: '%s'}
    spec:
      source: {repoURL: https://git.example.com/org/deploy.git, path: '%s'}
      destination: {namespace: '%s'}
"""


FOLDERS = "[{git: {directories: [{path: apps/*}, {path: apps/off, exclude: true}]}}]"
LIST = "[{list: {elements: [{app: one, at: apps/one}, {app: two, at: apps/two}]}}]"
MATRIX = "[{matrix: {generators: [{list: {elements: [{a: b}]}}, {git: {files: [{path: apps/*/app.json}]}}]}}]"


@pytest.mark.parametrize(
    ("is_go", "generators", "names"),
    [
        ("false", FOLDERS, "path.basename path"),
        ("true", FOLDERS, ".path.basename .path.path"),
        ("false", LIST, "app at"),
        ("true", MATRIX, ".name .path.path"),
    ],
)
def test_an_application_set(tmp_path: Path, tools: Path, is_go: str, generators: str, names: str) -> None:
    name, path = (f"{{{{{each}}}}}" for each in names.split())
    apps = {f"apps/{each}/wiki.yaml": INGRESS for each in ("one", "two", "off")}
    described = {f"apps/{each}/app.json": f'{{"name": "{each}"}}' for each in ("one", "two")}
    tree(tmp_path, {"set.yaml": SET % (is_go, generators, name, path, name), **apps, **described})
    cluster = load([tmp_path])
    assert set(cluster.ingresses) >= {"one/wiki", "two/wiki"}
    assert str(cluster.ingresses["one/wiki"].meta.origin).endswith("apps/one/wiki.yaml:4:9")


@pytest.mark.parametrize(
    ("generators", "name", "says"),
    [
        ("[{clusters: {}}]", "x", "its generator clusters asks something else than the input"),
        (
            "[{list: {elements: [{a: b}]}}]",
            "{{ .a | upper }}",
            "its template says {{ .a | upper }}, which nginxsim does",
        ),
    ],
)
def test_an_application_set_that_cannot_be_filled_in(tmp_path: Path, generators: str, name: str, says: str) -> None:
    tree(tmp_path, {"set.yaml": SET % ("true", generators, name, "apps", "x"), "wiki.yaml": INGRESS})
    with pytest.warns(SkippedFile) as told:
        assert list(load([tmp_path]).ingresses) == ["default/wiki"]
    assert f"set.yaml:3:18 (ApplicationSet argocd/all) is skipped: not rendered: {says}" in str(told[0].message)


@pytest.mark.parametrize(
    "spec",
    [
        r'{source: {path: "a\0b"}}',
        "{source: {path: apps, directory: {include: '[x'}}}",
        "{source: {path: apps, directory: {include: '{x'}}}",
        "{source: {path: apps, kustomize: {images: [{a: b}], patches: 7}}}",
        "{source: {path: charts/web, helm: {valueFiles: {a: b}, parameters: [x, {name: '', value: 1}], values: '{{'}}}",
        "{sources: [x, [y], {ref: z}]}",
        "[]",
        "x",
    ],
)
def test_odd_applications_stop_nothing(tmp_path: Path, tools: Path, spec: str) -> None:
    odd = f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: odd}}\nspec: {spec}\n"
    flux = odd.replace("argoproj.io/v1alpha1", "kustomize.toolkit.fluxcd.io/v1").replace("Application", "Kustomization")
    release = odd.replace("argoproj.io/v1alpha1", "helm.toolkit.fluxcd.io/v2").replace("Application", "HelmRelease")
    nameless = (
        "---\napiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: [x]\nspec: {generators: [{git: x}]}\n"
    )
    text = "---\n".join((odd, flux, release)) + nameless
    tree(tmp_path, {**CHART, "odd/odd.yaml": text, "apps/list.yaml": "[]", "wiki.yaml": INGRESS})
    with warnings.catch_warnings(action="ignore"):
        assert "default/wiki" in load([tmp_path]).ingresses


HELM = {
    "what it fills in": ("parameters: [{name: host, value: $ARGOCD_APP_NAME.$$x}]", "web.$x", None),
    "the same in braces": (
        "parameters: [{name: host, value: '${ARGOCD_APP_NAMESPACE}.example.com$NONE'}]",
        "live.example.com",
        None,
    ),
    "a file": ("fileParameters: [{name: host, path: /values/host.txt}]", "file.example.com", None),
    "a pattern": ("valueFiles: [/values/*/own.yaml]", "two.example.com", "1"),
    "nothing that fits": ("ignoreMissingValueFiles: true, valueFiles: [/values/none*.yaml]", "web.example.com", None),
    "a name that is filled in": ("valueFiles: [/values/$ARGOCD_APP_NAME.yaml]", "own.example.com", None),
    "a version": ("kubeVersion: 1.30.0, parameters: [{name: host, value: a.example.com}]", "a.example.com", None),
}


@pytest.mark.parametrize(("helm", "host", "limit"), HELM.values(), ids=HELM)
def test_values_are_found_as_argo_cd_finds_them(
    helm: str, host: str, limit: str | None, tmp_path: Path, tools: Path
) -> None:
    app = f"  source: {{repoURL: {REPOSITORY}, path: charts/web, helm: {{{helm}}}}}\n"
    files = {
        "values/host.txt": "file.example.com",
        "values/web.yaml": "host: own.example.com\n",
        "values/a/own.yaml": f'host: one.example.com\nannotations: {{{NGINX}limit-rps: "1"}}\n',
        "values/b/own.yaml": "host: two.example.com\n",
    }
    tree(tmp_path, {**CHART, **files, "apps/web.yaml": application(app)})
    ingress = load([tmp_path]).ingresses["live/web"]
    assert (ingress.rules[0].host, values(ingress).get("limit-rps")) == (host, limit)


def test_one_source_that_is_elsewhere_leaves_the_others(tmp_path: Path, tools: Path) -> None:
    app = f"""\
  sources:
    - {{repoURL: https://mirror.test/charts, chart: redis, targetRevision: 1.0.0}}
    - {{repoURL: {REPOSITORY}, path: charts/web}}
    - {{repoURL: {REPOSITORY}, path: boards, directory: {{jsonnet: {{}}}}}}
"""
    tree(tmp_path, {**CHART, "apps/web.yaml": application(app), "boards/all.jsonnet": "{}\n"})
    with pytest.warns(SkippedFile) as told:
        assert list(load([tmp_path]).ingresses) == ["live/web"]
    words = [str(each.message) for each in told]
    assert any("its chart redis is elsewhere" in each for each in words)
    assert any("boards/all.jsonnet is skipped: not rendered: nginxsim runs no Jsonnet" in each for each in words)


def test_what_goes_to_another_cluster_is_an_estate_of_its_own(tmp_path: Path, tools: Path) -> None:
    source = f"  source: {{repoURL: {REPOSITORY}, path: charts/web, helm: {{releaseName: NAME}}}}\n"
    text = "---\n".join(
        application(source.replace("NAME", name), name).replace("namespace: live", f"namespace: live, {where}")
        for name, where in (
            ("here", "server: https://kubernetes.default.svc"),
            ("there", "server: https://edge.test:6443"),
            ("beyond", "name: far"),
        )
    )
    tree(tmp_path, {**CHART, "apps/all.yaml": text})
    found = {cluster.name: list(cluster.ingresses) for cluster in load_each([tmp_path])}
    assert found == {"in-cluster": ["live/here"], "edge.test:6443": ["live/there"], "far": ["live/beyond"]}
