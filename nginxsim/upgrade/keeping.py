"""The settings with which a controller goes on as the one before it did, and what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from typing import Any, Literal

from nginxsim.config.controller import Controller


class Cost(StrEnum):
    """What a setting gives up."""

    ANY_DIRECTIVE = "any-directive"
    UNCHECKED_VALUES = "unchecked-values"
    OTHER_NAMESPACES = "other-namespaces"
    ANY_PATH = "any-path"
    UNINSPECTED = "uninspected"
    EVERY_INGRESS = "every-ingress"
    CLASS_OF_ANOTHER = "class-of-another"
    ANY_WORD = "any-word"


@dataclass(frozen=True, slots=True)
class Keep:
    """A ConfigMap key or a flag, and its value in the controller and as one writes it.

    chart: where the Helm chart has it; wrong: what looks like it and does nothing.
    """

    kind: Literal["setting", "flag"]
    name: str
    value: Any
    written: str
    chart: str
    cost: Cost
    wrong: tuple[str, ...] = ()

    def known_to(self, controller: Controller) -> bool:
        release = controller.release
        return self.name not in (release.unknown_settings if self.kind == "setting" else release.unknown_flags)

    def applied(self, controller: Controller) -> Controller:
        changed = {self.name.replace("-", "_"): self.value}
        if self.kind == "setting":
            return replace(controller, settings=replace(controller.settings, **changed))
        return replace(controller, flags=replace(controller.flags, **changed))


KEEPS = (
    Keep(
        "setting",
        "annotations-risk-level",
        "Critical",
        "Critical",
        "controller.config.annotations-risk-level",
        Cost.ANY_DIRECTIVE,
        ("controller.annotations.risk-level", "controller.enableAnnotationValidations"),
    ),
    Keep(
        "setting",
        "allow-snippet-annotations",
        True,
        "true",
        "controller.allowSnippetAnnotations",
        Cost.ANY_DIRECTIVE,
    ),
    Keep(
        "flag",
        "enable-annotation-validation",
        False,
        "false",
        "controller.enableAnnotationValidations",
        Cost.UNCHECKED_VALUES,
    ),
    Keep(
        "setting",
        "allow-cross-namespace-resources",
        True,
        "true",
        "controller.config.allow-cross-namespace-resources",
        Cost.OTHER_NAMESPACES,
    ),
    Keep(
        "setting",
        "strict-validate-path-type",
        False,
        "false",
        "controller.config.strict-validate-path-type",
        Cost.ANY_PATH,
    ),
    Keep("flag", "deep-inspect", False, "false", "controller.extraArgs.deep-inspect", Cost.UNINSPECTED),
    Keep(
        "flag",
        "watch-ingress-without-class",
        True,
        "true",
        "controller.watchIngressWithoutClass",
        Cost.EVERY_INGRESS,
    ),
    Keep("flag", "ingress-class-by-name", True, "true", "controller.ingressClassByName", Cost.CLASS_OF_ANOTHER),
    Keep(
        "setting",
        "annotation-value-word-blocklist",
        "",
        '""',
        "controller.config.annotation-value-word-blocklist",
        Cost.ANY_WORD,
    ),
)
MOST = 2
"""So many of them together are tried."""


def tries(controller: Controller) -> Iterator[tuple[Keep, ...]]:
    """What may be tried with a controller, the fewest first."""
    known = [keep for keep in KEEPS if keep.known_to(controller)]
    for number in range(1, MOST + 1):
        yield from combinations(known, number)


def with_all(controller: Controller, keeps: Iterable[Keep]) -> Controller:
    for keep in keeps:
        controller = keep.applied(controller)
    return controller
