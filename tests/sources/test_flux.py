"""Flux: what is rendered, with which values, for which cluster, and where a person edits it."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from nginxsim.errors import InputError
from nginxsim.kube import load, load_each
from nginxsim.kube.objects import Ingress
from nginxsim.sources import Reading, SkippedFile
from nginxsim.sources.substitution import BadSubstitution, filled_in
from tests.support.commands import run
from tests.support.places import SAMPLES
from tests.support.trees import tree

CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "host: web.example.com\nannotations: {}\n",
    "charts/web/templates/ingress.yaml": """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ .Release.Name }}
  annotations:
    {{- toYaml .Values.annotations | nindent 4 }}
spec:
  ingressClassName: nginx
  rules:
    - host: {{ .Values.host }}
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
""",
}
SOURCE = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {url: https://git.example.com/org/fleet}
---
"""
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: wiki
  annotations:
    nginx.ingress.kubernetes.io/limit-rps: "${RPS}"
    nginx.ingress.kubernetes.io/proxy-body-size: ${SIZE:=8m}
    nginx.ingress.kubernetes.io/proxy-read-timeout: "30"
spec:
  ingressClassName: nginx
  rules:
    - host: wiki.${DOMAIN}
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: wiki, port: {number: 80}}}}
"""
NGINX = "nginx.ingress.kubernetes.io/"


def kustomization(path: str, more: str = "", name: str = "apps") -> str:
    return (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata: {{name: {name}, namespace: flux-system}}\nspec:\n  path: {path}\n"
        f"  sourceRef: {{kind: GitRepository, name: flux-system}}\n{more}"
    )


def release(more: str, version: str = "v2", namespace: str = "apps") -> str:
    return (
        f"apiVersion: helm.toolkit.fluxcd.io/{version}\nkind: HelmRelease\n"
        f"metadata:\n  name: web\n  namespace: {namespace}\nspec:\n"
        f"  chart: {{spec: {{chart: ./charts/web, sourceRef: {{kind: GitRepository, name: flux-system}}}}}}\n{more}"
    )


def places(ingress: Ingress, folder: Path) -> dict[str, str]:
    found = ingress.meta.annotation_origins.items()
    return {name.removeprefix(NGINX): str(at).removeprefix(f"{folder}/") for name, at in found}


def values(ingress: Ingress) -> dict[str, str]:
    return {name.removeprefix(NGINX): value for name, value in ingress.meta.annotations.items()}


@pytest.mark.parametrize("version", ["v2beta1", "v2beta2", "v2"])
def test_a_release_is_installed_as_flux_would(tmp_path: Path, tools: Path, version: str) -> None:
    more = "  targetNamespace: live\n  values:\n    host: a.example.com\n    annotations:\n"
    more += f'      {NGINX}limit-rps: "5"\n'
    tree(tmp_path, {**CHART, "apps/web.yaml": SOURCE + release(more, version)})
    cluster = load([tmp_path])
    assert list(cluster.ingresses) == ["live/live-web"]
    ingress = cluster.ingresses["live/live-web"]
    assert ingress.rules[0].host == "a.example.com"
    assert places(ingress, tmp_path) == {"limit-rps": "apps/web.yaml:17:46"}


def test_values_of_config_maps_and_secrets_come_before_those_of_the_release(tmp_path: Path, tools: Path) -> None:
    objects = f"""\
apiVersion: v1
kind: ConfigMap
metadata: {{name: common, namespace: apps}}
data:
  values.yaml: |
    host: common.example.com
    annotations:
      {NGINX}limit-rps: "1"
      {NGINX}proxy-body-size: 1m
  timeout: "7"
---
apiVersion: v1
kind: Secret
metadata: {{name: hidden, namespace: apps}}
stringData:
  more.yaml: 'annotations: {{{NGINX}limit-rps: "2"}}'
---
"""
    target = f"annotations.{NGINX.replace('.', chr(92) + '.')}proxy-read-timeout"
    more = f"""\
  valuesFrom:
    - {{kind: ConfigMap, name: common}}
    - {{kind: Secret, name: hidden, valuesKey: more.yaml}}
    - {{kind: ConfigMap, name: common, valuesKey: timeout, targetPath: {target}}}
    - {{kind: Secret, name: absent, optional: true}}
  values:
    host: own.example.com
