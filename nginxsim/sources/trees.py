"""YAML nodes by their place and by their path: what it takes to find again in one text what stands in another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple, TypeAlias

import yaml

Path: TypeAlias = tuple[str | int, ...]
"""Names of mappings and indexes of lists, from a document's root."""

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class Spot(NamedTuple):
    """A place in a text that was composed: the document, the path there, and whether a name stands there."""

    document: int
    path: Path
    is_name: bool


MOST_NODES = 500_000
"""Of a document with its aliases written out; one that is larger, or deeper than DEEPEST, is not looked into."""
DEEPEST = 100


def roots(text: str) -> list[yaml.Node]:
    """The documents that are not empty; none of a text that is no YAML, or one to choke on."""
    try:
        found = [node for node in yaml.compose_all(text, Loader=_LOADER) if node is not None]
    except (yaml.YAMLError, RecursionError):
        return []
    sizes: dict[int, int] = {}
    return found if all(_size(node, sizes, 0) <= MOST_NODES for node in found) else []


def _size(node: yaml.Node, sizes: dict[int, int], depth: int) -> int:
    """Nodes, those of aliases as often as they come; too many for what is too deep or holds itself."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if depth > DEEPEST:
        return MOST_NODES + 1
    if id(node) not in sizes:
        sizes[id(node)] = MOST_NODES + 1  # as long as it is not known: an alias to it, in it, has no end
        inner = chain.from_iterable(node.value) if isinstance(node, yaml.MappingNode) else node.value
        sizes[id(node)] = 1 + sum(_size(each, sizes, depth + 1) for each in inner)
    return sizes[id(node)]


def entries(node: yaml.Node | None) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Of a mapping, each name and value by the name."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: (key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def items(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def child(node: yaml.Node | None, name: str) -> yaml.Node | None:
    pair = entries(node).get(name)
    return pair[1] if pair else None


def text_of(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def step(node: yaml.Node, at: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The name (of a list's item, the item itself) and the value."""
    if isinstance(at, str):
        return entries(node).get(at)
    found = items(node)
    return (found[at], found[at]) if at < len(found) else None


def reach(node: yaml.Node, path: Iterable[str | int]) -> tuple[yaml.Node, yaml.Node, int]:
    """As far along the path as there is something: name, value, and how many steps that were."""
    name, steps = node, 0
    for at in path:
        pair = step(node, at)
        if pair is None:
            break
        name, node = pair
        steps += 1
    return name, node, steps


def places(documents: Iterable[yaml.Node]) -> Mapping[tuple[int, int], Spot]:
    """Every place, line and column from 1, where a name or a value begins; of several the innermost."""
    found: dict[tuple[int, int], Spot] = {}
    for number, root in enumerate(documents):
        for node, path, is_name in _all(root):
            found[node.start_mark.line + 1, node.start_mark.column + 1] = Spot(number, path, is_name)
    return found


def _all(root: yaml.Node) -> Iterator[tuple[yaml.Node, Path, bool]]:
    """Values before what they hold."""
    todo: list[tuple[yaml.Node, Path, bool]] = [(root, (), False)]
    while todo:
        node, path, is_name = todo.pop()
        yield node, path, is_name
        inner: list[tuple[yaml.Node, Path, bool]] = []
        for name, (key, value) in ({} if is_name else entries(node)).items():
            inner += [(key, (*path, name), True), (value, (*path, name), False)]
        inner += [(item, (*path, index), False) for index, item in enumerate([] if is_name else items(node))]
        todo += reversed(inner)


def same(one: yaml.Node, other: yaml.Node) -> bool:
    """Whether two nodes say the same, however they are written."""
    if isinstance(one, yaml.ScalarNode) or isinstance(other, yaml.ScalarNode):
        return type(one) is type(other) and one.value == other.value
    if isinstance(one, yaml.MappingNode):
        mine, theirs = entries(one), entries(other)
        return mine.keys() == theirs.keys() and all(same(value, theirs[name][1]) for name, (_, value) in mine.items())
    mine_items, their_items = items(one), items(other)
    return len(mine_items) == len(their_items) and all(map(same, mine_items, their_items))


# --- trees that nobody has written


def scalar(text: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text)


def sequence(found: Iterable[yaml.Node]) -> yaml.SequenceNode:
    return yaml.SequenceNode("tag:yaml.org,2002:seq", list(found))


def mapping(fields: Mapping[str, yaml.Node], at: yaml.Node | None = None) -> yaml.MappingNode:
    """`at`: in whose place it stands."""
    pairs = [(scalar(name), node) for name, node in fields.items()]
    made = yaml.MappingNode("tag:yaml.org,2002:map", pairs)
    if at is not None:
        made.start_mark, made.end_mark = at.start_mark, at.end_mark
    return made


def yaml_of(node: yaml.Node) -> str:
    """As a text. Numbers, and texts that look like numbers, stay what they are."""
    return str(yaml.serialize(node, Dumper=yaml.SafeDumper, width=1 << 20, allow_unicode=True))
