"""Where in the input something comes from: carried from the first stage to the last."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, NamedTuple, Protocol, TypeAlias

SourceKind: TypeAlias = Literal["annotation", "spec", "configmap", "flag", "conf", "default"]


class Origin(NamedTuple):
    """A place in a manifest; line and column count from 1, as editors do."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def settled(self) -> Origin:
        """As plain numbers, with nothing left to be worked out."""
        return self


class InField(Origin):
    """A place in an object that stands in no file: what a person looks for there is a field."""

    field: str

    def __str__(self) -> str:
        return f"{self[0]}:{self.field}"


def in_field(file: str, line: int, column: int, field: str) -> InField:
    place = InField(file, line, column)
    place.field = field
    return place


class Edit(NamedTuple):
    """A safe change of a manifest: what to write in the stead of the name or value that stands at a place."""

    origin: Origin
    old: str
    """As it reads there, without quotes."""
    new: str
    is_name: bool = False
    """Of a field, an annotation or a key."""

    @property
    def is_own(self) -> bool:
        """Whether a person has written what stands there, and no tool has made it."""
        return type(self.origin) is Origin


class WayBack(Protocol):
    """From a place in a text that a tool has made to the place that a person edits."""

    def origin(self, line: int, column: int) -> Origin:
        """Of what stands there; line and column count from 1."""


class Made(Origin):
    """A place in a text that a tool has made.

    `file`, `line` and `column` are those that a person edits. They are worked out when somebody looks, as that may take
    another run of the tool; until then it is told from other places by where it is in the text that was made.
    """

    back: WayBack

    def __str__(self) -> str:
        return str(self._settled)

    @cached_property
    def _settled(self) -> Origin:
        return self.back.origin(self[1], self[2])

    @property
    def file(self) -> str:
        return self._settled.file

    @property
    def line(self) -> int:
        return self._settled.line

    @property
    def column(self) -> int:
        return self._settled.column

    def settled(self) -> Origin:
        return self._settled


def made(file: str, line: int, column: int, back: WayBack) -> Made:
    """A place in the text `file`, with the way back from it."""
    place = Made(file, line, column)
    place.back = back
    return place


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
