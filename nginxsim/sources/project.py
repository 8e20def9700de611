"""nginxsim.toml: what holds for a repository, whoever asks about it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nginxsim.errors import InputError, UsageError, did_you_mean
from nginxsim.origins import Origin
from nginxsim.sources.files import STDIN
from nginxsim.sources.helm import Release
from nginxsim.sources.ignoring import patterns
from nginxsim.sources.reading import Reading

NAME = "nginxsim.toml"
TABLES = ("check", "helm", "assume", "chart-source")
HELM = {"chart": str, "values": list, "set": list, "release": str, "namespace": str}
"""What [helm] or each [[helm]] may say."""
KEYS = ("exclude", "manifests", "flags", "release", "via")


@dataclass(frozen=True, slots=True)
class Project:
    """What such a file says; without one, nothing."""

    path: Path = Path()
    tables: Mapping[str, Any] = field(default_factory=dict)
    text: str = field(default="", repr=False)

    @property
    def folder(self) -> Path:
        """What the file names is relative to this."""
        return self.path.resolve().parent

    def table(self, name: str) -> Mapping[str, Any]:
        found = self.tables.get(name, {})
        return found if isinstance(found, dict) else {}

    @property
    def exclude(self) -> tuple[str, ...]:
        """Raises UsageError."""
        return self._list("exclude", "patterns", '["legacy/", "*.old.yaml"]')

    @property
    def flags(self) -> tuple[str, ...]:
        """Of the controller. Raises UsageError."""
        return self._list("flags", "flags", '["--watch-ingress-without-class"]')

    @property
    def via(self) -> tuple[str, ...]:
        """What requests come through before nginx, from the client inward. Raises UsageError."""
        return self._list("via", "hops", '["cloudflare", "aws-nlb:proxy-v2"]')

    @property
    def manifests(self) -> tuple[str, ...]:
        """What is meant where nobody names a path, relative to the current folder. Raises UsageError."""
        named = self._list("manifests", "paths", '["k8s/"]')
        return tuple(os.path.relpath(self._absolute(name)) for name in named)

    @property
    def release(self) -> str:
        """The controller's version, "" where none is named. Raises UsageError."""
        given = self.tables.get("release", "")
        if not isinstance(given, str):
            raise UsageError(f'{self.path}: release must be a text, such as "1.15.1"')
        return given

    def _list(self, name: str, of: str, example: str) -> tuple[str, ...]:
        given = self.tables.get(name, [])
        if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
            raise UsageError(f"{self.path}: {name} must be a list of {of}, such as {example}")
        return tuple(given)

    def place(self, value: str) -> Origin:
        """Where a text stands, or the file's begin."""
        written = (f'"{value}"', f"'{value}'")
        for number, line in enumerate(self.text.splitlines(), 1):
            if found := [line.index(text) for text in written if text in line]:
                return Origin(str(self.path), number, min(found) + 1)
        return Origin(str(self.path), 1, 1)

    @property
    def releases(self) -> tuple[Release, ...]:
        """Of [helm], or of each [[helm]]. Raises UsageError."""
        given = self.tables.get("helm", [])
        tables = given if isinstance(given, list) else [given]
        several = len(tables) > 1
        return tuple(self._release(table, str(number) if several else "") for number, table in enumerate(tables, 1))

    @property
    def copies(self) -> tuple[tuple[str, str], ...]:
        """Of [chart-source]: names of sources that are elsewhere, and folders. Raises UsageError."""
        for name, folder in self.table("chart-source").items():
            if not isinstance(folder, str):
                raise UsageError(f'{self.path}: [chart-source] {name} = {folder!r}: write a folder, as "../charts"')
        return tuple((name, self._absolute(folder)) for name, folder in self.table("chart-source").items())

    def _release(self, table: Mapping[str, Any], number: str) -> Release:
        for name, value in table.items():
            if name not in HELM or not isinstance(value, HELM[name]):
                raise UsageError(
                    f"{self.path}: [helm] {name} = {value!r}{did_you_mean(name, HELM)} (known: {_known()})"
                )
        if "chart" not in table:
            raise UsageError(f"{self.path}: [helm] names no chart")
        values = tuple(self._absolute(name) for name in table.get("values", ()))
        last = Path(values[-1]).name if values else table.get("release", "")
        return Release(
            self._absolute(table["chart"]),
            values,
            tuple(table.get("set", ())),
            table.get("release", ""),
            table.get("namespace", "default"),
            (last or number) if number else "",
        )

    def _absolute(self, name: str) -> str:
        return os.path.normpath(self.folder / name)


def _known() -> str:
    return ", ".join(HELM)


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def project_of(paths: Sequence[str], given: str | None = None) -> Project:
    """The file that was named, or the nearest one upwards of the first path. Raises InputError."""
    if given is not None:
        return _read(Path(given))
    start = next((Path(path) for path in paths if path != STDIN), Path())
    try:
        folder = start.resolve() if start.is_dir() else start.resolve().parent
    except ValueError:  # a name that no file can have; whoever reads it says so
        return Project()
    for candidate in (folder, *folder.parents):
        if (candidate / NAME).is_file():
            return _read(candidate / NAME)
    return Project()


def _read(path: Path) -> Project:
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    for name, value in tables.items():
        kind, known = ("table", TABLES) if _is_table(value) else ("key", KEYS)
        if name not in known:
            every = ", ".join((*KEYS, *(f"[{table}]" for table in TABLES)))
            raise UsageError(f'{path}: unknown {kind} "{name}"{did_you_mean(name, (*TABLES, *KEYS))} (known: {every})')
    return Project(path, tables, text)


def reading_of(project: Project, exclude: Sequence[str] = ()) -> Reading:
    """As the project and the command line, whose patterns are relative to the current folder, want it."""
    asked = ((exclude, Path.cwd()), (project.exclude, project.folder))
    excluded = tuple(patterns(lines, base) for lines, base in asked if lines)
    return Reading(exclude=excluded, releases=project.releases, copies=project.copies)
