"""How much a document may grow by its aliases: kubectl refuses one that is mostly repetition, and so it is done here.

Rules: go.yaml.in/yaml/v2 2.4.2, decode.go (alias_ratio_range_low, allowedAliasRatio, unmarshal, merge), which
sigs.k8s.io/yaml 1.6.0 reads with. What counts is how many values are decoded, each as often as it is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

import yaml

from nginxsim.golang.scalars import PLAIN

FEW, MANY = 400_000, 4_000_000
"""Values of a document up to which nearly all may be repetitions, and from which a tenth may be."""
MOST_OF_FEW, MOST_OF_MANY = 0.99, 0.10
HARMLESS = (100, 1000)
"""So many repetitions, and so many values in all, are never looked at."""

_ANCHOR = re.compile(r"(?:^|[\s\[{,:?-])&[^\s,\[\]{}]", re.MULTILINE)
_ALIAS = re.compile(r"(?:^|[\s\[{,:?-])\*[^\s,\[\]{}]", re.MULTILINE)

Edge: TypeAlias = tuple[int, int]
"""Where a node hangs: the id of the node around it, and its number in there."""


class AliasError(Exception):
    """A document that its aliases blow up; `node` is where the last of them leads to, `reason` is why."""

    def __init__(self, node: yaml.Node, reason: str) -> None:
        super().__init__(reason)
        self.node = node
        self.reason = reason


def may_have_aliases(text: str) -> bool:
    """Whether the text looks as if: an anchor, and an alias somewhere."""
    return "&" in text and "*" in text and bool(_ANCHOR.search(text)) and bool(_ALIAS.search(text))


def check_aliases(root: yaml.Node) -> None:
    """Raises AliasError for a document that go-yaml would not read to its end."""
    _Decoder().read(root)


class _Decoder:
    """Counts what go-yaml would decode, in its order. A node that hangs in a second place is an alias there."""

    def __init__(self) -> None:
        self.decoded = 1  # the document itself
        self.repeated = 0
        self.within = 0
        self.defined: dict[int, Edge] = {}
        self.opened: set[int] = set()

    def read(self, root: yaml.Node) -> None:
        """Without recursion: documents may be as deep as they like."""
        todo: list[tuple[yaml.Node, Edge | None, bool]] = [(root, (0, 0), False)]
        while todo:
            node, edge, is_alias = todo.pop()
            if edge is None:
                self.opened.discard(id(node))
                self.within -= is_alias
                continue
            is_alias = self.defined.setdefault(id(node), edge) != edge
            self._enter(node, is_alias)
            if is_alias or not isinstance(node, yaml.ScalarNode):
                self.opened.add(id(node))
                todo.append((node, None, is_alias))
                inside = enumerate(_inside(node))
                todo += reversed([(inner, (id(node), number), False) for number, inner in inside])

    def _enter(self, node: yaml.Node, is_alias: bool) -> None:
        if id(node) in self.opened:
            raise AliasError(node, "an alias inside its own anchor")
        if is_alias:
            self._count(node)
            self.within += 1
        self._count(node)

    def _count(self, node: yaml.Node) -> None:
        self.decoded += 1
        self.repeated += self.within > 0
        few, small = HARMLESS
        if self.repeated > few and self.decoded > small and self.repeated / self.decoded > _allowed(self.decoded):
            raise AliasError(node, "document contains excessive aliasing")


def _allowed(decoded: int) -> float:
    """The share of repetitions that a document of so many values may have."""
    if decoded <= FEW:
        return MOST_OF_FEW
    if decoded >= MANY:
        return MOST_OF_MANY
    return MOST_OF_FEW - (MOST_OF_FEW - MOST_OF_MANY) * (decoded - FEW) / (MANY - FEW)


def _inside(node: yaml.Node) -> Iterator[yaml.Node]:
    """What is decoded within a node: keys with values; of a merge what is merged, the last first."""
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not _is_merge(key):
                yield from (key, value)
            elif isinstance(value, yaml.SequenceNode):
                yield from reversed(value.value)
            else:
                yield value


def _is_merge(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value == "<<" and key.tag in (PLAIN, "tag:yaml.org,2002:merge")
