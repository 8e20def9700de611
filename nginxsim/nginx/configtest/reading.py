"""The text of a conf file, token by token as nginx takes it.

nginx reads and judges in one go, so a file it cannot read to its end may still be refused for an earlier line: what was
read up to the fault comes along.
"""

# nginx 1.27.1: src/core/ngx_conf_file.c (ngx_conf_parse, ngx_conf_read_token)
# openresty/lua-nginx-module 0.10.28: src/ngx_http_lua_directive.c (ngx_http_lua_conf_lua_block_parse)

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nginxsim.nginx.configtest.faults import Fault
from nginxsim.nginx.tree import Directive

LONGEST = 4096
"""NGX_CONF_BUFFER: neither a token nor a comment may fill the buffer."""

BLANK = re.compile(r"[ \t\r\n]*")
PLAIN = re.compile(r"(?:\$\{*|\\.|[^ \t\r\n;{\\$])*", re.DOTALL)
QUOTED = {'"': re.compile(r'(?:[^"\\]|\\.)*', re.DOTALL), "'": re.compile(r"(?:[^'\\]|\\.)*", re.DOTALL)}
ESCAPE = re.compile(r"\\([\"'\\trn])")
MEANING = {"t": "\t", "r": "\r", "n": "\n"}
LUA_PIECE = re.compile(r"--\[(=*)\[|--[^\n]*|\[(=*)\[|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|[{}]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reading:
    """root: name "", what was read. fault: where reading ended before the end of the text. unfinished: the blocks open
    there.
    """

    root: Directive
    fault: Fault | None
    unfinished: tuple[Directive, ...] = ()


class _Stop(Exception):  # noqa: N818
    pass


@dataclass(slots=True)
class _Open:
    """A block whose "}" has not come yet."""

    name: str
    args: tuple[str, ...]
    line: int
    children: list[Directive] = field(default_factory=list)

    def close(self) -> Directive:
        return Directive(self.name, self.args, self.line, tuple(self.children))


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.line = 1
        self.blocks = [_Open("", (), 0)]

    def read(self) -> Reading:
        fault = None
        try:
            while self.statement():
                pass
            if len(self.blocks) > 1:
                self.stop('unexpected end of file, expecting "}"')
        except _Stop as stop:
            fault = Fault(str(stop), self.line)
        unfinished = []
        while len(self.blocks) > 1:
            unfinished.append(self.blocks.pop().close())
            self.blocks[-1].children.append(unfinished[-1])
        root = self.blocks[0].close()
        return Reading(root, fault, (*unfinished, root) if fault else ())

    def stop(self, message: str) -> None:
        raise _Stop(message)

    def advance(self, end: int) -> None:
        self.line += self.text.count("\n", self.place, end)
        self.place = end

    def skip_blanks(self) -> str:
        """On to the next character that matters; "" at the end."""
        text = self.text
        while True:
            match = BLANK.match(text, self.place)
            self.advance(match.end() if match else len(text))
            if not text.startswith("#", self.place):
                return text[self.place : self.place + 1]
            end = text.find("\n", self.place)
            end = len(text) if end < 0 else end
            self.measure(self.place, end, "")
            self.advance(end)

    def measure(self, start: int, end: int, quote: str) -> None:
        if end - start < LONGEST // 4:
            return
        if len(self.text[start:end].encode(errors="surrogateescape")) >= LONGEST:
            why = f'probably missing terminating "{quote}" character' if quote else ""
            self.stop(
                f"too long parameter, {why}"
                if why
                else f'too long parameter "{self.text[start : start + 10]}..." started'
            )

    def statement(self) -> bool:
        """One directive, or the end of a block; False at the end of the file."""
        words: list[str] = []
        line = 0
        while character := self.skip_blanks():
            if character in ";{" and not words:
                self.stop(f'unexpected "{character}"')
            if character == "}":
                return self.end_block(words)
            if character in ";{":
                self.place += 1
                return self.end_statement(words, line, character)
            line = line or self.line
            words.append(self.word(character))
        if words:
            self.stop('unexpected end of file, expecting ";" or "}"')
        return False

    def end_block(self, words: list[str]) -> bool:
        if words or len(self.blocks) == 1:
            self.stop('unexpected "}"')
        self.place += 1
        closed = self.blocks.pop().close()
        self.blocks[-1].children.append(closed)
        return True

    def end_statement(self, words: list[str], line: int, character: str) -> bool:
        name, args = words[0], tuple(words[1:])
        if character == "{" and name.endswith("_by_lua_block"):
            self.blocks[-1].children.append(Directive(name, (*args, self.lua()), line, ()))
        elif character == "{":
            self.blocks.append(_Open(name, args, line))
        else:
            self.blocks[-1].children.append(Directive(name, args, line))
        return True

    def word(self, character: str) -> str:
        quote = character if character in QUOTED else ""
        start = self.place + len(quote)
        match = QUOTED[quote].match(self.text, start) if quote else PLAIN.match(self.text, start)
        end = match.end() if match else len(self.text)
        self.measure(start, end, quote)
        raw = self.text[start:end]
        after = self.text[end : end + 1]
        self.advance(end)
        if not after or after == "\\":
            self.stop('unexpected end of file, expecting ";" or "}"')
        if quote:
            self.place += 1
            self.after_quote()
        return ESCAPE.sub(lambda m: MEANING.get(m[1], m[1]), raw) if "\\" in raw else raw

    def after_quote(self) -> None:
        """A closing quote ends the word: only a blank, ";", "{" or ")" may follow."""
        following = self.text[self.place : self.place + 1]
        if following and following not in " \t\r\n;{)":
            self.stop(f'unexpected "{following}"')

    def lua(self) -> str:
        """The code up to the brace that ends the block."""
        start, depth = self.place, 1
        place = start
        while match := LUA_PIECE.search(self.text, place):
            place = match.end()
            if match[0] in ("{", "}"):
                depth += 1 if match[0] == "{" else -1
                if not depth:
                    self.advance(place)
                    return self.text[start : place - 1]
            elif match[1] is not None or match[2] is not None:
                place = self.long_bracket(match[1] if match[1] is not None else match[2], place)
        self.stop("unexpected end of file, expecting terminating characters for lua code block")
        return ""

    def long_bracket(self, level: str, place: int) -> int:
        closing = f"]{level}]"
        end = self.text.find(closing, place)
        if end < 0:
            self.stop(
                f'Lua code block missing the closing long bracket "{closing}", the inlined Lua code may be too long'
            )
        return end + len(closing)


def read(text: str) -> Reading:
    return _Reader(text).read()
