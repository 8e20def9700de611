"""What of the findings is mended by a safe change of one name or value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from nginxsim.origins import Edit
from nginxsim.verdict.types import Finding


def edits_of(findings: Iterable[Finding]) -> list[Edit]:
    """Each once; without those that would give one object the same name in the stead of two others."""
    found = dict.fromkeys((each.owner, each.edit) for each in findings if each.edit)
    names: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for owner, edit in found:
        if edit.is_name:
            names[owner, edit.new].add(edit.old)
    sure = (edit for owner, edit in found if not edit.is_name or len(names[owner, edit.new]) == 1)
    return list(dict.fromkeys(sure))
