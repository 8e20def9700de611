"""Every directive that is known, one row each in the .txt files beside this: a new one is a new row.

    directive  where it may stand  takes  [{]  the configtest's reader  the router's  [>=1.25.0]  [<1.27.0]  [!trait]

where it may stand: CONTEXTS with commas between them, or "any".
takes: so many arguments: "1", "1-3", "2+"; "{": a block follows.
the configtest: a reader of nginxsim.nginx.configtest.readers, with ":" and what else that has to know.
the router: what it reads a directive of http blocks with, one of
    -                   nothing: no answer depends on it
    READER              of nginxsim.nginx.readers; with ":" and the setting it fills, where it may fill several
    upstream.READER     of nginxsim.nginx.upstream_readers, for the protocol that the directive's name begins with
    script.READER       of nginxsim.nginx.rewrite: a step of the rewrite script
    @MODULE             whatever in that module of nginxsim.nginx asks for the directive by its name
    assume WORDS        nothing: these words, or "NAME changes nothing", are taken for granted unless it is off
>= and <: which releases of nginx have it, as far back as 1.19.0.
!: what else is true of it (Trait).

"[source] @module" begins a section: nginx has these directives only with that module; without "@" it always does.
A name that ends in "*" stands for what begins so and has no row of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

CONTEXTS = ("main", "events", "http", "srv", "sif", "loc", "lif", "lmt", "ups", "stream", "stream-srv", "stream-ups")
HTTP_CONTEXTS = frozenset({"http", "srv", "sif", "loc", "lif", "lmt"})
"""Where the router reads settings."""
NGINX = "1.27.1"
"""The release of the controller's image."""
MANY = 1 << 30

Version: TypeAlias = tuple[int, ...]
ALWAYS: Version = ()
NEVER: Version = (MANY,)


class Part(StrEnum):
    """Who in the router reads a directive."""

    NOBODY = "-"
    SETTING = "setting"
    UPSTREAM = "upstream"
    SCRIPT = "script"
    MODULE = "@"
    ASSUMED = "assume"


class Trait(StrEnum):
    """What is true of some directives, whoever reads them."""

    VARIABLE = "variable"
    """The first argument is a variable that it makes or sets."""
    FIRM = "firm"
    """That variable is never nginx's own in the whole file, whatever its name begins with."""
    FILE = "file"
    """The first argument is a file whose content answers depend on."""
    KEYED = "keyed"
    """It stands once for each first argument: with another second one it is the same one changed."""


class Route(NamedTuple):
    """How the router reads a directive. option: the setting; with ASSUMED, what is taken for granted."""

    part: Part
    reader: str = ""
    option: str = ""


class Row(NamedTuple):
    """least, most: arguments. check: the configtest's reader and its option. module: "" where nginx has it anyway."""

    name: str
    contexts: tuple[str, ...]
    least: int
    most: int
    block: bool
    check: tuple[str, str]
    route: Route
    module: str = ""
    since: Version = ALWAYS
    until: Version = NEVER
    traits: frozenset[Trait] = frozenset()

    def takes(self, count: int) -> bool:
        return self.least <= count <= self.most


def version(text: str) -> Version:
    return tuple(map(int, text.split(".")))


@cache
def rows() -> tuple[Row, ...]:
    files = sorted(Path(__file__).parent.glob("*.txt"))
    return tuple(row for file in files for row in _read(file.read_text(encoding="utf-8")))


def _read(text: str) -> Iterator[Row]:
    module = ""
    for line in text.splitlines():
        if line.startswith("["):
            module = line.partition("] @")[2]
        elif line and not line.startswith("#"):
            yield _row(line, module)


def _row(line: str, module: str) -> Row:
    name, where, count, *words = line.split()
    traits = frozenset(Trait(word[1:]) for word in words if word.startswith("!"))
    rest = [word for word in words if not word.startswith("!")]
    until = version(rest.pop()[1:]) if rest[-1].startswith("<") else NEVER
    since = version(rest.pop()[2:]) if rest[-1].startswith(">=") else ALWAYS
    block = rest[0] == "{"
    check, *route = rest[block:]
    reader, _, option = check.partition(":")
    contexts = CONTEXTS if where == "any" else tuple(where.split(","))
    read = (reader, option), _route(name, " ".join(route))
    return Row(name, contexts, *_counts(count), block, *read, module, since, until, traits)


def _counts(text: str) -> tuple[int, int]:
    least, _, most = text.rstrip("+").partition("-")
    return int(least), MANY if text.endswith("+") else int(most or least)


def _route(name: str, text: str) -> Route:
    words, _, option = text.partition(":")
    part, dot, reader = words.partition(".")
    if text == "-":
        return Route(Part.NOBODY)
    if text.startswith("@"):
        return Route(Part.MODULE, text[1:])
    if text == "assume" or text.startswith("assume "):
        return Route(Part.ASSUMED, "", text[7:] or _changes_nothing(name))
    return Route(Part(part), reader, option) if dot else Route(Part.SETTING, words, option)


def _changes_nothing(name: str) -> str:
    return f"{name} changes nothing"


# --- what one nginx knows -------------------------------------------------------------------------------------------


class View:
    """The directives of one release of nginx, with the modules that it may have."""

    def __init__(self, release: str) -> None:
        number = version(release)
        here: dict[tuple[str, str], list[Row]] = {}
        modules: dict[str, set[str]] = {}
        for row in rows():
            if row.since <= number < row.until and not row.name.endswith("*"):
                modules.setdefault(row.name, set()).add(row.module)
                for context in row.contexts:
                    here.setdefault((context, row.name), []).append(row)
        self._here = here
        self._modules = modules

    def find(self, context: str, name: str, modules: AbstractSet[str]) -> Row | None:
        """The directive as it is known in a block of that kind."""
        return next((row for row in self._here.get((context, name), ()) if row.module in modules), None)

    def knows(self, name: str, modules: AbstractSet[str]) -> bool:
        """Whether the directive may stand anywhere."""
        return any(module in modules for module in self._modules.get(name, ()))


@cache
def view(release: str = NGINX) -> View:
    return View(release)


# --- the router -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def route_of(name: str) -> Route:
    """How the router reads a directive of this name, whatever release and module it comes from."""
    found = _routes().get(name) or _routes().get(f"{name.partition('_')[0]}_*")
    return found or Route(Part.ASSUMED, "", _changes_nothing(name))


@cache
def _routes() -> Mapping[str, Route]:
    """By name; of what may stand in http blocks and elsewhere too, the former counts."""
    elsewhere = {row.name: row.route for row in rows()}
    return {**elsewhere, **{row.name: row.route for row in rows() if not HTTP_CONTEXTS.isdisjoint(row.contexts)}}


@cache
def having(trait: Trait) -> frozenset[str]:
    """The names of all directives of which that is true."""
    return frozenset(row.name for row in rows() if trait in row.traits)
