"""YAML that nobody can write out: the places in it are not looked for, and nothing takes long."""

from __future__ import annotations

import pytest

from nginxsim.sources.trees import embedded, places, reach, roots
from nginxsim.sources.values import leaves, tree_of

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [LAUGHS, "a: &a [*a]\n", "{a: " * 400 + "1" + "}" * 400, "[" * 5000, "a: [", "a: {{ .Values.x }}"],
    ids=["laughs", "holds itself", "deep", "deeper", "broken", "template"],
)
def test_there_is_nothing_to_find(text: str) -> None:
    found = roots(text)
    assert len(places(found)) < 20
    assert [leaf for root in found for leaf in leaves(tree_of(root, "values.yaml"))] == []


def test_aliases_are_followed_where_they_end() -> None:
    (root,) = roots("a: &x {b: 1}\nc: *x\n")
    assert reach(root, ("c", "b", "d"))[1:] == (reach(root, ("a", "b"))[1], 2)


@pytest.mark.parametrize(
    ("text", "place"),
    [("p: |-\n  a: 1\n  b: 2\n", (3, 6)), ("p:\n- patch: |\n\n    a: 1\n    b: 2\n", (5, 8))],
)
def test_what_stands_in_a_block_has_its_own_lines(text: str, place: tuple[int, int]) -> None:
    (root,) = roots(text)
    node = reach(root, ("p",) if "- " not in text else ("p", 0, "patch"))[1]
    (inner,), line, column = embedded(node, text)
    mark = reach(inner, ("b",))[1].start_mark
    assert (line + mark.line + 1, column + mark.column + 1) == place
