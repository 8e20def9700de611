"""What nginx or the webhook would refuse."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from nginxsim.checks.estate import Estate, at, finding
from nginxsim.controller.model import ROOT, Location, Server
from nginxsim.controller.references import host_of
from nginxsim.kube.objects import Ingress
from nginxsim.verdict.refusals import refusals
from nginxsim.verdict.types import Finding

WHOLE = 250
"""Servers up to which the file is read in one piece; of more, one of each shape is, in pieces of this size."""

PLAIN = re.compile(r"[A-Za-z0-9/._-]*")
"""Text that nginx takes anywhere, whatever it is."""

# Refusals that other checks tell about with more to say.
TOLD_ELSEWHERE = frozenset({"crash", "annotations", "catch-all", "deep-inspection"})

INSTEAD: Mapping[str, str] = {
    "path-type": "write pathType: ImplementationSpecific for a path that is more than letters, digits, /, - and _",
    "overlap": "put both paths into one Ingress, which may have the same path Exact and Prefix, or give one of them up",
}
"""What to do, by the check of the webhook that refuses."""


def nginx_refuses(estate: Estate) -> Iterator[Finding]:
    servers = list(estate.model.servers.values())
    if len(servers) <= WHOLE:
        yield from _once(estate.simulation.nginx_errors())
        return
    shapes = _by_shape(servers, estate.prefix)
    longest = max(servers, key=lambda server: len(server.hostname))
    samples = dict.fromkeys([longest.hostname, *(group[0] for group in shapes.values())])
    first = list(_faults(estate, list(samples)))
    suspects = {host for found in first for host, _ in estate.locations.get(found.ingress, ())}
    alike = chain.from_iterable(group for group in shapes.values() if not suspects.isdisjoint(group))
    further = [hostname for hostname in alike if hostname not in samples]
    yield from _once(chain(first, _faults(estate, further)))


def _once(faults: Iterable[Finding]) -> Iterator[Finding]:
    """One of those that say the same of the same place: in several locations, or in a frame read with each piece."""
    told: set[object] = set()
    for found in faults:
        if (key := (found.message, found.evidence)) not in told:
            told.add(key)
            yield found


def _faults(estate: Estate, hostnames: Sequence[str]) -> Iterator[Finding]:
    """What is wrong with these servers, each piece of them read with the frame around it."""
    simulation = estate.simulation
    for start in range(0, len(hostnames), WHOLE):
        piece = simulation.renderer.for_hosts(hostnames[start : start + WHOLE])
        yield from refusals(simulation, piece)


def _by_shape(servers: Iterable[Server], prefix: str) -> Mapping[Hashable, list[str]]:
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
    return (item for item in sorted(annotations.items()) if item[0].startswith(prefix))


def _plain(text: str) -> str:
    return "" if PLAIN.fullmatch(text) else text


def webhook_refuses(estate: Estate) -> Iterator[Finding]:
    """Ingresses that are served once they are there, but that nobody can create or change any more."""
    served = {ingress.meta.key: ingress for ingress in estate.model.ingresses}
    taken = {(notice.host, notice.path) for notice in estate.notices["path-taken"]}
    for review in estate.simulation.review():
        ingress = served.get(review.ingress)
        if review.allowed or ingress is None or review.check in TOLD_ELSEWHERE or review.is_snippet:
            continue
        if review.check != "overlap" or taken.isdisjoint(_claimed(ingress)):
            evidence = (item for origin in review.origins for item in at(origin))
            reason = review.error.replace("\n", "; ")
            fix = INSTEAD.get(review.check, "change what it refuses")
            yield finding("admission-refuses", *evidence, meta=ingress.meta, reason=reason, fix=fix)


def _claimed(ingress: Ingress) -> Iterator[tuple[str, str]]:
    """Host and path of each rule, as notices name them."""
    return ((host_of(rule), path.path or ROOT) for rule in ingress.rules for path in rule.paths or ())
