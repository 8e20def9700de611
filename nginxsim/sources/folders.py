"""Folders: which of their files are read, in which order, what is left out, and what a tool has to render."""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

from nginxsim.errors import InputError
from nginxsim.sources.dependencies import CHART
from nginxsim.sources.helm import OWN_FOLDERS, Chart
from nginxsim.sources.ignoring import Patterns, Rules, around, below, left_out
from nginxsim.sources.kustomization import NAMES as KUSTOMIZATIONS
from nginxsim.sources.kustomize import Overlay
from nginxsim.sources.naming import Naming
from nginxsim.sources.omissions import Omission, Omitted, SkippedFile

SUFFIXES = (".yaml", ".yml", ".json")


class Loose(NamedTuple):
    """A file to be read as it stands. path: absolute."""

    name: str
    path: str


Entry: TypeAlias = Loose | Overlay | Chart | Omitted


@dataclass(slots=True)
class Found:
    """What there is in a folder, in the order of the names."""

    entries: list[Entry] = field(default_factory=list)

    def arranged(self, taken: Callable[[str], bool]) -> Iterator[Entry]:
        """Without the files that belong to kustomizations, without those kustomizations and charts that others build
        upon, and without what is taken by somebody else.
        """
        overlays = {each.folder: each for each in self.entries if isinstance(each, Overlay)}
        belongings = _Belongings(overlays)
        parts = {path for each in self.entries if isinstance(each, Chart) for path in each.parts.locals()}
        for entry in self.entries:
            if isinstance(entry, Omitted):
                yield entry
            elif taken(path_of(entry)):
                continue
            elif isinstance(entry, Chart):
                if os.path.realpath(entry.folder) not in parts:
                    yield entry
            elif isinstance(entry, Overlay):
                if entry.folder not in belongings.inner:
                    yield belongings.broken.get(entry.folder, entry)
            elif not belongings.owner(entry.path):
                yield entry
            elif not belongings.known(entry.path):
                yield Omitted(entry.name, Omission.NOT_LISTED)


def path_of(entry: Loose | Overlay | Chart) -> str:
    return entry.path if isinstance(entry, Loose) else entry.folder


class _Belongings:
    """What kustomizations take in."""

    def __init__(self, overlays: dict[str, Overlay]) -> None:
        self._folders = overlays.keys()
        self._mentioned: set[str] = set()
        self.inner: set[str] = set()
        """Folders of kustomizations that are parts of others."""
        self.broken: dict[str, Omitted] = {}
        for folder, overlay in overlays.items():
            try:
                closure = overlay.closure
            except InputError as problem:
                self.broken[folder] = Omitted(overlay.name, Omission.NOT_RENDERED, str(problem))
                continue
            self._mentioned |= closure.mentioned
            self.inner |= {part.folder for part in closure.parts[1:]}
            self.inner |= {folder} if closure.top.is_component else set()

    def owner(self, path: str) -> bool:
        """Whether the file lies below a kustomization, or is named by one elsewhere."""
        if not self._folders:
            return False
        return path in self._mentioned or any(str(parent) in self._folders for parent in Path(path).parents)

    def known(self, path: str) -> bool:
        """Whether it has its part in a kustomization, or is one."""
        folder, _, name = path.rpartition("/")
        return path in self._mentioned or (name in KUSTOMIZATIONS and folder in self._folders)


class _Entry(NamedTuple):
    path: Path
    name: str
    is_folder: bool
    rules: Rules
    in_chart: bool = False
    """It lies in a chart's own folder."""

    @property
    def left_out(self) -> Omission | None:
        return left_out(str(self.path), self.rules, is_folder=self.is_folder)


def look_into(naming: Naming, exclude: tuple[Patterns, ...]) -> Found:
    """However deep the folders lie; links to folders are not followed. Raises InputError where it cannot be read."""
    found = Found()
    top = _Entry(Path(naming.folder), naming.top, True, around(naming.folder, exclude))
    todo = _entries(top, naming, found)
    while todo:
        entry = todo.pop()
        why = entry.left_out if entry.is_folder or entry.name.endswith(SUFFIXES) else None
        if why:
            found.entries.append(Omitted(entry.name, why))
        elif not entry.is_folder:
            if entry.name.endswith(SUFFIXES) and not entry.in_chart:
                found.entries.append(Loose(entry.name, str(entry.path)))
        else:
            try:
                todo += _entries(entry, naming, found)
            except InputError as problem:
                found.entries.append(Omitted(entry.name, Omission.UNREADABLE, str(problem)))
    return found


def _entries(folder: _Entry, naming: Naming, found: Found) -> list[_Entry]:
    """The last first. Raises InputError."""
    try:
        listed = sorted(os.scandir(folder.path), key=lambda entry: entry.name, reverse=True)
    except OSError as problem:
        raise InputError(f"cannot be read: {problem.strerror}") from None
    names = {entry.name for entry in listed}
    if not names.isdisjoint(KUSTOMIZATIONS):
        found.entries.append(Overlay(folder.name, str(folder.path), naming))
    is_chart = CHART in names
    if is_chart:
        found.entries.append(Chart(folder.name, str(folder.path), naming))
    rules = below(str(folder.path), names, folder.rules)
    return [
        _Entry(Path(entry.path), naming.below(folder.name, entry.name), is_folder, rules, is_chart)
        for entry, is_folder in ((entry, _is_folder(entry)) for entry in listed if not entry.name.startswith("."))
        if not (is_folder and (entry.is_symlink() or (is_chart and entry.name in OWN_FOLDERS)))
    ]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def is_file(name: str, path: str = "") -> bool:
    """A pipe, a device or a link that leads to one, to itself or to nowhere is no manifest, whatever its name."""
    try:
        if stat.S_ISREG(os.stat(path or name).st_mode):  # noqa: PTH116  # Path.is_file() hides what is wrong
            return True
        why = "no regular file"
    except OSError as problem:
        why = problem.strerror or "cannot be looked at"
    warnings.warn(f"{name} is skipped: {why}", SkippedFile, stacklevel=2)
    return False
