"""metadata, which every object has."""

from __future__ import annotations

from datetime import UTC, datetime

from nginxsim.kube.fields import Fields
from nginxsim.kube.objects import Meta

ASSUMED_UID = "00000000-0000-4000-8000-{:012d}"
UNDATED = float("-inf")
FIRST_CREATED = datetime.fromisoformat("2024-01-01T00:00:00+00:00").timestamp()


def read_meta(
    fields: Fields, kind: str, namespace: str, name: str, age: tuple[int, int], *, first: float = FIRST_CREATED
) -> Meta:
    """The Meta of an object, of the fields of its metadata.

    first: when the first of those without a creationTimestamp counts as created.
    age: so many seconds after the first it counts as created, without a creationTimestamp; and so many, where all that
    came with it was created at once.
    `namespace` is the one it lives in, "" for objects outside of namespaces; `name` is its own or was made. A UID that
    is missing is made from the same count, so that it is valid and the same in every run.
    """
    seconds, batch = age
    annotations = fields.fields("annotations")
    stamped = _created(fields, UNDATED)
    return Meta(
        kind=kind,
        name=name,
        namespace=namespace,
        created=first + seconds if stamped == UNDATED else stamped,
        is_dated=stamped != UNDATED,
        batch=first + batch,
        uid=fields.text("uid") or ASSUMED_UID.format(seconds),
        deleted="deletionTimestamp" in fields,
        labels=fields.fields("labels").texts(),
        annotations=annotations.texts(),
        annotation_origins=annotations.origins(),
        annotation_name_origins=annotations.name_origins(),
        origin=fields.origin("name", "generateName"),
    )


def _created(fields: Fields, default: float) -> float:
    """Seconds since the epoch; a time that does not say where counts in UTC, and `default` for what is no time."""
    written = fields.text("creationTimestamp")
    if not written:
        return default
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        return default
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
