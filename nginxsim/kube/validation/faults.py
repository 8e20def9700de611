"""What can be wrong with a document, in kinds that the faces can tell apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from nginxsim.golang.strconv import quote
from nginxsim.origins import Edit, Origin


class Refuser(StrEnum):
    """Who says no. Of several the first in this order is the one that a person meets."""

    KUBECTL = "kubectl"
    """Before anything is sent."""
    STRICT = "strict"
    """The API server, because kubectl asks for strict validation (--validate=strict, its default)."""
    SERVER = "server"
    """The API server, whatever it is asked by."""
    NOBODY = "nobody"
    """kubectl takes it in silence; others do not."""


class Reason(StrEnum):
    """In what way a value is not acceptable. The words up to NOT_FOUND are those of the API server's causes."""

    REQUIRED = "required"
    INVALID = "invalid"
    NOT_SUPPORTED = "not-supported"
    DUPLICATE = "duplicate"
    TOO_LONG = "too-long"
    TOO_MANY = "too-many"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    UNKNOWN_FIELD = "unknown-field"
    WRONG_KIND = "wrong-kind"
    """Text where a number is wanted, a list where a mapping is wanted, and the like."""
    NOT_AN_OBJECT = "not-an-object"
    UNKNOWN_KIND = "unknown-kind"
    NOT_SERVED = "not-served"
    """A version of the API that this Kubernetes does not serve, or not any more."""
    NOT_YAML = "not-yaml"
    """YAML to most readers, but not to kubectl's."""
    NO_NAMESPACE = "no-namespace"
    KEY_TWICE = "key-twice"


OF_VALUES = frozenset({
    Reason.REQUIRED, Reason.INVALID, Reason.NOT_SUPPORTED, Reason.DUPLICATE, Reason.TOO_LONG, Reason.TOO_MANY,
    Reason.FORBIDDEN, Reason.NOT_FOUND,
})  # fmt: skip
"""Reasons against a value that is of the right kind, in a field that exists."""


class Key(str):
    """A step into a mapping whose names are the user's own: the API server writes data[tls.crt]."""

    __slots__ = ()


Path: TypeAlias = tuple[str | int, ...]
"""Steps from an object to a value: a field's name, an index, or a Key."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one value. `says` goes on from the value: "is not a lower-case DNS name"."""

    reason: Reason
    path: Path
    says: str
    value: object = None
    named: str = ""
    """What the API server calls the field, where it has another name for it than its path."""
    on_name: bool = False
    """About the field's name, not its value."""
    instead: str = ""
    """What its author meant, where that is beyond doubt."""
    unquoted: bool = False
    """Quotes around it are all that is missing."""

    @property
    def field(self) -> str:
        return self.named or written(self.path)


def written(path: Path) -> str:
    """As the API server writes it: spec.rules[0].host, data[tls.crt]."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int | Key) else f".{step}"
    return text.removeprefix(".")


class Identity(NamedTuple):
    """An object by what its manifest says of it; parts that are missing or no text are empty."""

    kind: str = ""
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        key = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {key}".strip()


@dataclass(frozen=True, slots=True)
class Problem:
    """A Fault of an object of the input, with who refuses it and the place to mend it."""

    refuser: Refuser
    fault: Fault
    owner: Identity
    origin: Origin
    edit: Edit | None = None
    """What mends it, where that is beyond doubt."""

    @property
    def refused(self) -> bool:
        return self.refuser is not Refuser.NOBODY


MOST_SHOWN = 60
"""Characters of a value that a message repeats."""


def shown(value: object) -> str:
    """A value in a message: text in quotes, long text cut, lists and mappings by their size."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return quote(value if len(value) <= MOST_SHOWN else f"{value[:MOST_SHOWN]}...")
        case Mapping():
            return "the mapping" if value else "{}"
        case list():
            return "the list" if value else "[]"
        case float():
            return f"{value:g}"
    return str(value)
