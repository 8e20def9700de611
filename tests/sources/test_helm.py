"""Charts: what is rendered, which line of the values or of a template decides, and what is said of a broken one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from nginxsim.errors import InputError
from nginxsim.kube import load, load_each
from nginxsim.kube.objects import Ingress
from nginxsim.sources import SkippedFile, project_of, reading_of
from tests.support.commands import run
from tests.support.trees import tree

TEMPLATE = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ .Release.Name }}
  annotations:
    nginx.ingress.kubernetes.io/enable-cors: "true"
    nginx.ingress.kubernetes.io/limit-rps: {{ .Values.limits.rps | quote }}
    nginx.ingress.kubernetes.io/ssl-redirect: "{{ .Values.redirect }}"
    nginx.ingress.kubernetes.io/auth-url: {{ printf "https://%s/check" .Values.auth.host }}
    nginx.ingress.kubernetes.io/proxy-buffering: {{ if eq .Values.mode "fast" }}"off"{{ else }}"on"{{ end }}
    {{- with .Values.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  ingressClassName: nginx
  rules:
    {{- range .Values.hosts }}
    - host: {{ .name | quote }}
      http:
        paths:
          {{- range .paths }}
          - path: {{ . }}
            pathType: Prefix
            backend: {service: {name: {{ $.Release.Name }}, port: {number: {{ $.Values.port }}}}}
          {{- end }}
    {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  ports: [{port: {{ .Values.port }}}]
  selector: {app: web}
---
apiVersion: v1
kind: Secret
metadata:
  name: users
stringData:
  auth: {{ .Values.password }}
"""
VALUES = """\
limits: {rps: 5}
redirect: false
auth:
  host: auth.example.com
mode: fast
port: 8080
password: hunter2
annotations:
  nginx.ingress.kubernetes.io/proxy-body-size: 8m
hosts:
  - name: a.example.com
    paths: [/, /x]
  - name: b.example.com
    paths: [/]
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return tree(
        tmp_path,
        {
            "shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
            "shop/values.yaml": VALUES,
            "shop/templates/all.yaml": TEMPLATE,
            "shop/templates/NOTES.txt": "hello",
        },
    )


def places(ingress: Ingress, folder: Path) -> dict[str, str]:
    found = ingress.meta.annotation_origins.items()
    return {name.rpartition("/")[2]: str(at).removeprefix(f"{folder}/") for name, at in found}


def test_a_rendered_value_leads_back_to_the_line_that_decides(shop: Path, tools: Path) -> None:
    cluster = load([shop])
    ingress = cluster.ingresses["default/shop"]
    assert places(ingress, shop) == {
        "enable-cors": "shop/templates/all.yaml:6:46",
        "limit-rps": "shop/values.yaml:1:15",
        "ssl-redirect": "shop/values.yaml:2:11",
        "auth-url": "shop/values.yaml:4:9",
        "proxy-buffering": "shop/templates/all.yaml:10:50",
        "proxy-body-size": "shop/values.yaml:9:48",
    }
    paths = [str(path.origin).removeprefix(f"{shop}/") for rule in ingress.rules for path in rule.paths or ()]
    assert paths == ["shop/values.yaml:12:13", "shop/values.yaml:12:16", "shop/values.yaml:14:13"]
    # What is in a Secret stays where it is.
    assert str(cluster.secrets["default/users"].meta.origin).startswith(f"{shop}/shop/templates/all.yaml:39:")


def test_values_of_the_command_line(shop: Path, tools: Path) -> None:
    tree(shop, {"prod.yaml": "hosts: [{name: prod.example.com, paths: [/]}]\n"})
    table = run("ingresses", "shop", "--values", "prod.yaml", folder=shop)
    assert table.out.splitlines()[1].split()[-1] == "prod.yaml:1:42"
    conf = run("conf", "shop", "--set", "limits.rps=7,port=81", "--values", "prod.yaml", "--origins", folder=shop)
    assert "# annotation limit-rps shop/templates/all.yaml:7:44" in conf.out
    assert '"shop"' not in conf.err


def test_each_file_of_values_beside_a_chart_is_an_estate(shop: Path, tools: Path) -> None:
    hosts = {name: f"hosts: [{{name: {name}.example.com, paths: [/]}}]\n" for name in ("dev", "prod")}
    tree(shop, {f"shop/values-{name}.yaml": text for name, text in hosts.items()})
    found = {cluster.name: cluster.ingresses["default/shop"] for cluster in load_each([shop])}
    assert {Path(name).name: ingress.rules[0].host for name, ingress in found.items()} == {
        "values-dev.yaml": "dev.example.com",
        "values-prod.yaml": "prod.example.com",
    }
    why = run("why", "http://prod.example.com/", ".", folder=shop)
    assert why.out.startswith("estate shop/values-prod.yaml\n")


def test_a_release_of_nginxsim_toml(shop: Path, tools: Path) -> None:
    tree(shop, {"prod.yaml": "redirect: true\n", "nginxsim.toml": '[helm]\nchart = "shop"\nvalues = ["prod.yaml"]\n'
                'release = "web"\nnamespace = "live"\nset = ["limits.rps=9"]\n'})  # fmt: skip
    cluster = load([shop], reading=reading_of(project_of([str(shop)])))
    ingress = cluster.ingresses["live/web"]
    assert ingress.meta.annotations["nginx.ingress.kubernetes.io/limit-rps"] == "9"
    assert places(ingress, shop)["ssl-redirect"] == "prod.yaml:1:11"
    assert cluster.services.keys() == {"live/web"}


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('[helm]\nvalues = ["x"]\n', "[helm] names no chart"),
        ('[helm]\nchart = "shop"\nvalue = ["x"]\n', "[helm] value = ['x']; did you mean \"values\"?"),
        ('[helm]\nchart = ["shop"]\n', "[helm] chart = ['shop']"),
    ],
)
def test_a_bad_table_is_refused(shop: Path, table: str, says: str) -> None:
    tree(shop, {"nginxsim.toml": table})
    ran = run("check", ".", folder=shop)
    assert ran.status == 2
    assert f"{shop}/nginxsim.toml: {says}" in ran.err


def test_a_chart_among_other_manifests(shop: Path, tools: Path) -> None:
    tree(
        shop,
        {
            "lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n",
            "shop/extra/web.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: extra}\nspec: {}\n",
        },
    )
    cluster = load([shop])
    assert sorted(cluster.services) == ["default/extra", "default/shop"]
    assert cluster.omitted == ()


def test_values_of_charts_within(shop: Path, tools: Path) -> None:
    inner: Mapping[str, str] = {
        "shop/charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        "shop/charts/sub/values.yaml": "host: sub.example.com\ntimeout: '30'\n",
        "shop/charts/sub/templates/ing.yaml": "kind: Ingress\napiVersion: networking.k8s.io/v1\n"
        "metadata:\n  name: sub\n"
        "  annotations:\n    nginx.ingress.kubernetes.io/proxy-read-timeout: {{ .Values.timeout | quote }}\n"
        "    nginx.ingress.kubernetes.io/server-alias: {{ .Values.host }}\nspec: {}\n",
        "shop/values.yaml": f"{VALUES}sub:\n  host: own.example.com\n",
    }
    tree(shop, inner)
    found = places(load([shop]).ingresses["default/sub"], shop)
    assert found == {
        "proxy-read-timeout": "shop/charts/sub/values.yaml:2:10",
        "server-alias": "shop/values.yaml:16:9",
    }


SUB = {
    "sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    "sub/values.yaml": "host: sub.example.com\ntimeout: '30'\n",
    "sub/templates/ing.yaml": "kind: Ingress\napiVersion: networking.k8s.io/v1\n"
    "metadata:\n  name: {{ .Chart.Name }}\n"
    "  annotations:\n    nginx.ingress.kubernetes.io/proxy-read-timeout: {{ .Values.timeout | quote }}\n"
    '    nginx.ingress.kubernetes.io/proxy-buffering: "on"\n'
    "    nginx.ingress.kubernetes.io/server-alias: {{ .Values.host }}\nspec: {}\n",
}
"""A chart that others take in."""
ABOUT = "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n"


def test_charts_that_lie_beside(shop: Path, tools: Path) -> None:
    """By file://, also those that they take in themselves; each comes with the chart that takes it in only."""
    deeper = "apiVersion: v2\nname: mid\nversion: 1.0.0\ndependencies:\n  - {name: sub, version: 1.x, repository: 'file://../sub'}\n"
    beside = "version: 1.x, repository: 'file://../"
    about = f"{ABOUT}  - {{name: sub, alias: own, {beside}sub'}}\n  - {{name: mid, {beside}mid'}}\n"
    more = {"shop/Chart.yaml": about, "mid/Chart.yaml": deeper, "mid/values.yaml": "sub: {timeout: '7'}\n"}
    tree(shop, {**SUB, **more, "shop/values.yaml": f"{VALUES}own:\n  host: own.example.com\n"})
    ingresses = load([shop]).ingresses
    assert sorted(ingresses) == ["default/own", "default/shop", "default/sub"]
    assert places(ingresses["default/own"], shop) == {
        "proxy-read-timeout": "sub/values.yaml:2:10",
        "proxy-buffering": "sub/templates/ing.yaml:7:50",
        "server-alias": "shop/values.yaml:16:9",
    }
    assert places(ingresses["default/sub"], shop)["proxy-read-timeout"] == "mid/values.yaml:1:16"
    assert list(shop.glob("shop/charts")) == []


