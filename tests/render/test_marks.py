"""What templates name as the origin of a line is something that can be written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import pytest
from jinja2 import Environment, nodes

from nginxsim.annotations import NAMES
from nginxsim.config.flags import KNOWN
from nginxsim.config.settings import SETTING_KEYS
from nginxsim.render.locations import Origins
from nginxsim.render.servers import ServerMarks
from nginxsim.render.templates import TEMPLATE_FOLDER

TEMPLATES = sorted(TEMPLATE_FOLDER.rglob("*.j2"))
TABLES = {
    "src": NAMES,
    "by": NAMES.keys() & ServerMarks.names,
    "conf": SETTING_KEYS,
    "given": KNOWN.keys(),
    "origins": {field.name for field in fields(Origins)},
}
LIMITS = ("limit-connections", "limit-rps", "limit-rpm", "limit-rate", "limit-rate-after")
"""What stands for `name` in src[name]."""


def keys() -> Iterator[tuple[str, str]]:
    """(table, key) of every mark that any template writes."""
    environment = Environment()
    for template in TEMPLATES:
        tree = environment.parse(template.read_text(encoding="utf-8"))
        for node in tree.find_all(nodes.Getitem):
            table = node.node.attr if isinstance(node.node, nodes.Getattr) else getattr(node.node, "name", "")
            if table in TABLES:
                yield from ((table, key) for key in texts(node.arg))
        for node in tree.find_all(nodes.Getattr):
            if isinstance(node.node, nodes.Getattr) and node.node.attr == "origins":
                yield "origins", node.attr


def texts(node: nodes.Node) -> Iterator[str]:
    match node:
        case nodes.Const(value=str(text)):
            yield text
        case nodes.Name(name="name"):
            yield from LIMITS
        case nodes.Concat(nodes=[nodes.Name(name="protocol"), nodes.Const(value=rest)]):
            yield from (f"{protocol}{rest}" for protocol in ("tcp", "udp"))
        case _:
            pytest.fail(f"a key that this test cannot read: {node}")


def test_every_key_is_in_its_table() -> None:
    used = set(keys())
    assert len(used) > 180
    assert {(table, key) for table, key in used if key not in TABLES[table]} == set()
