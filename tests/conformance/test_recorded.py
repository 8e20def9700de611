"""The simulator against what the real controller and the real nginx did, in a tenth of the corpus."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.conformance import judge

NAMES = sorted(path.relative_to(judge.CASES).with_suffix("").as_posix() for path in judge.CASES.glob("*/*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_what_was_recorded(name: str, tmp_path: Path) -> None:
    text = (judge.CASES / f"{name}.yaml").read_text(encoding="utf-8")
    case = yaml.load(text, Loader=yaml.CSafeLoader)
    simulation = judge.simulated(case)
    found = [
        *judge.conf(case, simulation, tmp_path),
        *judge.backends(case, simulation),
        *judge.admission(case, simulation),
        *judge.refused(case, simulation),
        *judge.behaviour(case, simulation),
    ]
    assert not found, f"{case['about']}\n" + "\n".join(found)
