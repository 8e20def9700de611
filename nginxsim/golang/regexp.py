"""Go's regular expressions, from text to a tree.

Only whether something matches survives: groups do not capture, and how greedy a repetition is makes no difference.

Source: go 1.26 src/regexp/syntax: parse.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, NoReturn, TypeAlias

from nginxsim.golang.character_classes import PERL, POSIX, Class

MOST_REPEATS = 1000
DEEPEST = 1000
LARGEST = (128 << 20) // 40
"""Steps that the expression may have once its repetitions are written out."""

MOST_SHOWN = 100

_REPEAT = re.compile(r"\{(0|[1-9][0-9]*+)(,?)(0|[1-9][0-9]*+)?\}")
_NAMED_GROUP = re.compile(r"\(\?P?<[0-9A-Za-z_]++>")
_FLAGS = re.compile(r"\(\?([imsU]*+)(?:-([imsU]++))?([:)])")
_POSIX = re.compile(r"\[:(\^?)([^]:]*+):\]")
_PROPERTY = re.compile(r"\\([pP])(?:\{(\^?)([^}\\]*+)\}|([^{]))", re.DOTALL)
_OCTAL = re.compile(r"\\(0[0-7]{0,2}|[1-7][0-7]{1,2})")
_HEXADECIMAL = re.compile(r"\\x(?:([0-9A-Fa-f]{2})|\{0*+([0-9A-Fa-f]{1,6}|(?<=0))\})")
_CONTROLS = dict(zip("afnrtv", "\a\f\n\r\t\v", strict=True))


class Edge(StrEnum):
    """What matches no character but a place between two."""

    TEXT_BEGINS = "\\A"
    TEXT_ENDS = "\\z"
    LINE_BEGINS = "^"
    LINE_ENDS = "$"
    WORD = "\\b"
    NO_WORD = "\\B"


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    sides: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repetition:
    """`most`: None for any number."""

    node: Node
    least: int
    most: int | None


Node: TypeAlias = Class | Edge | Sequence | Choice | Repetition


def parse(pattern: str, largest: int = LARGEST) -> Node:
    """The expression as a tree. Raises ValueError for what is no expression of Go's, or has more steps than that."""
    whole = _Parser(pattern).whole()
    if whole.size > largest:
        raise ValueError("expression too large")
    return whole.node


class _Part(NamedTuple):
    """What can be repeated, with the measures that Go has limits for."""

    node: Node
    size: int = 1
    height: int = 1
    repeats: int = 1
    """The largest product of the counts of repetitions that lie within each other."""


@dataclass(slots=True)
class _Group:
    """What stands between brackets, or the whole."""

    flags: frozenset[str]
    """Those outside, which count again behind it."""
    captures: bool = False
    sides: list[_Part] = field(default_factory=list)
    """Of its bars, but for the last."""
    parts: list[_Part] = field(default_factory=list)


