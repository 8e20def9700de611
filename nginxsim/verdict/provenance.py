"""From a line of the rendered conf back to what was written in the manifests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nginxsim.nginx.tree import Directive
from nginxsim.origins import DEFAULT, Source


class Provenance:
    """Finds the Source of a conf line: the line's own, or that of the innermost block around it that has one."""

    def __init__(self, tree: Directive, sources: Mapping[int, tuple[Source, ...]]) -> None:
        self._sources = sources
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

    def condition_of(self, line: int, directives: Mapping[int, Directive]) -> Directive | None:
        """The `if` block right around a line."""
        around = directives.get(self._around.get(line, 0))
        return around if around is not None and around.name == "if" else None

    def lines_around(self, line: int) -> Iterator[int]:
        """The line itself, then the first lines of the blocks around it, innermost first."""
        while line:
            yield line
            parent = self._around.get(line, 0)
            # A block that opens on the line of its own child would go round in circles.
            line = parent if parent < line else 0
