"""Marked secrets in every place that is read: none of them is in any output, in any format, of any command."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from nginxsim.reports import FORMATS
from tests.support.commands import COVERAGE, every_report, every_suite_report, run
from tests.support.estates import Object, estate_text, ingress, secret, served, service, thing

NAMES = ("user", "hash", "key", "cert", "ca", "opaque", "applied", "map")
MARKS = {name: f"MARKED{name.upper()}SECRET" for name in NAMES}
URL = "http://web.example.com/"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def forms(mark: str) -> list[str]:
    """As it is, and within base64, where it may begin at any of three places."""
    return [mark, *(encoded("." * before + mark)[4:-4] for before in range(3))]


FORMS = [form for mark in MARKS.values() for form in forms(mark)]


def key(body: str) -> str:
    return f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"


def holder(name: str, **more: Any) -> Object:
    applied = {"kubectl.kubernetes.io/last-applied-configuration": f'{{"data": "{MARKS["applied"]}"}}'}
    return thing("Secret", name, metadata={"annotations": applied}, **more)


def secrets(key_of_users: str) -> list[Object]:
    htpasswd = f"{MARKS['user']}:$apr1$x${MARKS['hash']}"
    pair = {"tls.crt": encoded(MARKS["cert"]), "tls.key": encoded(key(MARKS["key"]))}
    return [
        holder("basic", stringData={key_of_users: htpasswd}),
        holder("map", data={"ann": encoded(MARKS["map"])}),
        holder("tls", type="kubernetes.io/tls", data=pair),
        holder("ca", data={"ca.crt": encoded(MARKS["ca"])}),
        holder("opaque", stringData={"password": MARKS["opaque"], "tls.key": key(MARKS["key"])}),
    ]  # fmt: skip


BASIC = {"auth-type": "basic", "auth-secret": "basic", "auth-realm": "r"}


def users_of() -> list[Object]:
    tls = [{"hosts": ["web.example.com"], "secretName": "tls"}]
    client = {"auth-tls-secret": "default/ca", "auth-tls-verify-client": "on"}
    proxied = {"proxy-ssl-secret": "default/opaque", "backend-protocol": "HTTPS"}
    mapped = {"auth-type": "basic", "auth-secret": "map", "auth-secret-type": "auth-map"}
    return [
        ingress(annotations=BASIC, tls=tls),
        ingress("client", "client.example.com", annotations=client, tls=tls),
        ingress("proxied", "proxied.example.com", annotations=proxied),
        ingress("mapped", "mapped.example.com", annotations=mapped),
        service("other"),
    ]


@pytest.fixture(scope="module", params=["block", "flow", "json list"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same objects as one writes them, on a line each, and all in one list."""
    path = tmp_path_factory.mktemp("secrets")
    for name, wrong in (("m.yaml", "users"), ("old.yaml", "auth")):
        objects = [*users_of(), *secrets(wrong)]
        if request.param == "json list":
            whole = {"apiVersion": "v1", "kind": "List", "items": objects}
            texts = [yaml.safe_dump(whole, default_flow_style=True, width=10**9)]
        else:
            flow = request.param == "flow" or None
            texts = [yaml.safe_dump(one, default_flow_style=flow, width=10**9 if flow else 80) for one in objects]
        (path / name).write_text(estate_text(*served(), *texts), encoding="utf-8")
    tests = [{"name": "t", "request": URL, "expect": {"status": 299}}]
    (path / "a.nginxsim.yaml").write_text(yaml.safe_dump({"manifests": "m.yaml", "tests": tests}), encoding="utf-8")
    return path


def assert_secret(*texts: str) -> None:
    for text in texts:
        found = [form for form in FORMS if form in text]
        assert not found, found


URLS = (URL, "https://client.example.com/", "http://proxied.example.com/", "http://mapped.example.com/")


@pytest.mark.parametrize(("path", "other"), [("m.yaml", "old.yaml"), ("old.yaml", "m.yaml")])
def test_reports(path: str, other: str, folder: Path) -> None:
    for arguments in every_report(path, *URLS, other=other):
        ran = run(*arguments, folder=folder)
        assert ran.status in (0, 1), (arguments, ran.err)
        assert_secret(ran.out, ran.err)


def test_suites(folder: Path) -> None:
    for arguments in every_suite_report("."):
        ran = run(*arguments, folder=folder)
        assert_secret(ran.out, ran.err)
    for kind in COVERAGE:
        assert_secret((folder / f"coverage.{kind}").read_text(encoding="utf-8"))


