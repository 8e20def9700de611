"""What work costs, counted in calls: the same in every run, on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def each_call(noticed: Callable[[], None]) -> Iterator[None]:
    """Tells of every Python function that is entered meanwhile."""

    def traced(_frame: Any, event: str, _argument: object) -> None:
        if event == "call":
            noticed()

    sys.setprofile(traced)
    try:
        yield
    finally:
        sys.setprofile(None)


def calls_of(work: Callable[[], object]) -> int:
    """Python functions that are entered meanwhile."""
    count = 0

    def noticed() -> None:
        nonlocal count
        count += 1

    with each_call(noticed):
        work()
    return count


@contextmanager
def at_most(calls: int, too_much: BaseException) -> Iterator[None]:
    """Raises `too_much` once more functions were entered than that."""
    left = calls

    def noticed() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise too_much

    with each_call(noticed):
        yield
