"""Source text without the values of Secrets, for reports that quote lines: a star for each character of a value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from nginxsim.errors import InputError
from nginxsim.kube.documents import documents
from nginxsim.kube.secrecy import APPLIED, SHOWN, is_secret
from nginxsim.sources import File

Span: TypeAlias = tuple[int, int]

_PRIVATE_KEY = re.compile(
    r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)((?:(?!-----END).)*+)"
    # The same in base64, which writes "-----BEGIN " as LS0tLS1CRUdJTi; a certificate goes on with " CERTIFICAT".
    r"|(LS0tLS1CRUdJTi)(?!BDRVJUSUZJQ0FU)([A-Za-z0-9+/=]*+)",
    re.DOTALL,
)
_VISIBLE = re.compile(r"\S")
_WORD = re.compile(r"[^\s{}\[\],:\-?|>\"'#]")
"""What may say something in a comment."""
_MAY_BE_SECRET = re.compile(r"(?<![\w-])secret(?!Name|KeyRef|Ref)", re.IGNORECASE)
"""Of a text that is no YAML, such as a chart's template: the word by itself, rather than in the name of a field."""


def without_secrets(name: str, text: str) -> str:
    """Of the same length, line by line. Where Secrets may be in it and cannot be found, nothing is left."""
    text = _PRIVATE_KEY.sub(_key_masked, text)
    if "secret" not in text.lower():
        return text
    if "\\u" in text and text.lstrip().startswith(("{", "[")):
        return _VISIBLE.sub("*", text)  # places behind an escaped pair of surrogates are not those of the text
    try:
        secrets = list(_secrets(name, text))
    except (InputError, RecursionError, ValueError):
        return _VISIBLE.sub("*", text) if _MAY_BE_SECRET.search(text) else text
    text = _masked(text, (span for secret in secrets for span in secret.between), _WORD)
    return _masked(text, (span for secret in secrets for span in secret.values), _VISIBLE)


def _key_masked(found: re.Match[str]) -> str:
    return (found[1] or found[3]) + _VISIBLE.sub("*", found[2] or found[4] or "")


def _masked(text: str, spans: Iterable[Span], letter: re.Pattern[str]) -> str:
    pieces, at = [], 0
    for start, end in sorted(spans):
        pieces += [text[at:start], letter.sub("*", text[max(start, at) : end])]
        at = max(at, end)
    return "".join([*pieces, text[at:]])


@dataclass(frozen=True, slots=True)
class _Secret:
    """Where the values of a Secret stand, and what is between them and all names: signs, and comments that may hold
    old values.
    """

    values: list[Span]
    between: list[Span]


def _secrets(name: str, text: str) -> Iterator[_Secret]:
    """Raises ValueError for a document that does not stand in the text as it was read."""
    starts = [0, *(newline.end() for newline in re.finditer("\n", text))]
    for document in documents(File(name, text)):
        root = document.root()
        if root is None:
            continue
        whole, first = document.file.text, starts[document.file.first_line]
        part = whole.lstrip(" ")
        if not text.startswith(part, first + len(whole) - len(part)):
            raise ValueError(name)
        for node in _objects(root):
            within = (0, len(whole)) if node is root else _span(node)
            yield _secret(node, within, first)


def _objects(node: yaml.Node) -> Iterator[yaml.MappingNode]:
    """The document itself or the items of a list, where they are Secrets."""
    if not isinstance(node, yaml.MappingNode):
        return
    if is_secret(node):
        yield node
    for key, items in node.value:
        if _is_named(key, "items") and isinstance(items, yaml.SequenceNode):
            for item in items.value:
                yield from _objects(item)


def _secret(node: yaml.MappingNode, whole: Span, first: int) -> _Secret:
    """`first`: where the document begins in the text."""
    names, values = _Scalars(), _Scalars()
    for key, value in node.value:
        names.add(key)
        if isinstance(key, yaml.ScalarNode) and key.value in SHOWN:
            names.add(value, values)
        elif isinstance(value, yaml.MappingNode):
            for name, held in value.value:
                names.add(name)
                values.add(held)
        else:
            values.add(value)
    return _Secret(_moved(values.spans, first), _moved(_gaps(whole, sorted(names.spans)), first))


class _Scalars:
    """Places of the scalars in some nodes, each node looked at once, however often an alias repeats it."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._seen: set[int] = set()

    def add(self, node: yaml.Node, hidden: _Scalars | None = None) -> None:
        """`hidden`: takes what kubectl noted of the whole object."""
        if id(node) in self._seen:
            return
        self._seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            self.spans.append(_span(node))
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                self.add(item, hidden)
        else:
            for key, value in node.value:
                self.add(key, hidden)
                if hidden and _is_named(key, APPLIED):
                    hidden.add(value)
                else:
                    self.add(value, hidden)


def _is_named(key: yaml.Node, name: str) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value == name


def _gaps(whole: Span, spans: list[Span]) -> Iterator[Span]:
    at, end = whole
    for start, stop in spans:
        yield at, max(at, start)
        at = max(at, stop)
    yield at, max(at, end)


def _span(node: yaml.Node) -> Span:
    return node.start_mark.index, node.end_mark.index


def _moved(spans: Iterable[Span], by: int) -> list[Span]:
    return [(start + by, end + by) for start, end in spans]
