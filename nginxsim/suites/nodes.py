"""Values of a suite file, each knowing its name in messages and its place in the text."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NoReturn

import yaml

from nginxsim.errors import did_you_mean
from nginxsim.golang.scalars import PLAIN, WORDS, scalar
from nginxsim.origins import Origin
from nginxsim.sources import File

MERGE = "<<"
MOST_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: its Origin, and the characters from `start` up to `end` of the file's text."""

    origin: Origin
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A value of a suite file. Every reading method raises InputError at the value's place."""

    file: File
    node: yaml.Node
    path: str = ""
    """As messages call it: `tests[3].expect.status`."""

    @property
    def place(self) -> Place:
        return Place(self.origin, self.node.start_mark.index, self.node.end_mark.index)

    @property
    def origin(self) -> Origin:
        return self.file.origin(self.node)

    @property
    def is_null(self) -> bool:
        return self.node.tag == PLAIN and self.node.value in WORDS and WORDS[self.node.value] is None

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def refuse(self, message: str) -> NoReturn:
        raise self.file.error(f"{self.path}: {message}" if self.path else message, self.origin)

    def _expected(self, what: str) -> NoReturn:
        self.refuse(f"expected {what}, found {self._described()}")

    def _described(self) -> str:
        if self.is_mapping:
            return "a mapping"
        if self.is_list:
            return "a list"
        return "nothing" if self.is_null else f'"{self.node.value}"'

    # Scalars

    def text(self) -> str:
        """A scalar as it is written: `on`, `007` and `8.0` stay what they are, since tests compare text."""
        if not isinstance(self.node, yaml.ScalarNode) or self.is_null:
            self._expected("text")
        return str(self.node.value)

    def number(self, low: int = 0, high: int = 1 << 53) -> int:
        text = self.text()
        if not text.isascii() or not text.isdigit() or len(text) > MOST_DIGITS or not low <= int(text) <= high:
            self._expected(f"a whole number from {low} to {high}" if high < 1 << 53 else "a whole number")
        return int(text)

    def share(self) -> float:
        """A probability: 0 to 1, or in per cent as "20%"."""
        text = self.text()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            self._expected('a probability from 0 to 1, or "20%"')
        return share

    def flag(self) -> bool:
        value = scalar(self.node) if isinstance(self.node, yaml.ScalarNode) else None
        if isinstance(value, str):
            value = WORDS.get(value)
        if not isinstance(value, bool):
            self._expected("true or false")
        return value

    def one_of(self, known: Collection[str]) -> str:
        text = self.text()
        if text not in known:
            self.refuse(f'unknown value "{text}"; use {", ".join(known)}{did_you_mean(text, known)}')
        return text

    # Lists and mappings

    def items(self) -> list[Value]:
        """The values of a list."""
        if not self.is_list:
            self._expected("a list")
        return [Value(self.file, node, f"{self.path}[{i}]") for i, node in enumerate(self.node.value)]

    def one_or_more(self) -> list[Value]:
        """The values of a list, or the one value that is written without one."""
        return self.items() if self.is_list else [self]

    def entries(self) -> dict[str, Value]:
        """The values of a mapping by name; a name that comes twice is refused: one of the two would go unheard."""
        if not self.is_mapping:
            self._expected("a mapping")
        found: dict[str, Value] = {}
        for key, node in self.node.value:
            name = Value(self.file, key, self.path).text()
            if name == MERGE:
                continue
            if name in found:
                raise self.file.error(f'{self._under(name)}: "{name}" comes twice here', self.file.origin(key))
            found[name] = Value(self.file, node, self._under(name))
        for name, value in self._merged():
            found.setdefault(name, value)
        return found

    def _merged(self) -> Iterator[tuple[str, Value]]:
        for key, node in self.node.value:
            if key.value == MERGE:
                for value in Value(self.file, node, self.path).one_or_more():
                    yield from value.entries().items()

    def _under(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def fields(self, known: Collection[str], required: Collection[str] = ()) -> dict[str, Value]:
        """The values of a mapping that has these fields and no others; null counts as left out."""
        found = self.entries()
        for name in found:
            if name not in known:
                raise self.file.error(
                    f'{self._under(name)}: unknown field "{name}"{did_you_mean(name, known)}', self._name_origin(name)
                )
        given = {name: value for name, value in found.items() if not value.is_null}
        for name in required:
            if name not in given:
                self.refuse(f'"{name}" is missing')
        return given

    def _name_origin(self, name: str) -> Origin:
        return next((self.file.origin(key) for key, _ in self.node.value if key.value == name), self.origin)
