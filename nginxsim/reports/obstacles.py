"""What keeps an estate from being in force, as reports begin with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nginxsim.verdict.types import Finding
from nginxsim.verdict.wording.obstacles import words_of


def first_of_each(obstacles: Iterable[Finding]) -> list[tuple[Finding, int]]:
    """The first of those that have the same consequence, and how many more there are: nginx stops at the first too."""
    groups: dict[str, list[Finding]] = {}
    for obstacle in obstacles:
        groups.setdefault(words_of(obstacle).head, []).append(obstacle)
    return [(group[0], len(group) - 1) for group in groups.values()]


def obstacle_lines(obstacles: Iterable[Finding]) -> Iterator[str]:
    """A line for each of them, for whoever was asked something else."""
    for first, others in first_of_each(obstacles):
        place = "".join(f" ({origin})" for origin in first.origins[:1])
        more = f", and {others} more" if others else ""
        yield f"{words_of(first).head}: {first.message}{place}{more}"