class _Parser:
    def __init__(self, pattern: str) -> None:
        pattern.encode()
        self._pattern = pattern
        self._at = 0
        self._flags: frozenset[str] = frozenset()
        self._groups = [_Group(self._flags)]
        self._repeated = False

    def whole(self) -> _Part:
        while self._at < len(self._pattern):
            repeated, self._repeated = self._repeated, False
            self._read(repeated)
        if len(self._groups) > 1:
            self._fail("missing closing )")
        return self._checked(_alternatives(self._groups[0]))

    def _fail(self, why: str) -> NoReturn:
        shown = self._pattern if len(self._pattern) <= MOST_SHOWN else f"{self._pattern[:MOST_SHOWN]}..."
        raise ValueError(f'{why} in "{shown}"')

    def _read(self, repeated: bool) -> None:
        letter = self._pattern[self._at]
        reader = _READERS.get(letter)
        if letter in "*+?{":
            self._repeat(repeated)
        elif reader is None:
            self._take(1)
            self._literal(letter)
        else:
            reader(self)

    def _take(self, length: int) -> None:
        self._at += length

    def _match(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        """What stands here, if it is of this form; it is read then."""
        match = expression.match(self._pattern, self._at)
        if match is not None:
            self._at = match.end()
        return match

    def _push(self, node: Node) -> None:
        self._groups[-1].parts.append(_Part(node))

    def _literal(self, letter: str) -> None:
        made = self._class()
        made.add([(ord(letter), ord(letter))])
        self._push(made)

    def _class(self, *, negated: bool = False) -> Class:
        return Class(negated, "i" in self._flags)

    # Repetitions

    def _repeat(self, repeated: bool) -> None:
        start = self._at
        bounds = self._bounds()
        if bounds is None:
            self._take(1)
            self._literal("{")
            return
        if self._pattern.startswith("?", self._at):
            self._take(1)
        if repeated:
            self._fail("invalid nested repetition operator")
        parts = self._groups[-1].parts
        if not parts:
            self._fail("missing argument to repetition operator")
        parts[-1] = self._times(parts[-1], *bounds, self._pattern[start])
        self._repeated = True

    def _bounds(self) -> tuple[int, int | None] | None:
        """None for a brace that begins no repetition; it stands for itself."""
        letter = self._pattern[self._at]
        if letter != "{":
            self._take(1)
            return _SIGNS[letter]
        match = self._match(_REPEAT)
        if match is None:
            return None
        if match[3] and not match[2]:
            self._at = match.start()
            return None
        low = _count(match[1])
        high = low if not match[2] else _count(match[3]) if match[3] else None
        if max(low, high or 0) > MOST_REPEATS or (high is not None and low > high):
            self._fail("invalid repeat count")
        return low, high

    def _times(self, part: _Part, low: int, high: int | None, sign: str) -> _Part:
        count = low if high is None else high
        repeats = part.repeats * count if sign == "{" else part.repeats
        if repeats > MOST_REPEATS and count >= 2:
            self._fail("invalid repeat count")
        size = part.size * max(count, 1) + (1 + (low == 0) if high is None else high - low)
        return self._checked(_Part(Repetition(part.node, low, high), size, part.height + 1, max(repeats, 1)))

    def _checked(self, part: _Part) -> _Part:
        if part.size > LARGEST:
            self._fail("expression too large")
        if part.height > DEEPEST:
            self._fail("expression nests too deeply")
        return part

    # Groups

    def _open(self) -> None:
        if not self._pattern.startswith("(?", self._at):
            self._take(1)
            self._groups.append(_Group(self._flags, captures=True))
        elif self._match(_NAMED_GROUP):
            self._groups.append(_Group(self._flags, captures=True))
        else:
            self._set_flags()

    def _set_flags(self) -> None:
        match = self._match(_FLAGS)
        if match is None:
            self._fail("invalid or unsupported Perl syntax")
        if match[3] == ":":
            self._groups.append(_Group(self._flags))
        self._flags = self._flags.union(match[1]) - set(match[2] or "")

    def _bar(self) -> None:
        self._take(1)
        group = self._groups[-1]
        group.sides.append(_sequence(group.parts))
        group.parts = []

    def _close(self) -> None:
        self._take(1)
        if len(self._groups) == 1:
            self._fail("unexpected )")
        group = self._groups.pop()
        self._flags = group.flags
        part = _alternatives(group)
        if group.captures:
            part = part._replace(size=part.size + 2, height=part.height + 1, node=Sequence((part.node,)))
        self._groups[-1].parts.append(self._checked(part))

    # Places and characters

    def _caret(self) -> None:
        self._take(1)
        self._push(Edge.LINE_BEGINS if "m" in self._flags else Edge.TEXT_BEGINS)

    def _dollar(self) -> None:
        self._take(1)
        self._push(Edge.LINE_ENDS if "m" in self._flags else Edge.TEXT_ENDS)

    def _dot(self) -> None:
        self._take(1)
        made = Class(is_negated=True)
        made.add([] if "s" in self._flags else [(ord("\n"), ord("\n"))])
        self._push(made)

    def _backslash(self) -> None:
        letter = self._pattern[self._at + 1 : self._at + 2]
        if letter == "Q":
            text, _, _ = self._pattern[self._at + 2 :].partition(r"\E")
            self._take(len(text) + 4)
            for each in text:
                self._literal(each)
        elif f"\\{letter}" in _EDGES:
            self._take(2)
            self._push(Edge(f"\\{letter}"))
        else:
            made = self._class()
            self._push(made) if self._named(made) else self._literal(self._escape())

    def _named(self, made: Class) -> bool:
        r"""Reads \d, \pL and the like into the class, if that is what stands here."""
        letter = self._pattern[self._at + 1 : self._at + 2]
        if letter and letter.lower() in PERL:
            self._take(2)
            made.add(PERL[letter.lower()], negated=letter.isupper())
            return True
        if letter not in ("p", "P"):
            return False
        match = self._match(_PROPERTY)
        if match is None:
            self._fail("invalid character class range")
        made.add_property(match[4] or match[3], negated=(letter == "P") != bool(match[2]))
        return True

    def _escape(self) -> str:
        """The character that a backslash and what follows stand for."""
        if match := self._match(_OCTAL):
            return chr(int(match[1], 8))
        if match := self._match(_HEXADECIMAL):
            return self._character(int(match[1] or match[2] or "0", 16))
        letter = self._pattern[self._at + 1 : self._at + 2]
        if not letter.isascii() or not letter or (letter.isalnum() and letter not in _CONTROLS):
            self._fail("invalid escape sequence" if letter else "trailing backslash at end of expression")
        self._take(2)
        return _CONTROLS.get(letter, letter)

    def _character(self, number: int) -> str:
        if number > 0x10FFFF:
            self._fail("invalid escape sequence")
        return chr(number)

    # What stands in brackets

    def _brackets(self) -> None:
        self._take(1)
        negated = self._pattern.startswith("^", self._at)
        self._take(negated)
        made = self._class(negated=negated)
        self._member(made)
        while not self._pattern.startswith("]", self._at):
            self._member(made)
        self._take(1)
        self._push(made)

    def _member(self, made: Class) -> None:
        if match := self._match(_POSIX):
            if match[2] not in POSIX:
                self._fail("invalid character class range")
            made.add(POSIX[match[2]], negated=bool(match[1]))
        elif not (self._pattern.startswith("\\", self._at) and self._named(made)):
            self._range(made)

    def _range(self, made: Class) -> None:
        first = last = ord(self._letter())
        if self._pattern.startswith("-", self._at) and self._pattern[self._at + 1 : self._at + 2] not in ("", "]"):
            self._take(1)
            last = ord(self._letter())
        if last < first:
            self._fail("invalid character class range")
        made.add([(first, last)])

    def _letter(self) -> str:
        if self._at >= len(self._pattern):
            self._fail("missing closing ]")
        if self._pattern[self._at] == "\\":
            return self._escape()
        self._take(1)
        return self._pattern[self._at - 1]


_READERS: Mapping[str, Callable[[_Parser], None]] = {
    "(": _Parser._open,
    ")": _Parser._close,
    "|": _Parser._bar,
    "^": _Parser._caret,
    "$": _Parser._dollar,
    ".": _Parser._dot,
    "[": _Parser._brackets,
    "\\": _Parser._backslash,
}
_SIGNS: Mapping[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def _count(digits: str) -> int:
    """More than anybody may ask for, where there are more digits than Go reads."""
    return int(digits) if len(digits) < 9 else MOST_REPEATS + 1


_EDGES = frozenset(Edge)


def _sequence(parts: list[_Part]) -> _Part:
    return _joined(parts, Sequence, sum(part.size for part in parts))


def _alternatives(group: _Group) -> _Part:
    sides = [*group.sides, _sequence(group.parts)]
    return _joined(sides, Choice, sum(side.size + 1 for side in sides) - 1)


def _joined(parts: list[_Part], how: type[Sequence | Choice], size: int) -> _Part:
    """A sequence in a sequence adds nothing to the height, nor does a choice in a choice."""
    if len(parts) == 1:
        return parts[0]
    height = 1 + max((part.height - isinstance(part.node, how) for part in parts), default=0)
    repeats = max((part.repeats for part in parts), default=1)
    return _Part(how(tuple(part.node for part in parts)), size, height, repeats)
