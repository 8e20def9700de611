"""What a run of suites found: plain data that workers can hand back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from nginxsim.suites.cases import Case, EstateSpec, Played
from nginxsim.suites.matching import Mismatch
from nginxsim.verdict import Verdict


class State(StrEnum):
    """How a case ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """What a client sees; status None: the connection ended without an HTTP answer."""

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One case's end. reason: why it was skipped or could not be played.

    On failure, verdict: what the simulation says; live: what a live ingress answered.
    """

    case: Case
    state: State
    mismatches: tuple[Mismatch, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    verdict: Verdict | None = None
    live: LiveAnswer | None = None

    @property
    def failed(self) -> bool:
        return self.state is State.FAILED


@dataclass(slots=True)
class Hits:
    """How often each line of the manifests, known by owner and file:line, had a part in a request."""

    by_estate: dict[EstateSpec, Counter[tuple[str, str]]] = field(default_factory=dict)

    def of(self, spec: EstateSpec) -> Counter[tuple[str, str]]:
        return self.by_estate.setdefault(spec, Counter())

    def add(self, other: Hits) -> None:
        for spec, counter in other.by_estate.items():
            self.of(spec).update(counter)


@dataclass(slots=True)
class Run:
    """All results in the order of the files, and what the run touched."""

    results: list[Result] = field(default_factory=list)
    hits: Hits = field(default_factory=Hits)
    unheard: list[Played] = field(default_factory=list)
    """Answers that no request asked for."""
    left_out: int = 0
    """Cases that `only` on others kept from running."""
    seconds: float = 0.0

    def shown(self, only_failures: bool) -> list[Result]:
        """The results to report."""
        return [result for result in self.results if result.failed or not only_failures]

    def count(self, state: State) -> int:
        return sum(result.state is state for result in self.results)

    @property
    def ok(self) -> bool:
        return not self.count(State.FAILED)
