"""From what kustomize prints back to the file and line that wrote it: a patch, a field of a kustomization, a resource.

A value is looked for where it may have been written last first: in the outermost kustomization, patches before fields
before generators, then in what that builds upon. What was transformed on the way (a name with a prefix, say) is led
back to the object's own file, which kustomize names when asked (buildMetadata: originAnnotations).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path as FilePath
from typing import NamedTuple

import yaml

from nginxsim.errors import InputError
from nginxsim.golang.patterns import Pattern, check_pattern
from nginxsim.origins import Origin
from nginxsim.sources.files import text_if_any
from nginxsim.sources.kustomization import Closure, Kustomization
from nginxsim.sources.naming import Naming
from nginxsim.sources.tools import Tool, output_of, scratch
from nginxsim.sources.trees import (
    Path,
    Spot,
    child,
    embedded,
    entries,
    items,
    places,
    reach,
    roots,
    same,
    text_of,
)

_ORIGIN = ("metadata", "annotations", "config.kubernetes.io/origin")
_PATH = re.compile(r"^path: (.+)$", re.MULTILINE)
_COMMON = {
    "commonAnnotations": ("metadata", "annotations"),
    "commonLabels": ("metadata", "labels"),
}
_WHOLE = {"namespace": ("metadata", "namespace")}
"""Fields of a kustomization, and the field of each object that they set."""
_GENERATED = {"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}


class Identity(NamedTuple):
    kind: str
    name: str

    @classmethod
    def of(cls, node: yaml.Node) -> Identity:
        return cls(text_of(child(node, "kind")), text_of(child(child(node, "metadata"), "name")))


class _Text(NamedTuple):
    """A document of a file, and the lines and columns of the file before it."""

    file: str
    root: yaml.Node
    line: int = 0
    column: int = 0


class _Place(NamedTuple):
    file: str
    line: int
    column: int


@dataclass(frozen=True)
class KustomizeTrace:
    """The way back from one rendered kustomization."""

    text: str = field(repr=False)
    closure: Closure
    naming: Naming
    tool: Tool
    online: bool

    @cached_property
    def _documents(self) -> list[yaml.Node]:
        return roots(self.text)

    @cached_property
    def _spots(self) -> Mapping[tuple[int, int], Spot]:
        return places(self._documents)

    def origin(self, line: int, column: int) -> Origin:
        """The kustomization's own file where nothing is found that comes closer."""
        spot = self._spots.get((line, column))
        found = self._found(spot) if spot else None
        file, *place = found or _Place(self.closure.top.file, 1, 1)
        return Origin(self.naming.name(file), *place)

    def _found(self, spot: Spot) -> _Place | None:
        root = self._documents[spot.document]
        name, value, _ = reach(root, spot.path)
        wanted = _Wanted(Identity.of(root), spot.path, name, value, spot.is_name)
        writers = (place for part in self.closure.parts for place in _written_in(part, wanted))
        return next(writers, None) or self._in_resources(wanted)

    def _in_resources(self, wanted: _Wanted) -> _Place | None:
        """Of the object's own file: the same value where there is one, else as near to it as the file goes."""
        candidates = sorted(self._candidates(wanted.identity), key=lambda pair: pair[0])
        reached = [(text, reach(text.root, wanted.path)) for _, text in candidates]
        for text, (name, value, steps) in reached:
            if steps == len(wanted.path) and same(value, wanted.value):
                return _place(text, name if wanted.is_name else value)
        if not reached:
            return None
        text, (name, value, _) = max(reached, key=lambda pair: pair[1][2])
        return _place(text, name if wanted.is_name else value)

    def _candidates(self, identity: Identity) -> Iterator[tuple[tuple[bool, int], _Text]]:
        """Objects that this one may have been, the likeliest with the least key; names get prefixes and suffixes."""
        told = self._origins.get(identity, "")
        for part in self.closure.parts:
            for file in part.listed("resources", "bases"):
                for text in _texts(part.path(file)):
                    kind, name = Identity.of(text.root)
                    if kind == identity.kind and name and name in identity.name:
                        yield (text.file != told, len(identity.name) - len(name)), text

    @cached_property
    def _origins(self) -> Mapping[Identity, str]:
        """The absolute path of each object's own file, as kustomize tells it; none where it will not."""
        try:
            with scratch() as folder:
                target = os.path.relpath(FilePath(self.closure.top.folder).resolve(), folder)
                wrapper = f'resources: ["{target}"]\nbuildMetadata: [originAnnotations]\n'
                (folder / "kustomization.yaml").write_text(wrapper, encoding="utf-8")
                told = output_of(self.tool, [str(folder)], folder, online=self.online)
                return {
                    Identity.of(root): os.path.normpath(folder / path)
                    for root in roots(told)
                    if (path := _path_of(reach(root, _ORIGIN)))
                }
        except InputError:
            return {}


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


