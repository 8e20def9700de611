"""What README says of samples/503: the codes in its table, and each sample's fix.

A fix is the diff in the sample's README; it has to make the README's own request reach its service.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from nginxsim.cli.check import command as check_command
from nginxsim.cli.why import command as why_command
from tests.support.places import ROOT

SAMPLES = sorted(path.parent for path in ROOT.glob("samples/503/*/README.md"))
DIFF = re.compile(r"^```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\|.*\[(NX\d+)\]\S* \| \[(NX\d+)\]\S* \| \[[\w-]+\]\((samples/\S+)\) \|$", re.MULTILINE)
TABLE = ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))
FILE = re.compile(r"^--- (\S+\.yaml)\n((?:(?!--- )[ +-].*\n)+)", re.MULTILINE)


def played(command: click.Command, *arguments: str) -> Any:
    result = CliRunner().invoke(command, [*arguments, "-o", "json"])
    assert result.exit_code in (0, 1), result.output
    return json.loads(result.output)


def why(sample: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The outcomes of the command in a sample's README, played in a folder."""
    command = re.search(r"^\$ nginxsim why (.*)$", (sample / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert command is not None
    monkeypatch.chdir(folder)
    outcomes: list[dict[str, Any]] = played(why_command, *shlex.split(command[1]))["outcomes"]
    return outcomes


def repair(folder: Path) -> None:
    """Takes the lines of the README's diff that begin with - for those that begin with +, where they stand together."""
    diff = DIFF.search((folder / "README.md").read_text(encoding="utf-8"))
    assert diff is not None
    for name, lines in FILE.findall(diff[1]):
        old = "".join(line[1:] for line in lines.splitlines(keepends=True) if line[0] in " -")
        new = "".join(line[1:] for line in lines.splitlines(keepends=True) if line[0] in " +")
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name}: {old}"
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_the_shown_fix_helps(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / sample.relative_to(ROOT)
    shutil.copytree(sample, copy)
    broken = why(sample, tmp_path, monkeypatch)[-1]
    assert broken["cause"]["level"] in ("error", "denied")
    repair(copy)
    codes = {outcome["cause"]["code"] for outcome in why(sample, tmp_path, monkeypatch)}
    # A path that wants a password is repaired when it asks for one.
    assert codes <= {"served", "credentials-refused"}


@pytest.mark.parametrize(("cause", "finding", "sample"), TABLE, ids=[row[2] for row in TABLE])
def test_the_table_of_causes(cause: str, finding: str, sample: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ROOT / sample
    outcome = why(folder, ROOT, monkeypatch)[-1]
    assert (outcome["status"], outcome["cause"]["number"]) == (503, cause)
    flags = re.findall(r" (--flag=\S+)", (folder / "README.md").read_text(encoding="utf-8"))
    found = played(check_command, sample, *flags)["findings"]
    assert finding in {each["number"] for each in found}


def test_the_table_has_ten_causes() -> None:
    assert len(TABLE) == 10