"""
    tree(tmp_path, {**CHART, "apps/web.yaml": SOURCE + objects + release(more)})
    ingress = load([tmp_path]).ingresses["apps/web"]
    assert ingress.rules[0].host == "own.example.com"
    assert values(ingress) == {"limit-rps": "2", "proxy-body-size": "1m"} | {"proxy-read-timeout": "7"}
    assert places(ingress, tmp_path)["proxy-body-size"] == f"apps/web.yaml:14:{len(NGINX) + 24}"


@pytest.mark.parametrize(
    ("files", "host", "annotations"),
    [
        ("[./values/live.yaml]", "live.example.com", {}),
        ("[./charts/web/values.yaml, ./values/live.yaml]", "live.example.com", {"limit-rps": "1"}),
    ],
)
def test_files_of_values_stand_in_for_those_of_the_chart(
    files: str, host: str, annotations: dict[str, str], tmp_path: Path, tools: Path
) -> None:
    """Flux makes them the chart's values, and those that the chart came with are gone unless they are named."""
    spec = f"{{chart: ./charts/web, valuesFiles: {files}, sourceRef: {{kind: GitRepository, name: flux-system}}}}"
    text = release("").partition("  chart:")[0] + f"  chart: {{spec: {spec}}}\n"
    own = f'host: web.example.com\nannotations: {{{NGINX}limit-rps: "1"}}\n'
    tree(tmp_path, {**CHART, "charts/web/values.yaml": own, "apps/web.yaml": SOURCE + text})
    tree(tmp_path, {"values/live.yaml": "host: live.example.com\n"})
    ingress = load([tmp_path]).ingresses["apps/web"]
    assert (ingress.rules[0].host, values(ingress)) == (host, annotations)


def test_variables_are_filled_in_and_lead_to_who_sets_them(tmp_path: Path, tools: Path) -> None:
    post = """\
  targetNamespace: wiki
  postBuild:
    substitute:
      RPS: "5"
    substituteFrom:
      - {kind: ConfigMap, name: settings}
      - {kind: Secret, name: hidden}
"""
    settings = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: flux-system}\ndata:\n  RPS: '9'\n"
    )
    secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: hidden, namespace: flux-system}\n"
    secret += "stringData:\n  DOMAIN: ENC[AES256_GCM,data:x,type:str]\nsops: {version: 3.8.1}\n"
    tree(
        tmp_path,
        {
            "clusters/one/apps.yaml": kustomization("./apps", post),
            "clusters/one/settings.yaml": settings + secret,
            "apps/wiki.yaml": INGRESS,
        },
    )
    with pytest.warns(SkippedFile, match=r"Secret flux-system/hidden is skipped: its values are not known, so where "):
        cluster = load([tmp_path])
    ingress = cluster.ingresses["wiki/wiki"]
    assert values(ingress) == {"limit-rps": "5", "proxy-body-size": "8m", "proxy-read-timeout": "30"}
    assert ingress.rules[0].host == "wiki.domain"
    assert places(ingress, tmp_path) == {
        "limit-rps": "clusters/one/apps.yaml:10:12",
        "proxy-body-size": "apps/wiki.yaml:7:50",
        "proxy-read-timeout": "apps/wiki.yaml:8:53",
    }


def test_what_a_kustomization_adds_leads_to_its_own_lines(tmp_path: Path, tools: Path) -> None:
    more = f"""\
  namePrefix: my-
  commonMetadata:
    annotations:
      {NGINX}enable-cors: "true"
  patches:
    - target: {{kind: Ingress}}
      patch: |
        - op: replace
          path: /metadata/annotations/nginx.ingress.kubernetes.io~1proxy-read-timeout
          value: "60"
  components: [../parts/size]
"""
    part = "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\npatches: [{path: size.yaml}]\n"
    size = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: wiki\n  annotations:\n"
    tree(
        tmp_path,
        {
            "clusters/one/apps.yaml": kustomization("./apps", more),
            "apps/kustomization.yaml": "namespace: wiki\nresources: [wiki.yaml]\n",
            "apps/wiki.yaml": INGRESS,
            "apps/unused.yaml": INGRESS.replace("wiki", "unused"),
            "parts/size/kustomization.yaml": part,
            "parts/size/size.yaml": f"{size}    {NGINX}proxy-body-size: 64m\n",
        },
    )
    with pytest.warns(SkippedFile, match="unused.yaml is skipped: the kustomization around it does not name it"):
        ingress = load([tmp_path]).ingresses["wiki/my-wiki"]
    assert places(ingress, tmp_path) == {
        "limit-rps": "apps/wiki.yaml:6:44",
        "proxy-body-size": "parts/size/size.yaml:6:50",
        "proxy-read-timeout": "clusters/one/apps.yaml:16:18",
        "enable-cors": "clusters/one/apps.yaml:10:48",
    }


