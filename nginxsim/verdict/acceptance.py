"""Whether nginx takes the file that the controller writes: asked once of an estate, and cheaply of a large one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from nginxsim.controller.model import Location, Server
from nginxsim.verdict.refusals import refusals
from nginxsim.verdict.types import Finding

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

SMALL = 25
"""Servers up to which the file is read in one piece; of more, one of each shape is."""
WHOLE = 250
"""So many servers are read at a time, and so many at most once more for the lines of the whole file."""

PLAIN = re.compile(r"[A-Za-z0-9/._-]*")
"""Text that nginx takes anywhere, whatever it is."""


_NUMBER, _SIZE, _NETWORKS = re.compile(r"\d{1,6}"), re.compile(r"\d{1,6}[kKmMgG]?"), re.compile(r"[\d./, ]+")
TAKEN: Mapping[str, re.Pattern[str]] = {
    "denylist-source-range": _NETWORKS,
    "proxy-body-size": _SIZE,
    "proxy-connect-timeout": _NUMBER,
    "proxy-read-timeout": _NUMBER,
    "proxy-send-timeout": _NUMBER,
    "whitelist-source-range": _NETWORKS,
}
"""Annotations of which nginx takes every value of this form, whatever else is there; other networks deny a location."""


def refused(simulation: Simulation) -> list[Finding]:
    """What nginx refuses in the file, each fault once; lines are those of the whole file but in a large estate."""
    servers = list(simulation.model.servers.values())
    sampled = list(_sampled(simulation, servers)) if len(servers) > SMALL else []
    if len(servers) <= SMALL or (sampled and len(servers) <= WHOLE):
        return list(_once(simulation.nginx_errors()))
    return sampled


def _sampled(simulation: Simulation, servers: Sequence[Server]) -> Iterator[Finding]:
    """What is wrong with one server of each shape, then with those that are like a faulty one."""
    shapes = by_shape(servers, simulation.controller.flags.prefix)
    longest = max(servers, key=lambda server: len(server.hostname))
    samples = dict.fromkeys([longest.hostname, *(group[0] for group in shapes.values())])
    first = list(_faults(simulation, list(samples)))
    suspects = set(_hosts_of({found.ingress for found in first}, servers)) if first else set()
    alike = chain.from_iterable(group for group in shapes.values() if not suspects.isdisjoint(group))
    further = [hostname for hostname in alike if hostname not in samples]
    return _once(chain(first, _faults(simulation, further)))


def _hosts_of(ingresses: Collection[str], servers: Iterable[Server]) -> Iterator[str]:
    """The hosts in which one of these Ingresses has a location."""
    for server in servers:
        if any(each.ingress and each.ingress.meta.key in ingresses for each in server.locations):
            yield server.hostname


def _once(faults: Iterable[Finding]) -> Iterator[Finding]:
    """One of those that say the same of the same place: in several locations, or in a frame read with each piece."""
    told: set[object] = set()
    for found in faults:
        if (key := (found.message, found.origins)) not in told:
            told.add(key)
            yield found


def _faults(simulation: Simulation, hostnames: Sequence[str]) -> Iterator[Finding]:
    """What is wrong with these servers, each piece of them read with the frame around it."""
    for start in range(0, len(hostnames), WHOLE):
        yield from refusals(simulation, simulation.renderer.for_hosts(hostnames[start : start + WHOLE]))


def by_shape(servers: Iterable[Server], prefix: str) -> Mapping[Hashable, list[str]]:
    """Hostnames of servers that read the same but for the names in them: nginx takes all of a shape or none."""
    shapes: defaultdict[Hashable, list[str]] = defaultdict(list)
    for server in servers:
        shapes[_shape(server, prefix)].append(server.hostname)
    return shapes


def _shape(server: Server, prefix: str) -> Hashable:
    paths = [(location.path, location.path_type) for location in server.locations]
    distinct = len(set(paths)) == len(paths)
    return (
        _plain(server.hostname),
        tuple(_location_shape(location, prefix, distinct) for location in server.locations),
        tuple((what, *_annotations(owner.meta.annotations, prefix)) for what, owner in sorted(server.owners.items())),
        bool(server.traits.certificate),
    )


def _location_shape(location: Location, prefix: str, distinct: bool) -> Hashable:
    annotations = location.ingress.meta.annotations if location.ingress else {}
    path = _plain(location.path) if distinct else location.path
    return path, location.path_type, location.denied, *_annotations(annotations, prefix)


def _annotations(annotations: Mapping[str, str], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in sorted(annotations.items()):
        if name.startswith(prefix):
            form = TAKEN.get(name.removeprefix(prefix))
            yield name, "" if form and form.fullmatch(value) else value


def _plain(text: str) -> str:
    return "" if PLAIN.fullmatch(text) else text
