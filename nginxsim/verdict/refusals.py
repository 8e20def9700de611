"""What `nginx -t` would refuse in a rendered conf, with the manifest lines that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nginxsim.catalogue import BY_CODE
from nginxsim.nginx.configtest import Build, Fault, check
from nginxsim.nginx.tree import read
from nginxsim.origins import DEFAULT, Origin, Source
from nginxsim.releases import Release
from nginxsim.verdict.provenance import Provenance
from nginxsim.verdict.types import Evidence, Finding

if TYPE_CHECKING:
    from nginxsim.render import Rendered
    from nginxsim.simulation import Simulation

ENTRY = BY_CODE["nginx-refuses"]


def nginx_faults(simulation: Simulation, text: str) -> list[Fault]:
    """What the nginx of the controller's release has against a conf of this estate."""
    return check(text, simulation.files, build=build_of(simulation.controller.release))


def build_of(release: Release) -> Build:
    """The nginx of a release's image."""
    return Build(release.nginx, release.nginx_modules, release.loadable_modules)


def refusals(simulation: Simulation, rendered: Rendered) -> list[Finding]:
    """One Finding for each fault, the one nginx would name first at the head; empty when it would accept the file."""
    faults = nginx_faults(simulation, rendered.text)
    if not faults:
        return []
    # What was read up to a syntax error is enough to find the blocks around a line.
    ledger = _Ledger(rendered)
    return [ledger.finding(fault) for fault in faults]


class _Ledger:
    """The way from a line that nginx refuses to whoever asked for it."""

    def __init__(self, rendered: Rendered) -> None:
        self._rendered = rendered
        self._lines = rendered.text.split("\n")
        self._provenance = Provenance(read(rendered.text).root, rendered.sources)

    def finding(self, fault: Fault) -> Finding:
        places = [(fault.line, ""), *([(fault.beside, "; the same is there already")] if fault.beside else [])]
        written = [
            (source, self._evidence(source, source.origin, line, note))
            for line, note in places
            for source in self._sources(line)
            if source.origin
        ]
        if fault.beside:
            # Of two, what is there for a host or a path anyway is hardly the one that a person would change.
            written.sort(key=lambda each: each[0].kind == "spec")
        return Finding(
            ENTRY.code,
            fault.message,
            ENTRY.level,
            ENTRY.number,
            evidence=tuple(evidence for _, evidence in written),
            fix=ENTRY.fix,
            owner=written[0][0].owner if written else "",
            line=fault.line,
        )

    def _evidence(self, source: Source, origin: Origin, line: int, note: str) -> Evidence:
        if source.kind == "spec":
            return Evidence(origin, note=f"in the block that this makes{note}")
        return Evidence(origin, self._lines[line - 1].strip().rstrip(";{ "), f"sets {source.name}{note}")

    def _sources(self, line: int) -> tuple[Source, ...]:
        """What asked for the line itself, else for the block around it, else for the last asked-for line before it."""
        if found := self._provenance.own(line):
            return found
        around = self._provenance.of(line)
        if around != DEFAULT:
            return (around,)
        sources = self._rendered.sources
        nearest = next((above for above in range(line, 0, -1) if above in sources), 0)
        return sources.get(nearest, ())
