"""Whether a value is of the kinds that the API's types want, and has no fields that they do not know.

Source: encoding/json as sigs.k8s.io/json has it (names count by letter case), kubernetes 1.34
staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json, and the types' own readers (meta/v1 time.go, intstr.go,
quantity.go).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from nginxsim.errors import misspelt, nearest
from nginxsim.kube.validation.faults import Fault, Key, Path, Reason
from nginxsim.kube.validation.quantities import parse_quantity
from nginxsim.kube.validation.schema import Struct, Type, struct
from nginxsim.kube.validation.values import Json

# go 1.26: time/format.go, time.RFC3339; one digit for the hour and a comma before fractions pass as well
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d{1,2}):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|[+-](\d\d):(\d\d))", re.ASCII)


def wrong(value: Json, wanted: Type, path: Path = ()) -> Iterator[Fault]:
    """Everything in the value that does not decode into the type. null decodes into anything."""
    if value is None:
        return
    if wanted.kind == "struct":
        yield from _wrong_struct(value, struct(wanted.name), path)
    elif wanted.kind == "list":
        yield from _wrong_list(value, wanted.of, path)
    elif wanted.kind == "map":
        yield from _wrong_map(value, wanted.of, path)
    elif says := _SCALARS[wanted.kind](value):
        yield Fault(Reason.WRONG_KIND, path, says, value, unquoted=wanted.kind == "string" and _is_quotable(value))


def _wrong_struct(value: Json, wanted: Struct, path: Path) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(Reason.WRONG_KIND, path, _instead(value, "a mapping"), value)
        return
    for name, item in value.items():
        if item is not None and (field := wanted.fields.get(name)):
            yield from wrong(item, field.type, (*path, name))


def _wrong_list(value: Json, of: Type | None, path: Path) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield Fault(Reason.WRONG_KIND, path, _instead(value, "a list"), value)
    elif of is not None:
        for i, item in enumerate(value):
            yield from wrong(item, of, (*path, i))


def _wrong_map(value: Json, of: Type | None, path: Path) -> Iterator[Fault]:
    """The API server names the map, not the entry."""
    if not isinstance(value, dict):
        yield Fault(Reason.WRONG_KIND, path, _instead(value, "a mapping"), value)
    elif of is not None:
        for name, item in value.items():
            for fault in wrong(item, of, (*path, Key(name))):
                says = f'has under "{name}" {fault.says.removeprefix("is ")}'
                field = Fault(fault.reason, path, "").field
                yield Fault(fault.reason, fault.path, says, named=field, unquoted=fault.unquoted)


def _text(value: Json) -> str:
    return "" if isinstance(value, str) else _instead(value, "text", quotable=True)


def _flag(value: Json) -> str:
    return "" if isinstance(value, bool) else _instead(value, "true or false")


def _whole_number(bits: int) -> Callable[[Json], str]:
    limit = 1 << bits - 1

    def check(value: Json) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return _instead(value, "a whole number")
        # A float of 1e21 and more is sent with an exponent.
        if not -limit <= value < limit or (isinstance(value, float) and not value.is_integer()):
            return f"is not a whole number of {bits} bits"
        return ""

    return check


def _port(value: Json) -> str:
    return "" if isinstance(value, str) else _SCALARS["int32"](value)


def _time(value: Json) -> str:
    if not isinstance(value, str):
        return _instead(value, "a time")
    match = _TIME.fullmatch(value)
    return "" if match and _exists(match) else "is not a time like 2024-01-31T12:00:00Z"


def _exists(time: re.Match[str]) -> bool:
    day, *clock = time.groups(default="0")
    try:
        # Python knows no year 0, Go does; as a leap year it has the days of 2000.
        date.fromisoformat(f"2000{day[4:]}" if day.startswith("0000") else day)
    except ValueError:
        return False
    return all(int(number) <= most for number, most in zip(clock, (23, 59, 59, 24, 59), strict=True))


def _bytes(value: Json) -> str:
    """A list of numbers is bytes to Go as well."""
    if isinstance(value, list):
        numbers = all(type(item) is int and 0 <= item < 256 for item in value if item is not None)
        return "" if numbers else _instead(value, "text", quotable=True)
    if not isinstance(value, str):
        return _instead(value, "text", quotable=True)
    try:
        base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return "is not base64"
    return ""


def _quantity(value: Json) -> str:
    if isinstance(value, str):
        return "" if parse_quantity(value) is not None else "is no amount like 500m or 128Mi"
    return "" if isinstance(value, int | float) and not isinstance(value, bool) else _instead(value, "an amount")


_SCALARS: Mapping[str, Callable[[Json], str]] = {
    "string": _text,
    "bool": _flag,
    "int32": _whole_number(32),
    "int64": _whole_number(64),
    "bytes": _bytes,
    "time": _time,
    "quantity": _quantity,
    "port": _port,
    "any": lambda _value: "",
}
"""What is wrong with a value of each kind, "" for nothing."""

_KINDS: Mapping[type, str] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a mapping",
}


def _instead(value: Json, wanted: str, *, quotable: bool = False) -> str:
    advice = "; quote it" if quotable and _is_quotable(value) else ""
    return f"is {_KINDS[type(value)]} where {wanted} is wanted{advice}"


def _is_quotable(value: Json) -> bool:
    return isinstance(value, bool | int | float)


def unknown(value: Json, wanted: Type, path: Path = ()) -> Iterator[Fault]:
    """Every field that the type does not have. The value is of the kinds that it wants."""
    if isinstance(value, list) and wanted.of:
        if wanted.of.kind not in _SCALARS:
            for i, item in enumerate(value):
                yield from unknown(item, wanted.of, (*path, i))
    elif isinstance(value, dict) and wanted.kind == "struct":
        yield from _unknown_in(value, struct(wanted.name), path)


def _unknown_in(value: Mapping[str, Json], wanted: Struct, path: Path) -> Iterator[Fault]:
    for name, item in value.items():
        field = wanted.fields.get(name)
        if field is None:
            says = f"is no field here{_meant(name, wanted)}"
            meant = misspelt(name, wanted.fields)
            instead = meant if meant not in value else ""
            yield Fault(Reason.UNKNOWN_FIELD, (*path, name), says, on_name=True, instead=instead)
        elif item:
            yield from unknown(item, field.type, (*path, name))


def _meant(name: str, wanted: Struct) -> str:
    same = {field.lower(): field for field in wanted.fields}
    match = same.get(name.lower()) or nearest(name, wanted.fields)
    return f'; did you mean "{match}"?' if match else ""
