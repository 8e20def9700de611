"""The pytest plugin, run as its users run it: in a process of its own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.commands import Process
from tests.support.places import SAMPLES

SUITE = """\
manifests: k8s
tests:
  - name: inside
    request: http://shop.example.com/{path}
    for_each: {path: [a, b]}
    client: 10.1.1.1
    tags: office
    expect: {status: 200}
  - {name: outside, request: http://shop.example.com/, expect: {status: 200}}
  - {name: later, skip: not yet, request: http://shop.example.com/, expect: {status: 200}}
"""

PYTHON = """\
def test_office(nginxsim_estate):
    shop = nginxsim_estate("k8s/")
    inside = shop.get("http://shop.example.com/cart?x=1", client="10.1.1.1", headers={"X-A": "b"})
    inside.assert_status(200).assert_service("default/shop:80").assert_denied(False).assert_redirect("")
    inside.assert_upstream(method="GET", uri="/cart?x=1", headers={"X-A": "b"}).assert_header("Server", "")
    assert inside.cause.code == "served" and inside.upstream.host == "shop.example.com"
    shop.request("POST", "http://shop.example.com/", client="203.0.113.9").assert_denied().assert_cause("NX201")


def test_what_if(nginxsim_estate):
    shop = nginxsim_estate("k8s/", services={"default/shop": {"/gone/*": 410, "*": 204}})
    opened = shop.with_annotations({"default/shop": {"whitelist-source-range": None}})
    opened.get("http://shop.example.com/").assert_status(204)
    opened.get("http://shop.example.com/gone/x").assert_status("4xx").assert_cause("service-error")
    opened.playing({"default/shop": 500}).get("http://shop.example.com/").assert_status(500)
    shop.with_configmap(block_cidrs="10.0.0.0/8").get("http://shop.example.com/", client="10.1.1.1")


def test_fails(nginxsim_estate):
    nginxsim_estate("k8s/").get("http://shop.example.com/cart").assert_status(200)


def test_block(nginxsim_estate, nginxsim_snapshot):
    nginxsim_snapshot(nginxsim_estate("k8s/").server_block("shop.example.com"))
    nginxsim_snapshot("another\\n")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLES / "shop-repaired", tmp_path / "k8s", ignore=shutil.ignore_patterns("*.nginxsim.yaml"))
    (tmp_path / "shop.nginxsim.yaml").write_text(SUITE, encoding="utf-8")
    (tmp_path / "test_shop.py").write_text(PYTHON, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -rA\n", encoding="utf-8")
    return tmp_path


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(process: Process) -> Run:
    """Exit code and output of pytest: (project, arguments..., start=the folder in it to start from)."""

    def pytest_run(project: Path, *arguments: str, start: str = ".") -> tuple[int, str]:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", project, *arguments]
        done = process(*command, cwd=project / start)
        return done.returncode, done.stdout + done.stderr

    return pytest_run


def test_suites_are_collected_and_failures_tell_why(project: Path, run: Run) -> None:
    code, output = run(project, "shop.nginxsim.yaml")
    assert code == 1
    assert "1 failed, 2 passed, 1 skipped" in output
    assert "  status   200        403\n" in output
    assert "address-denied (NX201)" in output
    assert "k8s/ingress.yaml:7:57" in output
    assert "not yet" in output
    assert "PASSED shop.nginxsim.yaml::inside [path=a]" in output


def test_tags_are_keywords(project: Path, run: Run) -> None:
    assert "2 passed, 2 deselected" in run(project, "shop.nginxsim.yaml", "-k", "office")[1]


def test_only_deselects_the_other_suite_tests(project: Path, run: Run) -> None:
    (project / "other.nginxsim.yaml").write_text(
        "manifests: k8s\ntests: [{only: true, request: http://shop.example.com/, expect: {status: 403}}]\n",
        encoding="utf-8",
    )
    assert "1 passed, 4 deselected" in run(project, "other.nginxsim.yaml", "shop.nginxsim.yaml")[1]


def test_a_broken_suite_is_told_with_its_line(project: Path, run: Run) -> None:
    (project / "shop.nginxsim.yaml").write_text(
        "tests:\n  - {request: http://a/, expect: {stats: 1}}\n", encoding="utf-8"
    )
    code, output = run(project, "shop.nginxsim.yaml")
    assert code == 2
    assert 'shop.nginxsim.yaml:2:35: tests[0].expect.stats: unknown field "stats"' in output
    assert "Traceback" not in output


def test_the_fixture_answers_and_asserts(project: Path, run: Run) -> None:
    code, output = run(project, "test_shop.py", "-k", "not block")
    assert code == 1
    assert "1 failed, 2 passed" in output
    failing = next(n for n, line in enumerate(PYTHON.splitlines(), 1) if line.startswith("def test_fails")) + 1
    assert f"test_shop.py:{failing}: AssertionError" in output
    assert "status   200        403" in output


def test_paths_are_those_of_the_root_wherever_pytest_starts(project: Path, run: Run) -> None:
    assert run(project, "../test_shop.py", "-k", "office", start="k8s")[0] == 0


def test_snapshots_are_written_on_demand_and_then_compared(project: Path, run: Run) -> None:
    assert "no snapshot" in run(project, "test_shop.py", "-k", "block")[1]
    assert run(project, "test_shop.py", "-k", "block", "--nginxsim-update-snapshots")[0] == 0
    assert run(project, "test_shop.py", "-k", "block")[0] == 0

    path = project / "__snapshots__/test_shop/test_block.conf"
    path.write_text(path.read_text(encoding="utf-8").replace("deny all", "deny none"), encoding="utf-8")
    code, output = run(project, "test_shop.py", "-k", "block")
    assert code == 1
    assert "deny none" in output
    assert (project / "__snapshots__/test_shop/test_block.2.conf").read_text(encoding="utf-8") == "another\n"


def test_workers_share_the_work(project: Path, run: Run) -> None:
    code, output = run(project, "-n", "2", "-k", "not block")
    assert code == 1
    assert "2 failed, 4 passed, 1 skipped" in output
