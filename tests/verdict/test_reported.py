"""Words that lead somewhere: the cause names what a person would change, and the change changes the answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from nginxsim import Verdict
from nginxsim.catalogue.examples import mended
from tests.support.asking import asked
from tests.support.examples import example, simulated
from tests.support.places import DATA

REPORTED = yaml.safe_load((DATA / "reported.yaml").read_text(encoding="utf-8"))
SERVED = {"status": 200, "code": "served"}


def answered(folder: Path, manifests: Any, ask: Mapping[str, Any]) -> Verdict:
    written = example(manifests)
    return asked(simulated(folder, written.manifests(), written.flags), ask)


@pytest.mark.parametrize("name", REPORTED)
def test_the_words_name_what_to_change(name: str, tmp_path: Path) -> None:
    case = REPORTED[name]
    verdict = answered(tmp_path, case["manifests"], case["ask"])
    found = verdict.cause
    assert (verdict.status, found.code) == (case["status"], case["code"])
    assert case.get("says", "") in found.message
    assert case.get("fix", "") in found.fix
    assert "beside" not in case or any(case["beside"] in item.note for item in found.evidence)
    told = (each for step in verdict.trace for each in (step, *step.considered))
    assert "trace" not in case or any(case["trace"] in each.why for each in told)


@pytest.mark.parametrize("name", [name for name, case in REPORTED.items() if "mend" in case])
def test_what_the_fix_says_mends_it(name: str, tmp_path: Path) -> None:
    case = REPORTED[name]
    patch = case["mend"]
    ask = patch["ask"] if isinstance(patch, dict) and "ask" in patch else {}
    manifests = case["manifests"] if ask else mended(case["manifests"], patch)
    verdict = answered(tmp_path, manifests, {**case["ask"], **ask})
    wanted = {**SERVED, **case.get("then", {})}
    assert (verdict.status, verdict.cause.code) == (wanted["status"], wanted["code"])
    assert wanted.get("says", "") in verdict.cause.message
