"""Objects in texts, as far as Flux and Argo CD need them, and how one is found by its name."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import takewhile
from operator import eq

import yaml

from nginxsim.sources.files import File
from nginxsim.sources.gitops.signs import may_hold_appliers
from nginxsim.sources.trace import at
from nginxsim.sources.trees import child, entries, items, reach, roots, text_of
from nginxsim.sources.values import Leaf

FLUX = "toolkit.fluxcd.io"
ARGO = "argoproj.io"
_GITOPS = re.compile(
    r"^[ \t]*+[\"']?+apiVersion[\"']?+[ \t]*+:[ \t]*+[\"']?+"
    r"(?:(?:kustomize|helm|source)\.toolkit\.fluxcd\.io|source\.extensions\.fluxcd\.io|argoproj\.io)/",
    re.MULTILINE,
)
_SEPARATOR = re.compile(r"^---", re.MULTILINE)
_ENCRYPTED = "ENC["
"""How SOPS writes a value."""


@dataclass(frozen=True)
class Held:
    """An object, and the file that holds it."""

    file: File
    root: yaml.Node = field(repr=False)

    @cached_property
    def group(self) -> str:
        return self.text("apiVersion").partition("/")[0]

    @cached_property
    def kind(self) -> str:
        return self.text("kind")

    @cached_property
    def name(self) -> str:
        return self.text("metadata", "name")

    @cached_property
    def namespace(self) -> str:
        return self.text("metadata", "namespace")

    @property
    def label(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @property
    def title(self) -> str:
        """The label, and where a person finds it."""
        return f"{self.file.origin(self.at('metadata', 'name') or self.root).settled()} ({self.label})"

    def at(self, *path: str) -> yaml.Node | None:
        _, node, steps = reach(self.root, path)
        return node if steps == len(path) else None

    def text(self, *path: str) -> str:
        return text_of(self.at(*path))

    def leaf(self, node: yaml.Node | None) -> Leaf | None:
        """A value of the object, with its place."""
        return Leaf((), partial(at, self.file, node), node) if isinstance(node, yaml.ScalarNode) else None

    @cached_property
    def data(self) -> dict[str, Datum]:
        """What a ConfigMap or a Secret holds."""
        found = {}
        for name, (_, node) in entries(self.at("data")).items():
            found[name] = Datum(text_of(node), node, self, is_base64=self.kind == "Secret")
        for name, (_, node) in entries(self.at("stringData")).items():
            found[name] = Datum(text_of(node), node, self)
        return found


@dataclass(frozen=True)
class Datum:
    """A value of a ConfigMap or a Secret."""

    written: str
    node: yaml.Node = field(repr=False)
    owner: Held = field(repr=False)
    is_base64: bool = False

    @property
    def value(self) -> str | None:
        """None where it is encrypted."""
        if self.written.startswith(_ENCRYPTED):
            return None
        if not self.is_base64:
            return self.written
        try:
            return base64.b64decode(self.written, validate=False).decode()
        except ValueError:
            return None


def appliers_in(file: File) -> Iterator[Held]:
    """The objects of Flux and Argo CD in a file, and the sources that they name."""
    return _held(file, lambda text: may_hold_appliers(text) and _GITOPS.search(text) is not None)


def _held(file: File, wanted: Callable[[str], bool]) -> Iterator[Held]:
    if not wanted(file.text):
        return
    begin, line = 0, 0
    for end in [*(mark.start() for mark in _SEPARATOR.finditer(file.text)), len(file.text)]:
        text = file.text[begin:end]
        if text.strip() and wanted(text):
            part = file.part(text, line)
            yield from (Held(part, root) for root in roots(text)[:1] if child(root, "kind") is not None)
        begin, line = end, line + text.count("\n")


@dataclass
class Stock:
    """Objects that others name: sources of Flux, ConfigMaps and Secrets."""

    loose: Callable[[], Iterable[File]]
    """The files of the repository as they lie there."""
    rendered: list[File] = field(default_factory=list)

    @cached_property
    def _loose(self) -> list[File]:
        return [file for file in self.loose() if "kind" in file.text]

    def artifacts(self, name: str) -> Iterator[yaml.Node]:
        """How artifacts of that name are put together."""
        for file in (*self.rendered, *self._loose):
            for held in _held(file, lambda text: "ArtifactGenerator" in text and name in text):
                made = items(held.at("spec", "artifacts"))
                yield from (each for each in made if text_of(child(each, "name")) == name)

    def find(self, kind: str, name: str, namespace: str, near: File) -> Held | None:
        """The one that fits best: in the same file, of the same namespace, in a folder that is near."""
        if not (kind and name):
            return None
        files = [*self.rendered, *self._loose]
        found = [held for file in files for held in _named(file, kind, name) if held.namespace in ("", namespace)]
        return max(found, key=lambda held: _nearness(held, namespace, near), default=None)


def _named(file: File, kind: str, name: str) -> Iterator[Held]:
    for held in _held(file, lambda text: name in text and kind in text):
        if (held.kind, held.name) == (kind, name):
            yield held


def _nearness(held: Held, namespace: str, near: File) -> tuple[bool, bool, int]:
    shared = takewhile(bool, map(eq, held.file.unit.split("/"), near.unit.split("/")))
    return held.file.name == near.name, held.namespace == namespace, len(list(shared))
