"""Runs cases: each estate is simulated once, hosts are compiled in batches, large runs are spread over processes."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache

from nginxsim.errors import InputError
from nginxsim.nginx.exchange import AnswerFunction
from nginxsim.nginx.regex import MatchLimitError
from nginxsim.simulation import WHOLE_FILE_SERVERS, Simulation
from nginxsim.suites.cases import Case, Played
from nginxsim.suites.draws import DrawError, pinned
from nginxsim.suites.estates import Estates
from nginxsim.suites.hits import Key, Touched
from nginxsim.suites.matching import Mismatch, endless, judge, judge_refusal
from nginxsim.suites.results import Hits, Result, Run, State
from nginxsim.suites.services import ServiceNames, answers
from nginxsim.verdict import Outcome, Verdict
from nginxsim.verdict.routing import Routing

BATCH = 64
"""Hosts whose server blocks are compiled together: the frame around them costs as much as three of them."""

WORTH_A_PROCESS = 500
"""Cases that keep a process busy for longer than it needs to start and read the estate."""


@dataclass(frozen=True, slots=True)
class Order:
    """Cases of one estate that one process plays together; `places` are their positions in the run."""

    cases: tuple[Case, ...]
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """What came of an order."""

    results: tuple[Result, ...]
    places: tuple[int, ...]
    hits: Hits
    heard: frozenset[Played]


def sensible_jobs(cases: int) -> int:
    return max(1, min(os.cpu_count() or 1, cases // WORTH_A_PROCESS))


def run(
    cases: Sequence[Case],
    *,
    jobs: int = 1,
    fail_fast: bool = False,
    coverage: bool = False,
    progress: Callable[[Sequence[Result]], None] | None = None,
    estates: Estates | None = None,
) -> Run:
    """Plays all cases. Raises InputError for manifests, flags or changes that cannot be used."""
    started = time.perf_counter()
    found: dict[int, Result] = {}
    heard: set[Played] = set()
    hits = Hits()
    for filled in _filled(orders(cases), jobs, estates or Estates(), fail_fast, coverage):
        found.update(zip(filled.places, filled.results, strict=False))
        hits.add(filled.hits)
        heard |= filled.heard
        if progress:
            progress(filled.results)
        if fail_fast and any(result.failed for result in filled.results):
            break
    results = [found[place] for place in sorted(found)]
    unheard = [] if len(found) < len(cases) else _unheard(cases, heard)
    return Run(results, hits, unheard, seconds=time.perf_counter() - started)


def _unheard(cases: Sequence[Case], heard: set[Played]) -> list[Played]:
    given = {played: None for case in cases if case.skip is None for played in case.played}
    return sorted((played for played in given if played not in heard), key=lambda played: played.origin)


def orders(cases: Sequence[Case]) -> Iterator[Order]:
    """The cases by estate, in batches of some hosts."""
    by_estate: dict[object, list[int]] = defaultdict(list)
    for place, case in enumerate(cases):
        by_estate[case.estate].append(place)
    for places in by_estate.values():
        batch: list[int] = []
        hosts: set[str | None] = set()
        for place in places:
            hosts.add(cases[place].request.host)
            if len(hosts) > BATCH:
                yield Order(tuple(cases[i] for i in batch), tuple(batch))
                batch, hosts = [], {cases[place].request.host}
            batch.append(place)
        yield Order(tuple(cases[i] for i in batch), tuple(batch))


def _leave_ctrl_c_to_the_parent() -> None:
    """A terminal sends it to every process, and one is enough to end them all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _filled(wanted: Iterator[Order], jobs: int, estates: Estates, fail_fast: bool, coverage: bool) -> Iterator[Filled]:
    if jobs == 1:
        for order in wanted:
            yield fill(order, estates, fail_fast, coverage)
        return
    with ProcessPoolExecutor(jobs, initializer=_leave_ctrl_c_to_the_parent) as pool:
        pending = [pool.submit(_fill_in_worker, order, fail_fast, coverage) for order in wanted]
        try:
            for future in pending:
                yield future.result()
        finally:
            for future in pending:
                future.cancel()


@cache
def _estates_of_worker() -> Estates:
    """A worker lives for one run, and so do its estates."""
    return Estates()


def _fill_in_worker(order: Order, fail_fast: bool, coverage: bool) -> Filled:
    return fill(order, _estates_of_worker(), fail_fast, coverage)


