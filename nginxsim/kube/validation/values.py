"""From YAML nodes to the JSON values that kubectl would send, and back to the place of each.

Source: sigs.k8s.io/yaml 1.6.0 over go.yaml.in/yaml/v2 2.4.3 (decode.go, resolve.go).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import yaml

from nginxsim.golang.scalars import scalar
from nginxsim.kube.mappings import is_merge, merged, name_of, pairs_of
from nginxsim.kube.secrecy import is_held, is_secret
from nginxsim.kube.validation.faults import Fault, Path, Reason

Json: TypeAlias = Any
"""None, bool, int, float, str, list or dict."""

_ESCAPED_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")

# go.yaml.in/yaml/v2 2.4.3: decode.go, allowedAliasRatio
_FEW_NODES, _MANY_NODES = 400_000, 4_000_000
_MOST_ALIASED, _LEAST_ALIASED = 0.99, 0.10


class Reading:
    """Turns one document into values. `faults`: what kubectl's reader does not take; `twice`: names given twice."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._escaped_slashes = "\\/" in text and not text.lstrip().startswith("{")
        self.faults: list[Fault] = []
        self.twice: list[Fault] = []
        self._seen: set[int] = set()
        self._nodes = 0
        self._aliased = 0
        self._depth = 0

    def value(self, node: yaml.Node, path: Path = ()) -> Json:
        again = id(node) in self._seen and isinstance(node, yaml.CollectionNode)
        self._seen.add(id(node))
        self._depth += again
        self._count(path)
        try:
            return self._read(node, path)
        finally:
            self._depth -= again

    def _count(self, path: Path) -> None:
        """An anchor used again and again makes a document larger than it looks; kubectl gives up at some point."""
        self._nodes += 1
        self._aliased += self._depth > 0
        if self._aliased > 100 and self._nodes > 1000 and self._aliased / self._nodes > _allowed(self._nodes):
            raise TooManyAliases(path)

    def _read(self, node: Any, path: Path) -> Json:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Json:
        if self._escaped_slashes and node.style == '"' and _ESCAPED_SLASH.search(self._written(node)):
            self._refuse(path, "has \\/, which is an escape in JSON, but not in kubectl's YAML")
        try:
            value = scalar(node)
        except ValueError as problem:
            self._refuse(path, str(problem), node.value)
            return None
        if isinstance(value, float) and not math.isfinite(value):
            self._refuse(path, "is a number that JSON does not have", node.value)
        return value

    def _written(self, node: yaml.Node) -> str:
        """The node's text with its quotes."""
        return self._text[node.start_mark.index : node.end_mark.index]

    def _mapping(self, node: yaml.MappingNode, path: Path) -> Json:
        names = [self._name(pair, path) for pair in node.value]
        pairs = pairs_of(node)
        if len(pairs) < len(names):
            self._find_twice(names, path)
        return {name: self.value(pair[1], (*path, name)) for name, pair in pairs.items()}

    def _name(self, pair: tuple[yaml.Node, yaml.Node], path: Path) -> str | None:
        """None where it is no name, or asks to merge."""
        key = pair[0]
        if is_merge(key):
            if not all(isinstance(each, yaml.MappingNode) for each in merged(pair[1])):
                self._refuse((*path, "<<"), "only mappings can be merged")
            return None
        if not isinstance(key, yaml.ScalarNode) or self._scalar(key, path) is None:
            self._refuse(path, "has a name that is no text")
            return None
        return name_of(key)

    def _find_twice(self, names: list[str | None], path: Path) -> None:
        seen: set[str] = set()
        for name in filter(None, names):
            if name in seen:
                says = "is given twice; kubectl keeps the last without a word"
                self.twice.append(Fault(Reason.KEY_TWICE, (*path, name), says, on_name=True))
            seen.add(name)

    def _refuse(self, path: Path, says: str, value: object = None) -> None:
        self.faults.append(Fault(Reason.NOT_YAML, path, says, value))


class TooManyAliases(Exception):  # noqa: N818 - never leaves the room
    """`path`: where kubectl's reader gives up."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path


def _allowed(nodes: int) -> float:
    share = (nodes - _FEW_NODES) / (_MANY_NODES - _FEW_NODES)
    return _MOST_ALIASED - (_MOST_ALIASED - _LEAST_ALIASED) * min(max(share, 0.0), 1.0)


def read(node: yaml.Node, text: str) -> tuple[Json, Reading]:
    """The value of the document that the text makes, and what there was to say on the way."""
    reading = Reading(text)
    try:
        return reading.value(node), reading
    except TooManyAliases as problem:
        reading.faults.append(Fault(Reason.NOT_YAML, problem.path, "repeats its anchors too often"))
    except RecursionError:
        reading.faults.append(Fault(Reason.NOT_YAML, (), "an anchor's value contains itself"))
    return None, reading


def place(root: yaml.Node, path: Path, *, on_name: bool = False) -> yaml.Node:
    """The node at the end of the path (of its name, with `on_name`), or of as much of it as there is."""
    node = name = root
    for key, value in _steps(root, path):
        name, node = key, value
    return name if on_name else node


def is_hidden(root: yaml.Node, path: Path) -> bool:
    """Whether the value at the end of the path is one that a Secret holds."""
    nodes = [root, *(value for _, value in _steps(root, path))]
    return any(is_secret(node) and is_held(path[i:]) for i, node in enumerate(nodes))


def _steps(node: yaml.Node, path: Path) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Name and value node of each step; a list's item has itself for a name."""
    for step in path:
        if isinstance(node, yaml.MappingNode) and isinstance(step, str) and step in (pairs := pairs_of(node)):
            key, node = pairs[step]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            key = node = node.value[step]
        else:
            return
        yield key, node
