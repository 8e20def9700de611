"""The simulator against a real nginx: generated configurations, and every disagreement that was ever found.

A small set is drawn, the same in every run; `python -m tests.differential` draws as many as one likes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from tests.differential.comparing import Bench, bench
from tests.differential.strategies import HTTP, Ask, Experiment, experiments

CASES = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def bench_(tmp_path_factory: pytest.TempPathFactory, real_nginx: Path) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("nginx")) as made:
        yield made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"])
def test_known_cases(case: dict[str, Any], bench_: Bench) -> None:
    asks = [_ask(line) for line in case["asks"]]
    differences = bench_.differences(Experiment(HTTP + case["http"], tuple(asks)))
    assert not differences, "\n".join(differences)


drawn = settings(
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


@settings(drawn, max_examples=450)
@given(experiment=experiments("locations"))
def test_generated_configurations(experiment: Experiment, bench_: Bench) -> None:
    differences = bench_.differences(experiment)
    assert not differences, experiment.http + "\n".join(differences)


@settings(drawn, max_examples=150)
@given(experiment=experiments("variables"))
def test_generated_variables(experiment: Experiment, bench_: Bench) -> None:
    differences = bench_.differences(experiment)
    assert not differences, experiment.http + "\n".join(differences)


def _ask(fields: dict[str, Any]) -> Ask:
    headers = tuple((name, value) for name, _, value in (line.partition(": ") for line in fields.get("headers", ())))
    return Ask(**(fields | {"headers": headers}))
