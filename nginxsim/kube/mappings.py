"""The fields of a YAML mapping as kubectl's reader has them: names as text, merged mappings spread out, the last of
equal names kept.

Source: sigs.k8s.io/yaml 1.6.0 (convertToJSONableObject), go.yaml.in/yaml/v2 2.4.3 (decode.go: mapping, merge).
"""

from __future__ import annotations

from collections.abc import Iterator
from sys import intern
from typing import TypeAlias

import yaml

from nginxsim.golang.scalars import PLAIN, WORDS, scalar

Pair: TypeAlias = tuple[yaml.Node, yaml.Node]

_MERGE = "<<"
_MERGE_TAG = "tag:yaml.org,2002:merge"
_USUAL = {
    name: intern(name)
    for name in (
        "apiVersion",
        "kind",
        "metadata",
        "name",
        "namespace",
        "labels",
        "annotations",
        "spec",
        "status",
        "data",
        "type",
        "selector",
        "app",
        "ports",
        "port",
        "number",
        "targetPort",
        "protocol",
        "rules",
        "host",
        "hosts",
        "http",
        "paths",
        "path",
        "pathType",
        "backend",
        "service",
        "ingressClassName",
        "tls",
        "secretName",
        "addressType",
        "addresses",
        "endpoints",
        "conditions",
        "ready",
        "template",
        "containers",
        "image",
        "args",
        "env",
        "value",
    )
}
"""Names that most of every manifest is made of: text for certain."""
# A plain scalar that starts with none of these, and is none of the words, is text.
NOT_TEXT = frozenset("+-.0123456789")


def pairs_of(node: yaml.MappingNode) -> dict[str, Pair]:
    """Name and value node of every field. What cannot be a name or be merged is left out.

    Later names win over earlier ones and over what was merged before them.
    """
    pairs: dict[str, Pair] = {}
    for pair in node.value:
        key = pair[0]
        name = key.value
        if key.tag is PLAIN and name in _USUAL:
            pairs[_USUAL[name]] = pair
            continue
        if key.tag is PLAIN and (name in WORDS or name[0] in NOT_TEXT or name == _MERGE):
            if name == _MERGE:
                _merge(pair[1], pairs)
                continue
            name = name_of(key)
        elif key.tag == _MERGE_TAG:
            _merge(pair[1], pairs)
            continue
        elif not isinstance(key, yaml.ScalarNode):
            continue
        if name is not None:
            pairs[intern(name)] = pair
    return pairs


def _merge(node: yaml.Node, pairs: dict[str, Pair]) -> None:
    for mapping in merged(node):
        if isinstance(mapping, yaml.MappingNode):
            pairs.update(pairs_of(mapping))


def is_merge(key: yaml.Node) -> bool:
    """Whether this key asks to merge the mapping, or the mappings, that stand as its value."""
    return isinstance(key, yaml.ScalarNode) and key.value == _MERGE and (key.tag is PLAIN or key.tag == _MERGE_TAG)


def merged(node: yaml.Node) -> Iterator[yaml.Node]:
    """What stands to be merged, in the order in which it is: of several at once the first wins."""
    return reversed(node.value) if isinstance(node, yaml.SequenceNode) else iter((node,))


def name_of(node: yaml.ScalarNode) -> str | None:
    """The text that a name becomes: `on` is "true", `010` is "8". None for null, which kubectl takes for no name."""
    try:
        value = scalar(node)
    except ValueError:
        return str(node.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return None if value is None else str(value)