def test_nothing_outside_of_the_repository_is_taken_in(shop: Path, tools: Path) -> None:
    tree(
        shop, {**SUB, "repo/.git/config": "", "repo/shop/values.yaml": VALUES, "repo/shop/templates/all.yaml": TEMPLATE}
    )
    tree(shop, {"repo/shop/Chart.yaml": f"{ABOUT}  - {{name: sub, repository: 'file://../../sub'}}\n"})
    with pytest.warns(SkippedFile, match=r"repo/shop/Chart.yaml:5:12 \(chart sub\) is skipped"):
        assert sorted(load([shop / "repo"]).ingresses) == ["default/shop"]


def test_a_chart_that_is_elsewhere_is_left_out(shop: Path, tools: Path) -> None:
    tree(shop, {"shop/Chart.yaml": f"{ABOUT}  - {{name: redis, version: 1.x, repository: 'https://mirror.test'}}\n"})
    checked = run("check", "shop", folder=shop)
    assert checked.status == 0
    assert "the chart redis is elsewhere: `helm dependency build shop` fetches it" in checked.err
    tree(shop, {"shop/templates/more.yaml": '{{ include "redis.name" . }}\n'})
    assert "charts that it depends on are not there" in run("check", "shop", folder=shop).err


def test_one_that_is_switched_off_is_not_told(shop: Path, tools: Path) -> None:
    about = f"{ABOUT}  - {{name: redis, condition: redis.enabled, repository: 'https://mirror.test'}}\n"
    tree(shop, {"shop/Chart.yaml": about, "shop/values.yaml": f"{VALUES}redis: {{enabled: false}}\n"})
    assert run("check", "shop", folder=shop).err == ""


