"""Annotations that mean nothing to the controller: misspelt, of other releases, or under somebody else's prefix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from nginxsim.annotations.table import NAMES, known_names
from nginxsim.errors import misspelt, nearest
from nginxsim.kube.objects import Ingress
from nginxsim.releases import Release, span

if TYPE_CHECKING:
    from nginxsim.config.controller import Controller

MOST_COMPARED = 20
"""Misspelt annotations of one Ingress that are compared with all the known ones."""
DEFAULT_PREFIX = "nginx.ingress.kubernetes.io"
_PREFIX_LIKENESS = 0.75


@dataclass(frozen=True, slots=True)
class Stranger:
    """An annotation that the controller does not know.

    name: without its prefix; wanted: the name most like it that the release knows, "" for none. wrong_prefix: it is a
    known name in full, under a prefix that is like the controller's, but another; wanted is in full then. is_slip: it
    is one slip away from what is wanted and from nothing else. gone_since, comes_with: the release that took a name of
    the past out, or that brings one of the future.
    """

    name: str
    wanted: str = ""
    wrong_prefix: bool = False
    gone_since: str = ""
    comes_with: str = ""
    is_slip: bool = False


def unknown_annotations(ingress: Ingress, controller: Controller) -> Iterator[Stranger]:
    """By name."""
    prefix, release = controller.flags.prefix, controller.release
    known, compared = known_names(release), 0
    for full in sorted(ingress.meta.annotations):
        other_prefix, slash, name = full.rpartition("/")
        if full.startswith(prefix):
            short = full.removeprefix(prefix)
            if short not in known:
                compared += 1
                yield _stranger(short, release, is_compared=compared <= MOST_COMPARED)
        elif slash and name in known and _meant(other_prefix, controller.flags.annotations_prefix):
            yield Stranger(full, prefix + name, wrong_prefix=True)


def _stranger(name: str, release: Release, *, is_compared: bool) -> Stranger:
    row = NAMES.get(name)
    if row is None:
        wanted = (nearest(name, sorted(known_names(release))) if is_compared else None) or ""
        return Stranger(name, wanted, is_slip=bool(wanted) and misspelt(name, known_names(release)) == wanted)
    known = span(row.releases)
    return Stranger(name, gone_since=known.left_before(release.name), comes_with=known.next_after(release.name))


def _meant(prefix: str, wanted: str) -> bool:
    return prefix == DEFAULT_PREFIX or SequenceMatcher(None, prefix, wanted).ratio() >= _PREFIX_LIKENESS
