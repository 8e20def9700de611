"""Files and folders of manifests, and standard input."""

from __future__ import annotations

import os
import re
import stat
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from nginxsim.errors import InputError, UsageError
from nginxsim.origins import Origin

if TYPE_CHECKING:
    import yaml

SUFFIXES = (".yaml", ".yml", ".json")
STDIN = "-"

LARGEST = 64 << 20
"""Bytes of a file, unless LIMIT in the environment says otherwise: workers have it from there too."""
LIMIT = "NGINXSIM_MAX_FILE_SIZE"
_SIZE = re.compile(r"([0-9]{1,9})([kKmMgG]?)")
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}

_TEMPLATE_HINT = "looks like a Helm template: run `helm template` first and pass what it prints"


class SkippedFile(UserWarning):  # what was passed over, not a failure
    """An entry of a folder that is named like a manifest and is no regular file."""


@dataclass(frozen=True, slots=True)
class File:
    """A file's text under the name that the user knows it by, or a part of that text."""

    name: str
    text: str
    first_line: int = 0
    """Of the text in the file, from 0."""
    is_named: bool = True
    """Asked for by its name; False for what was found in a folder."""

    @property
    def last_line(self) -> int:
        return self.first_line + self.text.count("\n") + 1

    def part(self, text: str, line: int) -> File:
        """Some of the text, which begins so many lines after this."""
        return File(self.name, text, self.first_line + line, self.is_named)

    def origin(self, node: yaml.Node) -> Origin:
        mark = node.start_mark
        return Origin(self.name, self.first_line + mark.line + 1, mark.column + 1)

    def place(self, line: int, column: int) -> Origin:
        """Of the text's own line and column, both from 0."""
        return Origin(self.name, self.first_line + line + 1, column + 1)

    def error(self, message: str, origin: Origin) -> InputError:
        """The InputError for a fault in this file; braces on or just before the faulty line betray a Helm template."""
        line = origin.line - self.first_line
        lines = self.text.splitlines()[max(line - 2, 0) : line]
        hint = f" ({_TEMPLATE_HINT})" if any("{{" in line for line in lines) else ""
        return InputError(message + hint, origin)


def read_files(paths: Sequence[str | Path | File], stdin: TextIO | None = None) -> Iterator[File]:
    """The files that the paths name, folders in the order of their entries' names; a File has been read already.

    Raises InputError with the path.
    """
    for path in paths:
        if isinstance(path, File):
            yield path
        elif str(path) == STDIN:
            yield File(STDIN, stdin.read() if stdin else "")
        else:
            is_named = not Path(path).is_dir()
            yield from (_read(name, is_named=is_named) for name in _expand(Path(path), str(path)))


def _expand(path: Path, given: str) -> Iterator[str]:
    if path.is_dir():
        yield from filter(is_file, _walk(path, given))
    elif path.exists():
        yield given
    else:
        raise InputError(f"{given}: no such file or folder")


def _walk(folder: Path, given: str) -> Iterator[str]:
    """In the order of the names, however deep the folders lie; links to folders are not followed."""
    todo = [(folder, given, True)]
    while todo:
        path, name, is_folder = todo.pop()
        if is_folder:
            todo += reversed(_entries(path, name))
        elif path.name.endswith(SUFFIXES):
            yield name


def _entries(folder: Path, given: str) -> list[tuple[Path, str, bool]]:
    try:
        entries = sorted((entry, entry.is_dir()) for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as problem:
        raise InputError(f"{given}: cannot be read: {problem.strerror}") from None
    return [
        (entry, f"{given.rstrip('/')}/{entry.name}", is_folder)
        for entry, is_folder in entries
        if not (is_folder and entry.is_symlink())
    ]


def is_file(name: str) -> bool:
    """A pipe, a device or a link that leads to one, to itself or to nowhere is no manifest, whatever its name."""
    try:
        if stat.S_ISREG(os.stat(name).st_mode):  # noqa: PTH116  # Path.is_file() hides what is wrong
            return True
        why = "no regular file"
    except OSError as problem:
        why = problem.strerror or "cannot be looked at"
    warnings.warn(f"{name} is skipped: {why}", SkippedFile, stacklevel=2)
    return False


def largest_file() -> int:
    """In bytes. Raises UsageError for a limit that is no size."""
    given = os.environ.get(LIMIT, "")
    match = _SIZE.fullmatch(given)
    if given and match is None:
        raise UsageError(f'--max-file-size "{given}": write a number of bytes, or one with K, M or G')
    return int(match[1]) * _UNITS[match[2].lower()] if match else LARGEST


def read_bytes(name: str) -> bytes:
    """What a file holds. Raises OSError, and InputError for a file that is too large."""
    limit = largest_file()
    with Path(name).open("rb") as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise InputError(f"{name}: larger than {limit:,} bytes; nginxsim --max-file-size raises the limit")
    return content


def _read(name: str, *, is_named: bool) -> File:
    try:
        return File(name, read_bytes(name).decode("utf-8-sig"), is_named=is_named)
    except OSError as problem:
        raise InputError(f"{name}: cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError as problem:
        raise InputError(f"{name}: not UTF-8 text ({problem.reason} at byte {problem.start})") from None
