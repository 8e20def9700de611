"""for_each: one test over many rows. Placeholders such as {path} take each row's value, anywhere in the test."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from nginxsim.errors import did_you_mean
from nginxsim.golang.scalars import QUOTED
from nginxsim.suites.nodes import Value

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
TABLE = "for_each"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table put into its test. label: "path=/admin", the columns that its name leaves out."""

    test: Value
    label: str = ""


def rows(test: Value) -> Iterator[Row]:
    """The test once for each row of its for_each; the test itself when it has none."""
    table = test.entries().get(TABLE)
    if table is None or table.is_null:
        yield Row(test)
        return
    for cells in _rows_of(table):
        used: set[str] = set()
        filled = Value(test.file, _filled(test.node, cells, used), test.path)
        _check_request(filled, cells)
        for name in cells:
            if name not in used:
                cells[name].refuse(f"no {{{name}}} in the test takes this value")
        untold = _untold(test, cells)
        yield Row(filled, " ".join(f"{name}={_shown(cells[name])}" for name in untold))


def _rows_of(table: Value) -> Iterator[Mapping[str, Value]]:
    """A list has one mapping for each row; a mapping of lists stands for every combination."""
    if table.is_list:
        for row in table.items():
            yield row.entries()
        return
    columns = {name: column.items() for name, column in table.entries().items()}
    for name, column in columns.items():
        if not column:
            table.entries()[name].refuse("an empty list makes no test")
    for cells in itertools.product(*columns.values()):
        yield dict(zip(columns, cells, strict=True))


def _filled(node: yaml.Node, cells: Mapping[str, Value], used: set[str]) -> yaml.Node:
    """A copy with the row's values in place; a lone {name} becomes the cell itself, with its type and place."""
    if isinstance(node, yaml.ScalarNode):
        return _filled_scalar(node, cells, used)
    if isinstance(node, yaml.SequenceNode):
        items = [_filled(item, cells, used) for item in node.value]
        return yaml.SequenceNode(node.tag, items, node.start_mark, node.end_mark)
    pairs = [
        (key, value) if key.value == TABLE else (_filled(key, cells, used), _filled(value, cells, used))
        for key, value in node.value
    ]
    return yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)


def _filled_scalar(node: yaml.ScalarNode, cells: Mapping[str, Value], used: set[str]) -> yaml.Node:
    names = [name for name in PLACEHOLDER.findall(node.value) if name in cells]
    if not names:
        return node
    used.update(names)
    if node.value == f"{{{names[0]}}}":
        cell: yaml.Node = cells[names[0]].node
        return cell
    text = PLACEHOLDER.sub(lambda match: cells[match[1]].text() if match[1] in cells else match[0], node.value)
    return yaml.ScalarNode(QUOTED, text, node.start_mark, node.end_mark)


def _check_request(test: Value, cells: Mapping[str, Value]) -> None:
    """A placeholder left over in the request is a slip: no URL has braces."""
    for name in _placeholders(test, "request"):
        test.entries()["request"].refuse(f'"{{{name}}}" is no column of for_each{did_you_mean(name, cells)}')


def _untold(test: Value, columns: Mapping[str, Value]) -> list[str]:
    """The columns that a row's name needs beside it; a name that has any placeholder is its author's word."""
    if "name" in test.entries():
        return [] if _placeholders(test, "name") else list(columns)
    told = _placeholders(test, "request")
    return [name for name in columns if name not in told]


def _placeholders(test: Value, field: str) -> list[str]:
    value = test.entries().get(field)
    if value is None or not isinstance(value.node, yaml.ScalarNode):
        return []
    found: list[str] = PLACEHOLDER.findall(value.node.value)
    return found


def _shown(cell: Value) -> str:
    return str(cell.node.value) if isinstance(cell.node, yaml.ScalarNode) else "..."
