"""From paths to files with text: what is named, what is found in folders, and what tools render."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from nginxsim.errors import InputError
from nginxsim.sources.checkout import Checkout
from nginxsim.sources.files import STDIN, File, check_text, decoded, read_stdin, read_text, read_unless
from nginxsim.sources.folders import Entry, Loose, is_file, look_into, path_of
from nginxsim.sources.foreign import HEAD, is_foreign
from nginxsim.sources.gitops.signs import LARGEST_OBJECTS, has_no_appliers, may_hold_appliers
from nginxsim.sources.helm import Chart, Release
from nginxsim.sources.ignoring import Patterns
from nginxsim.sources.kustomize import Overlay
from nginxsim.sources.naming import Naming
from nginxsim.sources.omissions import Omission, Omitted

if TYPE_CHECKING:
    from nginxsim.sources.gitops.context import Context


@dataclass(frozen=True, slots=True)
class Reading:
    """How paths are read."""

    exclude: tuple[Patterns, ...] = ()
    """What is left out of folders, besides what .gitignore says."""
    render: bool = True
    """Kustomizations and charts are rendered, rather than left out."""
    online: bool = False
    """What is rendered may come from the network."""
    values: tuple[str, ...] = ()
    """Absolute paths of files with values for charts, as --values takes them."""
    settings: tuple[str, ...] = ()
    """As --set takes them."""
    releases: tuple[Release, ...] = ()
    """Charts that nginxsim.toml names."""
    copies: tuple[tuple[str, str], ...] = ()
    """Names of sources of Flux and Argo CD that are elsewhere, each with the absolute path of a local copy."""

    def charts(self, found: Chart) -> list[Chart]:
        """What a chart is rendered as: with the values that were asked for, else each of those beside it."""
        named = [each.of(found) for each in self.releases if each.chart == found.folder]
        if self.values:
            return [replace(each, values=self.values, settings=self.settings) for each in named or [found]]
        return [replace(each, settings=(*each.settings, *self.settings)) for each in named or found.variants()]


PLAIN_READING = Reading()

_UNFILLED = re.compile(r"^  name:[^\n#]*\$\{\w", re.MULTILINE)


def read_files(
    paths: Sequence[str | Path | File | Naming], stdin: TextIO | None = None, reading: Reading = PLAIN_READING
) -> Iterator[File | Omitted]:
    """The files that the paths name, and what is left out; a File has been read already.

    Folders are read in the order of their entries' names. Raises InputError, with the path, for what was named itself.
    """
    for path in paths:
        if isinstance(path, File):
            yield path
        elif isinstance(path, Naming):
            yield from _elsewhere(path, reading)
        elif str(path) == STDIN:
            yield File(STDIN, check_text(read_stdin(stdin)) if stdin else "")
        elif Path(path).is_dir():
            yield from _folder(Naming.of(path), reading)
        elif Path(path).exists():
            yield from _file(str(path), reading)
        else:
            raise InputError(f"{path}: no such file or folder")


def _elsewhere(naming: Naming, reading: Reading) -> Iterator[File | Omitted]:
    """What goes by other names than it has; nothing where there is nothing."""
    if Path(naming.folder).is_dir():
        yield from _folder(naming, reading)
    elif Path(naming.folder).is_file():
        yield File(naming.top, read_text(naming.folder, naming.top))


def _folder(naming: Naming, reading: Reading) -> Iterator[File | Omitted]:
    from nginxsim.sources.gitops.reconciling import Reconciliation, Static

    try:
        found = look_into(naming, reading.exclude)
    except InputError as problem:
        raise InputError(f"{naming.top}: {problem}") from None
    tools = ThreadPoolExecutor(max_workers=os.cpu_count())
    loose = [each for each in found.entries if isinstance(each, Loose)]
    context = _context(naming, reading, loose)
    try:
        static = Static(_with_objects(loose) if reading.render else (), context)
        # Renderings begin at once, a few at a time, and are waited for in the order of the folder.
        asked = [
            (entry, _asked(entry, reading, tools, is_named=entry.name == naming.top))
            for entry in found.arranged(static.takes)
        ]
        plain = [(entry, each) for entry, having in asked for each in having()]
        reconcile = Reconciliation(context, tools, reading.render)
        made = reconcile(static.roots, (each for _, each in plain if isinstance(each, File)))
        for entry, each in plain:
            if isinstance(entry, Omitted) or not reconcile.claims.takers(path_of(entry)):
                yield Omitted(each.name, Omission.TEMPLATE) if static.fills_in and _is_unfilled(each) else each
        yield from made
    finally:
        tools.shutdown(wait=False, cancel_futures=True)


def _is_unfilled(each: File | Omitted) -> bool:
    """Whether an object's name waits for a variable: it is a part for what Flux applies."""
    return isinstance(each, File) and _UNFILLED.search(each.text) is not None


