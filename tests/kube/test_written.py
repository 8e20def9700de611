"""Objects as YAML: what is written is read again as it was."""

from __future__ import annotations

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nginxsim.kube.documents import documents
from nginxsim.kube.fields import Fields
from nginxsim.kube.written import as_yaml
from nginxsim.sources import File

ODD = (
    "",
    "~",
    "null",
    "yes",
    "on",
    "1",
    "010",
    "1e3",
    ".5",
    "0x1f",
    "a: b",
    "a:",
    "a #b",
    "#",
    "- a",
    "---",
    "...",
    "*.example.com",
    "&a",
    "!a",
    "%a",
    "@a",
    "'",
    '"',
    "{{ x }}",
    "[a]",
    "a\n",
    "a\n\n",
    "\na",
    " a\nb",
    "a\n  b\n\nc",
    "a\tb",
    "\x85",
    "\u2028",
    "é",
    "😀",
)
TEXT = st.one_of(st.sampled_from(ODD), st.text(st.characters(exclude_categories=("Cs",)), max_size=12))
VALUES = st.recursive(
    st.one_of(TEXT, st.booleans(), st.integers(-(10**9), 10**9)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT.filter(bool), inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(TEXT.filter(bool), VALUES, min_size=1, max_size=4))
def test_what_is_written_is_read_again(thing):
    parts = list(documents(File("thing.yaml", as_yaml(thing))))
    assert len(parts) == 1
    root = parts[0].root()
    assert root is not None
    assert Fields(parts[0].file, root).value() == thing


def test_it_looks_as_kubectl_writes_it():
    thing = {"b": [{"name": "x", "ports": [80]}], "a": "/$2", "c": {"snippet": "one;\ntwo;\n"}, "host": "*.example.com"}
    assert as_yaml(thing) == (
        "a: /$2\nb:\n- name: x\n  ports:\n  - 80\nc:\n  snippet: |\n    one;\n    two;\nhost: '*.example.com'\n"
    )
    assert yaml.safe_load(as_yaml(thing)) == thing
