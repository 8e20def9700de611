"""Two simulations in, their Difference out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nginxsim.controller.model import DEFAULT_SERVER
from nginxsim.diffing.behaviour import Behaviour
from nginxsim.diffing.confs import ConfIndex, Written, conf_changes
from nginxsim.diffing.endings import ProbedRouting
from nginxsim.diffing.models import changed_settings, model_changes
from nginxsim.diffing.obstacles import obstacles
from nginxsim.diffing.scope import Estate, differing_hosts
from nginxsim.diffing.types import FRAME, BehaviourChange, ConfChange, Difference
from nginxsim.diffing.unfollowed import unfollowed
from nginxsim.errors import InputError

if TYPE_CHECKING:
    from nginxsim.render import Rendered
    from nginxsim.simulation import Simulation

BATCH = 25
"""Hosts whose blocks are read together: the frame around them is parsed once for all, and no more is held at a time."""

_CONF_LINE = re.compile(r"^nginx\.conf:\d+: ")


def compare(old: Simulation, new: Simulation) -> Difference:
    """All that differs. Beside building and rendering both, the work grows with what differs."""
    before, after = Estate(old), Estate(new)
    hostnames = differing_hosts(before, after)
    comparison = _Comparison(before, after)
    if fault := before.fault or after.fault:
        comparison.give_up("every host", fault)
    else:
        for start in range(0, len(hostnames), BATCH):
            comparison.look_at(hostnames[start : start + BATCH])
    found = obstacles(old, new)
    return Difference(
        conf=tuple(sorted(comparison.conf, key=lambda change: change.host != FRAME)),
        model=tuple(model_changes(before, after)),
        behaviour=comparison.behaviour.changes,
        refused=found.refused,
        still=found.still,
        unstored=found.unstored,
        unfollowed=tuple(unfollowed(old, new)),
        unasked=tuple(comparison.unasked),
        requests=comparison.behaviour.requests,
        hosts=len(hostnames),
        equal_hosts=len({*before.servers, *after.servers}) - len(hostnames),
        assumptions=tuple(dict.fromkeys((*old.taken, *new.taken))),
    )


def behaviour_of(before: Estate, after: Estate, hostnames: Sequence[str]) -> tuple[BehaviourChange, ...]:
    """Which requests to these hosts end otherwise; none where a side has a file that cannot be read."""
    if before.fault or after.fault:
        return ()
    comparison = _Comparison(before, after)
    for start in range(0, len(hostnames), BATCH):
        comparison.look_at(hostnames[start : start + BATCH])
    return comparison.behaviour.changes


class _Comparison:
    """What has been found so far, batch by batch."""

    def __init__(self, old: Estate, new: Estate) -> None:
        self.estates = (old, new)
        self.told = list(changed_settings(old, new))
        self.behaviour = Behaviour(old, new)
        self.conf: dict[ConfChange, None] = {}
        self.unasked: list[str] = []

    def look_at(self, hostnames: Sequence[str]) -> None:
        rendered = [self._rendered(estate, hostnames) for estate in self.estates]
        try:
            routings = [
                ProbedRouting(estate.simulation, text, estate.services)
                for estate, text in zip(self.estates, rendered, strict=True)
            ]
        except InputError as error:
            # What nginx would not load answers nothing; the other hosts of the batch may be sound.
            if len(hostnames) > 1:
                for hostname in hostnames:
                    self.look_at([hostname])
                return
            self.give_up(hostnames[0], error)
            return
        index = self._compare_conf(hostnames, routings)
        for hostname in hostnames:
            try:
                self.behaviour.ask_about(hostname, routings, index)
            except InputError as error:
                self.give_up(hostname, error)

    def _rendered(self, estate: Estate, hostnames: Sequence[str]) -> Rendered:
        """The hosts' blocks, and whatever else may answer for a name that either side gives them."""
        simulation = estate.simulation
        names = [name for side in self.estates for hostname in hostnames for name in side.names(hostname)]
        wanted = {DEFAULT_SERVER, *hostnames, *simulation.hosts.candidates(*names)}
        return simulation.renderer.for_hosts(wanted)

    def _compare_conf(self, hostnames: Sequence[str], routings: Sequence[ProbedRouting]) -> ConfIndex:
        redirecting = (side.redirecting(hostname) for side in self.estates for hostname in hostnames)
        hosts = {*hostnames, *filter(None, redirecting)}
        old, new = (Written(routing.tree, routing.provenance) for routing in routings)
        changes = list(conf_changes(old, new, hosts))
        self.conf.update(dict.fromkeys(changes))
        return ConfIndex(changes, self.told)

    def give_up(self, hostname: str, error: InputError) -> None:
        """Says why; the line is one of the excerpt that was read and would mislead."""
        self.unasked.append(f"{hostname}: {_CONF_LINE.sub('', str(error))}")
