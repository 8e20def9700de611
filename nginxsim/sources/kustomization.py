"""A kustomization file: what it takes in, and what it does with that.

Source: kustomize 5.7 api/types/kustomization.go
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml

from nginxsim.sources.files import read_text
from nginxsim.sources.trees import child, items, roots, text_of

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
FOLDERS = ("resources", "bases", "components")
"""Lists of files, and of folders with kustomizations of their own."""
_LISTS = (*FOLDERS, "crds", "configurations", "generators", "transformers", "validators", "patchesStrategicMerge")
_WITH_PATH = ("patches", "patchesJson6902", "replacements")
GENERATORS = ("configMapGenerator", "secretGenerator")
INFLATED = "helmCharts"
_REMOTE = ("://", "?ref=", "//", "git@", "git::")


@dataclass(frozen=True)
class Kustomization:
    """One file, by the absolute path of its folder."""

    folder: str
    file: str
    text: str = field(repr=False)

    @classmethod
    def read(cls, folder: str) -> Kustomization | None:
        """None for a folder without. Raises InputError for a file that cannot be read."""
        name = next((name for name in NAMES if Path(folder, name).is_file()), None)
        if name is None:
            return None
        path = str(Path(folder, name))
        return cls(folder, path, read_text(path))

    @cached_property
    def root(self) -> yaml.Node | None:
        return next(iter(roots(self.text)), None)

    @property
    def is_component(self) -> bool:
        return text_of(child(self.root, "kind")) == "Component"

    def listed(self, *names: str) -> Iterator[str]:
        """What stands in these lists of names."""
        for name in names:
            yield from filter(None, map(text_of, items(child(self.root, name))))

    @cached_property
    def mentions(self) -> tuple[str, ...]:
        """Every file and folder that it names, as it names them."""
        found = list(self.listed(*_LISTS))
        for name in _WITH_PATH:
            found += (text_of(child(item, "path")) for item in items(child(self.root, name)))
        for name in GENERATORS:
            for generator in items(child(self.root, name)):
                found += (file_of(text) for text in map(text_of, items(child(generator, "files"))))
                found += (text_of(child(generator, "env")), *map(text_of, items(child(generator, "envs"))))
        found.append(text_of(child(child(self.root, "openapi"), "path")))
        return tuple(name for name in found if name and "\n" not in name)

    def path(self, name: str) -> str:
        """The absolute path of what it names."""
        return os.path.normpath(Path(self.folder, name))

    @cached_property
    def remote(self) -> tuple[str, ...]:
        """What it takes from elsewhere."""
        return tuple(name for name in self.mentions if _is_remote(name) and not Path(self.path(name)).exists())

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Of that, what can be left out: resources, bases, components, and files of generators."""
        parts = {*self.listed(*FOLDERS), *map(file_of, self._generated("files", "envs"))}
        return tuple(name for name in self.remote if name in parts)

    def _generated(self, *lists: str) -> Iterator[str]:
        """What generators list."""
        for generator in (each for name in GENERATORS for each in items(child(self.root, name))):
            yield from (text_of(node) for name in lists for node in items(child(generator, name)))

    @property
    def charts(self) -> list[yaml.Node]:
        """What it would have helm render, which takes a kustomize that may start other programs."""
        return items(child(self.root, INFLATED))

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """Folders with kustomizations that it builds upon, in order; those of components last."""
        named = (self.path(name) for name in self.listed(*FOLDERS))
        return tuple(path for path in dict.fromkeys(named) if Path(path).is_dir())


def file_of(text: str) -> str:
    """Of an entry of a generator, "key=file" or the file alone."""
    key, equals, file = text.partition("=")
    return file if equals and "/" not in key else text


def _is_remote(name: str) -> bool:
    host, slash, _ = name.partition("/")
    return any(mark in name for mark in _REMOTE) or bool(slash and "." in host.strip("."))


@dataclass(frozen=True)
class Closure:
    """A kustomization with all that it builds upon, the outermost first; what changes an object last comes first."""

    parts: tuple[Kustomization, ...]

    @classmethod
    def of(cls, folder: str) -> Closure:
        """Raises InputError."""
        top = Kustomization.read(folder)
        return cls.around(top) if top else cls(())

    @classmethod
    def around(cls, top: Kustomization) -> Closure:
        """Raises InputError."""
        found = {top.folder: top}
        todo = list(reversed(top.bases))
        while todo:
            path = todo.pop(0)
            part = None if path in found else Kustomization.read(path)
            if part:
                found[path] = part
                todo += reversed(part.bases)
        return cls(tuple(found.values()))

    @property
    def top(self) -> Kustomization:
        return self.parts[0]

    @property
    def remote(self) -> tuple[str, ...]:
        return tuple(name for part in self.parts for name in part.remote)

    @property
    def is_whole(self) -> bool:
        """All that it takes is here."""
        return not self.remote and not any(part.charts for part in self.parts)

    @property
    def needed(self) -> tuple[str, ...]:
        """Of that, what nothing can be rendered without."""
        return tuple(name for part in self.parts for name in part.remote if name not in part.elsewhere)

    @property
    def bases(self) -> frozenset[str]:
        """Folders of the kustomizations below the top that are no components: who shares one is a variant of it."""
        return frozenset(part.folder for part in self.parts[1:] if not part.is_component)

    @property
    def mentioned(self) -> frozenset[str]:
        """Absolute paths of all files and folders that are named."""
        return frozenset(part.path(name) for part in self.parts for name in part.mentions)
