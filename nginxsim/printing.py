"""How text reaches a terminal, a log or a file: in lines, none of which the input can break, colour or command.

Names, values, paths and messages hold whatever somebody wrote into a manifest. Each line of a report is put together
as plain text; here, and only here, it becomes what is printed: a character that would steer a terminal or turn the
order of letters is shown as its escape, a line break inside of a line too, and no line can be taken for a workflow
command. Colours and links are set as marks that no input can write, since none can know the key of this run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

import click

_CONTROLS = "\x00-\x1f\x7f-\x9f"
_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Marks, embeddings, overrides and isolates of writing from right to left: https://trojansource.codes"""
_BREAKS = "\u2028\u2029"
_INVISIBLE = "\u200b\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
COMMANDING = f"{_CONTROLS}{_DIRECTIONS}{_BREAKS}{_INVISIBLE}"
"""For a character class: what is never printed as it is."""
_NO_TEXT = "\ud800-\udfff"

_TO_ESCAPE = re.compile(f"[{COMMANDING}{_NO_TEXT}]")
OLD_COMMAND = re.compile(r"#(?=#(?:\[|vso\[|teamcity\[))")
"""GitHub's runner obeys `##[command]` anywhere in a line, Azure's `##vso[`, TeamCity its own."""
_COMMAND = re.compile(r"\s*+::")
"""And `::command` behind blanks: github.com/actions/runner, src/Runner.Common/ActionCommand.cs."""
_TO_ESCAPE_IN_FILES = re.compile(f"(?![\t\n])[{COMMANDING}{_NO_TEXT}]|{OLD_COMMAND.pattern}|^[ \t]*::", re.MULTILINE)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_KEY = os.urandom(8).hex()
_OPEN, _CLOSE = f"<{_KEY}:", f":{_KEY}>"
_MARK = re.compile(f"{_OPEN}([^:]*){_CLOSE}")


def visible(text: str) -> str:
    """The text on one line, with escapes for what would command whoever shows it. Marks stay."""
    return OLD_COMMAND.sub(r"\\x23", _TO_ESCAPE.sub(_escape, text))


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return _REPLACEMENT  # a byte that was no UTF-8 where it came from
    if short := _SHORT.get(character):
        return short
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printed(lines: Iterable[str], *, colour: bool = False) -> str:
    """The lines as one text, without an end of line."""
    return "\n".join(_line(line, colour) for line in lines)


def _line(line: str, colour: bool) -> str:
    shown = visible(line)
    plain = _MARK.sub("", shown)
    if _COMMAND.match(plain):
        return _not_a_command(plain)
    return _MARK.sub(_code, shown) if colour else plain


def _not_a_command(line: str) -> str:
    command = _COMMAND.match(line)
    return f"{line[: command.end() - 2]}\\x3a{line[command.end() - 1 :]}" if command else line


def listing(text: str) -> str:
    """A file's text, its tabs left alone; the very same text where nothing in it commands anything."""
    if not _TO_ESCAPE_IN_FILES.search(text):
        return text
    return "\n".join(_not_a_command("\t".join(map(visible, line.split("\t")))) for line in text.split("\n"))


def spaced(blocks: Iterable[Iterable[str]]) -> Iterator[str]:
    """The blocks' lines with an empty line between blocks."""
    for number, block in enumerate(blocks):
        if number:
            yield ""
        yield from block


# Colours and links


def paint(text: str, **style: object) -> str:
    """The text marked for a colour; what is printed has it where colours are wanted."""
    before, _, after = click.style("\0", **style).partition("\0")  # type: ignore[arg-type]
    return _mark(before) + text + _mark(after)


def link(text: str, target: str) -> str:
    """The text marked as a hyperlink (OSC 8), which is printed where colours are."""
    return _mark(f"\x1b]8;;{target}\x1b\\") + text + _mark("\x1b]8;;\x1b\\")


def _mark(code: str) -> str:
    return f"{_OPEN}{code.encode().hex()}{_CLOSE}"


def _code(found: re.Match[str]) -> str:
    return bytes.fromhex(found[1]).decode()


def unmarked(text: str) -> str:
    return _MARK.sub("", text)


def width(text: str) -> int:
    """Characters that are seen."""
    return len(_MARK.sub("", text)) if _OPEN in text else len(text)
