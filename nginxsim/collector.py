"""Python's garbage collector, kept out of the stages that make millions of small objects and no cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """A context, or a decorator, without automatic collections.

    Everything a stage makes stays alive: each collection would walk all of it again and find nothing, which on 10,000
    Ingresses takes longer than the stage's own work.
    """
    active = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if active:
            gc.enable()
