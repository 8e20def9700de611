"""Label selectors, as kubectl and the controller's flags write them."""

from __future__ import annotations

import pytest

from nginxsim.kube.selectors import parse_selector


@pytest.mark.parametrize(
    ("selector", "labels", "matches"),
    [
        ("", {}, True),
        ("a", {"a": ""}, True),
        ("!a", {"a": ""}, False),
        ("a=b", {"a": "b"}, True),
        ("a == b, c!=d", {"a": "b"}, True),
        ("a in (b, c)", {"a": "c"}, True),
        ("a notin (b,c)", {}, True),
        ("a notin (b,c)", {"a": "b"}, False),
        ("a>5,a<10", {"a": "7"}, True),
        ("a>5", {"a": "x"}, False),
        ("example.com/team=core", {"example.com/team": "core"}, True),
        ("a=", {"a": ""}, True),
    ],
)
def test_selectors(selector: str, labels: dict[str, str], matches: bool) -> None:
    assert parse_selector(selector).matches(labels) is matches


@pytest.mark.parametrize(
    "selector", ["a b", "a in b", "a in (b", "=b", "a,,b", "a>x", "a/b/c", "-a", "a,", "!", "a=b)"]
)
def test_selectors_that_do_not_parse(selector: str) -> None:
    with pytest.raises(ValueError, match=r"found|value"):
        parse_selector(selector)
