"""How many steps a regular expression takes on a text: Python's own expressions, run by a machine that counts.

Python's engine backtracks and has no limit, so that an expression can take the square of a text's length, or worse. It
does not count its steps either, and seconds prove nothing. This machine runs what Python's own parser makes of the
expression, in the same order of attempts; what is compared or skipped is a step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

MOST_COPIES = 80
"""Counted repetitions are written out up to so many times."""


class TooManySteps(Exception):  # noqa: N818  # what the machine is there to find
    """The expression took more steps than it was allowed."""


class Run(NamedTuple):
    """As many characters of a set as there are, and then one less at a time."""

    whole: re.Pattern[str]
    least: int
    most: int
    greedy: bool
    keeps: bool


class Split(NamedTuple):
    """Two ways on; the first is tried first."""

    first: int
    then: int


class Jump(NamedTuple):
    to: int


class At(NamedTuple):
    holds: Callable[[str, int], bool]


class Look(NamedTuple):
    """A lookaround: `back` characters back where it looks behind."""

    program: list[Any]
    wanted: bool
    back: int


class Atomic(NamedTuple):
    program: list[Any]


class Progress(NamedTuple):
    """The end of a loop's body: a round that has taken nothing ends the loop."""

    loop: int


MATCH = "match"


@dataclass
class Machine:
    """One expression. `anchored`: it is tried at the start of the text only."""

    pattern: re.Pattern[Any]
    steps: int = 0
    allowed: int = 0
    program: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        source = self.pattern.pattern
        text = source.decode("latin-1") if isinstance(source, bytes) else source
        self.flags = self.pattern.flags & ~re.UNICODE
        self.tree = _parser.parse(text, self.flags)
        self.program = [*self._compiled(self.tree), MATCH]

    def run(self, text: str, how: str, allowed: int) -> int:
        """Steps of `match`, `fullmatch`, `search`, or of everything else, which goes on behind each match."""
        self.steps, self.allowed = 0, allowed
        place = 0
        while place <= len(text):
            end = self._attempt(self.program, text, place, len(text) if how == "fullmatch" else None)
            if how in ("match", "fullmatch") or (end is not None and how == "search"):
                break
            place = max(end or 0, place + 1)
        return self.steps

    def _attempt(self, program: list[Any], text: str, place: int, end: int | None = None) -> int | None:
        """Where the program ends when it begins at `place`."""
        trail: list[tuple[int, int, tuple[tuple[int, int], ...]]] = []
        at: int = 0
        rounds: tuple[tuple[int, int], ...] = ()
        while True:
            self.steps += 1
            if self.steps > self.allowed:
                raise TooManySteps(self.pattern.pattern)
            step = program[at]
            if step == MATCH:
                if end is None or place == end:
                    return place
                going = None
            else:
                going = self._step(step, text, at, place, rounds, trail)
            while going is None:
                if not trail:
                    return None
                going = self._again(program, text, trail)
            at, place, rounds = going

    def _step(self, step: Any, text: str, at: int, place: int, rounds: Any, trail: Any) -> Any:
        if isinstance(step, Run):
            return self._run(step, text, at, place, rounds, trail)
        if isinstance(step, Split):
            trail.append((step.then, place, rounds))
            return step.first, place, ((at, place), *rounds)[:8]
        if isinstance(step, Jump):
            return step.to, place, rounds
        if isinstance(step, At):
            return (at + 1, place, rounds) if step.holds(text, place) else None
        if isinstance(step, Progress):
            begun = next((where for loop, where in rounds if loop == step.loop), -1)
            return (step.loop, place, rounds) if place > begun else (at + 1, place, rounds)
        if isinstance(step, Look):
            begin = place - step.back
            found = begin >= 0 and self._attempt(step.program, text, begin, place if step.back else None) is not None
            return (at + 1, place, rounds) if found is step.wanted else None
        assert isinstance(step, Atomic)
        reached = self._attempt(step.program, text, place)
        return None if reached is None else (at + 1, reached, rounds)

    def _run(self, step: Run, text: str, at: int, place: int, rounds: Any, trail: Any) -> Any:
        found = step.whole.match(text, place, min(len(text), place + step.most))
        assert found is not None
        reached = found.end()
        self.steps += reached - place if step.greedy or step.keeps else step.least
        if reached - place < step.least:
            return None
        if step.keeps or reached - place == step.least:
            return at + 1, reached, rounds
        if step.greedy:
            trail.append((~at, reached - 1, (rounds, place + step.least)))
            return at + 1, reached, rounds
        trail.append((~at, place + step.least + 1, (rounds, reached)))
        return at + 1, place + step.least, rounds

    def _again(self, program: list[Any], text: str, trail: Any) -> Any:
        """The next way to try."""
        at, place, rounds = trail.pop()
        if at >= 0:
            return at, place, rounds
        run: Run = program[~at]
        rounds, last = rounds
        if run.greedy and place > last:
            trail.append((at, place - 1, (rounds, last)))
        if not run.greedy and place < last:
            trail.append((at, place + 1, (rounds, last)))
        return ~at + 1, place, rounds

    # From the parser's tree to a program

    def _compiled(self, tree: Any, begin: int = 0) -> list[Any]:
        program: list[Any] = []
        for code, argument in tree:
            program += self._one(code, argument, begin + len(program))
        return program

    def _one(self, code: Any, argument: Any, begin: int) -> list[Any]:
        if code in SINGLE:
            return [self._repeated(code, argument, 1, 1, greedy=True, keeps=True)]
        if code is c.AT:
            return [At(self._position(argument))]
        if code is c.SUBPATTERN:
            return self._compiled(argument[3], begin)
        if code is c.BRANCH:
            return self._branch(argument[1], begin)
        if code in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            return self._repeat(code, *argument, begin)
        if code is c.ATOMIC_GROUP:
            return [Atomic([*self._compiled(argument), MATCH])]
        if code in (c.ASSERT, c.ASSERT_NOT):
            direction, tree = argument
            back = tree.getwidth()[1] if direction < 0 else 0
            return [Look([*self._compiled(tree), MATCH], code is c.ASSERT, back)]
        if code is c.FAILURE:
            return [At(lambda _text, _place: False)]
        raise NotImplementedError(code)

    def _branch(self, branches: Any, begin: int) -> list[Any]:
        first, *others = branches
        if not others:
            return self._compiled(first, begin)
        one = self._compiled(first, begin + 1)
        rest = self._branch(others, begin + 2 + len(one))
        return [Split(begin + 1, begin + 2 + len(one)), *one, Jump(begin + 2 + len(one) + len(rest)), *rest]

    def _repeat(self, code: Any, least: int, most: int, tree: Any, begin: int) -> list[Any]:
        greedy, keeps = code is not c.MIN_REPEAT, code is c.POSSESSIVE_REPEAT
        if len(tree) == 1 and tree[0][0] in SINGLE:
            return [self._repeated(*tree[0], least, int(most), greedy=greedy, keeps=keeps)]
        if keeps:
            return [Atomic([*self._repeat(c.MAX_REPEAT, least, most, tree, 0), MATCH])]
        program: list[Any] = []
        for _ in range(min(least, MOST_COPIES)):
            program += self._compiled(tree, begin + len(program))
        if most is c.MAXREPEAT:
            return program + self._loop(tree, greedy, begin + len(program))
        return program + self._optional(tree, greedy, min(most - least, MOST_COPIES), begin + len(program))

    def _loop(self, tree: Any, greedy: bool, begin: int) -> list[Any]:
        body = self._compiled(tree, begin + 1)
        out = begin + 2 + len(body)
        return [Split(begin + 1, out) if greedy else Split(out, begin + 1), *body, Progress(begin)]

    def _optional(self, tree: Any, greedy: bool, count: int, begin: int) -> list[Any]:
        if count == 0:
            return []
        body = self._compiled(tree, begin + 1)
        rest = self._optional(tree, greedy, count - 1, begin + 1 + len(body))
        out = begin + 1 + len(body) + len(rest)
        return [Split(begin + 1, out) if greedy else Split(out, begin + 1), *body, *rest]

    def _repeated(self, code: Any, argument: Any, least: int, most: int, *, greedy: bool, keeps: bool) -> Run:
        flags = self.flags & (re.IGNORECASE | re.DOTALL | re.ASCII)
        return Run(re.compile(f"(?:{written(code, argument)})*+", flags), least, min(most, 1 << 40), greedy, keeps)

    def _position(self, code: Any) -> Callable[[str, int], bool]:
        found = re.compile(POSITIONS[code], self.flags & re.MULTILINE)
        return lambda text, place: found.match(text, place) is not None


