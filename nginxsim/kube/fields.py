"""Typed access to the mappings of a manifest, with the API server's idea of types and an Origin for every complaint."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from sys import intern
from typing import NoReturn

import yaml

from nginxsim.kube.objects import Port
from nginxsim.kube.scalars import PLAIN, QUOTED, WORDS, Scalar, scalar
from nginxsim.origins import Origin
from nginxsim.sources import File

_MERGE = "<<"
_MERGE_TAG = "tag:yaml.org,2002:merge"
# A plain scalar that starts with none of these, and is none of the words, is text.
_NOT_TEXT = frozenset("+-.0123456789")

# In a path: a field's name, with an index where it is a list.
_PLAIN_STEP = re.compile(r"\w+(?:\[\d+\])?")

_Pair = tuple[yaml.Node, yaml.Node]


class Fields:
    """A mapping of a manifest: its fields by name, read as text, numbers and further mappings.

    A field that is missing and one that is null are the same, as they are to the API server. Every reading method
    raises InputError when the manifest has a value of another type there.
    """

    __slots__ = ("_label", "_node", "_pairs", "_parent", "file")

    def __init__(self, file: File, node: yaml.Node, parent: Fields | None = None, label: str = "") -> None:
        self.file = file
        self._node = node
        self._parent = parent
        self._label = label
        self._pairs: dict[str, _Pair] = {}
        if isinstance(node, yaml.MappingNode):
            self._collect(node)
        elif not _is_null(node):
            self._refuse(node, "a mapping")

    def _collect(self, node: yaml.MappingNode) -> None:
        """Later keys win over earlier ones and over what was merged before them, as in kubectl."""
        pairs = self._pairs
        for pair in node.value:
            key = pair[0]
            name = key.value
            if key.tag is PLAIN and (name in WORDS or name[0] in _NOT_TEXT or name == _MERGE):
                if name == _MERGE:
                    self._merge(pair[1])
                    continue
                name = self._key(key)
            elif key.tag == _MERGE_TAG:
                self._merge(pair[1])
                continue
            elif not isinstance(key, yaml.ScalarNode):
                self._refuse(key, "a name")
            pairs[intern(name)] = pair

    def _merge(self, node: yaml.Node) -> None:
        """Of several mappings merged at once the first wins."""
        for merged in reversed(node.value) if isinstance(node, yaml.SequenceNode) else (node,):
            if not isinstance(merged, yaml.MappingNode):
                self._refuse(merged, "a mapping to merge")
            self._collect(merged)

    def _key(self, node: yaml.Node) -> str:
        value = self._scalar(node, "a name")
        if value is None:
            self._refuse(node, "a name")
        if isinstance(value, bool):
            return "true" if value else "false"
        return f"{value:g}" if isinstance(value, float) else str(value)

    def __contains__(self, name: str) -> bool:
        return self._get(name) is not None

    def _get(self, name: str) -> yaml.Node | None:
        pair = self._pairs.get(name)
        return None if pair is None or _is_null(pair[1]) else pair[1]

    # Where things stand

    def origin(self, *names: str) -> Origin:
        """Of the value of the first of these fields that is there, else of the mapping itself."""
        for name in names:
            if name in self._pairs:
                return self.file.origin(self._pairs[name][1])
        return self.file.origin(self._node)

    def origins(self) -> dict[str, Origin]:
        """Of every field's value."""
        return {name: self.file.origin(pair[1]) for name, pair in self._pairs.items()}

    def name_origins(self) -> dict[str, Origin]:
        """Of every field's name."""
        return {name: self.file.origin(pair[0]) for name, pair in self._pairs.items()}

    def path(self, name: str = "") -> str:
        """As messages call it: `spec.rules[0].host`."""
        steps = [name] if name else []
        fields: Fields | None = self
        while fields is not None:
            steps.append(fields._label)
            fields = fields._parent
        text = ""
        for step in filter(None, reversed(steps)):
            text += f".{step}" if _PLAIN_STEP.fullmatch(step) else f'["{step}"]'
        return text.removeprefix(".")

    # Values by type

    def text(self, name: str, default: str = "") -> str:
        node = self._get(name)
        return default if node is None else self._text(node, name)

    def _text(self, node: yaml.Node, name: str) -> str:
        value = node.value
        if isinstance(node, yaml.ScalarNode):
            if node.tag is QUOTED or (node.tag is PLAIN and value not in WORDS and value[0] not in _NOT_TEXT):
                # The same few words come up all over an estate: one object for each.
                return intern(value)
            value = self._scalar(node, "text", name)
            if isinstance(value, str | None):
                return value or ""
        return self._refuse(node, "text", name)

    def number(self, name: str, default: int = 0) -> int:
        """A whole number; 80.0 is one as well."""
        node = self._get(name)
        if node is None:
            return default
        value = self._scalar(node, "a whole number", name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if not isinstance(value, float) or not value.is_integer():
            self._refuse(node, "a whole number", name)
        return int(value)

    def port(self, name: str, default: Port = 0) -> Port:
        """A number or a name."""
        node = self._get(name)
        if node is None:
            return default
        value = self._scalar(node, "a port number or name", name)
        return value if isinstance(value, str) else self.number(name)

    def flag(self, name: str) -> bool | None:
        node = self._get(name)
        if node is None:
            return None
        value = self._scalar(node, "true or false", name)
        if not isinstance(value, bool):
            self._refuse(node, "true or false", name)
        return value

    def fields(self, name: str) -> Fields:
        """The mapping in this field; without any fields when it is missing."""
        node = self._get(name)
        return Fields(self.file, _nothing_at(self._node) if node is None else node, self, name)

    def items(self, name: str) -> list[Fields]:
        """The mappings of the list in this field."""
        return [Fields(self.file, node, self, f"{name}[{i}]") for i, node in enumerate(self._list(name))]

    def words(self, name: str) -> tuple[str, ...]:
        """The texts of the list in this field."""
        return tuple(self._text(node, f"{name}[{i}]") for i, node in enumerate(self._list(name)))

    def _list(self, name: str) -> list[yaml.Node]:
        node = self._get(name)
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self._refuse(node, "a list", name)
        return list(node.value)

    def texts(self) -> dict[str, str]:
        """All fields, each of which has to be text; null is empty text."""
        return {name: self._text(pair[1], name) for name, pair in self._pairs.items()}

    def value(self) -> dict[str, object]:
        """All fields as JSON would have them."""
        return {name: self._value(pair[1], name) for name, pair in self._pairs.items()}

    def _value(self, node: yaml.Node, name: str) -> object:
        if isinstance(node, yaml.MappingNode):
            return Fields(self.file, node, self, name).value()
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, f"{name}[{i}]") for i, item in enumerate(node.value)]
        value = self._scalar(node, "a value", name)
        if isinstance(value, float):
            if not math.isfinite(value):
                self._refuse(node, "a finite number", name)
            return int(value) if value.is_integer() else value
        return value

    def _scalar(self, node: yaml.Node, expected: str, name: str = "") -> Scalar:
        if not isinstance(node, yaml.ScalarNode):
            self._refuse(node, expected, name)
        try:
            return scalar(node)
        except ValueError as problem:
            raise self.file.error(f"{self.path(name)}: {problem}", self.file.origin(node)) from None

    def _refuse(self, node: yaml.Node, expected: str, name: str = "") -> NoReturn:
        message = f"{self.path(name)}: expected {expected}, found {_described(node)}"
        if expected == "text" and isinstance(node, yaml.ScalarNode):
            message += f'; quote this value: "{node.value}"'
        raise self.file.error(message.removeprefix(": "), self.file.origin(node))

    def refuse(self, name: str, message: str) -> NoReturn:
        """Raises InputError: what is wrong with the value of this field."""
        raise self.file.error(f"{self.path(name)}: {message}", self.origin(name))


def _is_null(node: yaml.Node) -> bool:
    return node.tag is PLAIN and node.value in _NULLS


_NULLS = frozenset(word for word, value in WORDS.items() if value is None)


def _nothing_at(node: yaml.Node) -> yaml.ScalarNode:
    return yaml.ScalarNode(PLAIN, "", node.start_mark, node.end_mark)


def _described(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    value = scalar(node) if isinstance(node, yaml.ScalarNode) else None
    names: Mapping[type, str] = {bool: "the boolean", int: "the number", float: "the number", str: "the text"}
    return f"{names[type(value)]} {node.value}" if value is not None else "nothing"
