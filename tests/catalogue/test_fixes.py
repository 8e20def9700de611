"""A fix is true: done to the bad example of its row, it takes the finding away, or makes the answer the good one."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginxsim import Finding
from nginxsim.catalogue import BY_NUMBER, Entry, Example
from nginxsim.checks import CHECKS
from tests.support.asking import asked
from tests.support.examples import simulated

FIXED = [row for row in BY_NUMBER.values() if row.fix]
MENDED = [row for row in FIXED if row.mended]
SERVED = {"status": 200, "code": "served"}


def found_in(folder: Path, example: Example) -> list[Finding]:
    return simulated(folder, example.manifests() or example.text, example.flags).check()


@pytest.mark.parametrize("row", FIXED, ids=lambda row: row.number)
def test_every_fix_is_proved_or_said_to_be_no_change_of_manifests(row: Entry) -> None:
    assert (row.mended is not None) != row.mended_elsewhere


@pytest.mark.parametrize("row", [row for row in MENDED if row.code in CHECKS], ids=lambda row: row.number)
def test_the_fix_takes_the_finding_away_and_brings_no_error(row: Entry, tmp_path: Path) -> None:
    assert row.bad is not None
    assert row.mended is not None
    before, after = found_in(tmp_path, row.bad), found_in(tmp_path, row.mended)
    assert row.code in {found.code for found in before}
    assert row.code not in {found.code for found in after}
    known = {found.code for found in before}
    assert not {found.code for found in after if found.level == "error"} - known


@pytest.mark.parametrize(
    "row", [row for row in MENDED if row.ask or row.code not in CHECKS], ids=lambda row: row.number
)
def test_the_fix_changes_the_answer(row: Entry, tmp_path: Path) -> None:
    assert row.bad is not None
    assert row.mended is not None
    assert row.ask is not None
    before = asked(simulated(tmp_path, row.bad.manifests(), row.bad.flags), row.ask)
    assert before.cause.code == row.code
    assert before.cause.fix
    after = asked(simulated(tmp_path, row.mended.manifests(), row.mended.flags), row.ask)
    wanted = {**SERVED, **(row.then or {})}
    assert (after.status, after.cause.code) == (wanted["status"], wanted["code"])
