"""Source text without the values of Secrets, for reports that quote lines: a star for each character of a value."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from nginxsim.errors import InputError
from nginxsim.kube.documents import documents
from nginxsim.sources import File

HIDDEN = ("data", "stringData")
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which kubectl keeps the whole object as it was applied."""
_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)([^-]*+)")
_VISIBLE = re.compile(r"\S")


def without_secrets(name: str, text: str) -> str:
    """Of the same length, line by line. Where Secrets may be in it and cannot be found, nothing is left."""
    text = _PRIVATE_KEY.sub(lambda found: found[1] + _VISIBLE.sub("*", found[2]), text)
    if "Secret" not in text:
        return text
    if "\\u" in text and text.lstrip().startswith(("{", "[")):
        return _VISIBLE.sub("*", text)  # places behind an escaped pair of surrogates are not those of the text
    try:
        spans = sorted(_spans_of_all(name, text))
    except (InputError, RecursionError, ValueError):
        return _VISIBLE.sub("*", text)
    return _masked(text, spans)


def _spans_of_all(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Raises ValueError for a document that does not stand in the text as it was read."""
    starts = [0, *(newline.end() for newline in re.finditer("\n", text))]
    for document in documents(File(name, text)):
        root = document.root()
        if root is None:
            continue
        start = starts[document.file.first_line]
        part = document.file.text.lstrip(" ")
        if not text.startswith(part, start + len(document.file.text) - len(part)):
            raise ValueError(name)
        yield from ((start + first, start + last) for first, last in _spans(root))


def _masked(text: str, spans: list[tuple[int, int]]) -> str:
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], _VISIBLE.sub("*", text[max(start, at) : end])]
        at = max(at, end)
    return "".join([*pieces, text[at:]])


def _spans(node: yaml.Node) -> Iterator[tuple[int, int]]:
    """Where values of Secrets stand, in the object itself or in the items of a list."""
    fields = _fields(node)
    if any(isinstance(kind, yaml.ScalarNode) and kind.value.startswith("Secret") for kind in fields.get("kind", ())):
        hidden = [value for name in HIDDEN for field in fields.get(name, ()) for value in _values(field)]
        noted = [each for metadata in fields.get("metadata", ()) for each in _fields(metadata).get("annotations", ())]
        hidden += [value for annotations in noted for value in _fields(annotations).get(APPLIED, ())]
        yield from ((value.start_mark.index, value.end_mark.index) for value in hidden)
    for items in fields.get("items", ()):
        if isinstance(items, yaml.SequenceNode):
            for item in items.value:
                yield from _spans(item)


def _fields(node: yaml.Node) -> dict[str, list[yaml.Node]]:
    found: dict[str, list[yaml.Node]] = {}
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if isinstance(key, yaml.ScalarNode):
            found.setdefault(key.value, []).append(value)
    return found


def _values(field: yaml.Node) -> list[yaml.Node]:
    """The values of a mapping; what should be one and is not is hidden as a whole."""
    if isinstance(field, yaml.MappingNode):
        return [value for _, value in field.value]
    return [field]
