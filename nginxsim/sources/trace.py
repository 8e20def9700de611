"""The way back from a text that a tool has made: what every such way has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import NamedTuple, TypeAlias

import yaml

from nginxsim.origins import Origin
from nginxsim.sources.files import File, text_if_any
from nginxsim.sources.naming import Naming
from nginxsim.sources.trees import Spot, child, items, places, roots, text_of


@dataclass(frozen=True)
class Trace(ABC):
    """Places in the text are told apart by what stands there: the document, and the path within."""

    text: str = field(repr=False)

    @cached_property
    def documents(self) -> list[yaml.Node]:
        return roots(self.text)

    @cached_property
    def _spots(self) -> Mapping[tuple[int, int], Spot]:
        return places(self.documents)

    def origin(self, line: int, column: int) -> Origin:
        return self.place(self._spots.get((line, column)), line)

    @abstractmethod
    def place(self, spot: Spot | None, line: int) -> Origin:
        """Where a person edits what stands at the spot; None for a line (from 1) on which nothing known stands."""


Where: TypeAlias = Callable[[int, int], Origin]
"""The place of a line and a column, both from 0, of some text."""


class Text(NamedTuple):
    """A tree of YAML, and where its text stands."""

    root: yaml.Node
    where: Where

    def origin(self, node: yaml.Node) -> Origin:
        return self.where(node.start_mark.line, node.start_mark.column).settled()


def at(file: File, node: yaml.Node, *_: int) -> Origin:
    """The same for whatever is asked."""
    return file.origin(node)


@dataclass(frozen=True)
class Library:
    """The files that one way back looks into, each read once."""

    naming: Naming
    known: dict[str, File] = field(default_factory=dict, repr=False)
    """By the absolute path; what is here from the beginning is not looked for there."""

    def file(self, path: str) -> File:
        """Of an absolute path; what cannot be read holds nothing."""
        if path not in self.known:
            self.known[path] = File(self.naming.name(path), text_if_any(path))
        return self.known[path]

    def texts(self, path: str) -> Iterator[Text]:
        """Each document of a file, and each item of those that are lists."""
        file = self.file(path)
        for root in roots(file.text):
            yield Text(root, file.place)
            yield from (Text(item, file.place) for item in items(child(root, "items")))

    def inside(self, file: File, node: yaml.Node) -> Iterator[Text]:
        """The documents that a scalar of a file holds as a text."""
        where = partial(self._inside, file, node)
        yield from (Text(root, where) for root in roots(text_of(node)))

    def _inside(self, file: File, node: yaml.Node, line: int, column: int) -> Origin:
        return self._within(file.origin(node).settled(), text_of(node), line, column)

    def _within(self, at: Origin, held: str, line: int, column: int) -> Origin:
        """In a block (| or >), or a file that was taken in as a whole, the place itself; else where the text begins."""
        text = self.file(self.naming.path(at.file)).text
        lines = text.splitlines()[at.line - 1 :]
        if lines and lines[0][at.column - 1 :].startswith(("|", ">")):
            first = next((each for each in lines[1:] if each.strip()), "")
            return Origin(at.file, at.line + 1 + line, len(first) - len(first.lstrip()) + column + 1)
        if at[1:] == (1, 1) and text.strip() == held.strip():
            return Origin(at.file, line + 1, column + 1)
        return at
