"""Files and folders of manifests, and standard input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from nginxsim.errors import InputError
from nginxsim.origins import Origin

if TYPE_CHECKING:
    import yaml

SUFFIXES = (".yaml", ".yml", ".json")
STDIN = "-"

_TEMPLATE_HINT = "looks like a Helm template: run `helm template` first and pass what it prints"


@dataclass(frozen=True, slots=True)
class File:
    """A file's text under the name that the user knows it by."""

    name: str
    text: str

    def origin(self, node: yaml.Node) -> Origin:
        mark = node.start_mark
        return Origin(self.name, mark.line + 1, mark.column + 1)

    def error(self, message: str, origin: Origin) -> InputError:
        """The InputError for a fault in this file; braces on or just before the faulty line betray a Helm template."""
        lines = self.text.splitlines()[max(origin.line - 2, 0) : origin.line]
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
            yield from map(_read, _expand(Path(path), str(path)))


def _expand(path: Path, given: str) -> Iterator[str]:
    if path.is_dir():
        yield from _walk(path, given)
    elif path.exists():
        yield given
    else:
        raise InputError(f"{given}: no such file or folder")


def _walk(folder: Path, given: str) -> Iterator[str]:
    try:
        entries = sorted((entry, entry.is_dir()) for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as problem:
        raise InputError(f"{given}: cannot be read: {problem.strerror}") from None
    for entry, is_folder in entries:
        name = f"{given.rstrip('/')}/{entry.name}"
        if is_folder:
            if not entry.is_symlink():
                yield from _walk(entry, name)
        elif entry.name.endswith(SUFFIXES):
            yield name


def _read(name: str) -> File:
    try:
        return File(name, Path(name).read_bytes().decode("utf-8-sig"))
    except OSError as problem:
        raise InputError(f"{name}: cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError as problem:
        raise InputError(f"{name}: not UTF-8 text ({problem.reason} at byte {problem.start})") from None
