"""The fields of the API's objects, read from the tables in schemas/.

A table maps a type's name to its fields, and a field to "TYPE[?][!] [CONSTRAINT...]". TYPE: string, bool, int32, int64,
bytes (base64), time (RFC 3339), quantity, port (a number or a name), any, list<TYPE>, map<TYPE>, or the name of a type.
`?`: absent and empty are two things (a pointer in Go). `!`: OpenAPI says that it has to be there, which only kubectl
looks at, and only for the items of a List. CONSTRAINT: required, one-of=A,B, range=LOW..HIGH, format=NAME (of a text;
see formats.py), each=NAME (of each text of a list), keys=NAME and values=NAME (of a map), most=N (items of a list),
unique=FIELD (no two items of the list have it alike).

An empty value counts as absent where there is no `?`: only `required` and `range` look at it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

TABLES = ("meta", "networking", "core", "discovery", "apps", "pods", "volumes", "scheduling", "admissionregistration")
"""In the order in which a type is looked for that its own table does not have."""

_NOTATION = re.compile(r"(?P<type>[A-Za-z0-9<>]+)(?P<pointer>\?)?(?P<openapi>!)?(?P<rest>.*)")
_WRAPPED = re.compile(r"(list|map)<(.*)>")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

SCALARS = frozenset({"string", "bool", "int32", "int64", "bytes", "time", "quantity", "port", "any"})


@dataclass(frozen=True, slots=True)
class Type:
    """`kind`: one of SCALARS, "list" or "map" (with the type `of` their items), or "struct" (whose name is `name`)."""

    kind: str
    name: str = ""
    of: Type | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """What may stand in one field."""

    type: Type
    pointer: bool = False
    openapi: bool = False
    required: bool = False
    one_of: tuple[str, ...] = ()
    range: tuple[int, int] | None = None
    format: str = ""
    each: str = ""
    keys: str = ""
    values: str = ""
    most: int = 0
    unique: str = ""


@dataclass(frozen=True, slots=True)
class Struct:
    """A type with fields."""

    name: str
    fields: Mapping[str, Field]


@cache
def struct(name: str) -> Struct:
    """The type "TABLE.NAME"."""
    table, _, short = name.partition(".")
    rows = _table(table)[short] or {}
    return Struct(name, {field: _field(notation, table) for field, notation in rows.items()})


@cache
def _table(name: str) -> Mapping[str, Any]:
    text = files("nginxsim.kube.validation").joinpath("schemas", f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, _Loader)  # type: ignore[no-any-return]  # noqa: S506


def _field(notation: str, table: str) -> Field:
    match = _NOTATION.fullmatch(notation)
    if match is None:
        raise ValueError(f"no field: {notation}")
    words = (word.partition("=") for word in match["rest"].split())
    return Field(
        _type(match["type"], table),
        pointer=match["pointer"] is not None,
        openapi=match["openapi"] is not None,
        **{_NAMES.get(name, name): _CONSTRAINTS.get(name, str)(value) for name, _, value in words},
    )


_NAMES = {"one-of": "one_of"}
_CONSTRAINTS: Mapping[str, Any] = {
    "required": lambda _: True,
    "one-of": lambda text: tuple(text.split(",")),
    "range": lambda text: tuple(int(bound or 1 << 62) for bound in text.split("..")),
    "most": int,
}


def _type(text: str, table: str) -> Type:
    if wrapped := _WRAPPED.fullmatch(text):
        return Type(wrapped[1], of=_type(wrapped[2], table))
    if text in SCALARS:
        return Type(text)
    holder = next(candidate for candidate in (table, *TABLES) if text in _table(candidate))
    return Type("struct", f"{holder}.{text}")
