"""Documents that their aliases blow up: refused where go-yaml refuses them, and read where it reads them.

The figures are go.yaml.in/yaml/v2 2.4.2's own: each document was given to it.
"""

from __future__ import annotations

import re

import pytest

from nginxsim import InputError
from nginxsim.kube.documents import documents
from nginxsim.sources import File


def of_list(items: int, repeated: int, padding: int = 0) -> str:
    """A list of items, repeated so often in another one."""
    base = ",".join(["{a: 1, c: [x]}"] * items)
    return f"b: &b [{base}]\nc: [{','.join(['*b'] * repeated)}]\npad: [{','.join(['p'] * padding)}]\n"


def merged(keys: int, times: int) -> str:
    base = ", ".join(f"k{number}: v" for number in range(keys))
    return f"b: &b {{{base}}}\n" + "".join(f"d{number}: {{<<: *b, z: 1}}\n" for number in range(times))


def bomb(levels: int) -> str:
    first = "x0: &x0 {k0: v, k1: v, k2: v, k3: v, k4: v}\n"
    return first + "".join(
        f"x{level}: &x{level} {{<<: [{','.join([f'*x{level - 1}'] * 10)}]}}\n" for level in range(1, levels)
    )


READ = {
    "a few": of_list(3, 40),
    "many of one": of_list(1, 3000),
    "many merges": merged(60, 3000),
    "few of many": of_list(60, 100),
    "a bomb that does not go off": bomb(2),
}
REFUSED = {
    "a list over and over": of_list(60, 1000),
    "however much else there is": of_list(60, 3000, padding=3000),
    "merges of merges": bomb(8),
    "no end at all": bomb(30),
}


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_repetition_that_kubectl_takes(text: str) -> None:
    assert len([document.root() for document in documents(File("m.yaml", text))]) == 1


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_repetition_that_kubectl_refuses(text: str) -> None:
    with pytest.raises(InputError, match=r"^m\.yaml:\d+:\d+: not valid YAML: document contains excessive aliasing"):
        [document.root() for document in documents(File("m.yaml", text))]


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: &a {b: [1, *a]}\n", "a: &a {b: 1, <<: *a}\n"])
def test_an_anchor_inside_of_itself(text: str) -> None:
    with pytest.raises(InputError, match=re.escape("not valid YAML: an alias inside its own anchor")):
        [document.root() for document in documents(File("m.yaml", text))]


def test_each_document_is_counted_for_itself() -> None:
    text = "---\n".join([of_list(60, 100)] * 20)
    assert len([document.root() for document in documents(File("m.yaml", text))]) == 20
