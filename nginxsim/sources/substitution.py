"""Variables in a text as Flux fills them in: ${name}, ${name:=default} and the other forms that it has from bash.

Source: fluxcd/pkg envsubst (parse/parse.go, parse/scan.go, funcs.go, path/match.go), a fork of drone/envsubst
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from nginxsim.sources.globs import glob

Values: TypeAlias = Callable[[str], str | None]
"""The value of a variable; "" for one that nobody has set, None where nobody can know."""

_NAME = re.compile(r"\w++")
_REFERENCE = re.compile(r"\$\{#?(\w++)")
LONGEST = 4096
"""Characters of a value that a pattern is tried on, beginning by beginning."""


class BadSubstitution(ValueError):  # noqa: N818  # as Flux calls it
    """The text has something that looks like a variable and is none."""


def variables(text: str) -> list[str]:
    """The names that a text may ask for, in order."""
    return list(dict.fromkeys(_REFERENCE.findall(text)))


def stand_in(name: str) -> str:
    """What a variable is taken to be that nobody knows: fit for a host."""
    return name.lower().replace("_", "-").strip("-") or "x"


def filled_in(text: str, values: Values) -> str:
    """Raises BadSubstitution."""
    return _Expansion(text, values).whole()


class _Expansion:
    """Reads a text from its beginning, and says what becomes of it."""

    def __init__(self, text: str, values: Values) -> None:
        self._text = text
        self._values = values
        self._at = 0

    def whole(self) -> str:
        pieces = []
        while self._at < len(self._text):
            if self._take("${"):
                pieces.append(self._expansion())
            elif self._take("$$"):
                pieces.append("$")
            else:
                end = self._text.find("$", self._at + 1)
                pieces.append(self._until(end if end >= 0 else len(self._text)))
        return "".join(pieces)

    # --- reading

    def _take(self, word: str) -> bool:
        found = self._text.startswith(word, self._at)
        self._at += len(word) if found else 0
        return found

    def _until(self, end: int) -> str:
        start, self._at = self._at, end
        return self._text[start:end]

    def _run(self, letters: str, most: int = 2) -> str:
        """As many of these letters as there are."""
        end = self._at
        while end < self._at + most and self._text[end : end + 1] in tuple(letters):
            end += 1
        return self._until(end)

    def _name(self) -> str:
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise BadSubstitution("a variable without a name")
        return self._until(found.end())

    def _close(self) -> None:
        if not self._take("}"):
            raise BadSubstitution(f'no closing brace at "{self._text[self._at : self._at + 20]}"')

    def _parameter(self, stop: str, *, escapes: bool = False) -> str:
        """An expansion, or a text up to one of these letters or an expansion. Raises for an empty one."""
        if self._take("${"):
            return self._expansion()
        pieces: list[str] = []
        while self._at < len(self._text) and not self._text.startswith("${", self._at):
            if escapes and self._text.startswith(("\\/", "\\\\", "$$"), self._at):
                self._at += 1
            elif self._text[self._at] in stop:
                break
            pieces.append(self._until(self._at + 1))
        if not pieces:
            raise BadSubstitution(f'nothing where something is expected at "{self._text[self._at : self._at + 20]}"')
        return "".join(pieces)

    # --- what stands between the braces

    def _expansion(self) -> str:
        measured = self._take("#")
        name = self._name()
        told = self._values(name)
        value = stand_in(name) if told is None else told
        if measured:
            self._close()
            return str(len(value.encode()))
        form = self._text[self._at : self._at + 1]
        if form == "=" or self._text[self._at : self._at + 2] in (":=", ":-", ":?", ":+"):
            self._at += len(form) if form == "=" else 2
            return self._or_default(told or "")
        reading = {":": self._part, ",": self._cased, "^": self._cased, "/": self._replaced, "#": self._cut}.get(form)
        if form == "%":
            reading = self._cut
        result = reading(value) if reading else value
        self._close()
        return result

    def _or_default(self, value: str) -> str:
        """Flux takes the default for each of := :- :? and :+."""
        words = []
        while not self._take("}"):
            words.append(self._parameter("}"))
        return value or "".join(words)

    def _part(self, value: str) -> str:
        self._at += 1
        offset, length = self._parameter(":}"), ""
        if self._take(":"):
            length = self._parameter("}")
        return _substring(value, offset, length)

    def _cased(self, value: str) -> str:
        form = self._run(",^")
        change = str.lower if form[0] == "," else str.upper
        return change(value) if form in (",,", "^^") else change(value[:1]) + value[1:] if len(form) == 1 else value

    def _replaced(self, value: str) -> str:
        form = self._run("/", 1) + self._run("/#%", 1)
        old, new = self._parameter("/", escapes=True), ""
        if not self._take("/"):
            raise BadSubstitution("a replacement without its second part")
        if self._text[self._at : self._at + 1] != "}":
            new = self._parameter("}", escapes=True)
        if form == "/#":
            return new + value.removeprefix(old) if value.startswith(old) else value
        if form == "/%":
            return value.removesuffix(old) + new if value.endswith(old) else value
        return value.replace(old, new, -1 if form == "//" else 1)

    def _cut(self, value: str) -> str:
        form = self._run(self._text[self._at])
        pattern = self._parameter("}")
        if form[0] == "#":
            return _without_start(value, pattern, longest=len(form) == 2)
        return _without_start(value[::-1], pattern[::-1], longest=len(form) == 2)[::-1]


def _substring(value: str, offset: str, length: str) -> str:
    """By bytes; what is no number changes nothing."""
    try:
        start, size = int(offset), int(length) if length else None
    except ValueError:
        return value
    content = value.encode()
    start = max(len(content) + start, 0) if start < 0 else start
    if size is not None and size < 0 and start + size < len(content):
        raise BadSubstitution(f"a length of {size}")
    return content[start : None if size is None else start + size].decode(errors="replace")


def _without_start(value: str, pattern: str, *, longest: bool) -> str:
    """Less the beginning that fits the pattern of a shell. Raises BadSubstitution."""
    if len(value) > LONGEST:
        raise BadSubstitution("a value that is too long to be cut")
    try:
        fits = glob(pattern, across=True).search
    except ValueError:
        return value
    sizes = range(len(value), 0, -1) if longest else range(1, len(value) + 1)
    return next((value[size:] for size in sizes if fits(value[:size])), value)