def test_each_cluster_is_an_estate_and_nothing_is_read_twice(tmp_path: Path, tools: Path) -> None:
    files = {"apps/wiki.yaml": INGRESS, "alone.yaml": INGRESS.replace("wiki", "alone")}
    for name in ("staging", "production"):
        post = f"  postBuild: {{substitute: {{DOMAIN: {name}.example.com, RPS: '5'}}}}\n"
        files |= {
            f"clusters/{name}/flux-system/sync.yaml": kustomization(f"./clusters/{name}", name="flux-system"),
            f"clusters/{name}/flux-system/kustomization.yaml": "resources: [sync.yaml]\n",
            f"clusters/{name}/apps.yaml": kustomization("./apps", post),
        }
    tree(tmp_path, files)
    found = {
        cluster.name: sorted(each.rules[0].host for each in cluster.ingresses.values())
        for cluster in load_each([tmp_path])
    }
    assert found == {
        f"{tmp_path}/clusters/{name}": ["alone.${DOMAIN}", f"wiki.{name}.example.com"]
        for name in ("production", "staging")
    }


def test_a_source_elsewhere_is_told_and_rendered_from_a_copy(tmp_path: Path, tools: Path) -> None:
    far = """\
apiVersion: source.toolkit.fluxcd.io/v1beta1
kind: HelmRepository
metadata: {name: bitnami, namespace: apps}
spec: {url: https://charts.example.com/bitnami}
---
apiVersion: helm.toolkit.fluxcd.io/v2beta1
kind: HelmRelease
metadata: {name: far, namespace: apps}
spec:
  chart: {spec: {chart: web, version: 1.x, sourceRef: {kind: HelmRepository, name: bitnami}}}
  values: {host: far.example.com}
"""
    tree(
        tmp_path,
        {"repo/far.yaml": far, "repo/near.yaml": INGRESS, **{f"copy/{name}": text for name, text in CHART.items()}},
    )
    told = run("ingresses", "repo", folder=tmp_path)
    assert (
        "repo/far.yaml:8:18 (HelmRelease apps/far) is skipped: not rendered: its chart web is elsewhere: "
        "`helm pull web --repo https://charts.example.com/bitnami --version '1.x' --untar --untardir DIR` fetches it, "
        "then --chart-source bitnami=DIR"
    ) in told.err
    assert "far.example.com" not in told.out
    for given in ("bitnami=copy/charts", "web=copy/charts/web", "https://charts.example.com/bitnami=copy/charts"):
        assert "far.example.com" in run("ingresses", "repo", "--chart-source", given, folder=tmp_path).out
    tree(tmp_path, {"repo/nginxsim.toml": '[chart-source]\nbitnami = "../copy/charts"\n'})
    assert "far.example.com" in run("ingresses", "repo", folder=tmp_path).out
    assert run("check", "repo", "--chart-source", "bitnami=nowhere", folder=tmp_path).status == 2


def test_what_cannot_be_rendered_does_not_stop_the_rest(tmp_path: Path, tools: Path) -> None:
    tree(
        tmp_path,
        {
            "flux/bad.yaml": kustomization("./bad", name="bad"),
            "flux/odd.yaml": kustomization("./odd", "  postBuild: {substitute: {A: b}}\n", name="odd"),
            "bad/kustomization.yaml": "resources: [missing.yaml]\n",
            "odd/odd.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: odd}\ndata: {script: '${A-b}'}\n",
            "near.yaml": INGRESS,
        },
    )
    ran = run("ingresses", ".", folder=tmp_path)
    assert "wiki.${DOMAIN}" in ran.out
    assert (
        "note: ./flux/bad.yaml:3:18 (Kustomization flux-system/bad) is skipped: not rendered: kubectl refuses: "
        in ran.err
    )
    assert (
        "(Kustomization flux-system/odd) is skipped: not rendered: postBuild: bad substitution: no closing brace"
        in ran.err
    )
    named = run("ingresses", "flux/bad.yaml", folder=tmp_path)
    assert named.status == 2


def test_nothing_outside_of_the_repository_is_taken_in(tmp_path: Path, tools: Path) -> None:
    tree(
        tmp_path,
        {
            "secret/key.txt": "hush",
            "repo/.git/config": "",
            "repo/flux.yaml": kustomization("./apps"),
            "repo/apps/kustomization.yaml": "configMapGenerator: [{name: x, files: [../../secret/key.txt]}]\n",
        },
    )
    with pytest.warns(SkippedFile, match="takes in ../../secret/key.txt, which is outside of the repository"):
        assert load([tmp_path / "repo"]).config_maps == {}