def _file(path: str, reading: Reading) -> Iterator[File | Omitted]:
    """A file that was named, and what the objects of Flux and Argo CD in it apply; others lie beside it."""
    file = File(path, read_text(path))
    yield file
    if reading.render and may_hold_appliers(file.text):
        from nginxsim.sources.gitops.objects import appliers_in
        from nginxsim.sources.gitops.reconciling import Reconciliation

        if not any(appliers_in(file)):
            return
        naming = Naming.of(os.path.dirname(path) or ".")  # noqa: PTH120  # as it is called, links and all
        beside = [each for each in look_into(naming, reading.exclude).entries if isinstance(each, Loose)]
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as tools:
            yield from Reconciliation(_context(naming, reading, beside), tools, named=True)([], [file])


def _context(naming: Naming, reading: Reading, loose: Sequence[Loose]) -> Context:
    from nginxsim.sources.gitops.context import Context
    from nginxsim.sources.gitops.objects import Stock

    regular = (each for each in loose if Path(each.path).is_file())
    stock = Stock(lambda: (each for each in map(_found, regular) if isinstance(each, File)))
    return Context(Checkout(naming), stock, dict(reading.copies), reading.online)


def _with_objects(loose: Iterable[Loose]) -> Iterator[tuple[str, File]]:
    """The files that may hold objects of Flux or Argo CD."""
    for each in loose:
        try:
            content = Path(each.path).is_file() and read_unless(each.path, has_no_appliers, LARGEST_OBJECTS)
            if content:
                yield each.path, File(each.name, decoded(each.name, content), is_named=False)
        except (OSError, InputError):
            continue


def _asked(
    entry: Entry, reading: Reading, tools: ThreadPoolExecutor, *, is_named: bool
) -> Callable[[], Iterable[File | Omitted]]:
    """How to have what an entry comes to; what a tool has to render is under way."""
    if isinstance(entry, Omitted):
        return lambda: [entry]
    if isinstance(entry, Loose):
        return lambda: [_found(entry)] if is_file(entry.name, entry.path) else []
    if isinstance(entry, Overlay):
        sources: Sequence[Overlay | Chart] = [entry]
    else:
        sources = reading.charts(entry) if is_named or not entry.is_library else []
    pending = [tools.submit(_rendered, source, reading, is_named=is_named) for source in sources]
    return lambda: [file for each in pending for file in each.result()]


def _found(loose: Loose) -> File | Omitted:
    name = loose.name
    try:
        content = read_unless(loose.path, is_foreign, HEAD)
        if content is None:
            return Omitted(name, Omission.FOREIGN)
        return File(name, decoded(name, content), is_named=False)
    except OSError as problem:
        return Omitted(name, Omission.UNREADABLE, f"cannot be read: {problem.strerror}")
    except InputError as problem:
        return Omitted(name, Omission.UNREADABLE, str(problem).removeprefix(f"{name}: "))


def _rendered(source: Overlay | Chart, reading: Reading, *, is_named: bool) -> Sequence[File | Omitted]:
    if not reading.render:
        return [Omitted(source.name, Omission.NOT_RENDERED)]
    try:
        return source.render(online=reading.online)
    except InputError as problem:
        if is_named:
            raise InputError(f"{source.name}: not rendered: {problem}") from None
        return [Omitted(source.name, Omission.NOT_RENDERED, f"not rendered: {problem}")]
