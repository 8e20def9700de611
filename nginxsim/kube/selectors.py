"""Label selectors in kubectl's syntax: `env in (prod, stage), team!=core, !legacy`.

Grammar and meaning: k8s.io/apimachinery/pkg/labels/selector.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from nginxsim.kube.names import is_subdomain

Operator: TypeAlias = Literal["exists", "absent", "in", "notin", "gt", "lt"]

_TOKEN = re.compile(r"(==|!=|[=!<>(),])|([^\s=!<>(),]+)")
_NAME = re.compile(r"(?=.{1,63}\Z)[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?", re.ASCII)
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on a label."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """A missing label satisfies "absent" and "notin", and nothing else."""
        if self.key not in labels:
            return self.operator in ("absent", "notin")
        return _OPERATORS[self.operator](labels[self.key], self.values)


def _compares(sign: int) -> Callable[[str, frozenset[str]], bool]:
    def holds(value: str, bounds: frozenset[str]) -> bool:
        return bool(_INTEGER.fullmatch(value)) and all((int(value) - int(bound)) * sign > 0 for bound in bounds)

    return holds


_OPERATORS: Mapping[Operator, Callable[[str, frozenset[str]], bool]] = {
    "exists": lambda _value, _values: True,
    "absent": lambda _value, _values: False,
    "in": lambda value, values: value in values,
    "notin": lambda value, values: value not in values,
    "gt": _compares(1),
    "lt": _compares(-1),
}


@dataclass(frozen=True, slots=True)
class Selector:
    """Conditions that must all hold; without any, everything matches."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        return all(requirement.matches(labels) for requirement in self.requirements)


@lru_cache(maxsize=64)
def parse_selector(text: str) -> Selector:
    """The selector that `text` writes. Raises ValueError, which says what was found instead."""
    if not text.strip():
        return Selector()
    reader = _SelectorReader(_tokens(text))
    requirements = [reader.requirement()]
    while reader.accept(","):
        requirements.append(reader.requirement())
    if not reader.at_end:
        raise ValueError(f"found '{reader.peek()}', expected: ',' or end of the selector")
    return Selector(tuple(requirements))


def _tokens(text: str) -> list[str]:
    return [sign or word for sign, word in _TOKEN.findall(text)]


class _SelectorReader:
    """Reads requirements from tokens, left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._next = 0

    @property
    def at_end(self) -> bool:
        return self._next == len(self._tokens)

    def peek(self) -> str:
        return "" if self.at_end else self._tokens[self._next]

    def take(self) -> str:
        token = self.peek()
        self._next += not self.at_end
        return token

    def accept(self, token: str) -> bool:
        found = self.peek() == token
        self._next += found
        return found

    def requirement(self) -> Requirement:
        absent = self.accept("!")
        key = _checked_key(self.take())
        if absent:
            return Requirement(key, "absent")
        if self.peek() in ("", ","):
            return Requirement(key, "exists")
        return self._comparison(key, self.take())

    def _comparison(self, key: str, sign: str) -> Requirement:
        match sign:
            case "=" | "==":
                return Requirement(key, "in", frozenset({self._value()}))
            case "!=":
                return Requirement(key, "notin", frozenset({self._value()}))
            case "in" | "notin":
                return Requirement(key, "in" if sign == "in" else "notin", self._values())
            case "<" | ">":
                return Requirement(key, "lt" if sign == "<" else "gt", frozenset({self._bound()}))
        raise ValueError(f"found '{sign}', expected: in, notin, =, ==, !=, gt, lt")

    def _value(self) -> str:
        value = "" if self.peek() in ("", ",", ")") else self.take()
        if value and not _NAME.fullmatch(value):
            raise ValueError(f"invalid label value '{value}'")
        return value

    def _bound(self) -> str:
        value = self._value()
        if not _INTEGER.fullmatch(value):
            raise ValueError(f"for 'Gt', 'Lt' operators, the value must be an integer, not '{value}'")
        return value

    def _values(self) -> frozenset[str]:
        if not self.accept("("):
            raise ValueError(f"found '{self.peek()}', expected: '('")
        values = {self._value()}
        while self.accept(","):
            values.add(self._value())
        if not self.accept(")"):
            raise ValueError(f"found '{self.peek()}', expected: ',' or ')'")
        return frozenset(values)


def _checked_key(key: str) -> str:
    prefix, slash, name = key.rpartition("/")
    if not _NAME.fullmatch(name) or (slash and not is_subdomain(prefix)):
        raise ValueError(f"found '{key}', expected: a label name")
    return key
