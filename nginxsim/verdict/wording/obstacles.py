"""What is said of obstacles: that an answer is never given, what happens instead, and on what condition it would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nginxsim.verdict.types import Finding


class Words(NamedTuple):
    """head: what happens; instead: what a running controller and a new Pod do; unless: when the answer would hold."""

    head: str
    instead: str
    unless: str


WORDS: Mapping[str, Words] = {
    "nginx-refuses": Words(
        "nginx refuses the file",
        "a running controller keeps its last good file, and no later change of any Ingress reaches it; "
        "a new Pod has no file at all, answers nothing and never gets ready",
        "if nginx took the file",
    ),
    "conf-refused": Words(
        "nginx refuses the conf",
        "a running nginx keeps the conf it has; one that is started does not start",
        "if nginx loaded it",
    ),
    "api-field-unknown": Words(
        "kubectl refuses an object",
        "it is never stored; Helm, Argo CD and others that do not ask for strict validation store it without the field",
        "if it were stored",
    ),
    "controller-crash": Words(
        "the controller crashes",
        "it starts again, reads the same objects and crashes again: nothing that it is given ever reaches nginx",
        "if the controller ran",
    ),
}
NEVER_STORED = Words(
    "an object is never stored",
    "the cluster keeps what it had of that name, if anything; the controller and its webhook never see this one",
    "if it were stored",
)


def words_of(obstacle: Finding) -> Words:
    """The rows that have none of their own are about what the API server refuses."""
    return WORDS.get(obstacle.code, NEVER_STORED)


def condition(obstacles: Sequence[Finding]) -> str:
    """When an answer would be given after all; "" where nothing is in its way."""
    return " and ".join(dict.fromkeys(words_of(each).unless for each in obstacles)).replace(" and if ", " and ")
