"""YAML that nobody can write out: the places in it are not looked for, and nothing takes long."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginxsim.sources.files import File
from nginxsim.sources.naming import Naming
from nginxsim.sources.trace import Library, Text
from nginxsim.sources.trees import places, reach, roots
from nginxsim.sources.values import leaves, tree_of
from tests.support.trees import tree

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
    assert [leaf for root in found for leaf in leaves(tree_of(Text(root, File("values.yaml", text).place)))] == []


def test_aliases_are_followed_where_they_end() -> None:
    (root,) = roots("a: &x {b: 1}\nc: *x\n")
    assert reach(root, ("c", "b", "d"))[1:] == (reach(root, ("a", "b"))[1], 2)


@pytest.mark.parametrize(
    ("text", "place"),
    [("p: |-\n  a: 1\n  b: 2\n", (3, 6)), ("p:\n- patch: |\n\n    a: 1\n    b: 2\n", (5, 8))],
)
def test_what_stands_in_a_block_has_its_own_lines(tmp_path: Path, text: str, place: tuple[int, int]) -> None:
    path = tree(tmp_path, {"x.yaml": text}) / "x.yaml"
    library = Library(Naming.of(tmp_path))
    file = library.file(str(path))
    node = reach(roots(text)[0], ("p",) if "- " not in text else ("p", 0, "patch"))[1]
    (inner,) = library.inside(file, node)
    assert inner.origin(reach(inner.root, ("b",))[1]) == (str(path), *place)


@pytest.mark.parametrize("given", [".", "x", "x/y", "../z", "/absolute/x"])
@pytest.mark.parametrize("label", ["", "main:"])
def test_a_name_leads_back_to_its_path(given: str, label: str) -> None:
    naming = Naming(given, "/somewhere/tree/x", label)
    for path in ("/somewhere/tree/x", "/somewhere/tree/x/a.yaml", "/somewhere/tree/b/c.yaml"):
        assert naming.path(naming.name(path)) == path
