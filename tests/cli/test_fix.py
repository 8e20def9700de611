"""`nginxsim check --fix`: what it changes, what it leaves alone, and that the rest of a file stays as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.commands import run

INGRESS = """\
# the shop   \r
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:   {{ "example.com/team":  shop,  {annotation} }}  # once proxy-body-sise: true
spec:
  ingressClassName:   nginx
  rules:
  - host: {host}
    http:
      paths:
      - path: /
        {path_type}
        backend: {{service: {{name: shop, port: {{number: 80}}}}}}   # flow"""
CONFIG_MAP = """
---
# of the controller
apiVersion: v1
kind: ConfigMap
metadata: {{name: ingress-nginx-controller, namespace: ingress-nginx}}
data:
    {setting}
    "use-gzip": 'true'
"""
PREFIX = "nginx.ingress.kubernetes.io/"
SOUND = {
    "annotation": PREFIX + 'proxy-body-size: "8m"',
    "host": "shop.example.com",
    "path_type": "pathType: Prefix",
    "setting": 'worker-processes: "2"',
}


def written(path: Path) -> str:
    """With the ends of its lines as they are."""
    return path.read_bytes().decode()


def estate(parts: Mapping[str, str]) -> str:
    return (INGRESS + CONFIG_MAP).format(**{**SOUND, **parts})


@pytest.mark.parametrize(
    ("number", "part", "bad", "good"),
    [
        ("NX604", "annotation", PREFIX + 'proxy-body-sise: "8m"', PREFIX + 'proxy-body-size: "8m"'),
        ("NX604", "annotation", f"'{PREFIX}proxy-bodysize': 8m", f"'{PREFIX}proxy-body-size': 8m"),
        ("NX604", "annotation", PREFIX + "limit-rsp: '5'", PREFIX + "limit-rps: '5'"),
        ("NX604", "annotation", PREFIX + "Proxy_Body_Size: 8m", PREFIX + "proxy-body-size: 8m"),
        ("NX605", "annotation", 'proxy-body-size: "8m"', PREFIX + 'proxy-body-size: "8m"'),
        ("NX605", "annotation", '"ingress.kubernetes.io/enable-cors": "true"', f'"{PREFIX}enable-cors": "true"'),
        ("NX710", "annotation", PREFIX + "enable-cors: true", PREFIX + 'enable-cors: "true"'),
        ("NX710", "annotation", PREFIX + "enable-cors: off", PREFIX + 'enable-cors: "off"'),
        ("NX710", "annotation", PREFIX + "limit-rps: 0x10", PREFIX + 'limit-rps: "0x10"'),
        ("NX701", "path_type", "pathType: prefix", "pathType: Prefix"),
        ("NX701", "path_type", "pathType: 'Implementationspecific'", "pathType: 'ImplementationSpecific'"),
        ("NX712", "path_type", "pathtype: Prefix", "pathType: Prefix"),
        ("NX703", "host", "Shop.Example.com", "shop.example.com"),
        ("NX610", "setting", 'worker-proceses: "2"', 'worker-processes: "2"'),
        ("NX711", "setting", "worker-processes: 2", 'worker-processes: "2"'),
    ],
)
def test_a_fix_changes_one_name_or_value_and_nothing_else(
    number: str, part: str, bad: str, good: str, tmp_path: Path
) -> None:
    path = tmp_path / "shop.yaml"
    before, after = estate({part: bad}), estate({part: good})
    path.write_bytes(before.encode())
    options = ("check", str(path), "-o", "json")
    assert number in {found["number"] for found in json.loads(run(*options).out)["findings"]}

    shown = run(*options, "--fix", "--diff")
    assert [line for line in shown.out.splitlines() if line[:2] in ("- ", "+ ")] == [
        sign + line
        for old, new in zip(before.split("\n"), after.split("\n"), strict=True)
        if old != new
        for sign, line in (("-", old), ("+", new))
    ]
    assert shown.err.startswith("note: 1 finding in 1 file would be fixed\n")
    assert path.read_bytes() == before.encode()

    fixed = run(*options, "--fix")
    assert written(path) == after
    assert number not in {found["number"] for found in json.loads(fixed.out)["findings"]}
    assert "note: 1 finding in 1 file fixed\n" in fixed.err
    assert run(*options, "--fix").err.count("note: 0 findings in 0 files fixed\n") == 1
    assert written(path) == after


