"""A file's text, with the places in it, and how much of a file is read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from nginxsim.errors import InputError, UsageError
from nginxsim.origins import Origin, WayBack, made

if TYPE_CHECKING:
    import yaml

STDIN = "-"
"""Names standard input."""
LARGEST = 64 << 20
"""Bytes of a file, unless LIMIT in the environment says otherwise: workers have it from there too."""
LIMIT = "NGINXSIM_MAX_FILE_SIZE"
_SIZE = re.compile(r"([0-9]{1,9})([kKmMgG]?)")
_HALF = re.compile("[\ud800-\udfff]")
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}

_TEMPLATE_HINT = "looks like a Helm template: run `helm template` first and pass what it prints"


@dataclass(frozen=True, slots=True)
class File:
    """A file's text under the name that the user knows it by, or a part of that text."""

    name: str
    text: str
    first_line: int = 0
    """Of the text in the file, from 0."""
    is_named: bool = True
    """Asked for by its name; False for what was found in a folder."""
    back: WayBack | None = None
    """Of a text that a tool has made, the way to what a person edits."""
    variant_of: frozenset[str] = frozenset()
    """What it was made of by a tool; two that were made of the same are never in one cluster."""
    namespace: str = "default"
    """Of objects in it that name none."""
    within: str = ""
    """The unit of what an object of the input has had made."""
    cluster: str = ""
    """What an object applies to another cluster than its own; "" for that."""

    @property
    def last_line(self) -> int:
        return self.first_line + self.text.count("\n") + 1

    @property
    def unit(self) -> str:
        """The path that tells which cluster it is for: the folder of a file, or that of what a tool has made."""
        return self.within or (self.name if self.back else self.name.rpartition("/")[0])

    def part(self, text: str, line: int) -> File:
        """Some of the text, which begins so many lines after this."""
        # Not replace(), which asks for each field by its name: there is a part for every document.
        return File(
            self.name,
            text,
            self.first_line + line,
            self.is_named,
            self.back,
            self.variant_of,
            self.namespace,
            self.within,
            self.cluster,
        )

    def origin(self, node: yaml.Node) -> Origin:
        mark = node.start_mark
        if self.back:
            return self.place(mark.line, mark.column)
        return Origin(self.name, self.first_line + mark.line + 1, mark.column + 1)

    def place(self, line: int, column: int) -> Origin:
        """Of the text's own line and column, both from 0."""
        if self.back:
            return made(self.name, self.first_line + line + 1, column + 1, self.back)
        return Origin(self.name, self.first_line + line + 1, column + 1)

    def error(self, message: str, origin: Origin) -> InputError:
        """The InputError for a fault in this file; braces on or just before the faulty line betray a Helm template."""
        line = origin[1] - self.first_line
        lines = self.text.splitlines()[max(line - 2, 0) : line]
        hint = f" ({_TEMPLATE_HINT})" if any("{{" in line for line in lines) else ""
        return InputError(message + hint, origin)


def largest_file() -> int:
    """In bytes. Raises UsageError for a limit that is no size."""
    given = os.environ.get(LIMIT, "")
    match = _SIZE.fullmatch(given)
    if given and match is None:
        raise UsageError(f'--max-file-size "{given}": write a number of bytes, or one with K, M or G')
    return int(match[1]) * _UNITS[match[2].lower()] if match else LARGEST


def read_bytes(name: str) -> bytes:
    """What a file holds. Raises OSError, and InputError for a file that is too large."""
    with Path(name).open("rb") as stream:
        return _rest(name, stream, b"")


def read_unless(name: str, foreign: Callable[[bytes], bool], head: int) -> bytes | None:
    """The same; None where it is foreign by its first `head` bytes, and nothing more of it is read then."""
    with Path(name).open("rb") as stream:
        first = stream.read(head)
        return None if foreign(first) else _rest(name, stream, first)


def _rest(name: str, stream: BinaryIO, first: bytes) -> bytes:
    content = first + stream.read(max(largest_file() + 1 - len(first), 0))
    _check_size(name, len(content))
    return content


def _check_size(name: str, size: int) -> None:
    limit = largest_file()
    if size > limit:
        raise InputError(f"{name}: larger than {limit:,} bytes; nginxsim --max-file-size raises the limit")


class Reader:
    """Reads files that belong together and may have no more than one file may. Raises as read_bytes() does."""

    def __init__(self) -> None:
        self._size = 0

    def __call__(self, name: str) -> bytes:
        content = read_bytes(name)
        self._size += len(content)
        _check_size(name, self._size)
        return content


def read_stdin(stream: TextIO) -> str:
    """What standard input holds. Raises InputError for more than a file may have, and for what is no text."""
    try:
        text = stream.read(largest_file() + 1)
    except UnicodeDecodeError as problem:
        raise InputError(f"{STDIN}: not UTF-8 text ({problem.reason} at byte {problem.start})") from None
    _check_size(STDIN, len(text))
    return text


def check_text(text: str) -> str:
    """Of standard input, where Python lets bytes that are no UTF-8 through as halves of surrogate pairs."""
    if half := _HALF.search(text):
        raise InputError(f"{STDIN}: not UTF-8 text (at character {half.start()})")
    return text


def read_text(path: str, name: str = "", encoding: str = "utf-8-sig") -> str:
    """A file's text. Raises InputError, by the name that the user knows it by, for what cannot be read."""
    try:
        return decoded(name or path, read_bytes(path), encoding)
    except OSError as problem:
        raise InputError(f"{name or path}: cannot be read: {problem.strerror}") from None


def text_if_any(path: str) -> str:
    """The same; "" for what is no regular file, or cannot be read."""
    try:
        return read_text(path) if Path(path).is_file() else ""
    except (InputError, OSError):
        return ""


def decoded(name: str, content: bytes, encoding: str = "utf-8-sig") -> str:
    """Raises InputError for what is no UTF-8."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as problem:
        raise InputError(f"{name}: not UTF-8 text ({problem.reason} at byte {problem.start})") from None