M = MARKS["opaque"]
HEAD = "apiVersion: v1\nkind: Secret\nmetadata: {name: broken}\n"
BROKEN = {
    "data is text": f"data: {M}",
    "data is a list": f"data: [{M}]",
    "no base64": f"data: {{a: {M}!}}",
    "a value that is a mapping": f"stringData: {{a: {{{M}: {M}}}}}",
    "a value that is a list": f"stringData: {{a: [{M}]}}",
    "a number": f"stringData: {{a: !!int {M}}}",
    "a flag": f"data: {{a: !!bool {M}}}",
    "a binary that is none": f"stringData: {{a: !!binary {M}!}}",
    "stringData is text": f"stringData: {M}",
    "no valid YAML": f'stringData: {{a: "{M}\\q"}}',
    "an end that is missing": f'stringData: {{a: "{M}',
    "an alias": f"stringData: {{a: *{M}}}",
    "an alias beside an anchor given twice": f"x: &a 1\ny: &a 2\nstringData: {{a: *{M}}}",
    "an anchor": f"stringData: {{a: &{M}}}\ntype: [x]",
    "a value named elsewhere": f"x: &a {M}\ndata: {{a: *a}}",
    "a tag": f"data: {{a: !{M}!{M} x}}",
    "still encrypted": f"data: {{a: 'ENC[{M}]'}}",
    "a template": f'data: {{a: {{{{ "{M}" }}}}}}',
    "the name of a key": f"data: {{'a b': {encoded(M)}}}",
    "a name given twice": f"data: {{a: {M}, a: {M}}}",
    "a field by a wrong name": f"stringdata: {{a: {M}}}",
    "values beside the field": f"data:\na: {M}",
    "a type that is none": f"data: {{a: {encoded(M)}}}\ntype: [x]",
    "a pair without a certificate": f"data: {{tls.crt: {encoded(M)}, tls.key: {encoded(M)}}}\ntype: kubernetes.io/tls",
    "a login that is no JSON": f"data: {{.dockerconfigjson: {encoded(M)}}}\ntype: kubernetes.io/dockerconfigjson",
    "a comment": f"# a: {M}\ndata:\n  # {M}\n  a: '!' # {M}",
}  # fmt: skip
WHOLE = {
    "behind its separator": f"--- {{apiVersion: v1, kind: Secret, metadata: {{name: b}}, stringData: {{a: {M}}}}}",
    "in small letters": f"apiVersion: v1\nkind: secret\nmetadata: {{name: b}}\nstringData: {{a: {M}}}",
    "in a list": f"apiVersion: v1\nkind: List\nitems:\n- kind: Secret\n  data: {{a: {M}}} # {M}\n- {{kind: Service}}",
    "in a list of its kind": f"apiVersion: v1\nkind: SecretList\nitems:\n- data: {{a: {M}}}",
    "two in JSON": f'{{"kind": "Secret", "data": {{"a": "{M}!"}}}}\n{{"kind": "Secret", "data": ["{M}"]}}',
}  # fmt: skip
REPORTS = [("check", "-o", name) for name in FORMATS] + [("conf",), ("admit",), ("why", URL), ("ingresses",)]


TEXTS = {name: HEAD + fields for name, fields in BROKEN.items()} | WHOLE


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_cannot_be_read(text: str, tmp_path: Path) -> None:
    basic = {"auth-type": "basic", "auth-secret": "broken"}
    objects = estate_text(*served(), ingress(annotations=basic, tls=[{"secretName": "broken"}]), text)
    (tmp_path / "m.yaml").write_text(objects, encoding="utf-8")
    (tmp_path / "alone.yaml").write_text(text, encoding="utf-8")
    for arguments in REPORTS:
        for name in ("m.yaml", "alone.yaml"):
            ran = run(*arguments, name, folder=tmp_path)
            assert_secret(ran.out, ran.err)


def test_a_list_with_a_broken_secret(tmp_path: Path) -> None:
    one = {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "a"}, "stringData": {"a": 1234567890123}}
    listed = {"kind": "List", "apiVersion": "v1", "items": [one]}
    objects = estate_text(*served(), ingress(), listed)
    (tmp_path / "m.yaml").write_text(objects, encoding="utf-8")
    for name in FORMATS:
        ran = run("check", "m.yaml", "-o", name, folder=tmp_path)
        assert ran.status == 1
        assert "1234567890123" not in ran.out + ran.err


@pytest.mark.parametrize("name", FORMATS)
def test_files_that_a_conf_names(name: str, tmp_path: Path) -> None:
    (tmp_path / "users").write_text(f"{MARKS['user']}:{{PLAIN}}{MARKS['hash']}\n", encoding="utf-8")
    (tmp_path / "own.key").write_text(key(MARKS["key"]), encoding="utf-8")
    lines = "auth_basic x; auth_basic_user_file users; ssl_certificate own.key; ssl_certificate_key own.key;"
    (tmp_path / "nginx.conf").write_text(f"http {{ server {{ listen 80; {lines} location / {{ return 200; }} }} }}")
    for url in ("http://a/", "http://other:password@a/"):
        ran = run("why", url, "--conf", "nginx.conf", "-o", name, folder=tmp_path)
        assert ran.status in (0, 1), ran.err
        assert_secret(ran.out, ran.err)


@pytest.mark.parametrize("name", FORMATS)
def test_a_name_whose_password_does_not_fit(name: str, tmp_path: Path) -> None:
    line = f"someone:{{PLAIN}}{MARKS['hash']}"
    objects = estate_text(*served(), ingress(annotations=BASIC), secret("basic", auth=line))
    (tmp_path / "m.yaml").write_text(objects, encoding="utf-8")
    ran = run("why", "http://someone:other@web.example.com/", "m.yaml", "-o", name, folder=tmp_path)
    assert ran.status in (0, 1), ran.err
    assert_secret(ran.out, ran.err)