SINGLE = (c.LITERAL, c.NOT_LITERAL, c.ANY, c.IN)
POSITIONS = {c.AT_BEGINNING: "^", c.AT_BEGINNING_STRING: r"\A", c.AT_END: "$", c.AT_END_STRING: r"\Z",
             c.AT_BOUNDARY: r"\b", c.AT_NON_BOUNDARY: r"\B"}  # fmt: skip
CATEGORIES = {c.CATEGORY_DIGIT: r"\d", c.CATEGORY_NOT_DIGIT: r"\D", c.CATEGORY_SPACE: r"\s",
              c.CATEGORY_NOT_SPACE: r"\S", c.CATEGORY_WORD: r"\w", c.CATEGORY_NOT_WORD: r"\W"}  # fmt: skip


def written(code: Any, argument: Any) -> str:
    """The expression of one character, as one writes it."""
    if code is c.ANY:
        return "."
    if code is c.LITERAL:
        return _character(argument)
    if code is c.NOT_LITERAL:
        return f"[^{_character(argument)}]"
    return f"[{''.join(map(_item, argument))}]"


def _item(item: tuple[Any, Any]) -> str:
    code, argument = item
    if code is c.NEGATE:
        return "^"
    if code is c.LITERAL:
        return _character(argument)
    if code is c.RANGE:
        return f"{_character(argument[0])}-{_character(argument[1])}"
    return CATEGORIES[argument]