def _place(text: _Text, node: yaml.Node) -> _Place:
    mark = node.start_mark
    return _Place(text.file, text.line + mark.line + 1, text.column + mark.column + 1)


_read = lru_cache(maxsize=256)(text_if_any)
"""What cannot be read wrote nothing."""


def _texts(file: str) -> Iterator[_Text]:
    for root in roots(_read(file)):
        yield _Text(file, root)
        yield from (_Text(file, item) for item in items(child(root, "items")))


def _written_in(part: Kustomization, wanted: _Wanted) -> Iterator[_Place]:
    """Where the kustomization itself, or a file that it patches with or makes objects of, writes the value."""
    yield from _patched(part, wanted)
    yield from _set_by_fields(part, wanted)
    yield from _generated(part, wanted)


def _patched(part: Kustomization, wanted: _Wanted) -> Iterator[_Place]:
    """By the last patch first."""
    for text, target in reversed(list(_patches(part))):
        if isinstance(text.root, yaml.SequenceNode):
            if target is None or _fits(target, wanted.identity):
                yield from _by_operations(text, wanted)
        elif _fits(target, wanted.identity) if target is not None else _names(text.root, wanted.identity):
            yield from _by_merge(text, text.root, wanted.path, wanted)


def _patches(part: Kustomization) -> Iterator[tuple[_Text, yaml.Node | None]]:
    """Each document of each patch, in order, with its target."""
    for listed in ("patchesStrategicMerge", "patches", "patchesJson6902"):
        for item in items(child(part.root, listed)):
            inline = item if isinstance(item, yaml.ScalarNode) else child(item, "patch")
            path = text_of(child(item, "path"))
            if isinstance(item, yaml.ScalarNode) and "\n" not in text_of(item):
                path, inline = text_of(item), None
            for text in _texts(part.path(path)) if path else _inline(part, inline):
                yield text, child(item, "target")


def _inline(part: Kustomization, node: yaml.Node | None) -> Iterator[_Text]:
    if node is not None:
        inner, line, column = embedded(node, part.text)
        yield from (_Text(part.file, root, line, column) for root in inner)


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


def _by_operations(text: _Text, wanted: _Wanted) -> Iterator[_Place]:
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


def _by_merge(text: _Text, root: yaml.Node, path: Path, wanted: _Wanted) -> Iterator[_Place]:
    name, value, steps = reach(root, path)
    if steps == len(path) and same(value, wanted.value):
        yield _place(text, name if wanted.is_name else value)


def _set_by_fields(part: Kustomization, wanted: _Wanted) -> Iterator[_Place]:
    own = _Text(part.file, part.root) if part.root else None
    if own is None:
        return
    fields = entries(part.root)
    for name, path in _WHOLE.items():
        if wanted.path == path and name in fields:
            yield from _by_merge(own, fields[name][1], (), wanted)
    common = [(fields[name][1], path) for name, path in _COMMON.items() if name in fields]
    common += [
        (pairs, ("metadata", "labels")) for item in items(child(part.root, "labels")) if (pairs := child(item, "pairs"))
    ]
    for node, path in common:
        if wanted.path[: len(path)] == path and len(wanted.path) > len(path):
            yield from _by_merge(own, node, wanted.path[len(path) :], wanted)


def _generated(part: Kustomization, wanted: _Wanted) -> Iterator[_Place]:
    """Of a ConfigMap or Secret that a generator makes: the literal, the file, or the generator's name."""
    for generator in items(child(part.root, _GENERATED.get(wanted.identity.kind, ""))):
        name = child(generator, "name")
        if name is None or not text_of(name) or text_of(name) not in wanted.identity.name:
            continue
        own = _Text(part.file, generator)
        if len(wanted.path) > 1 and wanted.path[0] == "data" and wanted.identity.kind != "Secret":
            yield from _data(part, own, str(wanted.path[1]))
        yield _place(own, name)


def _data(part: Kustomization, generator: _Text, key: str) -> Iterator[_Place]:
    for literal in items(child(generator.root, "literals")):
        if text_of(literal).partition("=")[0] == key:
            yield _place(generator, literal)
    for file in map(text_of, items(child(generator.root, "files"))):
        name, _, path = file.rpartition("=")
        if (name or FilePath(path).name) == key:
            yield _Place(part.path(path), 1, 1)
    for file in map(text_of, [*items(child(generator.root, "envs")), *filter(None, [child(generator.root, "env")])]):
        for number, line in enumerate(_read(part.path(file)).splitlines(), 1):
            if line.partition("=")[0].strip() == key:
                yield _Place(part.path(file), number, 1)
