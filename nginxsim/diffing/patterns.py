"""Texts that a regular expression matches: what to ask of a location that is a pattern."""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from nginxsim.errors import InputError
from nginxsim.nginx.regex import MatchLimitError, Regex

# The parser behind the re module; it has no public name.
_parser: Any = importlib.import_module("re._parser")

ALPHABET = "a1b2c3-_.~xyzABCXYZ/0456789,;=:@!$&'()*+ "
"""Candidates for one character, the plainest first; all but the last may stand in a path as they are."""

VARIANTS = 4
MOST_REPEATS = 3
LONGEST = 8192
"""Characters; nginx takes no longer line of a request unless it is told to."""
LITERAL_END = re.compile(r"[\\\[\](){}.*+?^$|]")
_NAMED = re.compile(r"\(\?<(?=[A-Za-z_])")


def examples(pattern: str, *, caseless: bool = False, prefix: str = "") -> tuple[str, ...]:
    """Up to VARIANTS different texts that the pattern matches, the shortest kind first.

    `prefix`: what each text must begin with ("/" for a path). Where no text can be made that matches, the literal
    beginning of the pattern is all there is.
    """
    try:
        regex = Regex(pattern, caseless)
    except InputError:
        return ()
    texts = list(_texts(pattern))
    for lead in ("", "x"):
        found = dict.fromkeys(text for text in (_begun(lead + text, prefix) for text in texts) if _matches(regex, text))
        if found:
            return tuple(found)
    return tuple(filter(None, (_begun(literal_start(pattern), prefix),)))


def literal_start(pattern: str) -> str:
    """The pattern up to its first special character."""
    bare = pattern.removeprefix("^")
    special = LITERAL_END.search(bare)
    return bare[: special.start()] if special else bare


def _matches(regex: Regex, text: str) -> bool:
    try:
        return regex.groups(text) is not None
    except MatchLimitError:
        return False


def _texts(pattern: str) -> Iterator[str]:
    try:
        with warnings.catch_warnings(action="ignore"):
            parsed = _parser.parse(_NAMED.sub("(?P<", pattern).replace(r"\z", r"\Z"))
        for variant in range(VARIANTS):
            yield _Writer(variant).write(parsed)
    except (re.error, OverflowError, RecursionError, _TooLongError):
        return


def _begun(text: str, prefix: str) -> str:
    return text if text.startswith(prefix) else prefix + text


class _TooLongError(Exception):
    """No request is as long as a text for this pattern."""


class _Writer:
    """Writes one text; the variant decides which alternative is taken and how often something is repeated."""

    def __init__(self, variant: int) -> None:
        self.variant = variant
        self.groups: dict[int, str] = {}

    def write(self, parsed: Iterable[tuple[Any, Any]]) -> str:
        text = ""
        for code, argument in parsed:
            text += self._one(str(code), argument)
            if len(text) > LONGEST:
                raise _TooLongError
        return text

    def _one(self, code: str, argument: Any) -> str:
        write = _WRITERS.get(code)
        return write(self, argument) if write else ""

    def literal(self, argument: int) -> str:
        return chr(argument)

    def not_literal(self, argument: int) -> str:
        return _first(lambda char: char != chr(argument))

    def any(self, _argument: object) -> str:
        return ALPHABET[0]

    def one_of(self, items: list[tuple[Any, Any]]) -> str:
        negated = str(items[0][0]) == "NEGATE"
        return _first(lambda char: any(_holds(str(code), argument, char) for code, argument in items) is not negated)

    def branch(self, argument: tuple[object, list[Any]]) -> str:
        choices = argument[1]
        return self.write(choices[self.variant % len(choices)])

    def group(self, argument: tuple[int | None, int, int, Any]) -> str:
        number, _, _, inner = argument
        text = self.write(inner)
        if number is not None:
            self.groups[number] = text
        return text

    def group_again(self, number: int) -> str:
        return self.groups.get(number, "")

    def repeat(self, argument: tuple[int, int, Any]) -> str:
        least, most, inner = argument
        wanted = max(least, min(self.variant, MOST_REPEATS))
        text, times = self.write(inner), min(wanted, int(most))
        if len(text) * times > LONGEST:
            raise _TooLongError
        return text * times

    def atomic(self, inner: Any) -> str:
        return self.write(inner)


_WRITERS: dict[str, Callable[[_Writer, Any], str]] = {
    "LITERAL": _Writer.literal,
    "NOT_LITERAL": _Writer.not_literal,
    "ANY": _Writer.any,
    "IN": _Writer.one_of,
    "BRANCH": _Writer.branch,
    "SUBPATTERN": _Writer.group,
    "GROUPREF": _Writer.group_again,
    "MAX_REPEAT": _Writer.repeat,
    "MIN_REPEAT": _Writer.repeat,
    "POSSESSIVE_REPEAT": _Writer.repeat,
    "ATOMIC_GROUP": _Writer.atomic,
}

_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdigit,
    "CATEGORY_NOT_DIGIT": lambda char: not char.isdigit(),
    "CATEGORY_WORD": lambda char: char.isalnum() or char == "_",
    "CATEGORY_NOT_WORD": lambda char: not (char.isalnum() or char == "_"),
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_NOT_SPACE": lambda char: not char.isspace(),
}


def _first(allowed: Callable[[str], bool]) -> str:
    return next(filter(allowed, ALPHABET), "")


def _holds(code: str, argument: Any, char: str) -> bool:
    if code == "LITERAL":
        return char == chr(argument)
    if code == "RANGE":
        low, high = argument
        return bool(low <= ord(char) <= high)
    return code == "CATEGORY" and _CATEGORIES[str(argument)](char)
