"""What `nginx -t` would refuse in a rendered conf, with the manifest lines that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nginxsim.catalogue import BY_CODE
from nginxsim.nginx.configtest import Build, Fault, check
from nginxsim.nginx.tree import read
from nginxsim.origins import DEFAULT, Source
from nginxsim.verdict.provenance import Provenance
from nginxsim.verdict.types import Evidence, Finding

if TYPE_CHECKING:
    from nginxsim.render import Rendered
    from nginxsim.simulation import Simulation

ENTRY = BY_CODE["nginx-refuses"]


def nginx_faults(simulation: Simulation, text: str) -> list[Fault]:
    """What the nginx of the controller's release has against a conf of this estate."""
    release = simulation.controller.release
    build = Build(release.nginx, release.nginx_modules, release.loadable_modules)
    return check(text, simulation.files, build=build)


def refusals(simulation: Simulation, rendered: Rendered) -> list[Finding]:
    """One Finding for each fault, the one nginx would name first at the head; empty when it would accept the file."""
    faults = nginx_faults(simulation, rendered.text)
    if not faults:
        return []
    # What was read up to a syntax error is enough to find the blocks around a line.
    provenance = Provenance(read(rendered.text).root, rendered.sources)
    return [_finding(fault.message, fault.line, _sources(provenance, rendered, fault.line)) for fault in faults]


def _sources(provenance: Provenance, rendered: Rendered, line: int) -> tuple[Source, ...]:
    """What asked for the line itself, else for the block around it, else for the last asked-for line before it."""
    if found := provenance.own(line):
        return found
    around = provenance.of(line)
    if around != DEFAULT:
        return (around,)
    nearest = next((above for above in range(line, 0, -1) if above in rendered.sources), 0)
    return rendered.sources.get(nearest, ())


def _finding(message: str, line: int = 0, sources: tuple[Source, ...] = ()) -> Finding:
    written = [source for source in sources if source.origin]
    return Finding(
        ENTRY.code,
        message,
        ENTRY.level,
        ENTRY.number,
        evidence=tuple(Evidence(source.origin, note=_note(source)) for source in written if source.origin),
        fix=ENTRY.fix,
        owner=written[0].owner if written else "",
        line=line,
    )


def _note(source: Source) -> str:
    return f"sets {source.name}" if source.kind != "spec" else "in the block that this makes"
