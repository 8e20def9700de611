"""The shape of the annotation table: an Annotation is a row, a Family is the rows that one parser reads together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from nginxsim.annotations.reading import Reader
    from nginxsim.annotations.validators import Validator

Scope: TypeAlias = Literal["location", "ingress"]
LOCATION: Scope = "location"
INGRESS: Scope = "ingress"


class Risk(IntEnum):
    """How much an annotation lets its author do; the ConfigMap's annotations-risk-level is the highest allowed."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2
    CRITICAL = 3

    @classmethod
    def named(cls, name: str) -> Risk:
        """Any unknown name means LOW, as in the controller."""
        return cls.__members__.get(name.upper(), cls.LOW)

    def __str__(self) -> str:
        return self.name.capitalize()


@dataclass(frozen=True, slots=True, eq=False)
class Annotation:
    """One annotation. since: the first release that knows the name, "" for all; until: the first that does not."""

    name: str
    validator: Validator
    risk: Risk
    scope: Scope
    aliases: tuple[str, ...] = ()
    since: str = ""
    until: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its aliases."""
        return (self.name, *self.aliases)

    def known_in(self, release: str) -> bool:
        """Whether a release such as "1.15.1" knows the name (aliases may be older)."""
        version = _version(release)
        return _version(self.since) <= version and not (self.until and version >= _version(self.until))


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")) if text else ()


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """name: what the controller calls the group in its messages; field: the field of ParsedAnnotations it fills."""

    name: str
    field: str
    rows: tuple[Annotation, ...]
    parse: Callable[[Reader], object]
