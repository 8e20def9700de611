"""Values of a chart as helm lays them over one another, each with the place that it is written at.

Source: helm 4.1 pkg/chart/common/util (coalesce.go, values.go)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from nginxsim.origins import Origin
from nginxsim.sources.trace import Text, Where
from nginxsim.sources.trees import Path, entries, items

_BOOLEANS = {"true": True, "false": False}
_NULLS = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that is neither a mapping nor a list."""

    path: Path
    where: Where
    node: yaml.ScalarNode

    @property
    def origin(self) -> Origin:
        return Text(self.node, self.where).origin(self.node)

    @property
    def text(self) -> str:
        return str(self.node.value)

    @property
    def is_plain(self) -> bool:
        return not self.node.style

    @property
    def value(self) -> str | int | bool | None:
        """As JSON has it; a number that is no integer is text here, which templates print alike."""
        text = self.text
        if not self.is_plain:
            return text
        if text in _NULLS:
            return None
        if text in _BOOLEANS:
            return _BOOLEANS[text]
        return int(text) if text.removeprefix("-").isdecimal() and text.isascii() else text


Tree: TypeAlias = "Leaf | dict[str, Tree] | list[Tree]"
Json: TypeAlias = "str | int | bool | dict[str, Json] | list[Json] | None"


def tree_of(text: Text | None, path: Path = ()) -> Tree:
    """Of a document; one that is empty or no mapping has no values."""
    if text is None:
        return {}
    node, where = text
    if isinstance(node, yaml.ScalarNode):
        return Leaf(path, where, node)
    if isinstance(node, yaml.SequenceNode):
        return [tree_of(Text(item, where), (*path, index)) for index, item in enumerate(items(node))]
    return {name: tree_of(Text(value, where), (*path, name)) for name, (_, value) in entries(node).items()}


def laid_over(base: Tree, over: Tree) -> Tree:
    """Mappings are merged, all else is replaced; null takes a value away."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    merged = dict(base)
    for name, value in over.items():
        if isinstance(value, Leaf) and value.value is None:
            merged.pop(name, None)
        else:
            merged[name] = laid_over(merged[name], value) if name in merged else value
    return merged


def without(tree: Tree, settings: Iterable[str]) -> Tree:
    """Less what these settings ("a.b=c,d=e"), which win over files, speak of."""
    for setting in settings:
        for part in setting.split(","):
            names = part.partition("=")[0].split(".")
            inner = tree
            for name in names[:-1]:
                inner = inner.get(name, {}) if isinstance(inner, dict) else {}
            if isinstance(inner, dict):
                inner.pop(names[-1].partition("[")[0], None)
    return tree


def leaves(tree: Tree) -> Iterator[Leaf]:
    todo = [tree]
    while todo:
        inner = todo.pop()
        if isinstance(inner, Leaf):
            yield inner
        else:
            todo += reversed(list(inner.values()) if isinstance(inner, dict) else inner)


def written(tree: Tree, changes: Mapping[Path, str | int | bool]) -> str:
    """As JSON, with these values at their paths."""
    return json.dumps(_json(tree, (), changes))


def _json(tree: Tree, path: Path, changes: Mapping[Path, str | int | bool]) -> Json:
    if isinstance(tree, Leaf):
        return changes.get(path, tree.value)
    if isinstance(tree, list):
        return [_json(item, (*path, index), changes) for index, item in enumerate(tree)]
    return {name: value for name, inner in tree.items() if (value := _json(inner, (*path, name), changes)) is not None}
