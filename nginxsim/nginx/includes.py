"""A conf on disk with everything that it includes, read into one tree.

What a directive of the tree has for its line is its number among all of all files, in the order they are read: several
may stand on one line, and a number names one place of one file.

nginx 1.27.1: src/core/ngx_conf_file.c (ngx_conf_include), ngx_cycle.c (conf_prefix)
"""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, TextIO

from nginxsim.errors import InputError
from nginxsim.nginx.directives import Trait, having
from nginxsim.nginx.tree import ConfError, Directive, parse_conf
from nginxsim.origins import Origin

STDIN = "-"
_MAGIC = re.compile(r"[*?\[]")
PREFIXES = (
    "/etc/nginx",
    "/usr/local/nginx/conf",
    "/usr/local/etc/nginx",
    "/usr/local/openresty/nginx/conf",
    "/opt/homebrew/etc/nginx",
    "/opt/nginx/conf",
)
"""Where packages of nginx keep their conf: what a conf names there is looked for beside that conf first."""
MOST_FILES = 5000
_NAMED_LATER = frozenset({"", "http", "server", "location", "if", "limit_except"})
"""Where the compiler itself names an include that is still there as an assumption, if it matters."""
_NO_MATTER = frozenset({"events", "types", "stream", "mail"})


class Place(NamedTuple):
    """Where a directive begins, and the whole of that line."""

    origin: Origin
    text: str


@dataclass(frozen=True, slots=True)
class Conf:
    """tree: with included files in place. places: of its directives, by number, the first of which is that of the file
    itself. contents: of the files that nginx reads while it runs. knows_files: there are no others.
    """

    tree: Directive
    places: tuple[Place, ...]
    contents: Mapping[str, bytes]
    assumptions: tuple[str, ...]
    knows_files: bool = False

    def origin(self, number: int) -> Origin:
        return self.places[number].origin

    def statement(self, number: int) -> str:
        """What is written of a directive before its ";" or "{", or before the line ends."""
        origin, text = self.places[number]
        return text[origin.column - 1 :].partition(";")[0].partition(" {")[0].rstrip("{ \t\r")

    def located(self, error: ConfError) -> InputError:
        """The error with the place as the user knows it."""
        return InputError(error.reason, self.origin(error.line))


def read_conf(
    path: str | Path,
    stdin: TextIO | None = None,
    roots: Iterable[str | Path] = (),
    read: Callable[[str], bytes] = lambda name: Path(name).read_bytes(),
) -> Conf:
    """Reads an nginx.conf ("-": from `stdin`) and the files it includes.

    Relative names are looked for beside the conf. Only what lies in its folder, or in one of `roots`, is read, wherever
    links lead; what else it names becomes an assumption. `read` gives what a file holds, or raises OSError or
    InputError. Raises InputError with the place of what cannot be read.
    """
    name = str(path)
    folder = Path() if name == STDIN else Path(path).parent
    reader = _FileReader(folder, tuple(Path(root).resolve() for root in (folder, *roots)), read)
    reader.places.append(Place(Origin(name, 1, 1), ""))
    text = (stdin.read() if stdin else "") if name == STDIN else reader.text(Path(path), None)
    tree = Directive("", (), 0, reader.read(name, text, ()))
    if tree.first("http") is None and tree.first("server") is None:
        raise InputError(f"{name}: neither an http block nor a server in it")
    return Conf(tree, tuple(reader.places), reader.contents, tuple(reader.assumptions))


@dataclass(slots=True)
class _FileReader:
    folder: Path
    roots: tuple[Path, ...]
    bytes_of: Callable[[str], bytes]
    files: int = 0
    places: list[Place] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)
    assumptions: dict[str, None] = field(default_factory=dict)

    def read(self, name: str, text: str, within: tuple[str, ...]) -> tuple[Directive, ...]:
        """The directives of one file; within: the files around it."""
        self.files += 1
        try:
            tree = parse_conf(text)
        except ConfError as error:
            raise InputError(error.reason, Origin(name, error.line, error.column)) from None
        return tuple(self._expanded(tree, text.split("\n"), (*within, name)))

    def _expanded(self, block: Directive, lines: Sequence[str], within: tuple[str, ...]) -> Iterator[Directive]:
        for written in block.block or ():
            directive = self._numbered(written, lines, within[-1])
            if directive.name == "include" and len(directive.args) == 1:
                yield from self._included(directive, block.name, within)
            elif directive.block is not None:
                yield replace(directive, block=tuple(self._expanded(directive, lines, within)))
            else:
                self._remember(directive)
                yield directive

    def _numbered(self, directive: Directive, lines: Sequence[str], file: str) -> Directive:
        line, column = directive.line, directive.column
        self.places.append(Place(Origin(file, line, column), lines[line - 1]))
        return replace(directive, line=len(self.places) - 1)

    def _included(self, directive: Directive, around: str, within: tuple[str, ...]) -> Iterator[Directive]:
        pattern, origin = directive.args[0], self.places[directive.line].origin
        found = self._search(pattern)
        if found is None and around in _NAMED_LATER:
            yield directive
        elif found is None and around not in _NO_MATTER:
            self.assumptions[f"include {pattern} adds nothing"] = None
        for path in found or ():
            if str(path) in within:
                raise InputError(f"{path} includes itself", origin)
            if self.files == MOST_FILES:
                raise InputError(f"more than {MOST_FILES} files are included", origin)
            yield from self.read(str(path), self.text(path, origin), within)

    def _search(self, pattern: str) -> list[Path] | None:
        """The files that a name or a pattern of names stands for; None when nobody can know."""
        for candidate in self._candidates(pattern):
            if not self._may_be_read(candidate):
                self.assumptions[f"{pattern} lies outside of the conf's folder and is not read (--include-root)"] = None
                return []
            if glob.has_magic(pattern):
                if found := sorted(path for path in map(Path, glob.glob(candidate)) if self._is_readable(path)):  # noqa: PTH207  # names stay as the user writes them
                    return found
                if Path(candidate).parent.is_dir():
                    return []
            elif Path(candidate).is_file():
                return [Path(candidate)]
        return None

    def _may_be_read(self, candidate: str) -> bool:
        """False for what is there and lies outside; of a pattern, the folder that it begins with decides."""
        fixed, *magic = _MAGIC.split(candidate, maxsplit=1)
        path = Path(f"{fixed}x").parent if magic else Path(candidate)
        return not path.exists() or self._is_inside(path)

    def _is_readable(self, path: Path) -> bool:
        return path.is_file() and self._is_inside(path)

    def _is_inside(self, path: Path) -> bool:
        return any(path.resolve().is_relative_to(root) for root in self.roots)

    def _candidates(self, name: str) -> Iterator[str]:
        if not name.startswith("/"):
            yield str(self.folder / name)
            return
        for prefix in PREFIXES:
            if name.startswith(f"{prefix}/"):
                yield str(self.folder / name[len(prefix) + 1 :])
        yield name

    def _remember(self, directive: Directive) -> None:
        """The content of a file that nginx reads while it runs."""
        name = directive.args[0] if directive.name in having(Trait.FILE) and directive.args else ""
        if name and "$" not in name and name not in self.contents:
            for path in self._search(name) or ():
                self.contents[name] = self._bytes(path, None)

    def text(self, path: Path, origin: Origin | None) -> str:
        """Bytes that are no UTF-8 come through as surrogates, as everywhere behind this door."""
        return self._bytes(path, origin).decode("utf-8", "surrogateescape")

    def _bytes(self, path: Path, origin: Origin | None) -> bytes:
        try:
            return self.bytes_of(str(path))
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}", origin) from None
