"""`upgrade` over the corpus names the Ingresses that two releases' recorded confs treat otherwise, and no others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

import pytest

from nginxsim import simulate
from nginxsim.controller.references import host_of
from nginxsim.diffing.facts import LISTS, lists
from nginxsim.simulation import Simulation
from nginxsim.upgrade import Change, Kind, compare
from tests.conformance.apart import Apart, apart, read
from tests.support.corpus import Recorded, needs_corpus, recorded

PAIRS = tuple(pairwise(("0.43.0", "1.3.1", "1.9.6", "1.11.5", "1.15.1")))

OF_INGRESSES = (Kind.DROPPED, Kind.DENIED, Kind.SERVED, Kind.IGNORED, Kind.HEARD, Kind.ANSWER, Kind.DEFAULT)
"""Kinds that tell of an Ingress' requests."""
OF_KEYS = (Kind.HEARD, Kind.SETTING_UNKNOWN)
EVERYWHERE = frozenset({"x-forwarded-scheme", "x-original-forwarded-host", "strict-transport-security"})
"""Headers that are otherwise for everybody alike, of which `upgrade` tells once for all."""
WATCHED = "auth-proxy-set-headers"
"""What the controller does once its ConfigMap changes, which stands in no file."""


def named(changes: Iterable[Change], keys: Collection[str]) -> set[str]:
    """The Ingresses that these changes are about. keys: of the ConfigMap, what is told of for all."""
    wanted = (each for each in changes if each.kind in OF_INGRESSES and not is_everywhere(each))
    at_once = (each for each in wanted if (each.kind, each.subject) != (Kind.HEARD, WATCHED))
    return {key for each in at_once if each.subject not in keys for key in each.ingresses}


def is_everywhere(change: Change) -> bool:
    answer = change.answer
    if answer is None or not set(answer.what) <= set(LISTS):
        return False
    moved = (item for name in answer.what for side in lists(answer.before, answer.after, name) for item in side)
    return all(isinstance(item, tuple) and item[0].lower() in EVERYWHERE for item in moved)


def posted_otherwise(old: Simulation, new: Simulation) -> set[str]:
    """Ingresses of whose backends the balancer is told otherwise, which stands in no conf."""
    before, after = ({each["name"]: each for each in side.backends()} for side in (old, new))
    moved = {name for name in {**before, **after} if before.get(name) != after.get(name)}
    moved |= {name for name, each in {**before, **after}.items() if moved & set(each.get("alternativeBackends") or ())}
    behind = {
        f"{ingress.meta.namespace}-{path.backend.service}-{path.backend.port}": ingress.meta.key
        for ingress in old.cluster.ingresses.values()
        for rule in ingress.rules
        for path in rule.paths or ()
    }
    by_location = (
        (location.backend, location.ingress)
        for side in (old, new)
        for server in side.model.servers.values()
        for location in server.locations
    )
    owners = {ingress.meta.key for backend, ingress in by_location if ingress and backend in moved}
    return owners | {behind[name] for name in moved if name in behind}


def names_by_host(simulation: Simulation) -> Mapping[str, set[str]]:
    """The Ingresses that name a host; what redirects to it is theirs too."""
    found: dict[str, set[str]] = {}
    for ingress in simulation.cluster.ingresses.values():
        hosts = [host_of(rule) for rule in ingress.rules] + (["_"] if ingress.default_backend else [])
        for host in hosts:
            for name in (host, f"www.{host}", host.removeprefix("www.")):
                found.setdefault(name, set()).add(ingress.meta.key)
    return found


def with_stream_snippet(simulation: Simulation) -> set[str]:
    ingresses = simulation.cluster.ingresses.items()
    return {key for key, each in ingresses if any(name.endswith("/stream-snippet") for name in each.meta.annotations)}


def by_name(simulation: Simulation) -> set[str]:
    """Ingresses with a Service of type ExternalName: what becomes of the name is the Lua's affair."""
    services = simulation.cluster.services
    return {
        key
        for key, ingress in simulation.cluster.ingresses.items()
        for rule in ingress.rules
        for path in rule.paths or ()
        if (service := services.get(f"{ingress.meta.namespace}/{path.backend.service}"))
        and service.type == "ExternalName"
    }


def faults(old: Recorded, new: Recorded) -> list[str] | None:
    """None where nginx would load one of the two files not at all."""
    before = simulate([old.manifests], release=old.release, flags=old.flags, host=old.host)
    after = before.with_controller(before.told.at(new.release))
    if before.nginx_errors() or after.nginx_errors():
        return None
    upgrade = compare(before, new.release)
    keys = {each.subject for each in upgrade.changes if each.kind in OF_KEYS and not each.ingresses}
    seen = apart(read(old.lines()), read(new.lines()), names_by_host(before), with_stream_snippet(before), keys)
    told = named(upgrade.changes, keys)
    return [
        *missed(seen, named(upgrade.changes, ())),
        *invented(seen, told - posted_otherwise(before, after) - by_name(before)),
    ]


def missed(seen: Apart, told: set[str]) -> Iterable[str]:
    yield from (f"missed: {key}: {dict(lines.most_common(4))}" for key, lines in seen.each.items() if key not in told)
    yield from (f"missed: one of {sorted(group)}: {about}" for about, group in seen.some if not group & told)


def invented(seen: Apart, told: set[str]) -> Iterable[str]:
    known = set(seen.each).union(seen.perhaps, *(group for _, group in seen.some))
    yield from (f"invented: {key}" for key in sorted(told - known))


@needs_corpus
@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_upgrade_names_whom_the_recorded_confs_treat_otherwise(old: str, new: str) -> None:
    after = {case.name: case for case in recorded(new)}
    pairs = [(case, after[case.name]) for case in recorded(old) if case.name in after]
    # Where a release does not know a flag of the case it was left away, and the two were asked different things.
    asked = [
        (one, other) for one, other in pairs if one.flags == other.flags and not (one.is_broken or other.is_broken)
    ]
    assert asked
    found = {one.name: faults(one, other) for one, other in asked}
    wrong = {name: each for name, each in found.items() if each}
    assert sum(each is not None for each in found.values()) > len(asked) * 0.8
    assert not wrong, f"{len(wrong)} of {len(asked)}\n" + "\n".join(f"{name}: {each}" for name, each in wrong.items())
