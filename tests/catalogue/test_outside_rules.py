"""Rules from other packages, installed as pip installs them: a module and its entry points on the path."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.support.commands import Process
from tests.support.places import ROOT, SAMPLES

GUIDE = (ROOT / "docs/contributing/add-a-check-rule.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"`(pyproject\.toml|shop_rules\.py)`:\n\n```\w+\n(.*?)```", GUIDE, re.DOTALL))
SHOP = str(SAMPLES / "shop-repaired")


def installed(folder: Path, module: str) -> dict[str, str]:
    (folder / "shop_rules.py").write_text(module, encoding="utf-8")
    about = folder / "shop_rules-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-rules\nVersion: 1.0\n", encoding="utf-8")
    point = re.search(r'^\w[\w-]* = "shop_rules:\w+"$', BLOCKS["pyproject.toml"], re.MULTILINE)
    (about / "entry_points.txt").write_text("[nginxsim.rules]\n" + point[0].replace('"', "") + "\n", encoding="utf-8")
    return {**os.environ, "PYTHONPATH": str(folder)}


@pytest.fixture
def ran(process: Process) -> Process:
    """Runs nginxsim: (environment, arguments...)."""
    return lambda environment, *arguments: process(sys.executable, "-m", "nginxsim", *arguments, env=environment)


@pytest.fixture
def guide(tmp_path):
    return installed(tmp_path, BLOCKS["shop_rules.py"])


@pytest.mark.parametrize("form", ["text", "json", "sarif", "html", "junit", "github", "markdown"])
def test_the_rule_of_the_guide_is_found_in_every_format(guide, ran, form):
    found = ran(guide, "check", SHOP, "-o", form)
    assert found.returncode == 1, found.stderr
    assert "SHOP001" in found.stdout
    assert "has no label team" in found.stdout


def test_it_is_listed_explained_and_ignored_as_any_other(guide, ran):
    assert "team-label-missing" in ran(guide, "rules").stdout
    explained = json.loads(ran(guide, "rules", "shop001", "-o", "json").stdout)
    assert explained[0]["fix"] == "add metadata.labels.<label>"
    for name in ("SHOP001", "SHOP", "team-label-missing"):
        assert ran(guide, "check", SHOP, "--ignore", name).returncode == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("SHOP001", "NX101", '"NX101" is no number for a rule outside nginxsim'),
        ('level="warning"', 'level="grave"', 'unknown level "grave"'),
        ("    for ingress", "    estate.no_such_thing\n    for ingress", "rule SHOP001 team-label-missing failed"),
        ("TEAM_LABEL = Rule(", "TEAM_LABEL = print(", "expected a nginxsim.checks.Rule"),
        (
            "from collections.abc",
            "import no_such_module\nfrom collections.abc",
            "of package shop-rules cannot be loaded",
        ),
    ],
)
def test_a_broken_rule_is_named_without_a_traceback(tmp_path, ran, old, new, said):
    found = ran(installed(tmp_path, BLOCKS["shop_rules.py"].replace(old, new, 1)), "check", SHOP)
    assert found.returncode == 2
    assert said in found.stderr
    assert "Traceback" not in found.stderr
