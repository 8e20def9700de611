"""The shape of a vocabulary: kinds of event, and what is said of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias, TypeVar

from nginxsim.nginx.steps import Event

E = TypeVar("E", bound=Event)


class Said(NamedTuple):
    """text: the directive or name concerned ("return 503", "deny all"); why: what decided it ("longest prefix")."""

    text: str
    why: str = ""


Vocabulary: TypeAlias = Mapping[type[Event], Callable[[Any], Said]]
Row: TypeAlias = tuple[type[Event], Callable[[Any], Said]]


def row(kind: type[E], words: Callable[[E], Said]) -> Row:
    return kind, words
