"""Regular expressions as Go's regexp package runs them: in steps that grow with the text and no faster.

All ways through the expression are followed at once, a character at a time. What follows what is worked out when a text
first needs it, and kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from typing import TypeAlias

from nginxsim.golang.character_classes import Class
from nginxsim.golang.regexp import Choice, Edge, Node, Repetition, Sequence, parse

MOST_KEPT = 10_000
"""Moves between states: a text cannot fill the memory with them."""

MOST_STEPS = 20_000
"""An expression that is written out to more is none that can be run."""

COMPILED: dict[str, Pattern] = {}
"""Every one that was asked for, as it is written."""


def compile_pattern(pattern: str) -> Pattern:
    """A Go regular expression. Raises ValueError for what is none."""
    if pattern not in COMPILED:
        COMPILED[pattern] = Pattern(pattern)
    return COMPILED[pattern]


def check_pattern(pattern: str) -> None:
    """Raises ValueError for what is no regular expression of Go's."""
    parse(pattern)


class _Beside(Enum):
    """What stands before or behind a place."""

    NOTHING = auto()
    NEWLINE = auto()
    WORD = auto()
    OTHER = auto()


@dataclass(slots=True)
class _Fork:
    """Goes on at several places of the program, none of which takes a character for it."""

    to: list[int]


_Step: TypeAlias = Class | Edge | _Fork
"""An instruction: takes one character or checks a place, and goes on with the next one."""


@dataclass(slots=True, eq=False)
class _State:
    """The instructions that can be next, and what stands before them."""

    steps: frozenset[int]
    before: _Beside
    moves: dict[str, _State | None] = field(default_factory=dict)
    """By character; None where the expression has been found."""
    ends: bool | None = None
    """Whether it is found if the text ends here; None as long as nobody asked."""


class Pattern:
    """A regular expression; `text` is how it is written."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree = parse(text, MOST_STEPS)
        self._states: dict[tuple[frozenset[int], _Beside], _State] = {}
        self._kept = 0

    def __reduce__(self) -> tuple[type[Pattern], tuple[str]]:
        return Pattern, (self.text,)

    @cached_property
    def _program(self) -> list[_Step]:
        return list(_written(self._tree, 0))

    def search(self, text: str) -> bool:
        """Whether it matches anywhere in the text."""
        state: _State | None = self._state(frozenset({0}), _Beside.NOTHING)
        for letter in text:
            if state is None:
                return True
            state = state.moves[letter] if letter in state.moves else self._move(state, letter)
        return state is None or self._ends(state)

    def _state(self, steps: frozenset[int], before: _Beside) -> _State:
        return self._states.setdefault((steps, before), _State(steps, before))

    def _move(self, state: _State, letter: str) -> _State | None:
        """The state behind the letter; None where the expression is found in front of it."""
        beside = _beside(letter)
        reached = list(self._reached(state, beside))
        following = None
        if len(self._program) not in reached:
            takers = (step for step in reached if isinstance(taker := self._program[step], Class) and taker.has(letter))
            following = self._state(frozenset({0, *(step + 1 for step in takers)}), beside)
        if self._kept >= MOST_KEPT:
            self._states.clear()
            self._kept = 0
        state.moves[letter] = following
        self._kept += 1
        return following

    def _ends(self, state: _State) -> bool:
        if state.ends is None:
            state.ends = len(self._program) in self._reached(state, _Beside.NOTHING)
        return state.ends

    def _reached(self, state: _State, behind: _Beside) -> Iterator[int]:
        """All instructions that can be next at this place, and the end of the program if that is reached."""
        todo, seen = list(state.steps), set(state.steps)
        while todo:
            at = todo.pop()
            yield at
            step = self._program[at] if at < len(self._program) else None
            further: Iterable[int] = ()
            if isinstance(step, _Fork):
                further = step.to
            elif isinstance(step, Edge) and _holds(step, state.before, behind):
                further = (at + 1,)
            new = set(further) - seen
            todo += new
            seen |= new


def _beside(letter: str) -> _Beside:
    if letter == "\n":
        return _Beside.NEWLINE
    return _Beside.WORD if letter.isascii() and (letter.isalnum() or letter == "_") else _Beside.OTHER


def _holds(edge: Edge, before: _Beside, behind: _Beside) -> bool:
    match edge:
        case Edge.TEXT_BEGINS:
            return before is _Beside.NOTHING
        case Edge.TEXT_ENDS:
            return behind is _Beside.NOTHING
        case Edge.LINE_BEGINS:
            return before in (_Beside.NOTHING, _Beside.NEWLINE)
        case Edge.LINE_ENDS:
            return behind in (_Beside.NOTHING, _Beside.NEWLINE)
        case Edge.WORD:
            return (before is _Beside.WORD) != (behind is _Beside.WORD)
        case Edge.NO_WORD:
            return (before is _Beside.WORD) == (behind is _Beside.WORD)


# From the tree to a program


def _written(node: Node, at: int) -> list[_Step]:
    """The instructions, the first of which stands at this place of the program."""
    match node:
        case Sequence(parts):
            return _sequence(parts, at)
        case Choice(sides):
            return _choice(sides, at)
        case Repetition(inner, least, most):
            needed = _sequence([inner] * least, at)
            more = _any_number if most is None else _at_most
            return needed + more(inner, at + len(needed), (most or 0) - least)
    return [node]


def _sequence(parts: Iterable[Node], at: int) -> list[_Step]:
    steps: list[_Step] = []
    for part in parts:
        steps += _written(part, at + len(steps))
    return steps


def _choice(sides: Iterable[Node], at: int) -> list[_Step]:
    first, to_end = _Fork([]), _Fork([])
    steps: list[_Step] = [first]
    for side in sides:
        first.to.append(at + len(steps))
        steps += _written(side, at + len(steps))
        steps.append(to_end)
    to_end.to.append(at + len(steps))
    return steps


def _any_number(node: Node, at: int, _count: int) -> list[_Step]:
    inner = _written(node, at + 1)
    return [_Fork([at + 1, at + len(inner) + 2]), *inner, _Fork([at])]


def _at_most(node: Node, at: int, count: int) -> list[_Step]:
    steps: list[_Step] = []
    forks: list[_Fork] = []
    for _ in range(count):
        forks.append(_Fork([at + len(steps) + 1]))
        steps.append(forks[-1])
        steps += _written(node, at + len(steps))
    for fork in forks:
        fork.to.append(at + len(steps))
    return steps
