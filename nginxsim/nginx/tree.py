"""An nginx.conf as nginx reads it: directives with unescaped arguments, lines and nesting."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import crossplane
from crossplane.errors import NgxParserBaseException

from nginxsim.errors import InputError

DEEPEST = 50
"""So many blocks may lie in one another. nginx itself has no limit; what is written by hand needs five or six."""


@dataclass(frozen=True, slots=True)
class Directive:
    """args are unescaped: a backslash before itself, a quote, t, r or n is gone. block is None for a simple directive.

    The parentheses of `if` are gone: `if ($a = b)` has the args $a, =, b.
    """

    name: str
    args: tuple[str, ...] = ()
    line: int = 0
    block: tuple[Directive, ...] | None = None

    def all(self, *names: str) -> Iterator[Directive]:
        """The children with one of these names, in order."""
        return (child for child in self.block or () if child.name in names)

    def first(self, name: str) -> Directive | None:
        return next(self.all(name), None)

    def __str__(self) -> str:
        return " ".join((self.name, *self.args))


class ConfError(InputError):
    """What nginx would not start with. line and reason are for who knows the file's own name."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"nginx.conf:{line}: {reason}")
        self.line = line
        self.reason = reason


def conf_error(line: int, message: str) -> ConfError:
    return ConfError(line, message)


def parse_conf(text: str) -> Directive:
    """The tree of a whole file; its root has no name.

    Raises InputError("nginx.conf:LINE: ...") where the file cannot be read to its end. What nginx would refuse although
    it can be read is nginxsim.nginx.configtest's business.
    """
    children: list[Directive] = []
    opened: list[tuple[_Statement, list[Directive]]] = []
    for statement in _statements(text):
        if statement.end == "}":
            head, outer = opened.pop()
            outer.append(head.directive(tuple(children)))
            children = outer
        elif statement.end == "{":
            if len(opened) == DEEPEST:
                raise conf_error(statement.line, f"blocks are nested more than {DEEPEST} deep")
            opened.append((statement, children))
            children = []
        else:
            children.append(statement.directive(() if statement.is_lua else None))
    return Directive("", (), 0, tuple(children))


def endings(text: str) -> dict[int, int]:
    """Where something may be written behind a directive: its first line -> the line that its `;` or `{` ends.

    Directives that share lines share the last one. Left out is what opens a Lua block, where nginx's comments end.
    """
    found = {each.line: 0 if each.is_lua else each.last_line for each in _statements(text) if each.words}
    return {line: end for line in found if (end := _last_of(line, found))}


def _last_of(line: int, ends: Mapping[int, int]) -> int:
    """The line where the last of the directives ends that begin on this line, or on the one where that ends."""
    end = ends[line]
    while end != line and end in ends:
        line, end = end, ends[end]
    return end


@dataclass(frozen=True, slots=True)
class _Statement:
    """Words up to a `;` or `{`, or a `}` alone; the body of a Lua block is the last word of its statement."""

    words: tuple[str, ...]
    line: int
    end: str
    last_line: int

    @property
    def is_lua(self) -> bool:
        return bool(self.words) and self.words[0].endswith("_by_lua_block")

    def directive(self, block: tuple[Directive, ...] | None) -> Directive:
        name, *rest = self.words
        args = _without_parentheses(rest) if name == "if" else tuple(rest)
        return Directive(name, args, self.line, block)


def _statements(text: str) -> Iterator[_Statement]:
    """The statements of a file, whose braces are balanced when no error ends it."""
    words: list[str] = []
    start = line = 1
    for word, line, quoted in _tokens(text):
        if not quoted and word in (";", "{", "}"):
            if bool(words) is (word == "}"):
                raise conf_error(line, f'unexpected "{word}"')
            yield _Statement(tuple(words), start if words else line, word, line)
            words = []
        elif quoted or not word.startswith("#"):
            start = start if words else line
            words.append(unescaped(word))
    if words:
        raise conf_error(line, 'unexpected end of file, expecting ";" or "}"')


def _tokens(text: str) -> Iterator[tuple[str, int, bool]]:
    """(word, line, whether it was quoted), comments among them."""
    try:
        yield from crossplane.lex_string(text)
    except NgxParserBaseException as error:
        raise conf_error(error.lineno or 1, error.strerror) from None


_ESCAPE = re.compile(r"""\\([\\"'trn])""")
_CONTROL = {"t": "\t", "r": "\r", "n": "\n"}


def unescaped(word: str) -> str:
    """The word as nginx keeps it; crossplane leaves its escapes alone."""
    # nginx 1.27.1: src/core/ngx_conf_file.c, ngx_conf_read_token
    if "\\" not in word:
        return word
    return _ESCAPE.sub(lambda match: _CONTROL.get(match[1], match[1]), word)


def _without_parentheses(words: list[str]) -> tuple[str, ...]:
    """The condition of an `if`, without the parentheses around it."""
    if not words or not words[0].startswith("(") or not words[-1].endswith(")"):
        return tuple(words)
    inner = [words[0][1:], *words[1:]]
    inner[-1] = inner[-1][:-1]
    kept = inner[1:] if not inner[0] else inner
    return tuple(kept[:-1] if kept and not kept[-1] else kept)
