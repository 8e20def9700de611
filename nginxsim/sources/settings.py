"""Single values for a chart, by the path that they are to stand at.

Source: helm 4.1 pkg/strvals/parser.go
"""

from __future__ import annotations

import re

import yaml

from nginxsim.sources.trace import Text, Where
from nginxsim.sources.trees import mapping, scalar, sequence
from nginxsim.sources.values import Tree, laid_over, tree_of

_STEPS = re.compile(r"(?:\\.|[^.\\])+")
_ESCAPED = re.compile(r"\\(.)")
_PAIRS = re.compile(r"(?:\\.|\{[^{}]*+\}|[^,\\])++")
_ITEMS = re.compile(r"(?:\\.|[^,\\])+")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")


def is_simple(path: str) -> bool:
    """Whether it asks for nothing within a list, which only helm itself can reach."""
    return "[" not in path


def set_by(path: str, value: str, *, is_text: bool = False) -> yaml.Node:
    """A tree of values with this one alone. is_text: it is no number and no list, whatever it looks like."""
    node = scalar(_ESCAPED.sub(r"\1", value)) if is_text else _typed(value)
    for step in reversed(_STEPS.findall(path)):
        node = mapping({_ESCAPED.sub(r"\1", step): node})
    return _placed(node)


def set_by_option(text: str, where: Where) -> Tree:
    """What --set says, "a.b=c,d=e", less what is within a list."""
    tree: Tree = {}
    for part in _PAIRS.findall(text):
        path, _, value = part.partition("=")
        if is_simple(path):
            tree = laid_over(tree, tree_of(Text(set_by(path, value), where)))
    return tree


def _typed(value: str) -> yaml.Node:
    if value.startswith("{") and value.endswith("}"):
        return sequence(map(_typed, _ITEMS.findall(value[1:-1])))
    text = _ESCAPED.sub(r"\1", value)
    kind = (
        "bool"
        if text in ("true", "false")
        else "null"
        if text == "null"
        else "int"
        if _INTEGER.fullmatch(text)
        else "str"
    )
    return yaml.ScalarNode(f"tag:yaml.org,2002:{kind}", text)


def _placed(node: yaml.Node) -> yaml.Node:
    """Whatever asks where a node of it stands is told the beginning."""
    mark = yaml.Mark("", 0, 0, 0, None, 0)
    todo = [node]
    while todo:
        each = todo.pop()
        each.start_mark = each.end_mark = mark
        if isinstance(each, yaml.MappingNode):
            todo += (inner for pair in each.value for inner in pair)
        elif isinstance(each, yaml.SequenceNode):
            todo += each.value
    return node
