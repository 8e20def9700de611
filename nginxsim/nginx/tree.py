"""An nginx.conf as nginx reads it: directives with unescaped arguments, places and nesting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from crossplane.parser import _parse_with_initial_tokens

from nginxsim.errors import InputError
from nginxsim.nginx.tokens import Break, Place, Statement, tokenized

DEEPEST = 50
"""So many blocks may lie in one another. nginx itself has no limit; what is written by hand needs five or six."""
_AT_ONCE = 100
"""Blocks in one another that crossplane's parser, which calls itself for each, is given at a time."""


@dataclass(frozen=True, slots=True)
class Directive:
    """args are unescaped: a backslash before itself, a quote, t, r or n is gone. block is None for a simple directive.

    A Lua block has its code as last argument and an empty block. column: where the name begins on its line; places: the
    same for each argument.
    """

    name: str
    args: tuple[str, ...] = ()
    line: int = 0
    block: tuple[Directive, ...] | None = None
    column: int = field(default=0, compare=False)
    places: tuple[Place, ...] = field(default=(), compare=False)

    def all(self, *names: str) -> Iterator[Directive]:
        """The children with one of these names, in order."""
        return (child for child in self.block or () if child.name in names)

    def first(self, name: str) -> Directive | None:
        return next(self.all(name), None)

    @property
    def condition(self) -> tuple[str, ...]:
        """What an `if` asks: its arguments without the parentheses around them; as written where these are missing."""
        # nginx 1.27.1: src/http/modules/ngx_http_rewrite_module.c (ngx_http_rewrite_if_condition)
        words = self.args
        if not words or not words[0].startswith("(") or not words[-1].endswith(")"):
            return words
        words = words[1:] if words[0] == "(" else (words[0][1:], *words[1:])
        if words[-1] == ")":
            return words[:-1] or words
        return (*words[:-1], words[-1][:-1])

    def __str__(self) -> str:
        return " ".join((self.name, *self.args))


class ConfError(InputError):
    """What nginx would not start with. line, column (0: not known) and reason are for who knows the file's own name."""

    def __init__(self, line: int, reason: str, column: int = 0) -> None:
        super().__init__(f"nginx.conf:{line}:{column}: {reason}" if column else f"nginx.conf:{line}: {reason}")
        self.line = line
        self.column = column
        self.reason = reason


def conf_error(line: int, message: str) -> ConfError:
    return ConfError(line, message)


@dataclass(frozen=True, slots=True)
class Reading:
    """root: name "", what was read. broken: where that breaks off, if it does. unfinished: the blocks open there."""

    root: Directive
    broken: Break | None
    unfinished: tuple[Directive, ...] = ()


def read(text: str) -> Reading:
    """A file as far as it can be read: nginx judges while it reads, so what stands before a break counts too."""
    found = tokenized(text)
    block = Directive("", (), 0, _children(found.statements))
    unfinished = [block] if found.broken else []
    for _ in range(found.unfinished):
        unfinished.append((unfinished[-1].block or ())[-1])
    return Reading(block, found.broken, tuple(unfinished))


def parse_conf(text: str) -> Directive:
    """The tree of a whole file; its root has no name.

    Raises InputError("nginx.conf:LINE:COLUMN: ...") where the file cannot be read to its end. What nginx would refuse
    although it can be read is nginxsim.nginx.configtest's business.
    """
    found = tokenized(text)
    depth, (line, column) = found.deepest
    if depth > DEEPEST:
        raise ConfError(line, f"blocks are nested more than {DEEPEST} deep", column)
    if found.broken:
        (line, column), reason = found.broken
        raise ConfError(line, reason, column)
    return Directive("", (), 0, _children(found.statements))


def endings(text: str) -> dict[int, int]:
    """Where something may be written behind a directive: its first line -> the line that its `;` or `{` ends.

    Directives that share lines share the last one. Left out is what opens a Lua block, where nginx's comments end.
    """
    found = {each.places[0][0]: each.last_line for each in tokenized(text).statements if each.words}
    return {line: end for line in found if (end := _last_of(line, found))}


def _last_of(line: int, ends: Mapping[int, int]) -> int:
    """The line where the last of the directives ends that begin on this line, or on the one where that ends."""
    end = ends[line]
    while end != line and end in ends:
        line, end = end, ends[end]
    return end


# --- statements to directives -----------------------------------------------------------------------------------------

_Parsed: TypeAlias = Sequence[Mapping[str, Any]]
"""What crossplane makes of a block."""


def _children(statements: Sequence[Statement]) -> tuple[Directive, ...]:
    """Blocks that lie too deep in a part are parts of their own; all are known by where they are closed."""
    parts = [(0, len(statements))]
    parsed: list[_Parsed] = []
    for first, closing in parts:
        parsed.append(_parsed(_tokens(statements, first, closing, parts)))
    ready: dict[int, tuple[Directive, ...]] = {}
    for (_, closing), part in zip(reversed(parts), reversed(parsed), strict=True):
        ready[closing] = _directives(part, ready)
    return ready[len(statements)]


def _parsed(tokens: Iterator[tuple[str, Statement, bool]]) -> _Parsed:
    """What crossplane takes for line numbers are the statements."""
    payload = _parse_with_initial_tokens(tokens, "", "", single=True, check_ctx=False, check_args=False)
    assert not payload["errors"], payload["errors"]
    parsed: _Parsed = payload["config"][0]["parsed"]
    return parsed


def _tokens(
    statements: Sequence[Statement], at: int, closing: int, later: list[tuple[int, int]]
) -> Iterator[tuple[str, Statement, bool]]:
    """What crossplane is given: (text, the statement it belongs to, whether it can be nothing but a word)."""
    depth = 0
    while at < closing:
        statement = statements[at]
        end = statement.end
        if end == "{" and depth == _AT_ONCE:
            later.append((at + 1, statement.closing))
            at, end = statement.closing, ";"
        depth += (end == "{") - (end == "}")
        for word in statement.words:
            yield word, statement, True
        yield end, statement, False
        at += 1


def _directives(parsed: _Parsed, ready: Mapping[int, tuple[Directive, ...]]) -> tuple[Directive, ...]:
    return tuple(_directive(each, ready) for each in parsed)


def _directive(parsed: Mapping[str, Any], ready: Mapping[int, tuple[Directive, ...]]) -> Directive:
    """The words are the statement's own, as crossplane takes the parentheses off an `if`."""
    statement: Statement = parsed["line"]
    words, places = statement.words, statement.places
    block: tuple[Directive, ...] | None = None
    if "block" in parsed:
        block = _directives(parsed["block"], ready)
    elif statement.end == "{":
        block = ready[statement.closing]
    elif statement.is_lua:
        block = ()
    line, column = places[0]
    return Directive(words[0], words[1:], line, block, column, places[1:])
