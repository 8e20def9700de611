"""What a comparison of two estates consists of: changes of the conf, of the model, of what requests get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from nginxsim.diffing.facts import Answered
from nginxsim.diffing.probes import Probe
from nginxsim.origins import DEFAULT, Origin, Source
from nginxsim.verdict.types import Cause, Finding

Action: TypeAlias = Literal["added", "removed", "changed"]
OLD, NEW = "old", "new"
FRAME = ""
"""Stands for a host where what lies outside of all servers is meant."""


@dataclass(frozen=True, slots=True)
class ConfChange:
    """One directive of the rendered conf, or one block with all that is in it.

    scope: the blocks around it within the server, outermost first.
    before and after are the directive's text, "" on the side that lacks it; `directives` counts those of a block.
    """

    host: str
    scope: tuple[str, ...]
    kind: Literal["added", "removed", "changed", "reordered"]
    before: str
    after: str
    old_source: Source = DEFAULT
    new_source: Source = DEFAULT
    directives: int = 0

    @property
    def source(self) -> Source:
        """What was written: on the new side, or on the old one where the new side has a default."""
        return self.new_source if self.new_source.origin or not self.old_source.origin else self.old_source


@dataclass(frozen=True, slots=True)
class ModelChange:
    """One thing the controller decides otherwise; a setting is a ConfigMap key."""

    kind: Literal["setting", "host", "path", "backend", "certificate", "file", "stream", "notice", "webhook"]
    action: Action
    name: str
    before: str = ""
    after: str = ""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class BehaviourChange:
    """Requests that end otherwise in the same way: `probe` is the plainest of them.

    cause is that of the side named by `side`: the new one's, or the old one's where the new side serves the request.
    sources: what was written behind the directives that differ where the request was decided.
    """

    probe: Probe
    before: Answered
    after: Answered
    what: tuple[str, ...]
    """Which aspects differ: "status", "redirect", "service"... (nginxsim.diffing.facts.ASPECTS)."""
    cause: Cause
    side: str
    sources: tuple[Source, ...] = ()
    requests: int = 1
    places: tuple[str, ...] = ()
    """Hosts with the locations that were asked of, each once, the probe's own first."""
    schemes: tuple[str, ...] = ()
    ingresses: tuple[str, ...] = ()
    """Those whose locations answered, by "namespace/name": on the old side, else on the new one."""

    @property
    def is_visible(self) -> bool:
        """Whether anybody but the reader of the manifests can tell: the same refusal for another reason is the same."""
        return self.what != ("cause",)


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs between two estates, and how hard it was looked for."""

    conf: tuple[ConfChange, ...] = ()
    model: tuple[ModelChange, ...] = ()
    behaviour: tuple[BehaviourChange, ...] = ()
    refused: tuple[Finding, ...] = ()
    """What nginx would refuse in the new conf and would not have refused in the old one."""
    still: tuple[Finding, ...] = ()
    """What nginx would refuse in both."""
    unstored: tuple[Finding, ...] = ()
    """What the API server would refuse in the new manifests and not in the old ones, and what ends the controller."""
    unfollowed: tuple[Finding, ...] = ()
    """Ingresses that a running controller goes on serving as they were, and drops once it starts anew."""
    unasked: tuple[str, ...] = ()
    """Why some requests could not be asked."""
    requests: int = 0
    hosts: int = 0
    equal_hosts: int = 0
    """Hosts that were not asked, as nothing about them differs."""
    assumptions: tuple[str, ...] = ()
    """What is taken for granted about the controllers."""

    @property
    def changes_behaviour(self) -> bool:
        return bool(self.refused or self.unstored) or any(change.is_visible for change in self.behaviour)
