"""What the repository offers for other repositories' CI: each piece is run as far as that is possible here."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.support.commands import Process
from tests.support.places import ROOT, SAMPLES

SCRIPT = ROOT / "integrations/github.sh"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """`nginxsim` as an executable of its own."""
    path = tmp_path / "bin/nginxsim"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nginxsim "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLES / "shop-repaired", tmp_path / "project")
    return tmp_path / "project"


def break_expectation(project: Path) -> None:
    path = project / "shop-repaired.nginxsim.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("cause: NX201", "cause: NX202"), encoding="utf-8")


Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shell(program: Path, process: Process) -> Shell:
    """Runs a script in a folder, with `nginxsim` on its PATH: (script, folder, environment...)."""

    def run(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "NGINXSIM": str(program), **environment}
        return process("bash", "-c", script, cwd=folder, env=env)

    return run


def test_the_hook_runs_the_suites_when_a_manifest_changes(project: Path, shell: Shell) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    assert all(re.search(hook["files"], name) for name in ("k8s/ingress.yaml", "a.yml", "b.json", "c.nginxsim.yaml"))
    assert not re.search(hook["files"], "README.md")
    assert shlex.split(hook["entry"])[0] == "nginxsim"
    assert shell(hook["entry"], project).returncode == 0
    break_expectation(project)
    failed = shell(hook["entry"], project)
    assert failed.returncode == 1
    assert "NX202" in failed.stdout


def test_the_action_s_inputs_reach_its_script() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert action["runs"]["using"] == "composite"
    step = action["runs"]["steps"][-1]
    assert step["run"].strip('"') == "$GITHUB_ACTION_PATH/integrations/github.sh"
    assert os.access(SCRIPT, os.X_OK)
    script = SCRIPT.read_text(encoding="utf-8")
    for name, value in step["env"].items():
        assert f"${{{name}" in script
        assert re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value)[1] in action["inputs"]


def test_the_action_s_script_annotates_and_writes_a_summary(project: Path, shell: Shell, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    fine = shell(str(SCRIPT), project, GITHUB_STEP_SUMMARY=str(summary))
    assert fine.returncode == 0, fine.stdout + fine.stderr
    assert "| all | 3 | 3 | 100 % |" in summary.read_text(encoding="utf-8")
    break_expectation(project)
    failed = shell(str(SCRIPT), project, GITHUB_STEP_SUMMARY=str(summary))
    assert failed.returncode == 1
    assert "::error file=shop-repaired.nginxsim.yaml,line=" in failed.stdout


def test_the_action_s_script_holds_coverage_up(project: Path, shell: Shell) -> None:
    settings = {"NGINXSIM_ARGUMENTS": "-k nobody", "NGINXSIM_COVERAGE_FAIL_UNDER": "50"}
    assert shell(str(SCRIPT), project, **settings).returncode == 1


def test_the_gitlab_job_writes_what_it_hands_over(project: Path, shell: Shell) -> None:
    job = yaml.safe_load((ROOT / "integrations/gitlab.yml").read_text(encoding="utf-8"))["nginxsim-test"]
    done = shell("\n".join(job["script"]), project, **job["variables"])
    assert done.returncode == 0, done.stdout + done.stderr
    reports = job["artifacts"]["reports"]
    assert (project / reports["junit"]).exists()
    assert (project / reports["coverage_report"]["path"]).exists()
    assert re.search(job["coverage"].strip("/"), done.stdout, re.MULTILINE)[1] == "100"


# The documentation

TESTING = (ROOT / "docs/testing.md").read_text(encoding="utf-8")


def test_five_commands_lead_to_a_failing_then_passing_suite(shell: Shell, tmp_path: Path) -> None:
    script = re.search(r"^```sh\n(.*?)^```$", TESTING, re.MULTILINE | re.DOTALL)[1]
    install, commands = script.split("\n", 1)
    assert "pip install" in install
    empty = tmp_path / "empty"
    empty.mkdir()
    commands = commands.replace("~/nginxsim", shlex.quote(str(ROOT))).replace(".venv/bin/", "")
    done = shell(commands, empty)
    assert done.returncode == 0, done.stderr
    assert "status    200            503" in done.stdout
    assert "k8s/ingress.yaml:7:57" in done.stdout
    assert done.stdout.splitlines()[-1] == "1 passed"


@pytest.mark.parametrize("block", re.findall(r"^```yaml\n(.*?)^```$", TESTING, re.MULTILINE | re.DOTALL))
def test_suites_in_the_documentation_follow_the_schema(block: str) -> None:
    value = yaml.safe_load(block)
    if "tests" in value:
        schema = json.loads((ROOT / "nginxsim/suites/schema.json").read_text(encoding="utf-8"))
        Draft202012Validator(schema).validate(value)
