"""What an Ingress of many rules costs: twice as many take about twice as long, counted in calls."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.counting import calls_of
from tests.support.estates import Object, backend, estate, ingress, served

FEW = 200


def of_hosts(count: int) -> Object:
    return ingress(rules={f"h{number}.example.com": "/" for number in range(count)})


def of_paths(count: int) -> Object:
    return ingress(paths={f"/p{number}": "web:80" for number in range(count)})


def of_one_place(count: int) -> Object:
    """The same host and path over and over, by turns as Exact and as Prefix."""
    made = ingress()
    types = (("Exact", "Prefix")[number % 2] for number in range(count))
    paths = ({"path": "/a", "pathType": path_type, "backend": backend("web:80")} for path_type in types)
    made["spec"]["rules"] = [{"host": "a.example.com", "http": {"paths": [path]}} for path in paths]
    return made


@pytest.mark.parametrize("made", [of_hosts, of_paths, of_one_place])
def test_a_review_grows_with_the_rules_and_no_faster(made: Callable[[int], Object]) -> None:
    few, twice = (estate(*served(), made(count)) for count in (FEW, 2 * FEW))
    # What the first review of a process imports is no matter of the rules.
    estate(*served(), ingress()).review()
    assert few.model.servers
    assert twice.model.servers
    assert calls_of(twice.review) < 2.5 * calls_of(few.review)
