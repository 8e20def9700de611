"""What of a folder is left out, and how that is told: on a line for each reason, whatever the number of files."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from nginxsim.errors import some
from nginxsim.origins import Origin

LISTED = 8
"""So many names are told for each reason."""


class SkippedFile(UserWarning):  # what was passed over, not a failure
    """Entries of a folder that are no part of the estate."""


class Omission(StrEnum):
    """Why a file or a folder is left out; the value is how that is said."""

    FOREIGN = "no Kubernetes YAML"
    TEMPLATE = "a template that nobody has filled in"
    BROKEN = "not readable as YAML"
    UNREADABLE = "cannot be read"
    VENDORED = "somebody else's code"
    GIT = "left out by .gitignore"
    HELM = "left out by .helmignore"
    ASKED = "excluded"
    NOT_LISTED = "the kustomization around it does not name it"
    NOT_RENDERED = "not rendered, as --no-render says"
    ELSEWHERE = "not rendered: its source is elsewhere"
    UNKNOWN = "its values are not known"
    SUSPENDED = "what it says now is taken for what the cluster keeps"


UNTOLD = frozenset({Omission.ASKED})
"""Whoever asked for it knows."""
GATHERED = frozenset({Omission.ELSEWHERE})
"""Each has a reason of its own, and there may be hundreds."""
OURS = (".nginxsim.yaml", ".nginxsim.yml")
"""Suites of tests lie beside what they test, and are not told either."""


@dataclass(frozen=True, slots=True)
class Omitted:
    """A file or a folder, by the name that the user knows it by."""

    name: str
    why: Omission
    detail: str = ""
    """What exactly is wrong with it."""
    origin: Origin | None = None
    """Where, in a file that was read."""
    namespace: str = ""
    """That what comes of it goes to; "" where nobody knows."""

    @property
    def is_gap(self) -> bool:
        """Somebody applies it, and what comes of it is not known."""
        return self.why in (Omission.ELSEWHERE, Omission.NOT_RENDERED)


def tell(omitted: Collection[Omitted]) -> None:
    """Warns of them (SkippedFile): the command line prints it on standard error."""
    by_reason: dict[str, list[str]] = {}
    for each in omitted:
        if each.why not in UNTOLD and not each.name.endswith(OURS):
            by_reason.setdefault(each.detail or each.why, []).append(str(each.origin or each.name))
    by_reason = dict(_gathered(by_reason, {each.detail for each in omitted if each.why in GATHERED}))
    for reason, names in by_reason.items():
        what = "suspended" if reason == Omission.SUSPENDED else "skipped"
        warnings.warn(f"{_listed(sorted(names))} {what}: {reason}", SkippedFile, stacklevel=3)


def _gathered(by_reason: dict[str, list[str]], alike: set[str]) -> Iterator[tuple[str, list[str]]]:
    """Of many reasons that differ little only the first, and the names that have the others."""
    more: list[str] = []
    for number, reason in enumerate(sorted(by_reason, key=lambda reason: reason in alike)):
        if reason in alike and number >= len(by_reason) - len(alike) + LISTED:
            more += by_reason[reason]
        else:
            yield reason, by_reason[reason]
    if more:
        yield str(Omission.ELSEWHERE), more


def _listed(names: list[str]) -> str:
    return f"{some(names, LISTED)} {'is' if len(names) == 1 else 'are'}"