def test_without_leave_nothing_is_rendered(tmp_path: Path) -> None:
    tree(tmp_path, {**CHART, "web.yaml": SOURCE + release("  values: {}\n")})
    with pytest.warns(SkippedFile, match=r"web\.yaml:9:9 \(HelmRelease apps/web\).* not rendered, as --no-render says"):
        assert load([tmp_path], reading=Reading(render=False)).ingresses == {}


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("${GONE} ${GONE_TOO:=x} ${GONE:-}", "gone x "),
        ("$A ${A} $${A} ${NONE}.", "$A a/b/c.x ${A} ."),
        ("${NONE:=x y}${NONE:-${A}}${NONE=}${A:=z}", "x ya/b/c.xa/b/c.x"),
        ("${#A} ${A^} ${A^^} ${B,} ${B,,}", "7 A/b/c.x A/B/C.X bIG big"),
        ("${A:2} ${A:2:3} ${A:(-1)}", "b/c.x b/c a/b/c.x"),
        ("${A#*/} ${A##*/} ${A%/*} ${A%%/*} ${A%[xy]}", "b/c.x c.x a/b a a/b/c.x"),
        ("${A/\\//-} ${A//\\//-} ${A/#a/z} ${A/%x/z} ${A/b/}", "a-b/c.x a-b-c.x z/b/c.x a/b/c.z a//c.x"),
    ],
)
def test_the_forms_of_a_variable(text: str, becomes: str) -> None:
    known = {"A": "a/b/c.x", "B": "BIG"}
    assert filled_in(text, lambda name: None if "GONE" in name else known.get(name, "")) == becomes


@pytest.mark.parametrize("text", ["${A-b}", "${", "${A", "${.Values.x}", "${A#}", "${A/b}"])
def test_what_flux_refuses_is_no_variable(text: str) -> None:
    with pytest.raises(BadSubstitution):
        filled_in(text, lambda _: "")


def test_a_bad_release_that_was_named_is_an_error(tmp_path: Path, tools: Path) -> None:
    tree(tmp_path, {**CHART, "web.yaml": SOURCE + release("  values: {annotations: 7}\n")})
    (tmp_path / "charts" / "web" / "templates" / "bad.yaml").write_text('{{ fail "no" }}')
    with pytest.raises(InputError, match=r"web\.yaml:9:9 \(HelmRelease apps/web\): not rendered: helm refuses: "):
        load([tmp_path / "web.yaml"])


def test_what_nobody_fills_in_is_left_out_where_flux_fills_in_the_rest(tmp_path: Path, tools: Path) -> None:
    post = "  postBuild: {substitute: {DOMAIN: example.com, RPS: '5'}}\n"
    unused = INGRESS.replace("name: wiki", 'name: "${APP}"')
    tree(tmp_path, {"flux.yaml": kustomization("./apps", post), "apps/wiki.yaml": INGRESS, "parts/unused.yaml": unused})
    with pytest.warns(SkippedFile, match=r"parts/unused\.yaml is skipped: a template that nobody has filled in"):
        assert list(load([tmp_path]).ingresses) == ["default/wiki"]


def test_many_sources_elsewhere_are_told_in_short(tmp_path: Path, tools: Path) -> None:
    far = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: web{0}, namespace: apps}}\n"
        "spec: {{chart: {{spec: {{chart: web{0}, sourceRef: {{kind: HelmRepository, name: far}}}}}}}}\n"
    )
    tree(tmp_path, {f"web{n:02}.yaml": far.format(f"{n:02}") for n in range(30)} | {"wiki.yaml": INGRESS})
    notes = [line for line in run("ingresses", ".", folder=tmp_path).err.splitlines() if line.startswith("note: ")]
    assert len(notes) == 9
    assert (
        "web15.yaml:3:18 (HelmRelease apps/web15) and 14 more are skipped: not rendered: its source is elsewhere"
        in notes[-1]
    )


def test_what_a_release_changes_after_helm(tmp_path: Path, tools: Path) -> None:
    more = f"""\
  values:
    annotations:
      {NGINX}limit-rps: "5"
  commonMetadata:
    annotations: {{{NGINX}enable-cors: "true"}}
  postRenderers:
    - kustomize:
        patches:
          - target: {{kind: Ingress}}
            patch: |
              - op: add
                path: /metadata/annotations/nginx.ingress.kubernetes.io~1limit-rpm
                value: "60"
    - kustomize:
        patchesStrategicMerge:
          - apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: web
              annotations:
                {NGINX}proxy-body-size: 64m
"""
    tree(tmp_path, {**CHART, "web.yaml": SOURCE + release(more)})
    found = places(load([tmp_path]).ingresses["apps/web"], tmp_path)
    assert found == {
        "limit-rps": "web.yaml:15:46",
        "enable-cors": "web.yaml:17:60",
        "limit-rpm": "web.yaml:25:24",
        "proxy-body-size": "web.yaml:33:62",
    }


