"""Many equal requests at once: which of them end how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from nginxsim.nginx.events import Delayed, LimitExceeded
from nginxsim.nginx.exchange import Request
from nginxsim.verdict.types import Outcome, Verdict


def burst(route: Callable[[Request], Verdict], request: Request, count: int) -> Verdict:
    """The verdict on `count` requests sent at once, none of them answered before the last has come.

    Outcomes are in the order of the requests' places; each stands for a stretch of them, and its probability is the
    share of requests that end so. Later places in a burst only ever meet fuller counters, so a stretch whose ends are
    alike is alike all through.
    """
    played: dict[int, Verdict] = {}

    def at(place: int) -> Verdict:
        if place not in played:
            played[place] = route(replace(request, place=place))
        return played[place]

    outcomes: list[Outcome] = []
    for first, last in _stretches(lambda place: _ending(at(place)), 1, count):
        share = (last - first + 1) / count
        outcomes += (
            outcome._replace(probability=outcome.probability * share, places=(first, last))
            for outcome in at(first).outcomes
        )
    return Verdict(request, outcomes, at(1).standing)


def _ending(verdict: Verdict) -> tuple[object, ...]:
    """What two places have in common if they end alike."""
    return tuple((outcome.status, _held_up(outcome)) for outcome in verdict.outcomes)


def _held_up(outcome: Outcome) -> tuple[tuple[object, ...], ...]:
    """The limits that refuse the request or let it wait."""
    events = (step.event for step in outcome.trace)
    return tuple(
        (type(event), event.kind, event.zone) for event in events if isinstance(event, Delayed | LimitExceeded)
    )


def _stretches(ending: Callable[[int], object], first: int, last: int) -> Iterator[tuple[int, int]]:
    """Runs of places that end alike; each border is found by halving."""
    while first <= last:
        low, high = first, last
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if ending(middle) == ending(first) else (low, middle - 1)
        yield first, low
        first = low + 1


__all__ = ["burst"]
