"""Typed access to the mappings of a manifest, with an Origin for everything.

What is not of the kind that was asked for is read as what its author meant, where that can be told, and as missing
otherwise: `off` without quotes is the text "off", "80" the number 80. That the API server refuses it is for
nginxsim.kube.validation to say.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from sys import intern
from typing import NoReturn

import yaml

from nginxsim.golang.scalars import PLAIN, QUOTED, WORDS, Scalar, plain, scalar
from nginxsim.kube.mappings import NOT_TEXT, Pair, pairs_of
from nginxsim.kube.objects import Port
from nginxsim.origins import Origin
from nginxsim.sources import File

# In a path: a field's name, with an index where it is a list.
_PLAIN_STEP = re.compile(r"\w+(?:\[\d+\])?")


def dotted(steps: Iterable[str | int]) -> str:
    """A path as messages call it."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if _PLAIN_STEP.fullmatch(step) else f'["{step}"]'
    return text.removeprefix(".")


class Fields:
    """A mapping of a manifest: its fields by name, read as text, numbers and further mappings.

    A field that is missing and one that is null are the same, as they are to the API server. What is no mapping has no
    fields.
    """

    __slots__ = ("_label", "_node", "_pairs", "_parent", "file")

    def __init__(self, file: File, node: yaml.Node, parent: Fields | None = None, label: str = "") -> None:
        self.file = file
        self._node = node
        self._parent = parent
        self._label = label
        self._pairs: dict[str, Pair] = pairs_of(node) if isinstance(node, yaml.MappingNode) else {}

    def __contains__(self, name: str) -> bool:
        return self._get(name) is not None

    def _get(self, name: str) -> yaml.Node | None:
        pair = self._pairs.get(name)
        if pair is None:
            return None
        node = pair[1]
        return None if node.tag is PLAIN and node.value in _NULLS else node  # _is_null(), for nearly every field

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
        return dotted(filter(None, reversed(steps)))

    # Values by type

    def text(self, name: str, default: str = "") -> str:
        node = self._get(name)
        return default if node is None else _text(node)

    def number(self, name: str, default: int = 0) -> int:
        """A whole number; 80.0 is one as well."""
        node = self._get(name)
        return default if node is None else _number(_meant(node), default)

    def port(self, name: str, default: Port = 0) -> Port:
        """A number or a name."""
        node = self._get(name)
        value = None if node is None else _scalar(node)
        return value if isinstance(value, str) else _number(value, default)

    def flag(self, name: str) -> bool | None:
        node = self._get(name)
        value = None if node is None else _meant(node)
        return value if isinstance(value, bool) else None

    def fields(self, name: str) -> Fields:
        """The mapping in this field; without any fields when it is missing."""
        node = self._get(name)
        return Fields(self.file, _nothing_at(self._node) if node is None else node, self, name)

    def items(self, name: str) -> list[Fields]:
        """The mappings of the list in this field; a mapping by itself is a list of one."""
        nodes = self._list(name, yaml.MappingNode)
        return [Fields(self.file, node, self, f"{name}[{i}]") for i, node in enumerate(nodes)]

    def words(self, name: str) -> tuple[str, ...]:
        """The texts of the list in this field; a text by itself is a list of one."""
        return tuple(map(_text, self._list(name, yaml.ScalarNode)))

    def placed(self, name: str) -> tuple[tuple[str, Origin], ...]:
        """The same, each with where it stands."""
        return tuple((_text(node), self.file.origin(node)) for node in self._list(name, yaml.ScalarNode))

    def _list(self, name: str, of: type[yaml.Node]) -> list[yaml.Node]:
        node = self._get(name)
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        return [node] if isinstance(node, of) else []

    def texts(self) -> dict[str, str]:
        """All fields as text; null is empty text."""
        return {name: _text(pair[1]) for name, pair in self._pairs.items()}

    def value(self) -> dict[str, object]:
        """All fields as JSON would have them."""
        return {name: self._value(pair[1]) for name, pair in self._pairs.items()}

    def _value(self, node: yaml.Node) -> object:
        if isinstance(node, yaml.MappingNode):
            return Fields(self.file, node).value()
        if isinstance(node, yaml.SequenceNode):
            return list(map(self._value, node.value))
        value = _scalar(node)
        if isinstance(value, float) and (value.is_integer() or not math.isfinite(value)):
            return int(value) if math.isfinite(value) else str(node.value)
        return value

    def refuse(self, name: str, message: str) -> NoReturn:
        """Raises InputError: what keeps the value of this field from being read at all."""
        raise self.file.error(f"{self.path(name)}: {message}", self.origin(name))


def _text(node: yaml.Node) -> str:
    """As written, where it is no text: `off`, `1.10`; nothing for null, a mapping or a list."""
    value, tag = node.value, node.tag
    if tag is QUOTED or (tag is PLAIN and value not in WORDS and value[0] not in NOT_TEXT):
        # The same few words come up all over an estate: one object for each.
        return intern(value)
    if not isinstance(node, yaml.ScalarNode) or _is_null(node):
        return ""
    read = _scalar(node)
    return read if isinstance(read, str) else str(value)


def _scalar(node: yaml.Node) -> Scalar:
    """None for what is none; the text itself where it is not what its tag says."""
    if not isinstance(node, yaml.ScalarNode):
        return None
    try:
        return scalar(node)
    except ValueError:
        return str(node.value)


def _meant(node: yaml.Node) -> Scalar:
    """What would be there without the quotes."""
    value = _scalar(node)
    return plain(value) if isinstance(value, str) else value


def _number(value: Scalar, default: Port) -> int:
    if isinstance(value, bool | str | None) or not math.isfinite(value):
        return default if isinstance(default, int) else 0
    return int(value)


def _is_null(node: yaml.Node) -> bool:
    return node.tag is PLAIN and node.value in _NULLS


_NULLS = frozenset(word for word, value in WORDS.items() if value is None)


def _nothing_at(node: yaml.Node) -> yaml.ScalarNode:
    return yaml.ScalarNode(PLAIN, "", node.start_mark, node.end_mark)