@pytest.mark.parametrize(
    ("part", "bad"),
    [
        ("annotation", PREFIX + "session-cookie-hash: sha1"),
        ("annotation", PREFIX + "limit-rp: '5'"),
        ("annotation", f"{PREFIX}proxy-body-sise: 8m, {PREFIX}proxy-body-size: 9m"),
        ("annotation", f"proxy-body-size: 8m, {PREFIX}proxy-body-size: 9m"),
        ("annotation", PREFIX + "enable-cors: [true]"),
        ("path_type", "pathType: Regex"),
        ("path_type", "path_type: Prefix\n        pathtype: Prefix"),
        ("host", "shop_1.example.com"),
        ("setting", "worker-process: '2'\n    worker-processes: '2'"),
    ],
)
def test_what_is_not_beyond_doubt_stays(part: str, bad: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(estate({part: bad}), encoding="utf-8")
    fixed = run("check", str(path), "--fix")
    assert fixed.status == 1
    assert written(path) == estate({part: bad})


def test_all_of_a_folder_is_mended_in_one_run(tmp_path: Path) -> None:
    """Some things are looked at only once others are right."""
    bad = estate(
        {"annotation": PREFIX + "enable-corss: true", "host": "Shop.example.com", "path_type": "pathtype: exact"}
    )
    (tmp_path / "a.yaml").write_text(bad, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(
        bad.replace("name: shop\n", "name: cart\n").replace("Shop.", "Cart."), encoding="utf-8"
    )
    ran = run("check", str(tmp_path), "--fix", "--ignore", "NX695", "--fail-on", "warning")
    assert (ran.status, "note: 10 findings in 2 files fixed\n" in ran.err) == (0, True), ran.out + ran.err
    good = estate({"annotation": PREFIX + 'enable-cors: "true"', "path_type": "pathType: Exact"})
    assert written(tmp_path / "a.yaml") == good


def test_only_what_is_asked_about_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    bad = estate({"annotation": PREFIX + 'proxy-body-sise: "8m"', "setting": 'worker-proceses: "2"'})
    path.write_text(bad, encoding="utf-8")
    assert "note: 1 finding in 1 file fixed" in run("check", str(path), "--fix", "--select", "NX610").err
    assert written(path) == bad.replace("proceses", "processes")
    assert run("check", str(path), "--diff").status == 2
    assert run("check", str(path), "--fix", "--update-baseline", "--baseline", str(tmp_path / "known.json")).status == 2


def test_standard_input_and_what_a_tool_makes_stay(tmp_path: Path) -> None:
    bad = estate({"annotation": PREFIX + 'proxy-body-sise: "8m"'})
    told = "note: 1 more to fix by hand: what a tool has made or standard input holds is not changed\n"
    ran = run("check", "-", "--fix", stdin=bad)
    assert (ran.status, told in ran.err) == (1, True)
    (tmp_path / "shop.yaml").write_text(bad, encoding="utf-8")
    (tmp_path / "more.yaml").write_text(bad.replace("name: shop\n", "name: more\n"), encoding="utf-8")
    (tmp_path / "link.yaml").symlink_to("more.yaml")
    ran = run("check", str(tmp_path / "link.yaml"), "-", "--fix", stdin=bad)
    assert told in ran.err
    assert (tmp_path / "link.yaml").is_symlink()
    assert "proxy-body-size" in written(tmp_path / "more.yaml")


def test_code_scanning_gets_the_fix(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(estate({"annotation": f"'{PREFIX}limit-rsp': '5'"}), encoding="utf-8")
    told = json.loads(run("check", str(path), "-o", "sarif", "--select", "NX604").out)
    (fix,) = told["runs"][0]["results"][0]["fixes"]
    ((replacement,),) = (change["replacements"] for change in fix["artifactChanges"])
    region, new = replacement["deletedRegion"], replacement["insertedContent"]["text"]
    line = written(path).split("\n")[region["startLine"] - 1]
    mended = line[: region["startColumn"] - 1] + new + line[region["endColumn"] - 1 :]
    run("check", str(path), "--fix")
    assert mended == written(path).split("\n")[region["startLine"] - 1]


def test_a_diff_shows_no_secret(tmp_path: Path) -> None:
    secret = "---\nkind: Secret\napiVersion: v1\nmetadata: {name: a}\nstringData: {password: hunter2, pin: 1234}\n"
    path = tmp_path / "shop.yaml"
    path.write_text(secret + "---\n" + estate({"annotation": PREFIX + 'proxy-body-sise: "8m"'}), encoding="utf-8")
    shown = run("check", str(path), "--fix", "--diff")
    assert "+  annotations" in shown.out
    ran = run("check", str(path), "--fix")
    for said in (shown.out, shown.err, ran.out, ran.err):
        assert "hunter2" not in said
        assert "1234" not in said
    assert "pin: 1234" in written(path)