@pytest.mark.parametrize("name", ["flux", "argocd"])
def test_what_was_rendered_can_be_handed_to_another_process(tools: Path, name: str) -> None:
    for cluster in load_each([SAMPLES / name]):
        copied = pickle.loads(pickle.dumps(cluster))
        assert copied.ingresses == cluster.ingresses
        (one,), (other,) = (found.ingresses.values() for found in (cluster, copied))
        assert [str(at) for at in one.meta.annotation_origins.values()] == [
            str(at) for at in other.meta.annotation_origins.values()
        ]


def test_files_that_flux_does_not_fetch(tmp_path: Path, tools: Path) -> None:
    hidden = {
        name: INGRESS.replace("wiki", "hidden") for name in ("apps/off/x.yaml", "apps/old.yaml", "apps/.x/y.yaml")
    }
    ignoring = {".sourceignore": "/*\n!/apps\n/apps/off/\n", "apps/.gitignore": "old.yaml\n"}
    tree(tmp_path, {"flux/ks.yaml": kustomization("./apps"), "apps/on/wiki.yaml": INGRESS, **hidden, **ignoring})
    assert list(load([tmp_path]).ingresses) == ["default/wiki"]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("flux/clusters/production", "flux/apps/production/office-only.yaml:11:61"),
        ("flux/clusters/production/apps.yaml", "flux/apps/production/office-only.yaml:11:61"),
        ("argocd/applications/shop.yaml", "argocd/applications/shop.yaml:18:65"),
    ],
)
def test_a_part_of_a_repository_may_be_named(tools: Path, path: str, place: str) -> None:
    ran = run("why", "http://shop.example.com/cart", f"samples/{path}", folder=SAMPLES.parent)
    assert f"--> samples/{place}" in ran.out


def test_services_that_come_from_elsewhere_are_taken_for_granted(tmp_path: Path, tools: Path) -> None:
    """In a namespace that a chart goes to which nobody has; what is known of other namespaces is whole."""
    here = "{path: /, pathType: Prefix, backend: {service: {name: wiki, port: {number: 80}}}}"
    ingress = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: NS, namespace: NS}\nspec:\n"
        f"  ingressClassName: nginx\n  rules: [{{host: NS.example.com, http: {{paths: [{here}]}}}}]\n---\n"
    )
    other = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: NS}\nspec: {ports: [{port: 80}]}\n---\n"
    objects = "".join((ingress + other).replace("NS", name) for name in ("apps", "web"))
    far = release("").replace("./charts/web", "web").replace("GitRepository", "HelmRepository")
    tree(tmp_path, {"all.yaml": objects, "far.yaml": far})
    checked = run("check", ".", folder=tmp_path)
    assert "Ingress web/web leads to a Service that is not there" in checked.out
    assert "Ingress apps/apps" not in checked.out
    taken = "taken  Service apps/wiki exists and has ready Pods: not all that goes to the namespace is in the input"
    assert taken in checked.out
    assert "Ingress apps/apps" in run("check", ".", "--assume", "none", folder=tmp_path).out


def test_what_is_suspended_is_taken_for_what_the_cluster_keeps(tmp_path: Path, tools: Path) -> None:
    tree(tmp_path, {**CHART, "apps/web.yaml": SOURCE + release("  suspend: true\n")})
    with pytest.warns(SkippedFile, match=r"web.yaml:9:9 \(HelmRelease apps/web\) is suspended: what it says now"):
        assert list(load([tmp_path]).ingresses) == ["apps/web"]


def test_what_goes_to_another_cluster_is_an_estate_of_its_own(tmp_path: Path, tools: Path) -> None:
    far = release("  kubeConfig: {secretRef: {name: edge}}\n").replace("name: web\n", "name: far\n", 1)
    tree(tmp_path, {**CHART, "apps/web.yaml": f"{SOURCE}{release('')}---\n{far}"})
    found = {cluster.name: list(cluster.ingresses) for cluster in load_each([tmp_path])}
    assert found == {"in-cluster": ["apps/web"], "edge": ["apps/far"]}
