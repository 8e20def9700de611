"""From what helm prints back to what a person edits: the line of the values that decides, else the template's.

Which value decides is tried, not guessed. Every value gets a mark of its own and the chart is rendered once more: a
mark that comes out where the value stood has come from there. What breaks with marks is changed alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, NamedTuple

import yaml

from nginxsim.errors import InputError
from nginxsim.origins import Origin
from nginxsim.sources.dependencies import DEEPEST, VALUES, Parts
from nginxsim.sources.files import text_if_any
from nginxsim.sources.templates import aligned, column_of
from nginxsim.sources.tools import scratch
from nginxsim.sources.trace import Library, Text, Trace
from nginxsim.sources.trees import Path, Spot, child, reach, roots, same, text_of
from nginxsim.sources.values import Leaf, Tree, laid_over, leaves, tree_of, without, written

if TYPE_CHECKING:
    from nginxsim.sources.helm import Chart

MOST_TRIES = 24
"""Renderings that one chart may take beside the first and the marked one."""

_SOURCE = re.compile(r"^# Source: (\S+)$", re.MULTILINE)
_MARK = re.compile(r"zq(\d+)qz")
_FIRST_NUMBER = 731_000_000
_DOCUMENT = re.compile(r"^---", re.MULTILINE)


class _Document(NamedTuple):
    """source: the template's path as helm writes it; turn: which of its documents."""

    source: str
    turn: int


@dataclass(frozen=True)
class HelmTrace(Trace):
    """The way back from one rendering of a chart."""

    chart: Chart
    online: bool

    # --- places in the rendered text

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def _keys(self) -> list[_Document]:
        return _keys(self.text, self.documents)

    def place(self, spot: Spot | None, line: int) -> Origin:
        leaf = self._deciding(spot) if spot and not spot.is_name else None
        if leaf:
            return leaf.origin
        return self._in_template(line, is_name=bool(spot and spot.is_name))

    # --- the template's line

    def _in_template(self, line: int, *, is_name: bool) -> Origin:
        """The chart's own file for what is in no template, or in one of a packed subchart."""
        source, first = self._source_above(line)
        path = self.chart.parts.file(source)
        template = text_if_any(str(path)).splitlines() if source else []
        if not template:
            return Origin(self.chart.naming.name(FilePath(self.chart.folder, "Chart.yaml")), 1, 1)
        at = self._aligned(first, tuple(template))[line - 1 - first]
        column = column_of(self._lines[line - 1], template[at], is_name=is_name)
        return Origin(self.chart.naming.name(path), at + 1, column + 1)

    def _source_above(self, line: int) -> tuple[str, int]:
        """What `# Source:` says above this line, and how many lines are up to that."""
        for number in range(min(line, len(self._lines)) - 1, -1, -1):
            found = _SOURCE.match(self._lines[number])
            if found:
                return found[1], number + 1
        return "", 0

    @cached_property
    def _alignments(self) -> dict[int, list[int]]:
        return {}

    def _aligned(self, first: int, template: tuple[str, ...]) -> list[int]:
        if first not in self._alignments:
            ends = (n for n in range(first, len(self._lines)) if _SOURCE.match(self._lines[n]))
            self._alignments[first] = aligned(self._lines[first : next(ends, None)], template)
        return self._alignments[first]

    # --- the value that decides

    def _deciding(self, spot: Spot) -> Leaf | None:
        """Of a text or number that is no secret."""
        root = self.documents[spot.document]
        _, value, steps = reach(root, spot.path)
        if (
            steps != len(spot.path)
            or not isinstance(value, yaml.ScalarNode)
            or text_of(child(root, "kind")) == "Secret"
        ):
            return None
        key = self._keys[spot.document]
        return self._by_mark(key, spot.path, value) or self._by_trial(key, spot.path, value)

    @cached_property
    def values(self) -> Tree:
        """What the templates see, less what --set says."""
        library = Library(self.chart.naming)
        tree = _of_charts(self.chart.parts, library, has_values=self.chart.has_values)
        given = [*(_first(library, file) for file in self.chart.values), *self.chart.layers]
        for text in given:
            tree = laid_over(tree, tree_of(text))
        return without(tree, self.chart.settings)

    @cached_property
    def _leaves(self) -> list[Leaf]:
        return [leaf for leaf in leaves(self.values) if leaf.value not in (None, "")]

    @cached_property
    def _marked(self) -> Mapping[_Document, yaml.Node]:
        changes = {
            leaf.path: mark for number, leaf in enumerate(self._leaves) if (mark := _mark(number, leaf)) is not None
        }
        return self._rendered(changes)

    def _rendered(self, changes: Mapping[Path, str | int | bool]) -> Mapping[_Document, yaml.Node]:
        """With these values; nothing where that cannot be rendered."""
        try:
            with scratch() as folder:
                file = folder / "values.json"
                file.write_text(written(self.values, changes), encoding="utf-8")
                text = self.chart.rendered_with(str(file), online=self.online)
        except InputError:
            return {}
        documents = roots(text)
        return dict(zip(_keys(text, documents), documents, strict=True))

    def _by_mark(self, key: _Document, path: Path, value: yaml.ScalarNode) -> Leaf | None:
        """The longest value whose mark has come out here."""
        found = _at(self._marked.get(key), path)
        text = text_of(found)
        numbers = [int(number) for number in _MARK.findall(text)]
        if not numbers and text.isdecimal() and text.isascii():
            numbers = [int(text) - _FIRST_NUMBER]
        marked = [self._leaves[number] for number in numbers if 0 <= number < len(self._leaves)]
        return max((leaf for leaf in marked if leaf.text in value.value), key=lambda leaf: len(leaf.text), default=None)

    @cached_property
    def _tries(self) -> dict[Path, Mapping[_Document, yaml.Node]]:
        return {}

    def _by_trial(self, key: _Document, path: Path, value: yaml.ScalarNode) -> Leaf | None:
        """The value with whose change alone this one changes; tried are those that may be seen in it."""
        for leaf in self._candidates(value.value):
            if leaf.path not in self._tries:
                if len(self._tries) == MOST_TRIES:
                    return None
                self._tries[leaf.path] = self._rendered({leaf.path: _changed(leaf)})
            found = _at(self._tries[leaf.path].get(key), path)
            if found is not None and not same(found, value):
                return leaf
        return None

    def _candidates(self, text: str) -> Iterator[Leaf]:
        """The likeliest first."""
        fitting = (leaf for leaf in self._leaves if leaf.text == text or (len(leaf.text) > 1 and leaf.text in text))
        yield from sorted(fitting, key=lambda leaf: -len(leaf.text))


