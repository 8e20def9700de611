"""From what kustomize prints back to the file and line that wrote it: a patch, a field of a kustomization, a resource.

A value is looked for where it may have been written last first: in the outermost kustomization, patches before fields
before generators, then in what that builds upon. What was transformed on the way (a name with a prefix, say) is led
back to the object's own file, which kustomize names when asked (buildMetadata: originAnnotations).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as FilePath
from typing import NamedTuple, TypeAlias

import yaml

from nginxsim.errors import InputError
from nginxsim.golang.patterns import Pattern, check_pattern
from nginxsim.origins import Origin
from nginxsim.sources.files import File
from nginxsim.sources.kustomization import Closure, Kustomization
from nginxsim.sources.trace import Library, Text, Trace
from nginxsim.sources.trees import Path, Spot, child, entries, items, reach, roots, same, text_of

Told: TypeAlias = Callable[[], tuple[str, FilePath]]
"""Renders once more, with origin annotations: the text, and the folder that they are relative to. Raises InputError."""

_ORIGIN = ("metadata", "annotations", "config.kubernetes.io/origin")
_PATH = re.compile(r"^path: (.+)$", re.MULTILINE)
_COMMON = {
    "commonAnnotations": ("metadata", "annotations"),
    "commonLabels": ("metadata", "labels"),
}
_WHOLE = {"namespace": ("metadata", "namespace")}
"""Fields of a kustomization, and the field of each object that they set."""
_IDENTIFYING = (("apiVersion",), ("kind",), ("metadata", "name"))
"""Fields by which a patch says what it is for."""
_GENERATED = {"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}


class Identity(NamedTuple):
    kind: str
    name: str

    @classmethod
    def of(cls, node: yaml.Node) -> Identity:
        return cls(text_of(child(node, "kind")), text_of(child(child(node, "metadata"), "name")))


@dataclass(frozen=True)
class Written:
    """Fields of a kustomization where they are written. folder: what the paths in them are relative to."""

    root: yaml.Node | None = field(repr=False)
    file: File
    folder: str

    @classmethod
    def of(cls, part: Kustomization, library: Library) -> Written:
        file = library.file(part.file)
        return cls(next(iter(roots(file.text)), None), file, part.folder)

    def path(self, name: str) -> str:
        return os.path.normpath(FilePath(self.folder, name))


@dataclass(frozen=True)
class KustomizeTrace(Trace):
    """The way back from one rendered kustomization."""

    closure: Closure
    library: Library
    told: Told = field(repr=False)
    amendment: Written | None = None
    """Fields that something else adds to those of the outermost kustomization."""

    @cached_property
    def _writers(self) -> list[_Writer]:
        """The one with the last word first."""
        own = [Written.of(part, self.library) for part in self.closure.parts]
        return [_Writer(each, self.library) for each in ([self.amendment] if self.amendment else []) + own]

    def place(self, spot: Spot | None, line: int) -> Origin:  # noqa: ARG002  # what stands there tells enough
        """Of what is not found, the beginning of what was asked to be rendered."""
        found = self._found(spot) if spot else None
        if found:
            return found
        if self.amendment and self.amendment.root:
            return self.amendment.file.origin(self.amendment.root).settled()
        return self.library.file(self.closure.top.file).place(0, 0)

    def _found(self, spot: Spot) -> Origin | None:
        root = self.documents[spot.document]
        name, value, _ = reach(root, spot.path)
        wanted = _Wanted(Identity.of(root), spot.path, name, value, spot.is_name)
        written = (place for writer in self._writers for place in writer.places(wanted))
        return next(written, None) or self._in_resources(wanted)

    def _in_resources(self, wanted: _Wanted) -> Origin | None:
        """Of the object's own file: the same value where there is one, else as near to it as the file goes."""
        reached = [(text, reach(text.root, wanted.path)) for text in self._candidates(wanted.identity)]
        for text, (name, value, steps) in reached:
            if steps == len(wanted.path) and same(value, wanted.value):
                return text.origin(name if wanted.is_name else value)
        if not reached:
            return None
        text, (name, value, _) = max(reached, key=lambda pair: pair[1][2])
        return text.origin(name if wanted.is_name else value)

    def _candidates(self, identity: Identity) -> list[Text]:
        """Objects that this one may have been, the likeliest first; names get prefixes and suffixes."""
        found = [
            (len(identity.name) - len(name), path, text)
            for part in self.closure.parts
            for path in map(part.path, part.listed("resources", "bases"))
            for text in self.library.texts(path)
            for kind, name in [Identity.of(text.root)]
            if kind == identity.kind and name and name in identity.name
        ]
        if len(found) > 1:  # only then is it worth another run of the tool
            told = self._origins.get(identity, "")
            found.sort(key=lambda each: (each[1] != told, each[0]))
        return [text for _, _, text in found]

    @cached_property
    def _origins(self) -> Mapping[Identity, str]:
        """The absolute path of each object's own file, as kustomize tells it; none where it will not."""
        try:
            told, folder = self.told()
        except InputError:
            return {}
        return {
            Identity.of(root): os.path.normpath(folder / path)
            for root in roots(told)
            if (path := _path_of(reach(root, _ORIGIN)))
        }


class _Wanted(NamedTuple):
    """What stands in the rendered text, and where in its object."""

    identity: Identity
    path: Path
    name: yaml.Node
    value: yaml.Node
    is_name: bool


def _path_of(reached: tuple[yaml.Node, yaml.Node, int]) -> str:
    _, value, steps = reached
    found = _PATH.search(text_of(value)) if steps == len(_ORIGIN) else None
    return found[1] if found else ""


