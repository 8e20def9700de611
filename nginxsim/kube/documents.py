"""From paths to YAML nodes: files, folders, stdin; several documents a file; JSON, which is YAML as well.

Later stages get nodes rather than values: nodes know line and column, and most of a manifest is never looked at.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from nginxsim.errors import InputError
from nginxsim.kube.scalars import PLAIN, QUOTED
from nginxsim.origins import Origin

SUFFIXES = (".yaml", ".yml", ".json")
STDIN = "-"

_TEMPLATE_HINT = "looks like a Helm template: run `helm template` first and pass what it prints"
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


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


def documents(file: File) -> Iterator[yaml.Node]:
    """The root node of each document that is not empty. Raises InputError at the place where the YAML breaks."""
    try:
        loader = _Loader(_with_whole_characters(file.text))
        while loader.check_node():
            node = loader.get_node()
            if node is not None:
                yield node
    except yaml.YAMLError as problem:
        raise _broken(file, problem) from None


def _with_whole_characters(text: str) -> str:
    """JSON may write a character as two escapes, which YAML does not know."""
    if not text.lstrip().startswith(("{", "[")):
        return text

    def joined(match: re.Match[str]) -> str:
        high, low = int(match[2], 16), int(match[3], 16)
        return f"{match[1]}\\U{0x10000 + (high - 0xD800 << 10) + (low - 0xDC00):08x}"

    return _SURROGATES.sub(joined, text)


def _broken(file: File, problem: yaml.YAMLError) -> InputError:
    if isinstance(problem, yaml.MarkedYAMLError):
        mark = problem.problem_mark or problem.context_mark
        origin = Origin(file.name, mark.line + 1, mark.column + 1) if mark else Origin(file.name, 1, 1)
        words = " ".join(part for part in (problem.context, problem.problem) if part)
        return file.error(f"not valid YAML: {words}", origin)
    return file.error(f"not valid YAML: {str(problem).splitlines()[0]}", _position(file, problem))


def _position(file: File, problem: yaml.YAMLError) -> Origin:
    """Where a character stands that YAML does not allow at all."""
    before = file.text[: getattr(problem, "position", 0)]
    return Origin(file.name, before.count("\n") + 1, len(before) - before.rfind("\n"))


class _Untyped:
    """Leaves the meaning of scalars to nginxsim.kube.scalars: a tag only says whether there were quotes."""

    def resolve(self, kind: type[yaml.Node], _value: object, implicit: Any) -> str:
        if kind is not yaml.ScalarNode:
            return ""
        return PLAIN if implicit[0] else QUOTED

    def descend_resolver(self, _parent: object, _index: object) -> None:
        """Nothing depends on where a scalar stands."""

    def ascend_resolver(self) -> None:
        """Nothing depends on where a scalar stands."""


class _PythonLoader(_Untyped, Reader, Scanner, Parser, Composer):
    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)


def _fastest_loader() -> Any:
    """PyYAML's C parser, where it was built with libyaml."""
    if not yaml.__with_libyaml__:
        return _PythonLoader
    return type("_CLoader", (_Untyped, importlib.import_module("yaml.cyaml").CParser), {})


_Loader = _fastest_loader()
