"""Where in the input something comes from: carried from the first stage to the last."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

SourceKind: TypeAlias = Literal["annotation", "spec", "configmap", "flag", "conf", "default"]


class Origin(NamedTuple):
    """A place in a manifest; line and column count from 1, as editors do."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Source(NamedTuple):
    """What made a directive or a decision, and the place where it was written.

    kind: "annotation", "spec" (a field of a manifest), "configmap" (a key of the controller's ConfigMap), "flag",
    "conf" (a directive of an nginx.conf that is the input itself), or "default" (nobody asked for it; origin is None).
    name: the annotation without prefix, the field path, the key, the flag or the directive.
    """

    kind: SourceKind
    name: str
    origin: Origin | None = None
    owner: str = ""
    """The object that holds it, as "Ingress default/shop"; empty for flags and defaults."""


DEFAULT = Source("default", "")
