"""The directives this nginx knows: where each may stand, how many arguments it takes and what reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

CONTEXTS = ("main", "events", "http", "srv", "sif", "loc", "lif", "lmt", "ups", "stream", "stream-srv", "stream-ups")
MANY = 1 << 30
COUNT = re.compile(r"(\d++)([+-]?)(\d*+)")
SECTION = re.compile(r"\[.*\](?: @(\S+))?$")


@dataclass(frozen=True, slots=True)
class Command:
    """contexts: of CONTEXTS. least, most: arguments. block: a "{" follows. reader, options: "enum", "on|off" of
    "enum:on|off". module: the file that load_module has to name first; "" for what is compiled in.
    """

    name: str
    contexts: tuple[str, ...]
    least: int
    most: int
    block: bool
    reader: str
    options: str
    module: str

    def takes(self, count: int) -> bool:
        return self.least <= count <= self.most


def _commands(text: str) -> Iterator[Command]:
    module = ""
    for line in text.splitlines():
        if section := SECTION.match(line):
            module = section[1] or ""
        elif line and not line.startswith("#"):
            name, where, count, *rest = line.split()
            reader, _, options = rest[-1].partition(":")
            least, many, most = COUNT.fullmatch(count).groups()  # type: ignore[union-attr]
            contexts = CONTEXTS if where == "any" else tuple(where.split(","))
            highest = MANY if many == "+" else int(most or least)
            yield Command(name, contexts, int(least), highest, rest[0] == "{", reader, options, module)


@cache
def by_context() -> Mapping[str, Mapping[str, Command]]:
    """Context -> name -> command."""
    table: dict[str, dict[str, Command]] = {context: {} for context in CONTEXTS}
    for command in all_commands():
        for context in command.contexts:
            table[context][command.name] = command
    return MappingProxyType(table)


@cache
def all_commands() -> tuple[Command, ...]:
    folder = files("nginxsim.nginx.configtest") / "directives"
    tables = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".txt")), key=lambda entry: entry.name)
    return tuple(command for table in tables for command in _commands(table.read_text()))


@cache
def modules_of() -> Mapping[str, frozenset[str]]:
    """Name -> the modules that bring a directive of this name."""
    found: dict[str, set[str]] = {}
    for command in all_commands():
        found.setdefault(command.name, set()).add(command.module)
    return MappingProxyType({name: frozenset(modules) for name, modules in found.items()})
