"""Nothing of the input commands the terminal, the CI or the page that shows a report of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from nginxsim.printing import listing, paint, printed, visible
from tests.support.commands import COVERAGE, every_report, every_suite_report, run

PAYLOAD = (
    "z\x1b[31m\x1b]0;owned\x07\n::error file=x::forged\r\n  ::add-mask::y\n"
    "##[group]g\x9b2J\u202etxt\u2066\u200b\u2028::x"
)  # fmt: skip
"""Colours, a window's title, line breaks of four kinds, workflow commands old and new, letters turned about."""
HOST = "shop.example.com"
URL = f"http://{HOST}/a"

COMMANDING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069]")
COMMAND = re.compile(r"^\s*::", re.MULTILINE)
OLD_COMMAND = re.compile(r"##(\[|vso\[)")
OWN = re.compile(r"^::(error|warning|notice) (file=\S.*,)?title=.*::.*$")


def manifests(payload: str) -> str:
    backend = {"service": {"name": f"s{payload}", "port": {"number": 80}}}
    plain = {"service": {"name": "web", "port": {"name": f"p{payload}"}}}
    paths = [
        {"path": f"/{payload}", "pathType": "ImplementationSpecific", "backend": backend},
        {"path": "/a", "pathType": "Prefix", "backend": plain},
    ]
    rules = [{"host": HOST, "http": {"paths": paths}}, {"host": f"h{payload}", "http": {"paths": paths[1:]}}]
    tls = [{"hosts": [HOST], "secretName": f"tls{payload}"}]
    prefix = "nginx.ingress.kubernetes.io/"
    annotations = {
        f"{prefix}whitelist-source-range": payload,
        f"{prefix}rewrite-target": f"/{payload}",
        f"{prefix}unknown-{payload}": payload,
        f"{prefix}proxy-body-size": payload,
        f"{prefix}configuration-snippet": f"::set-env name=A::B\n{payload}",
        f"{prefix}auth-type": "basic",
        f"{prefix}auth-secret": f"secret{payload}",
        f"{prefix}auth-url": f"http://{payload}/",
    }
    objects = [
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
         "metadata": {"name": f"shop{payload}", "namespace": f"ns{payload}", "annotations": annotations},
         "spec": {"ingressClassName": "nginx", "rules": rules, "tls": tls}},
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
         "metadata": {"name": f"other{payload}", "namespace": f"ns{payload}"},
         "spec": {"ingressClassName": f"class{payload}", "rules": rules}},
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": f"plain{payload}"},
         "spec": {"ingressClassName": "nginx", "rules": rules[:1]}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": f"ns{payload}"},
         "spec": {"ports": [{"port": 80, "name": f"q{payload}"}], "selector": {f"app{payload}": payload}}},
        {"apiVersion": "v1", "kind": "ConfigMap",
         "metadata": {"name": "ingress-nginx-controller", "namespace": "ingress-nginx"},
         "data": {"allow-snippet-annotations": "true", "annotations-risk-level": "Critical",
                  f"key{payload}": payload, "proxy-body-size": payload, "http-snippet": f"# {payload}"}},
    ]  # fmt: skip
    return yaml.safe_dump_all(objects)


def suite(payload: str, file: str) -> str:
    tests = [
        {"name": f"t{payload}", "tags": ["x"], "request": {"url": URL, "headers": {"X-A": "b"}},
         "expect": {"status": 200, "service": f"default/s{payload}", "headers": {"X-B": f"v{payload}"}}},
        {"name": f"u{payload}", "skip": payload, "request": f"GET {URL}", "expect": {"status": 200}},
        {"name": f"w{payload}", "request": f"GET {URL}", "expect": {"status": 404, "redirect": "/elsewhere"}},
    ]  # fmt: skip
    return yaml.safe_dump({"manifests": [file], "tests": tests})


