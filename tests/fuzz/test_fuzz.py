"""A small run of the fuzzer, the same every time, with steps counted instead of seconds."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.inputs import KINDS, Input
from tests.fuzz.trying import CALLS, TooMuch, fault_of
from tests.support.counting import at_most

PATIENT = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
def test_made_up_inputs(kind: str) -> None:
    @PATIENT
    @given(tried=KINDS[kind])
    def every(tried: Input) -> None:
        with at_most(CALLS, TooMuch(f"more than {CALLS:,} calls")):
            assert not fault_of(tried), tried

    every()
