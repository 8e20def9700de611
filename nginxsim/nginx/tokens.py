"""The words of a conf file, statement by statement, by nginx's own rules.

nginx 1.27.1: src/core/ngx_conf_file.c (ngx_conf_parse, ngx_conf_read_token)
openresty/lua-nginx-module 0.10.28: src/ngx_http_lua_directive.c (ngx_http_lua_conf_lua_block_parse)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from nginxsim.nginx.escapes import from_bytes, to_bytes

Place: TypeAlias = tuple[int, int]
"""(line, column), both from 1; a column counts characters."""

BUFFER = 4096
"""Bytes of a file that nginx sees at once (NGX_CONF_BUFFER): a word or a comment has to fit in."""
_MAY_FILL_IT = BUFFER // 4
"""So many characters can be that many bytes."""

_TOKEN = re.compile(
    r"""[ \t\r]*+ (?:
      (\n)
    | ([;{}])
    | (\#[^\n]*+)
    | ("[^"\\]*+(?:\\.[^"\\]*+)*+" | '[^'\\]*+(?:\\.[^'\\]*+)*+')
    | ((?!["']) (?:[^ \t\r\n;{\\$]++ | \$\{*+ | \\.)++)
    | (["'\\])    # a quote that nothing closes, or a backslash with nothing behind it
    | (\Z)        # or each of the blanks before it would be tried on its own
    )""",
    re.DOTALL | re.VERBOSE,
)
_LINE, _END, _COMMENT, _QUOTED, _WORD, _ENDLESS = range(1, 7)
_ESCAPE = re.compile(r"""\\([\\"'trn])""")
_CONTROL = {"t": "\t", "r": "\r", "n": "\n"}
_BLANKS = frozenset(" \t\r\n")
_AFTER_QUOTES = _BLANKS | {";", "{", ")", ""}
_LUA = re.compile(r"""--\[(=*)\[ | --[^\n]* | \[(=*)\[ | ["'{}]""", re.VERBOSE)
_IN_QUOTES = {
    '"': re.compile(r'(?:[^"\\\n]|\\.)*+', re.DOTALL),
    "'": re.compile(r"(?:[^'\\\n]|\\.)*+", re.DOTALL),
}


class Break(NamedTuple):
    """Where nginx cannot read on, and its words for why."""

    place: Place
    reason: str


@dataclass(slots=True)
class Statement:
    """Words up to a ";" or "{", or a "}" alone. A Lua block's code is the last word of a statement that ends in ";".

    words are unescaped; places: where each begins, with its quote. closing: for "{", the index of its "}".
    last_line: that of the end; 0 for Lua code, inside which nginx's own rules do not hold.
    """

    words: tuple[str, ...]
    places: tuple[Place, ...]
    end: str
    last_line: int
    closing: int = 0

    @property
    def is_lua(self) -> bool:
        return not self.last_line


@dataclass(slots=True)
class Text:
    """What was read of a file, up to where it breaks off; `unfinished` blocks are open there and closed all the same.

    deepest: how deep blocks lie in one another, and where the first that deep begins.
    """

    statements: list[Statement] = field(default_factory=list)
    broken: Break | None = None
    unfinished: int = 0
    deepest: tuple[int, Place] = (0, (1, 1))


def tokenized(text: str) -> Text:
    return _Lexer(text).read()


class _Broken(Exception):  # noqa: N818  # what is found out about the text, not a failure of ours
    def __init__(self, offset: int, reason: str) -> None:
        self.offset = offset
        self.reason = reason


class _Lexer:
    """line: the one being read; start: the offset of its first character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.line = 1
        self.start = 0
        self.words: list[str] = []
        self.places: list[Place] = []
        self.opened: list[Statement] = []
        self.found = Text()
        self.unclosed: dict[str, int] = {}

    def read(self) -> Text:
        try:
            at = 0
            while at >= 0:
                at = self._up_to_lua(at)
            self._file_end(unfinished=bool(self.words))
        except _Broken as broken:
            self.found.broken = Break(self._anywhere(broken.offset), broken.reason)
        self.found.unfinished = len(self.opened)
        while self.opened:
            self._close(len(self.text))
        return self.found

    def _up_to_lua(self, at: int) -> int:
        """Reads on from an offset; the offset behind the next Lua block, or -1 at the end of the text."""
        for match in _TOKEN.finditer(self.text, at):
            kind = match.lastindex or 0
            at, end = match.span(kind)
            if end - at >= _MAY_FILL_IT:
                self._measure(kind, at, end)
            if kind == _WORD:
                self._word(at, match[kind])
            elif kind == _LINE:
                self.line, self.start = self.line + 1, end
            elif kind == _END:
                if self._end(at, match[kind]):
                    return self._lua(end)
            elif kind == _QUOTED:
                self._quoted(at, end, match[kind])
            elif kind == _ENDLESS:
                self._endless(at)
        return -1

    def _place(self, offset: int) -> Place:
        """Of an offset in the line being read."""
        return self.line, offset - self.start + 1

    def _anywhere(self, offset: int) -> Place:
        return self.text.count("\n", 0, offset) + 1, offset - self.text.rfind("\n", 0, offset)

    def _past(self, start: int, end: int) -> None:
        """Counts the lines that end in a piece of text."""
        if breaks := self.text.count("\n", start, end):
            self.line += breaks
            self.start = self.text.rfind("\n", start, end) + 1

    # --- words ---------------------------------------------------------------------------------------------------

    def _word(self, start: int, word: str) -> None:
        self.places.append((self.line, start - self.start + 1))
        self.words.append(_unescaped(word) if "\\" in word else word)
        if "\n" in word:
            self._past(start, start + len(word))

    def _quoted(self, start: int, end: int, word: str) -> None:
        """A closing quote ends the word: only a blank, ";", "{" or ")" may follow."""
        self._word(start, word)
        self.words[-1] = self.words[-1][1:-1]
        following = self.text[end : end + 1]
        if following not in _AFTER_QUOTES:
            raise _Broken(end, f'unexpected "{following}"')

    def _endless(self, start: int) -> None:
        quote = self.text[start]
        if quote != "\\" and self._size(start + 1, len(self.text)) > BUFFER:
            raise _Broken(start, _too_long(quote))
        self._file_end(unfinished=True)

    def _measure(self, kind: int, start: int, end: int) -> None:
        """The buffer has to hold what ends a word or a comment too; where a blank ends a word, also what comes next."""
        if kind == _QUOTED:
            start += 1
            if self._size(start, end) > BUFFER:
                raise _Broken(start, _too_long(self.text[start - 1]))
        needed = end + (kind != _COMMENT and self.text[end : end + 1] in _BLANKS)
        if self._size(start, needed) + (needed < len(self.text)) > BUFFER:
            shown = from_bytes(to_bytes(self.text[start : start + 10])[:10])
            raise _Broken(start, f'too long parameter "{shown}..." started')

    def _size(self, start: int, end: int) -> int:
        return len(to_bytes(self.text[start:end]))

    # --- what ends a statement -----------------------------------------------------------------------------------

    def _end(self, at: int, mark: str) -> bool:
        """Whether Lua code comes now."""
        if bool(self.words) is (mark == "}"):
            raise _Broken(at, f'unexpected "{mark}"')
        if mark == "}":
            if not self.opened:
                raise _Broken(at, 'unexpected "}"')
            self._close(at)
        elif mark == "{" and self.words[0].endswith("_by_lua_block"):
            return True
        else:
            self._statement(mark, self.line)
        return False

    def _statement(self, mark: str, last_line: int) -> None:
        statement = Statement(tuple(self.words), tuple(self.places), mark, last_line)
        self.words, self.places = [], []
        self.found.statements.append(statement)
        if mark == "{":
            self.opened.append(statement)
            if len(self.opened) > self.found.deepest[0]:
                self.found.deepest = len(self.opened), statement.places[0]

    def _close(self, at: int) -> None:
        self.opened.pop().closing = len(self.found.statements)
        self.found.statements.append(Statement((), (self._place(at),), "}", self.line))

    def _file_end(self, *, unfinished: bool) -> None:
        if unfinished:
            raise _Broken(len(self.text), 'unexpected end of file, expecting ";" or "}"')
        if self.opened:
            raise _Broken(len(self.text), 'unexpected end of file, expecting "}"')

    # --- Lua -----------------------------------------------------------------------------------------------------

    def _lua(self, start: int) -> int:
        """Reads the code of a Lua block; the offset behind it."""
        end = self._lua_end(start)
        self.words.append(self.text[start : end - 1])
        self.places.append(self._place(start))
        self._statement(";", 0)
        self._past(start, end)
        return end

    def _lua_end(self, at: int) -> int:
        """Behind the brace that ends the block."""
        depth, opening = 1, at - 1
        while piece := _LUA.search(self.text, at):
            at = piece.end()
            if piece.lastindex:
                at = self._long_bracket_end(piece.start(), at, f"]{piece[piece.lastindex]}]")
            elif piece[0] in _IN_QUOTES:
                at = self._string_end(piece[0], at)
            elif piece[0] == "{":
                depth, opening = depth + 1, piece.start()
            elif piece[0] == "}":
                depth -= 1
                if not depth:
                    return at
        raise _Broken(opening, "unexpected end of file, expecting terminating characters for lua code block")

    def _string_end(self, quote: str, at: int) -> int:
        """Behind the closing quote; `at` where none comes on this line, for then the quote counts for nothing, nor do
        those of its kind behind it, which are escaped.
        """
        if at <= self.unclosed.get(quote, -1):
            return at
        inside = _IN_QUOTES[quote].match(self.text, at)
        end = inside.end() if inside else at
        if self.text.startswith(quote, end):
            return end + 1
        self.unclosed[quote] = end
        return at

    def _long_bracket_end(self, opening: int, at: int, closing: str) -> int:
        end = self.text.find(closing, at)
        if end < 0:
            what = f'the closing long bracket "{closing}"'
            raise _Broken(opening, f"Lua code block missing {what}, the inlined Lua code may be too long")
        return end + len(closing)


def _unescaped(word: str) -> str:
    return _ESCAPE.sub(lambda match: _CONTROL.get(match[1], match[1]), word)


def _too_long(quote: str) -> str:
    return f'too long parameter, probably missing terminating "{quote}" character'