def assert_harmless(text: str, *, is_conf: bool = False) -> None:
    assert not COMMANDING.search(text), ascii(COMMANDING.search(text))
    assert is_conf or "\t" not in text
    assert not OLD_COMMAND.search(text)
    forged = [line for line in text.split("\n") if COMMAND.match(line) and not OWN.match(line)]
    assert not forged, forged[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File names cannot hold a slash or NUL, all else they may."""
    path = tmp_path_factory.mktemp("hostile")
    for payload, name in ((PAYLOAD, NAME), ("", "old.yaml"), ("", "a.yaml")):
        (path / name).write_text(manifests(payload), encoding="utf-8")
    (path / f"suite{FILE_PAYLOAD}.nginxsim.yaml").write_text(suite(PAYLOAD, "a.yaml"), encoding="utf-8")
    return path


FILE_PAYLOAD = PAYLOAD.replace("/", "")
NAME = f"m{FILE_PAYLOAD}.yaml"


@pytest.mark.parametrize("arguments", [*every_report(NAME, URL, f"http://{HOST}/%0A::x", other="old.yaml")], ids=repr)
def test_reports(arguments: tuple[str, ...], folder: Path) -> None:
    ran = run(*arguments, folder=folder)
    assert ran.status in (0, 1), ran.err
    assert ran.out.strip()
    assert_harmless(ran.out, is_conf=arguments[0] == "conf")
    assert_harmless(ran.err)


@pytest.mark.parametrize("arguments", [*every_suite_report(".")], ids=" ".join)
def test_suite_reports(arguments: tuple[str, ...], folder: Path) -> None:
    ran = run(*arguments, folder=folder)
    assert ran.status == 1, ran.err
    assert_harmless(ran.out)
    assert_harmless(ran.err)
    for kind in COVERAGE:
        if (file := folder / f"coverage.{kind}").exists():
            assert_harmless(file.read_text(encoding="utf-8"))


@pytest.mark.usefixtures("process")
@pytest.mark.parametrize(
    "arguments",
    [
        ("why", f"http://{HOST}/", f"nowhere{PAYLOAD}.yaml"),
        ("why", PAYLOAD, "a.yaml"),
        ("why", URL, "a.yaml", "--client", PAYLOAD),
        ("why", URL, "a.yaml", f"--{PAYLOAD}"),
        ("why", URL, "--conf", PAYLOAD),
        ("check", "a.yaml", "--ignore", PAYLOAD),
        ("check", "a.yaml", "--config", PAYLOAD),
        ("check", "a.yaml", "-o", PAYLOAD),
        ("conf", "a.yaml", "--host", PAYLOAD),
        ("conf", "a.yaml", "--flag", f"--{PAYLOAD}"),
        ("conf", "a.yaml", "--release", PAYLOAD),
        ("conf", "a.yaml", "-o", f"nowhere{FILE_PAYLOAD}/x"),
        ("backends", "a.yaml", "--backend", PAYLOAD),
        ("admit", "a.yaml", "--ingress", PAYLOAD),
        ("diff", "a.yaml", PAYLOAD),
        ("diff", "--git", PAYLOAD, "a.yaml"),
        ("rules", PAYLOAD),
        ("test", PAYLOAD),
        ("test", ".", "-k", PAYLOAD),
        ("test", ".", "-o", PAYLOAD),
        (PAYLOAD,),
    ],
    ids=lambda arguments: ascii(" ".join(arguments))[:60],
)
def test_errors(arguments: tuple[str, ...], folder: Path) -> None:
    ran = run(*arguments, folder=folder)
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err
    assert_harmless(ran.err)


def test_an_error_inside_of_a_manifest(folder: Path) -> None:
    (folder / "broken").mkdir()
    (folder / "broken" / NAME).write_text(
        yaml.safe_dump({"apiVersion": f"v{PAYLOAD}", "kind": "Service", "metadata": {"name": {PAYLOAD: PAYLOAD}}})
    )
    ran = run("check", "broken", folder=folder)
    assert ran.status == 2
    assert_harmless(ran.err)


def test_the_conf_is_written_as_it_is_and_printed_with_escapes(folder: Path) -> None:
    shown = run("conf", NAME, folder=folder)
    run("conf", NAME, "-o", "nginx.conf", folder=folder)
    written = (folder / "nginx.conf").read_bytes().decode()
    assert "note: some characters are shown as escapes" in shown.err
    assert "\x1b[31m" in written
    assert shown.out == listing(written)
    assert "note:" not in run("conf", "old.yaml", folder=folder).err


def test_json_and_yaml_say_the_same_as_before_escaping(folder: Path) -> None:
    as_json, as_yaml = (run("check", NAME, "-o", name, folder=folder).out for name in ("json", "yaml"))
    assert json.loads(as_json) == yaml.safe_load(as_yaml)
    assert any(PAYLOAD in found["owner"] for found in json.loads(as_json)["findings"])


def test_visible_leaves_what_commands_nothing() -> None:
    assert visible(r"/(.*)\.php ü 日本 # ## :: ::1") == r"/(.*)\.php ü 日本 # ## :: ::1"
    assert visible("a\nb\tc\x1b\x9b\u202e\U000e0041") == r"a\nb\tc\x1b\x9b\u202e\U000e0041"


def test_colours_are_only_those_of_the_program() -> None:
    lines = [paint("red", fg="red") + " \x1b[31mforged", paint("::error::x", bold=True)]
    assert printed(lines, colour=True) == "\x1b[31mred\x1b[0m \\x1b[31mforged\n\\x3a:error::x"
    assert printed(lines) == "red \\x1b[31mforged\n\\x3a:error::x"
