"""Runs of releases, for people."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from nginxsim.releases.known import RELEASES
from nginxsim.releases.spans import span


def when(text: str) -> str:
    """ "..1.13.6 1.14.0.." -> "up to 1.13.6, from 1.14.0 on"."""
    return runs(lambda name: name in span(text))


def runs(holds: Callable[[str], bool]) -> str:
    """Of those releases for which something holds; "always" for all, "never" for none."""
    found = [(is_so, list(names)) for is_so, names in groupby(RELEASES, key=holds)]
    told = [_run(names) for is_so, names in found if is_so]
    return ", ".join(told) or "never"


def _run(names: list[str]) -> str:
    first, last = names[0], names[-1]
    begins, ends = first == RELEASES[0], last == RELEASES[-1]
    if begins and ends:
        return "always"
    if ends:
        return f"from {first} on"
    if begins:
        return f"up to {last}"
    return first if first == last else f"{first} to {last}"
