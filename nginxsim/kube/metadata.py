"""metadata, which every object has."""

from __future__ import annotations

import re
from datetime import datetime

from nginxsim.kube.fields import Fields
from nginxsim.kube.objects import Meta

ASSUMED_UID = "00000000-0000-4000-8000-{:012d}"
FIRST_CREATED = datetime.fromisoformat("2024-01-01T00:00:00+00:00").timestamp()

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


def read_meta(document: Fields, kind: str, namespace: str, seconds: int) -> Meta:
    """The Meta of an object that, without a creationTimestamp, counts as created so many seconds after the first.

    `namespace` is the one it lives in, "" for objects outside of namespaces. A UID that is missing is made from the
    same count, so that it is valid and the same in every run.
    """
    fields = document.fields("metadata")
    name = fields.text("name")
    annotations = fields.fields("annotations")
    return Meta(
        kind=kind,
        name=name,
        namespace=namespace,
        created=_created(fields) if "creationTimestamp" in fields else FIRST_CREATED + seconds,
        uid=fields.text("uid") or ASSUMED_UID.format(seconds),
        deleted="deletionTimestamp" in fields,
        labels=fields.fields("labels").texts(),
        annotations=annotations.texts(),
        annotation_origins=annotations.origins(),
        annotation_name_origins=annotations.name_origins(),
        origin=fields.origin("name"),
    )


def _created(fields: Fields) -> float:
    text = fields.text("creationTimestamp")
    if not _TIMESTAMP.fullmatch(text):
        fields.refuse("creationTimestamp", f'"{text}" is not a time like 2024-01-31T12:00:00Z')
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as problem:
        fields.refuse("creationTimestamp", f'"{text}": {problem}')