def _keys(text: str, documents: list[yaml.Node]) -> list[_Document]:
    """Of each document, in order."""
    marks = [(text.count("\n", 0, found.start()), found[1]) for found in _SOURCE.finditer(text)]
    seen: dict[str, int] = {}
    keys = []
    for document in documents:
        source = next((name for line, name in reversed(marks) if line < document.start_mark.line), "")
        keys.append(_Document(source, seen.setdefault(source, 0)))
        seen[source] += 1
    return keys


def _at(root: yaml.Node | None, path: Path) -> yaml.Node | None:
    if root is None:
        return None
    _, node, steps = reach(root, path)
    return node if steps == len(path) else None


def _mark(number: int, leaf: Leaf) -> str | int | None:
    value = leaf.value
    if isinstance(value, bool) or value is None:
        return None
    return _FIRST_NUMBER + number if isinstance(value, int) else f"{value}zq{number}qz"


def _changed(leaf: Leaf) -> str | int | bool:
    value = leaf.value
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else f"{value}zq"


def _first(library: Library, file: str) -> Text | None:
    return next(library.texts(file), None)


def _of_charts(parts: Parts, library: Library, path: Path = (), *, has_values: bool = True) -> Tree:
    """The values of the chart over those of the charts within it, by what it calls them."""
    tree: Tree = {}
    for name, folder in sorted(parts.inner().items() if len(path) < DEEPEST else ()):
        tree = laid_over(tree, {name: _of_charts(Parts(folder, parts.top), library, (*path, name))})
    own = _first(library, str(FilePath(parts.folder, VALUES))) if has_values else None
    return laid_over(tree, tree_of(own, path))
