"""`draw:` pins what is left to chance: which of several outcomes a canary's draw falls in.

ingress-nginx 1.15.1: rootfs/etc/nginx/lua/balancer.lua: a number from 1 to the weight's total is drawn, and the canary
takes the request when it is not above the weight. Here it counts from 0: the canary takes the draws below its weight.
"""

from __future__ import annotations

from collections.abc import Sequence

from nginxsim.lua.events import CanaryDrawn
from nginxsim.verdict import Outcome


class DrawError(Exception):
    """A draw that the canary's weight has no such number for."""


def pinned(outcomes: Sequence[Outcome], draw: int | None) -> list[Outcome]:
    """The outcomes left when the canary's draw is this number, with the odds among them; all of them for None."""
    if draw is None or len(outcomes) == 1:
        return list(outcomes)
    # Ways that look the same count as one outcome, whose steps are those of one of them: never leave none.
    left = [outcome for outcome in outcomes if _falls_in(outcome, draw)] or outcomes
    total = sum(outcome.probability for outcome in left)
    return [outcome._replace(probability=outcome.probability / total) for outcome in left]


def _falls_in(outcome: Outcome, draw: int) -> bool:
    """Outcomes that no canary's weight decided stay possible."""
    for step in outcome.trace:
        if isinstance(drawn := step.event, CanaryDrawn):
            if draw >= drawn.total:
                raise DrawError(f"draw {draw} is none of 0 to {drawn.total - 1}, which this canary's weight is out of")
            return (draw < drawn.weight) == drawn.taken
    return True
