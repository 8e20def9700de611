"""What the tables ask of a value, and the rules between fields, over a whole object.

The value is of the kinds that its type wants.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from nginxsim.kube.validation.faults import Fault, Reason
from nginxsim.kube.validation.place import Place
from nginxsim.kube.validation.rules import RULES
from nginxsim.kube.validation.schema import Field, Type, struct


class _Step(NamedTuple):
    """A field to look at: for what the table asks of it, for what is inside, or for both."""

    name: str
    field: Field
    asks: bool
    inside: str
    """The type of a value, or of each item of a list, that has something to look at; "" for none."""


def broken(place: Place, of: str) -> Iterator[Fault]:
    """Everything in a value of this type ("TABLE.NAME") that the tables or the rules do not allow.

    A part that is missing is looked at as an empty one, unless it may be left out (a pointer).
    """
    for step in _steps(of):
        value = place[step.name]
        faults = list(_asked(value, step.field)) if step.asks else []
        yield from faults
        # A list that is too long is not looked through.
        if step.inside and not any(fault.reason is Reason.TOO_MANY for fault in faults):
            yield from _inside(value, step)
    if rule := RULES.get(of):
        yield from rule(place)


def _inside(place: Place, step: _Step) -> Iterator[Fault]:
    if step.field.type.kind == "list":
        for item in place.items():
            yield from broken(item, step.inside)
    elif place.is_there or not step.field.pointer:
        yield from broken(place, step.inside)


@cache
def _steps(of: str) -> tuple[_Step, ...]:
    steps = (_step(name, field) for name, field in struct(of).fields.items())
    return tuple(step for step in steps if step.asks or step.inside)


def _step(name: str, field: Field) -> _Step:
    asks = field != Field(field.type, field.pointer, field.openapi)
    return _Step(name, field, asks, _looked_into(field.type))


def _looked_into(of: Type) -> str:
    inner = of.of if of.kind == "list" and of.of else of
    return inner.name if inner.kind == "struct" and (inner.name in RULES or _steps(inner.name)) else ""


def _asked(place: Place, field: Field) -> Iterator[Fault]:
    written = place.is_there if field.pointer else bool(place)
    if field.required and not written:
        yield place.required()
        return
    if field.range and (written or not field.pointer):
        yield from place.within(*field.range)
    if written:
        yield from _asked_of_text(place, field)
        yield from _asked_of_items(place, field)


def _asked_of_text(place: Place, field: Field) -> Iterator[Fault]:
    if field.one_of and place.text not in field.one_of:
        yield place.unsupported(field.one_of)
    if field.format:
        yield from place.must_be(field.format)


def _asked_of_items(place: Place, field: Field) -> Iterator[Fault]:
    if field.most and len(place.value) > field.most:
        yield place.too_many(field.most)
        return
    if field.each:
        for item in place.items():
            yield from item.must_be(field.each)
    if field.keys:
        yield from place.keys_must_be(field.keys)
    if field.values:
        yield from place.values_must_be(field.values)
    if field.unique:
        yield from _unique(place.items(), field.unique)


def _unique(items: list[Place], name: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for item in items:
        field = item[name]
        if field.text in seen:
            yield field.duplicate()
        seen.add(field.text)
