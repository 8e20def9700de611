"""From a line of the rendered conf back to what was written in the manifests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nginxsim.controller.model import Location, Server
from nginxsim.controller.redirects import NameRedirect
from nginxsim.nginx.tree import Directive
from nginxsim.origins import DEFAULT, Source
from nginxsim.render.provenance import NO_SITES, Sites


class Provenance:
    """Finds the Source of a conf line: the line's own, or that of the innermost block around it that has one.

    What was rendered also knows the servers and locations of the model that it was written for.
    """

    def __init__(self, tree: Directive, sources: Mapping[int, tuple[Source, ...]], sites: Sites = NO_SITES) -> None:
        self._sources = sources
        self._sites = sites
        self._around: dict[int, int] = {}
        stack = [tree]
        while stack:
            block = stack.pop()
            for child in block.block or ():
                self._around.setdefault(child.line, block.line)
                if child.block is not None:
                    stack.append(child)

    def own(self, line: int) -> tuple[Source, ...]:
        """What asked for exactly this line; empty for a default."""
        return self._sources.get(line, ())

    def asked(self, line: int) -> tuple[Source, ...]:
        """What asked for this line, or for a block around it that is there for that reason only; empty for a default.

        The blocks of a host or a path are there anyway: what they say beside what was asked for is the default.
        """
        for candidate in self.lines_around(line):
            if found := self._sources.get(candidate):
                return found if candidate == line or found[0].kind != "spec" else ()
        return ()

    def of(self, line: int) -> Source:
        """The best answer to "where does this come from"; DEFAULT when nobody asked for it."""
        for candidate in self.lines_around(line):
            if found := self._sources.get(candidate):
                return found[0]
        return DEFAULT

    def server_at(self, line: int) -> Server | None:
        """The model's server that the line was written for; None for the controller's own servers and for redirects."""
        found = self._sites.server_at(line)
        return found if isinstance(found, Server) else None

    def host_at(self, line: int) -> str:
        """The host that the line was written for, be it only to redirect its visitors; "" for none."""
        found = self._sites.server_at(line)
        if isinstance(found, NameRedirect):
            return found.name
        return found.hostname if found else ""

    def location_at(self, line: int) -> Location | None:
        """The model's location whose block begins on the line."""
        return self._sites.locations.get(line)

    def lines_around(self, line: int) -> Iterator[int]:
        """The line itself, then the first lines of the blocks around it, innermost first."""
        while line:
            yield line
            parent = self._around.get(line, 0)
            # A block that opens on the line of its own child would go round in circles.
            line = parent if parent < line else 0
