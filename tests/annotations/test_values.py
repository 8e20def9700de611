"""What becomes of an annotation: its value is taken or ignored, its locations are denied, or the Ingress is dropped."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import yaml

from nginxsim.annotations import Extraction
from tests.support.certificates import issue
from tests.support.estates import SNIPPETS, Object, estate, ingress, secret
from tests.support.places import DATA

ROWS: dict[str, dict[str, Any]] = yaml.safe_load((DATA / "values.yaml").read_text(encoding="utf-8"))
ENDS = ("taken", "ignored", "denied", "dropped")


@cache
def secrets() -> tuple[Object, Object]:
    return secret("users", auth="user:x\n"), secret("ca", ca_crt=issue("ca", ca=True).pem)


@pytest.mark.parametrize("name", ROWS)
def test_values(name: str) -> None:
    row = ROWS[name]
    beside = row.get("beside", {})
    values = [(value, end) for end in ENDS for value in row.get(end, ())]
    shops = [ingress(f"shop-{n}", annotations={**beside, name: value}) for n, (value, _) in enumerate(values)]
    simulation = estate(*secrets(), *shops, settings=SNIPPETS)
    said = map(simulation.extractor.extract, simulation.cluster.ingresses.values())
    assert [(value, end_of(name, found)) for (value, _), found in zip(values, said, strict=True)] == values


def end_of(name: str, found: Extraction) -> str:
    if found.parsed is None:
        return "dropped"
    if found.parsed.denied is not None:
        return "denied"
    return "ignored" if name in {problem.annotation for problem in found.problems} else "taken"
