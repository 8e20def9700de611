"""One Ingress at a time, as the webhook is asked."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from tests.support.estates import Object, backend, estate, ingress

SHAPES = [
    dict(zip(("host", "path", "canary"), shape, strict=True))
    for shape in itertools.product(("h", "k", ""), ("/", "/a"), (None, "true"))
] + [{"host": None, "path": "", "canary": None}]
"""host "": a rule for every host; None: no rule, the default backend alone."""


def shaped(name: str, shape: dict[str, Any], service: str) -> Object:
    target = f"{service}:80"
    catching_all = {} if shape["host"] else {"defaultBackend": backend(target)}
    annotations = {"canary": "true"} if shape["canary"] else {}
    rules = {} if shape["host"] is None else {shape["host"]: {shape["path"]: target}}
    return ingress(name, rules=rules, annotations=annotations, **catching_all)


@pytest.mark.parametrize("seed", range(3))
def test_an_update_is_reviewed_as_if_it_were_stored(seed: int) -> None:
    """What the desk answers about a changed Ingress is what a desk set up with that change says of it."""
    chance = random.Random(seed)
    stored = [shaped(f"i{number}", chance.choice(SHAPES), chance.choice("st")) for number in range(5)]
    reviewer = estate(*stored).reviewer
    for number, shape in itertools.product(range(6), SHAPES):
        changed = shaped(f"i{number}", shape, "s")
        after = estate(*stored[:number], changed, *stored[number + 1 :])
        expected = next(review for review in after.review() if review.ingress == f"default/i{number}")
        found = reviewer.review(after.cluster.ingresses[f"default/i{number}"])
        assert (found.allowed, found.error, found.check) == (expected.allowed, expected.error, expected.check)


@pytest.mark.parametrize("others", [0, 1, 2])
def test_a_catch_all_that_gets_rules_leaves_its_place_to_the_next(others: int) -> None:
    alone = [ingress(f"all-{n}", rules={}, defaultBackend=backend("s:80")) for n in range(others + 1)]
    ruled = ingress("all-0", "", {"/": "s:80"})
    after = estate(ruled, *alone[1:])
    found = estate(*alone).reviewer.review(after.cluster.ingresses["default/all-0"])
    expected = next(review for review in after.review() if review.ingress == "default/all-0")
    assert (found.allowed, found.error) == (expected.allowed, expected.error)
    assert found.allowed == (others == 0)