@dataclass(frozen=True)
class _Writer:
    """Finds where a kustomization itself, or a file that it patches with or makes objects of, writes a value."""

    part: Written
    library: Library

    def places(self, wanted: _Wanted) -> Iterator[Origin]:
        yield from self._patched(wanted)
        yield from self._set_by_fields(wanted)
        yield from self._generated(wanted)

    # --- patches

    def _patched(self, wanted: _Wanted) -> Iterator[Origin]:
        """By the last patch first."""
        for text, target in reversed(list(self._patches())):
            if isinstance(text.root, yaml.SequenceNode):
                if target is None or _fits(target, wanted.identity):
                    yield from _by_operations(text, wanted)
            elif wanted.path in _IDENTIFYING:
                continue
            elif _fits(target, wanted.identity) if target is not None else _names(text.root, wanted.identity):
                yield from _by_merge(text, text.root, wanted.path, wanted)

    def _patches(self) -> Iterator[tuple[Text, yaml.Node | None]]:
        """Each document of each patch, in order, with its target."""
        for listed in ("patchesStrategicMerge", "patches", "patchesJson6902"):
            for item in items(child(self.part.root, listed)):
                inline = child(item, "patch") if listed != "patchesStrategicMerge" else item
                path = text_of(child(item, "path"))
                if isinstance(item, yaml.ScalarNode) and "\n" not in text_of(item):
                    path, inline = text_of(item), None
                for text in self.library.texts(self.part.path(path)) if path else self._inline(inline):
                    yield text, child(item, "target")

    def _inline(self, node: yaml.Node | None) -> Iterator[Text]:
        """A patch that is written in the kustomization, as a text or, in objects of Flux, as YAML."""
        if isinstance(node, yaml.ScalarNode):
            yield from self.library.inside(self.part.file, node)
        elif node is not None:
            yield Text(node, self.part.file.place)

    # --- fields

    def _set_by_fields(self, wanted: _Wanted) -> Iterator[Origin]:
        if self.part.root is None:
            return
        own = Text(self.part.root, self.part.file.place)
        fields = entries(self.part.root)
        for name, path in _WHOLE.items():
            if wanted.path == path and name in fields:
                yield from _by_merge(own, fields[name][1], (), wanted)
        common = [(fields[name][1], path) for name, path in _COMMON.items() if name in fields]
        labels = items(child(self.part.root, "labels"))
        common += [(pairs, ("metadata", "labels")) for item in labels if (pairs := child(item, "pairs"))]
        for node, path in common:
            if wanted.path[: len(path)] == path and len(wanted.path) > len(path):
                yield from _by_merge(own, node, wanted.path[len(path) :], wanted)

    # --- generators

    def _generated(self, wanted: _Wanted) -> Iterator[Origin]:
        """Of a ConfigMap or Secret that a generator makes: the literal, the file, or the generator's name."""
        for generator in items(child(self.part.root, _GENERATED.get(wanted.identity.kind, ""))):
            name = child(generator, "name")
            if name is None or not text_of(name) or text_of(name) not in wanted.identity.name:
                continue
            if len(wanted.path) > 1 and wanted.path[0] == "data" and wanted.identity.kind != "Secret":
                yield from self._data(generator, str(wanted.path[1]))
            yield self.part.file.origin(name)

    def _data(self, generator: yaml.Node, key: str) -> Iterator[Origin]:
        for literal in items(child(generator, "literals")):
            if text_of(literal).partition("=")[0] == key:
                yield self.part.file.origin(literal)
        for file in map(text_of, items(child(generator, "files"))):
            name, _, path = file.rpartition("=")
            if (name or FilePath(path).name) == key:
                yield self.library.file(self.part.path(path)).place(0, 0)
        for file in map(text_of, [*items(child(generator, "envs")), *filter(None, [child(generator, "env")])]):
            found = self.library.file(self.part.path(file))
            for number, line in enumerate(found.text.splitlines()):
                if line.partition("=")[0].strip() == key:
                    yield found.place(number, 0)


def _fits(target: yaml.Node, identity: Identity) -> bool:
    """A target's kind and name are patterns; the name is that of before any prefix and suffix."""
    kind, name = text_of(child(target, "kind")), text_of(child(target, "name"))
    return _matches(kind, identity.kind, whole=True) and _matches(name, identity.name)


def _matches(pattern: str, text: str, *, whole: bool = False) -> bool:
    """In Go's syntax; no pattern fits anything, what is none nothing."""
    try:
        check_pattern(pattern)
        return not pattern or Pattern(rf"\A(?:{pattern})\z" if whole else pattern).search(text)
    except ValueError:
        return False


def _names(patch: yaml.Node, identity: Identity) -> bool:
    kind, name = Identity.of(patch)
    return kind == identity.kind and name in identity.name


def _by_operations(text: Text, wanted: _Wanted) -> Iterator[Origin]:
    """JSON patches: an operation that adds or replaces the value, or what it is part of."""
    for operation in reversed(items(text.root)):
        value = child(operation, "value")
        steps = [_unescaped(step) for step in text_of(child(operation, "path")).split("/")[1:]]
        if value is None or len(steps) > len(wanted.path):
            continue
        if all(step in (str(at), "-") for step, at in zip(steps, wanted.path, strict=False)):
            yield from _by_merge(text, value, wanted.path[len(steps) :], wanted)


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def _by_merge(text: Text, root: yaml.Node, path: Path, wanted: _Wanted) -> Iterator[Origin]:
    name, value, steps = reach(root, path)
    if steps == len(path) and same(value, wanted.value):
        yield text.origin(name if wanted.is_name else value)
