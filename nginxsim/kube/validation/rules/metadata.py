"""metadata, which every object has.

Source: kubernetes 1.34 staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go, pkg/apis/core/validation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from nginxsim.kube.validation.faults import Fault
from nginxsim.kube.validation.formats import FORMATS, size
from nginxsim.kube.validation.kinds import Kind
from nginxsim.kube.validation.place import UNBOUNDED, Place

MOST_ANNOTATED = 256 * 1024
"""Bytes of all annotations of an object, names and values."""
ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"
# kubernetes 1.34: pkg/apis/core/helper/helpers.go, standardFinalizers
_STANDARD_FINALIZERS = frozenset({"kubernetes", ORPHAN, FOREGROUND})
_LONGEST_BASE = 58


def metadata(place: Place, kind: Kind) -> Iterator[Fault]:
    yield from _name(place, kind)
    if kind.keeps_generation:
        yield from place["generation"].within(0, UNBOUNDED)
    yield from labels_of(place["labels"])
    yield from annotations_of(place["annotations"])
    yield from _owners(place["ownerReferences"])
    yield from _finalizers(place["finalizers"])


def _name(place: Place, kind: Kind) -> Iterator[Fault]:
    name, start = place["name"], place["generateName"]
    if start:
        for says in FORMATS[kind.name_format](_masked(start.text)):
            yield start.invalid(says)
    if name:
        yield from name.must_be(kind.name_format)
    elif start:
        made = generated_name(start.text, "xxxxx")
        yield from (name.invalid(says, made) for says in FORMATS[kind.name_format](made))
    else:
        yield name.required()


def _masked(start: str) -> str:
    """A hyphen at the end is fine where something follows; the original puts an "a" over the last two letters."""
    return f"{start[:-2]}a" if len(start) > 1 and start.endswith("-") else start


def generated_name(start: str, ending: str) -> str:
    """The name that the API server makes of generateName, with an ending of its own choice."""
    return f"{start[:_LONGEST_BASE]}{ending}"


def labels_of(place: Place, *, named: str = "") -> Iterator[Fault]:
    yield from place.keys_must_be("qualified", named=named)
    yield from place.values_must_be("label-value", named=named)


def annotations_of(place: Place, *, named: str = "") -> Iterator[Fault]:
    yield from place.keys_must_be("annotation-name", named=named)
    total = sum(size(name) + size(entry.text) for name, entry in place.entries().items())
    if total > MOST_ANNOTATED:
        yield place.too_long(MOST_ANNOTATED, named=named)


def _owners(place: Place) -> Iterator[Fault]:
    """The API server names the list, not the item; items that are alike count once."""
    owners = [owner for i, owner in enumerate(place.items()) if owner.value not in place.value[:i]]
    for owner in owners:
        yield from _owner(owner, place)
    if sum(owner["controller"].value is True for owner in owners) > 1:
        yield place.invalid("has more than one controller")


def _owner(owner: Place, owners: Place) -> Iterator[Fault]:
    version = owner["apiVersion"].text
    if not version or version.count("/") > 1:
        yield owner["apiVersion"].invalid("names no version", version, named=f"{owners.field}.apiVersion")
    for name in ("kind", "name", "uid"):
        if not owner[name]:
            yield owner[name].invalid("is empty", "", named=f"{owners.field}.{name}")
    if (version, owner["kind"].text) == ("v1", "Event"):
        yield owner.invalid("is an Event, which owns nothing", json.dumps(owner.value), named=owners.field)


def _finalizers(place: Place) -> Iterator[Fault]:
    for item in place.items():
        yield from item.must_be("qualified", named=place.field)
        if "/" not in item.text and item.text not in _STANDARD_FINALIZERS:
            yield item.invalid("is neither a finalizer of Kubernetes nor one with a domain", item.text)
    if {ORPHAN, FOREGROUND} <= set(place.texts()):
        yield place.invalid(f"has both {ORPHAN} and {FOREGROUND}")
