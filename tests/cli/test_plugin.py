"""`kubectl nginxsim`: the same commands as a plugin of kubectl, which are about the cluster by default."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.estates import ingress, ingress_class, served
from tests.support.places import ROOT

SCRIPT = """#!{python}
import sys
sys.path.insert(0, {root!r})
from nginxsim.cli.main import plugin
plugin()
"""


@pytest.fixture
def kubectl(process, tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """kubectl with the plugin on PATH."""
    script = tmp_path / "kubectl-nginxsim"
    script.write_text(SCRIPT.format(python=sys.executable, root=str(ROOT)))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{tmp_path}")
    return lambda *words: process(tools / "kubectl", "nginxsim", *words)


def test_it_asks_the_cluster(kubectl, cluster):
    cluster.objects = [ingress_class(), *served(), ingress()]
    ran = kubectl("why", "http://web.example.com/", "-n", "default")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "cluster:Ingress/default/web:spec.rules[0].host" in ran.stdout


def test_manifests_and_confs_are_asked_where_they_are_named(kubectl, cluster):
    assert kubectl("why", "http://shop.example.com/cart", "samples/shop").returncode == 1
    assert kubectl("why", "http://localhost:8080/", "--conf", "samples/missing.conf").returncode == 2
    assert cluster.asked == []


def test_diff_is_about_what_applying_manifests_would_change(kubectl, cluster):
    cluster.objects = [ingress_class(), *served(), ingress()]
    ran = kubectl("diff", "samples/shop")
    assert ran.returncode == 1
    assert "shop.example.com" in ran.stdout


def test_its_usage_has_its_name(kubectl):
    ran = kubectl("why")
    assert ran.returncode == 2
    assert "Usage: kubectl nginxsim why" in ran.stderr
