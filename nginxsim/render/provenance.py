"""Which line of the text comes from which manifest line, and which part of the model it was written for.

Marks go in while rendering and come out in one pass.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypeAlias

from nginxsim.controller.model import Location, Server
from nginxsim.controller.redirects import NameRedirect
from nginxsim.origins import DEFAULT, Source
from nginxsim.render.text import QUOTED_BREAK

# Halves of surrogate pairs, which no text in UTF-8 holds, nor an escape in YAML.
_OPEN, _CLOSE = "\ud800", "\ud801"
MARKS = f"(?:{_OPEN}[0-9]*{_CLOSE})*"
_MARK = re.compile(f"{_OPEN}([0-9]*){_CLOSE}")
_SOURCE_MARK = re.compile(f"{_OPEN}[0-9]+{_CLOSE}")
_END = _OPEN + _CLOSE


Site: TypeAlias = Server | NameRedirect | Location
"""What a part of the text was written for."""


@dataclass(frozen=True, slots=True)
class Sites:
    """Where in the text the model's servers and locations were written."""

    locations: Mapping[int, Location] = field(default_factory=dict)
    """By the lines on which their blocks begin."""
    servers: tuple[tuple[int, int, Server | NameRedirect], ...] = ()
    """With the first and the last line written for each, in order."""

    def server_at(self, line: int) -> Server | NameRedirect | None:
        """What the line was written for, if for any server."""
        place = bisect_right(self.servers, line, key=itemgetter(0)) - 1
        if place < 0 or line > self.servers[place][1]:
            return None
        return self.servers[place][2]


NO_SITES = Sites()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A configuration and, by line number (from 1), what made that line. Lines that nobody asked for are left out."""

    text: str
    sources: Mapping[int, tuple[Source, ...]]
    sites: Sites = NO_SITES


@dataclass(frozen=True, slots=True)
class Line:
    """A directive's text with the mark of who asked for it."""

    text: str
    mark: str = ""


def stretch(text: str, mark: str) -> str:
    """Text of several lines, each of which comes from what the mark stands for."""
    return f"{mark}{text}{_END}" if mark else text


def hoisted(text: str) -> str:
    """Lines with line breaks inside quotes, their marks also before the first of these: where the directive starts."""
    if QUOTED_BREAK not in text:
        return text
    return "\n".join(map(_hoisted_line, text.split("\n")))


def _hoisted_line(line: str) -> str:
    first, quoted_break, rest = line.partition(QUOTED_BREAK)
    return "".join((first, *_SOURCE_MARK.findall(rest), quoted_break, rest)) if quoted_break else line


class Ledger:
    """Hands out marks for sources and sites, and reads the marks again."""

    def __init__(self) -> None:
        self._entries: list[Source | Site] = []
        self._marks: dict[Source, str] = {DEFAULT: ""}

    def mark(self, source: Source) -> str:
        """An invisible mark; "" for what is default."""
        known = self._marks.get(source)
        if known is None:
            known = self._marks[source] = self._entered(source)
        return known

    def begin(self, location: Location) -> str:
        """An invisible mark for the line on which a location's block begins."""
        return self._entered(location)

    def around(self, text: str, server: Server | NameRedirect) -> str:
        """Lines that were all written for one server, marked as such at both ends."""
        mark = self._entered(server)
        lines = text.rstrip("\n")
        return f"{mark}{lines}{mark}{text[len(lines) :]}"

    def _entered(self, entry: Source | Site) -> str:
        self._entries.append(entry)
        return f"{_OPEN}{len(self._entries) - 1}{_CLOSE}"

    def settle(self, text: str) -> Rendered:
        """The text without its marks, and what they said of each line."""
        plain, *rest = _MARK.split(text)
        out = [plain]
        line = begun = 1 + plain.count("\n")
        source = DEFAULT
        found: dict[int, tuple[Source, ...]] = {}
        sites: list[tuple[int, Site]] = []
        for number, piece in zip(rest[::2], rest[1::2], strict=True):
            entry = self._entries[int(number)] if number else source
            if isinstance(entry, Source):
                if number:
                    source, begun = entry, line
                # The end of a stretch speaks for all the lines since the mark that began it.
                for each in range(begun, line + 1):
                    before = found.get(each, ())
                    if source not in before:
                        found[each] = (*before, source)
            else:
                sites.append((line, entry))
            line += piece.count("\n")
            out.append(piece)
        return Rendered("".join(out), found, _sites(sites))


def _sites(marked: Iterable[tuple[int, Site]]) -> Sites:
    """What was met on which line, in the text's order: each location where it begins, each server at both its ends."""
    locations: dict[int, Location] = {}
    servers: dict[int, tuple[int, int, Server | NameRedirect]] = {}
    for line, site in marked:
        if isinstance(site, Location):
            locations[line] = site
        else:
            first = servers[id(site)][0] if id(site) in servers else line
            servers[id(site)] = first, line, site
    return Sites(locations, tuple(servers.values()))
