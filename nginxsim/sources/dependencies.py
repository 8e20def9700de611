"""What a chart depends on: where each part is, and a folder with all that helm asks for.

Source: helm 4.1 pkg/chart/v2/dependency.go, pkg/chart/v2/util/dependencies.go, pkg/downloader/manager.go
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import yaml

from nginxsim.sources.files import File, text_if_any
from nginxsim.sources.trace import at
from nginxsim.sources.trees import child, items, roots, text_of
from nginxsim.sources.values import Leaf, Tree

CHART, _OLD = "Chart.yaml", "requirements.yaml"
VALUES = "values.yaml"
_INNER = "charts"
_LOCAL = "file://"
DEEPEST = 8
"""Charts in charts in charts."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One that Chart.yaml lists. called: what its values and its folder go by."""

    name: str
    called: str
    repository: str
    conditions: tuple[str, ...]
    file: str
    """The absolute path of the file that lists it."""
    node: yaml.Node = field(repr=False)

    def version(self, file: File) -> Leaf | None:
        node = child(self.node, "version")
        return Leaf((), partial(at, file, node), node) if isinstance(node, yaml.ScalarNode) else None

    def is_on(self, values: Tree) -> bool:
        """By the first of its conditions that is a boolean of the chart's values."""
        found = (_at(values, condition) for condition in self.conditions)
        return next((each.value for each in found if isinstance(each, Leaf) and isinstance(each.value, bool)), True)


def _at(values: Tree | None, path: str) -> Tree | None:
    for name in path.split("."):
        values = values.get(name) if isinstance(values, dict) else None
    return values


def dependencies(folder: str) -> Iterator[Dependency]:
    for path in (str(Path(folder, name)) for name in (CHART, _OLD)):
        for root in roots(text_if_any(path))[:1]:
            for node in items(child(root, "dependencies")):
                name, alias, url, conditions = (
                    text_of(child(node, field)) for field in ("name", "alias", "repository", "condition")
                )
                chosen = tuple(filter(None, map(str.strip, conditions.split(","))))
                yield Dependency(name, alias or name, url, chosen, path, node)


@dataclass(frozen=True)
class Parts:
    """Of the chart in a folder. top: nothing outside of it is taken in; both absolute."""

    folder: str
    top: str

    def local(self, wanted: Dependency) -> str:
        """The folder of a chart that lies elsewhere in the repository, "" for none."""
        if not wanted.repository.startswith(_LOCAL):
            return ""
        path = os.path.realpath(Path(self.folder, wanted.repository.removeprefix(_LOCAL)))
        top = os.path.realpath(self.top)
        return path if path.startswith(f"{top.rstrip('/')}/") and Path(path, CHART).is_file() else ""

    def _is_packed(self, wanted: Dependency) -> bool:
        inner = Path(self.folder, _INNER)
        if (inner / wanted.name).is_dir():
            return True
        return any(name.startswith(f"{wanted.name}-") and name.endswith(".tgz") for name in _names(inner))

    def locals(self) -> list[str]:
        return [path for wanted in dependencies(self.folder) if (path := self.local(wanted))]

    def _taken(self) -> Iterator[tuple[Dependency, str]]:
        """Those that lie elsewhere in the repository and not in the chart's own folder."""
        for wanted in dependencies(self.folder):
            if not self._is_packed(wanted) and (path := self.local(wanted)):
                yield wanted, path

    def missing(self, depth: int = 0) -> list[Dependency]:
        """Those that are nowhere, also of charts that it takes in."""
        found = [each for each in dependencies(self.folder) if not (self._is_packed(each) or self.local(each))]
        inner = (Parts(path, self.top) for _, path in self._taken()) if depth < DEEPEST else ()
        return [*found, *(each for part in inner for each in part.missing(depth + 1))]

    def inner(self) -> dict[str, str]:
        """The folders of charts within it, by what they are called."""
        own = Path(self.folder, _INNER)
        found = {name: str(own / name) for name in _names(own) if (own / name / CHART).is_file()}
        for wanted in dependencies(self.folder):
            path = found.get(wanted.name) or self.local(wanted)
            if path:
                found[wanted.called] = path
        return found

    def file(self, source: str) -> Path:
        """The template that helm calls by this path, which begins with the chart's name."""
        part, names = self, Path(source).parts[1:]
        while len(names) > 2 and names[0] == _INNER and (path := part.inner().get(names[1])):
            part, names = Parts(path, self.top), names[2:]
        return Path(part.folder, *names)

    @property
    def is_whole(self) -> bool:
        """Helm finds all that it asks for where the chart lies."""
        return all(map(self._is_packed, dependencies(self.folder)))

    def assemble(self, target: Path, *, with_values: bool = True, depth: int = 0) -> Path:
        """A chart that is whole, with something empty for what is missing. with_values: its own values count."""
        inner = target / _INNER
        inner.mkdir(parents=True)
        for name in _names(Path(self.folder)):
            if name != _INNER and (with_values or name != VALUES):
                (target / name).symlink_to(Path(self.folder, name))
        for name in _names(Path(self.folder, _INNER)):
            (inner / name).symlink_to(Path(self.folder, _INNER, name))
        taken = {wanted.name: path for wanted, path in self._taken()} if depth < DEEPEST else {}
        for name, path in taken.items():
            Parts(path, self.top).assemble(inner / _plain(name), depth=depth + 1)
        for wanted in dependencies(self.folder):
            if not self._is_packed(wanted) and wanted.name not in taken:
                _nothing(inner / _plain(wanted.name), wanted.name)
        return target


def _plain(name: str) -> str:
    """As the name of one folder."""
    return name.replace("/", "_").lstrip(".") or "_"


def _nothing(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    about = yaml.safe_dump({"apiVersion": "v2", "name": name, "version": "0.0.0"})
    (folder / CHART).write_text(about, encoding="utf-8")


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []
