"""What keeps the new side, or an object of it, from ever being there, and what kept the old one already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from nginxsim.verdict.api import api_findings_in
from nginxsim.verdict.types import Finding

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation


class Obstacles(NamedTuple):
    """refused: by nginx, in the new conf only; still: in both. unstored: objects of the new side that the API server
    takes no longer, and what newly ends the controller.
    """

    refused: tuple[Finding, ...]
    still: tuple[Finding, ...]
    unstored: tuple[Finding, ...]


def obstacles(old: Simulation, new: Simulation) -> Obstacles:
    before = set(map(_what, old.refused_by_nginx))
    refused = [found for found in new.refused_by_nginx if _what(found) not in before]
    still = [found for found in new.refused_by_nginx if _what(found) in before]
    return Obstacles(tuple(refused), tuple(still), tuple(_only_new(_ahead(old, new), _ahead(new, old))))


def _ahead(side: Simulation, other: Simulation) -> list[Finding]:
    """What is in the way before nginx; files that are the same on the other side are not looked at."""
    known = {(file.name, file.text) for file in other.given.texts}
    files = [file for file in side.given.texts if (file.name, file.text) not in known]
    return [*(found.finding for found in api_findings_in(files, side.kubernetes) if found.refused), *side.crashes]


def _only_new(old: Iterable[Finding], new: Iterable[Finding]) -> Iterable[Finding]:
    known = set(map(_what, old))
    return (found for found in new if _what(found) not in known)


def _what(found: Finding) -> tuple[str, str]:
    """The same for the same fault on both sides."""
    return found.message, found.owner