def test_what_a_broken_chart_says(shop: Path, tools: Path) -> None:
    tree(shop, {"shop/templates/bad.yaml": '{{ fail "no" }}\n', "k8s/web.yaml": "kind: Ingress\napiVersion: v1\n"})
    with pytest.raises(InputError, match=r"shop: not rendered: helm refuses: .*no"):
        load([shop / "shop"])
    with pytest.warns(SkippedFile, match=r"shop is skipped: not rendered: helm refuses"):
        load([shop])


def test_without_helm(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(shop))
    ran = run("check", "shop", folder=shop)
    assert ran.status == 2
    assert ran.err == "error: shop: not rendered: helm is not on PATH: https://helm.sh/docs/intro/install/ has it\n"
    assert run("check", "shop", "--no-render", folder=shop).status == 2


def test_a_line_of_a_template_is_shown_unless_it_may_be_a_secret(shop: Path, tools: Path) -> None:
    path = shop / "shop" / "templates" / "all.yaml"
    template = path.read_text(encoding="utf-8").partition("---\napiVersion: v1\nkind: Secret")[0]
    path.write_text(template.replace('enable-cors: "true"', 'enable-cors: "maybe"'), encoding="utf-8")
    assert 'enable-cors: "maybe"' in run("check", "shop", folder=shop).out
    path.write_text(f"{template}---\n# a Secret\n", encoding="utf-8")
    assert 'enable-cors: "maybe"' not in run("check", "shop", folder=shop).out


def test_a_suite_names_its_chart(shop: Path, tools: Path) -> None:
    suite = (
        "helm: {chart: ../shop, values: prod.yaml, set: [limits.rps=7], release: web, namespace: live}\n"
        "tests:\n- request: GET http://prod.example.com/\n  expect: {cause: no-endpoints}\n"
    )
    values = "hosts: [{name: prod.example.com, paths: [/]}]\nredirect: false\nauth: {host: auth.live.svc}\n"
    tree(shop, {"tests/prod.yaml": values, "tests/web.nginxsim.yaml": suite})
    ran = run("test", "tests", folder=shop)
    assert (ran.status, ran.out.splitlines()[-1]) == (0, "1 passed")
    wrong = tree(shop, {"tests/web.nginxsim.yaml": suite.replace("values:", "value:")})
    assert 'unknown field "value"; did you mean "values"?' in run("test", "tests", folder=wrong).err


def test_the_tools_are_named_with_their_versions(tools: Path) -> None:
    rows = [line.split() for line in run("version").out.splitlines()]
    told = {name: (words[0], words[-1]) for name, *words in rows}
    assert told["helm"] == ("v4.1.4+g05fa379", str(tools / "helm"))
    assert told["kubectl"][1] == str(tools / "kubectl")
    assert "v1.35.2, Kustomize Version: v5.7.1" in run("version").out
    assert told["kustomize"][0] == "not"
