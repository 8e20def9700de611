"""The shape of the annotation table: an Annotation is a row, a Family is the rows that one parser reads together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

from nginxsim.releases import EVER

if TYPE_CHECKING:
    from nginxsim.annotations.reading import AnnotationReader
    from nginxsim.annotations.validators import Validator
    from nginxsim.releases import Release

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
    """One annotation, as the newest release that has it reads it.

    aliases: older names. releases: those that know the name (aliases may be known to others). risk_was: releases such
    as "..1.9.4" -> another risk. deprecated: the releases whose webhook warns of it, "" for none.
    """

    name: str
    validator: Validator
    risk: Risk
    scope: Scope
    aliases: tuple[str, ...] = ()
    releases: str = EVER
    risk_was: tuple[tuple[str, Risk], ...] = ()
    deprecated: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its aliases."""
        return (self.name, *self.aliases)

    def at(self, release: Release) -> Annotation:
        """The row as a release has it: itself where nothing is different."""
        validator = self.validator.at(release)
        risk = next((risk for when, risk in self.risk_was if release.within(when)), self.risk)
        same = validator is self.validator and risk is self.risk
        return self if same else replace(self, validator=validator, risk=risk)


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """name: what the controller calls the group in its messages; field: the field of ParsedAnnotations it fills."""

    name: str
    field: str
    rows: tuple[Annotation, ...]
    parse: Callable[[AnnotationReader], object]
