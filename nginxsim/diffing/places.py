"""Locations of a parsed conf with the blocks around them, matched between two sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nginxsim.nginx.tree import Directive

MODIFIERS = ("=", "~", "~*", "^~")


@dataclass(frozen=True, slots=True)
class Place:
    """A location block and the blocks around it, innermost first."""

    chain: tuple[Directive, ...] = ()

    def effective(self, *names: str) -> list[Directive]:
        """The directives with these names that hold here: nginx takes the innermost block that has one."""
        for block in self.chain:
            if found := list(block.all(*names)):
                return found
        return []

    def conditions(self) -> Iterator[tuple[str, ...]]:
        """What the `if` blocks on the way ask, as (variable, operator, value) or (variable,)."""
        for block in self.chain[:-1]:
            for condition in block.all("if"):
                yield condition.condition


NO_PLACE = Place()


@dataclass(frozen=True, slots=True)
class Pair:
    """The same location on both sides; NO_PLACE where a side lacks it."""

    args: tuple[str, ...]
    old: Place
    new: Place

    @property
    def sides(self) -> tuple[Place, Place]:
        return self.old, self.new

    @property
    def modifier(self) -> str:
        return self.args[0] if self.args[0] in MODIFIERS else ""

    @property
    def path(self) -> str:
        """The path or the pattern."""
        return self.args[-1]


def pairs(old: Iterable[Directive], new: Iterable[Directive]) -> Iterator[Pair]:
    """Every location that a request may be asked of; old and new are chains that start with the server block."""
    before, after = _places(tuple(old)), _places(tuple(new))
    for args in dict.fromkeys((*before, *after)):
        yield Pair(args, before.get(args, NO_PLACE), after.get(args, NO_PLACE))


def _places(chain: tuple[Directive, ...]) -> dict[tuple[str, ...], Place]:
    found: dict[tuple[str, ...], Place] = {}
    for location in chain[0].all("location") if chain else ():
        if location.args and not location.args[0].startswith("@") and location.first("internal") is None:
            found.setdefault(location.args, Place((location, *chain)))
        for args, place in _places((location, *chain)).items():
            found.setdefault(args, place)
    return found


def server_name(server: Directive) -> str:
    named = server.first("server_name")
    return named.args[0] if named and named.args else ""


def server_names(server: Directive) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for directive in server.all("server_name") for name in directive.args))
