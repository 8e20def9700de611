"""What an upgrade can change, as closed kinds with typed data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nginxsim.diffing.types import BehaviourChange
from nginxsim.upgrade.keeping import Keep
from nginxsim.verdict.types import Finding, Whose

NOBODYS = Whose()


class Kind(StrEnum):
    """Codes of the catalogue, the worst first."""

    RELOADS_FAIL = "upgrade-reloads-fail"
    DROPPED = "upgrade-dropped"
    DENIED = "upgrade-denied"
    OBJECT = "upgrade-object"
    IGNORED = "upgrade-ignored"
    CLIENT = "upgrade-client-address"
    ANSWER = "upgrade-answer"
    REFUSED = "upgrade-refused"
    UNTESTED = "upgrade-untested"
    SETTING_UNKNOWN = "upgrade-setting-unknown"
    CHART = "upgrade-chart-value"
    RESTART = "upgrade-restart"
    DEFAULT = "upgrade-default"
    HEARD = "upgrade-heard"
    SERVED = "upgrade-served"
    ADMITTED = "upgrade-admitted"


RANKS = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Course:
    """When something is so.

    since: the releases on the way that bring it; more than one where a release between them had taken it back.
    repaired: the first release above the new one that no longer does it, "" for none.
    """

    since: tuple[str, ...] = ()
    repaired: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is otherwise in the new release.

    subject: the annotation, ConfigMap key, flag, chart value or object that it is about. keeps: the settings with which
    it stays as it was.
    """

    kind: Kind
    subject: str
    course: Course
    finding: Finding
    keeps: tuple[Keep, ...] = ()
    answer: BehaviourChange | None = None
    """Of requests that end otherwise: how."""
    alike: tuple[str, ...] = ()
    """Of what concerns several Ingresses alike, each by "namespace/name"; the finding is about one of them."""

    @property
    def ingresses(self) -> tuple[str, ...]:
        """Whom it concerns; none where it is about no Ingress."""
        return self.alike or tuple(filter(None, (self.finding.ingress,)))


@dataclass(frozen=True, slots=True)
class Upgrade:
    """From one release to another: what changes, worst first, and what is taken for granted."""

    old: str
    new: str
    path: tuple[str, ...]
    """The published releases above the old one, up to the new one."""
    changes: tuple[Change, ...] = ()
    ingresses: int = 0
    assumptions: tuple[str, ...] = ()
    whose: Whose = NOBODYS
    """Of several estates, or controllers in one."""
