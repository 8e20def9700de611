"""Which entries of a folder are not to be read: patterns of .gitignore, .helmignore and the user's own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from nginxsim.sources.omissions import Omission

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

VENDORED = frozenset({"node_modules", "bower_components", "vendor", "venv", "site-packages", "__pycache__"})
"""Folders of other people's code; those that begin with a dot (.terraform, .git) are hidden anyway."""
FILES = {".gitignore": Omission.GIT, ".helmignore": Omission.HELM}


@dataclass(frozen=True, slots=True)
class Patterns:
    """Lines as in .gitignore, which hold for what lies below a folder."""

    base: str
    """The folder's absolute path."""
    why: Omission
    spec: GitIgnoreSpec = field(repr=False)

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Whether the entry of this absolute path is left out; None where no line speaks of it."""
        start = f"{self.base}/"
        inside = path.removeprefix(start) if path.startswith(start) else os.path.relpath(path, self.base)
        return self.spec.check_file(f"{inside}/" if is_folder else inside).include


Rules: TypeAlias = tuple[Patterns, ...]
"""The nearest first: it has the last word."""


def patterns(lines: Iterable[str], base: str | Path, why: Omission = Omission.ASKED) -> Patterns:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415  # most folders have no such file

    return Patterns(str(base).rstrip("/"), why, GitIgnoreSpec.from_lines(lines, backend="simple"))


def left_out(path: str, rules: Rules, *, is_folder: bool) -> Omission | None:
    """Why this entry is not read; None where it is."""
    if is_folder and path.rpartition("/")[2] in VENDORED:
        return Omission.VENDORED
    return ignored(path, rules, is_folder=is_folder)


def ignored(path: str, rules: Rules, *, is_folder: bool) -> Omission | None:
    """Why patterns leave the entry out."""
    for rule in rules:
        verdict = rule.verdict(path, is_folder=is_folder)
        if verdict is not None:
            return rule.why if verdict else None
    return None


def below(folder: str, names: Iterable[str], rules: Rules) -> Rules:
    """With the files of patterns among the names of the folder's entries."""
    own = (_read(folder, name) for name in names if name in FILES)
    return (*(each for each in own if each), *rules)


def around(folder: str, asked: Sequence[Patterns]) -> Rules:
    """What holds for a folder that somebody named: their own patterns, and those of the git repository around it.

    A folder that the repository leaves out is read all the same, since it was named.
    """
    above: Rules = ()
    for parent in _of_repository(Path(folder)):
        above = below(str(parent), FILES, above)
    return (*asked, *(() if left_out(folder, above, is_folder=True) else above))


def _of_repository(folder: Path) -> list[Path]:
    """The folders around this one within its git repository, the outermost first."""
    found: list[Path] = []
    for parent in (folder, *folder.parents):
        found.append(parent)
        if (parent / ".git").exists():
            return found[:0:-1]
    return []


def _read(folder: str, name: str) -> Patterns | None:
    """None where there is none, or none that can be read."""
    try:
        text = Path(folder, name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return patterns(text.splitlines(), folder, FILES[name])