def fill(order: Order, estates: Estates, fail_fast: bool = False, coverage: bool = False) -> Filled:
    """Plays one order, up to the first failure with `fail_fast`."""
    playing = [case for case in order.cases if case.skip is None]
    player = Player(estates.simulation(playing[0].estate), playing, measures=coverage) if playing else None
    results = []
    for case in order.cases:
        result = player.result(case) if player and case.skip is None else _skipped(case)
        results.append(result)
        if fail_fast and result.failed:
            break
    hits = Hits()
    if player and coverage:
        hits.of(order.cases[0].estate.unchanged).update(player.counts())
    heard = frozenset(player.heard) if player else frozenset()
    return Filled(tuple(results), order.places, hits, heard)


def _skipped(case: Case) -> Result:
    return Result(case, State.SKIPPED, reason=case.skip or "")


class Player:
    """Plays cases of one estate on one compiled router."""

    def __init__(self, simulation: Simulation, cases: Sequence[Case], *, measures: bool = False) -> None:
        self.simulation = simulation
        self.measures = measures
        self.names = ServiceNames(simulation.model)
        self.heard: set[Played] = set()
        hosts = {name for case in cases for name in (case.request.host, case.request.sni)}
        self._refusal = _refusal(simulation)
        self._crashes = [Mismatch("controller", "runs", found.message) for found in simulation.crashes]
        self._broken: InputError | None = None
        try:
            self._routing = _compiled(simulation, hosts)
        except InputError as problem:
            self._broken = problem
        else:
            self._touched = Touched(self._routing)

    def counts(self) -> Counter[Key]:
        """Requests by the places in the manifests that had a part in them."""
        return Counter() if self._broken else self._touched.counts()

    def outcomes(self, case: Case) -> tuple[Verdict, list[Outcome]]:
        """The verdict, and those of its outcomes that the case's draw leaves.

        Raises DrawError, and InputError for a configuration that cannot be read to its end.
        """
        if self._broken:
            raise self._broken
        verdict = self._routing.verdict(case.request, self._answers(case))
        return verdict, pinned(verdict.outcomes, case.draw)

    def _answers(self, case: Case) -> AnswerFunction:
        return answers(case.played, self.names, self.heard.add)

    def result(self, case: Case) -> Result:
        started = time.perf_counter()
        try:
            _, outcomes = self.outcomes(case)
        except DrawError as problem:
            fault = Mismatch("request", "a request that can be played", str(problem))
            return Result(case, State.FAILED, (fault,), str(problem), time.perf_counter() - started)
        except InputError as problem:
            # What nginx cannot read either answers nothing: all that is left to judge is whether that was expected.
            faults = tuple(judge_refusal(case.expect, self._refusal or str(problem)))
            return Result(case, State.FAILED if faults else State.PASSED, faults)
        if self.measures:
            self._touched.add(outcomes)
        try:
            judged = judge(case.expect, outcomes, self.names)
        except MatchLimitError as problem:
            judged = [endless(problem)]
        mismatches = (*self._crashes, *judge_refusal(case.expect, self._refusal), *judged)
        seconds = time.perf_counter() - started
        if not mismatches:
            return Result(case, State.PASSED, seconds=seconds)
        # Told of one host alone, the lines of the conf are those that `nginxsim why` tells.
        alone = self.simulation.route(case.request, self._answers(case))
        shown = alone._replace(outcomes=pinned(alone.outcomes, case.draw))
        return Result(
            case,
            State.FAILED,
            mismatches,
            seconds=seconds,
            verdict=shown.settled(),
        )


def _refusal(simulation: Simulation) -> str:
    """Why nothing of the estate answers, with the manifest line: nginx refuses the file; "" when it would load it."""
    for found in simulation.refused_by_nginx:
        origin = next(iter(found.origins), None)
        return f"{found.message} ({origin})" if origin else found.message
    return ""


def _compiled(simulation: Simulation, hosts: set[str | None]) -> Routing:
    """The router for these hosts. In a large estate it goes with its batch: a thousand hosts take up 150 MB."""
    if len(simulation.model.servers) <= WHOLE_FILE_SERVERS:
        return simulation.routing()
    rendered = simulation.renderer.for_hosts(simulation.hosts.candidates(*hosts))
    return Routing(simulation, rendered, label="nginx.conf")