def _character(number: int) -> str:
    return f"\\U{number:08x}"


# Texts that an expression finds hard


SAMPLES = " \t\n\0a0A_-./:=;,\"'\\{}()[]<>$&%#@~*+?!|é"


def hostile_texts(pattern: re.Pattern[Any], length: int) -> Iterator[str]:
    """What each repetition of the expression takes, over and over, behind what it begins with, before what ends it."""
    source = pattern.pattern
    tree = _parser.parse(source.decode("latin-1") if isinstance(source, bytes) else source, pattern.flags & ~re.UNICODE)
    letters = list(dict.fromkeys(_characters(tree, pattern.flags)))[:9]
    pairs = [one + other for one in letters for other in letters]
    heads = sorted({"", *_heads(tree, "", pattern.flags)}, key=len)[:6]
    pumps = sorted({*_pumps(tree, pattern.flags)} - {""}, key=len)[:12]
    repeated = [(head, word) for head in heads for word in (*pumps, *letters)]
    repeated += [("", head) for head in heads if len(head) > 2]
    repeated += [(head, pair) for pair in pairs for head in (pair[0], pair[1])]
    for head, word in dict.fromkeys(repeated):
        yield (head + word * (length // len(word) + 1))[: length - 1] + "\0"
        yield (head + word * (length // len(word) + 1))[:length]
    for one in letters:
        yield from (one * (length // 2) + other * (length // 2) for other in letters if other != one)


def _pumps(tree: Any, flags: int) -> Iterator[str]:
    for code, argument in tree:
        if code in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            yield from _words(argument[2], flags)
            yield from _pumps(argument[2], flags)
        else:
            for inner in _inside(code, argument):
                yield from _pumps(inner, flags)


def _inside(code: Any, argument: Any) -> list[Any]:
    if code is c.SUBPATTERN:
        return [argument[3]]
    if code is c.BRANCH:
        return list(argument[1])
    if code in (c.ASSERT, c.ASSERT_NOT):
        return [argument[1]]
    return [argument] if code is c.ATOMIC_GROUP else []


def _words(tree: Any, flags: int) -> list[str]:
    """A few texts that the tree matches, or nearly."""
    words = [""]
    for code, argument in tree:
        if code in SINGLE:
            pieces = _members(code, argument, flags)[:3]
        elif code in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            pieces = [word * max(argument[0], 1) for word in _words(argument[2], flags)]
        else:
            pieces = [word for inner in _inside(code, argument) for word in _words(inner, flags)] or [""]
        words = [word + piece for word in words for piece in pieces or [""]][:6]
    return words


def _members(code: Any, argument: Any, flags: int) -> list[str]:
    matches = re.compile(written(code, argument), flags & (re.IGNORECASE | re.DOTALL | re.ASCII)).match
    own = [chr(number) for kind, number in (argument if code is c.IN else [(code, argument)]) if kind is c.LITERAL]
    return list(dict.fromkeys(one for one in (*own, *SAMPLES) if matches(one)))


def _characters(tree: Any, flags: int) -> Iterator[str]:
    for code, argument in tree:
        if code in SINGLE:
            yield from _members(code, argument, flags)[:2]
        elif code in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            yield from _characters(argument[2], flags)
        for inner in _inside(code, argument):
            yield from _characters(inner, flags)


def _heads(tree: Any, before: str, flags: int) -> Iterator[str]:
    """What comes before each repetition."""
    for code, argument in tree:
        if code in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            yield before
            yield from _heads(argument[2], before, flags)
        for inner in _inside(code, argument):
            yield from _heads(inner, before, flags)
        before += (_words([(code, argument)], flags) or [""])[0]
