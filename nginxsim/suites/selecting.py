"""Which cases run: -k expressions, tags, `only`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from nginxsim.errors import UsageError
from nginxsim.suites.cases import Case

Wanted: TypeAlias = Callable[[str], bool]

_TOKEN = re.compile(r"\(|\)|\"[^\"]*\"|[^\s()]+")


def select(cases: Sequence[Case], expression: str = "", tags: Sequence[str] = ()) -> tuple[list[Case], int]:
    """The cases to run, and how many others an `only` somewhere leaves out.

    expression: words joined by and, or, not and parentheses, each looked for in file and name, case aside.
    tags: a case needs one of them; "!tag" leaves out those that have it.
    """
    wanted = parse(expression) if expression.strip() else _everything
    chosen = [case for case in cases if wanted(case.title.lower()) and _tagged(case, tags)]
    marked = [case for case in chosen if case.only]
    return (marked, len(chosen) - len(marked)) if marked else (chosen, 0)


def _everything(_: str) -> bool:
    return True


def _tagged(case: Case, tags: Sequence[str]) -> bool:
    without = {tag[1:] for tag in tags if tag.startswith("!")}
    required = {tag for tag in tags if not tag.startswith("!")}
    own = set(case.tags)
    return not own & without and (not required or bool(own & required))


def parse(expression: str) -> Wanted:
    """The expression as a function of a text in lower case. Raises UsageError."""
    parser = _Parser(expression)
    wanted = parser.any_of()
    if parser.tokens:
        raise parser.error(f'"{parser.tokens[0]}" is left over')
    return wanted


class _Parser:
    """or binds weakest, then and, then not."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = _TOKEN.findall(expression)

    def error(self, what: str) -> UsageError:
        return UsageError(f'-k "{self.expression}": {what}; join words with and, or, not and parentheses')

    def any_of(self) -> Wanted:
        parts = [self.all_of()]
        while self._took("or"):
            parts.append(self.all_of())
        return lambda text: any(part(text) for part in parts)

    def all_of(self) -> Wanted:
        parts = [self.one()]
        while self._took("and"):
            parts.append(self.one())
        return lambda text: all(part(text) for part in parts)

    def one(self) -> Wanted:
        if self._took("not"):
            inner = self.one()
            return lambda text: not inner(text)
        if self._took("("):
            inner = self.any_of()
            if not self._took(")"):
                raise self.error("a parenthesis is not closed")
            return inner
        if not self.tokens or self.tokens[0] in (")", "and", "or"):
            raise self.error("a word is missing")
        word = self.tokens.pop(0).strip('"').lower()
        return lambda text: word in text

    def _took(self, token: str) -> bool:
        if self.tokens and self.tokens[0].lower() == token:
            self.tokens.pop(0)
            return True
        return False
