"""A value of an object with its path: what the rules ask, and what they complain with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nginxsim.errors import misspelt
from nginxsim.kube.validation.faults import Fault, Key, Path, Reason, written
from nginxsim.kube.validation.formats import FORMATS
from nginxsim.kube.validation.values import Json

MISSING = "is missing"


class Place:
    """Of the right kind already. A place that is not there can be asked as well: it is empty, as is all it holds."""

    __slots__ = ("path", "value")

    def __init__(self, value: Json, path: Path = ()) -> None:
        self.value = value
        self.path = path

    def __getitem__(self, name: str) -> Place:
        return Place(self.value.get(name) if self.value else None, (*self.path, name))

    def __bool__(self) -> bool:
        """Whether there is more than an empty value."""
        return bool(self.value)

    @property
    def is_there(self) -> bool:
        """Whether it is written at all and not as null: a pointer that is not nil."""
        return self.value is not None

    @property
    def field(self) -> str:
        """As the API server writes the path."""
        return written(self.path)

    @property
    def text(self) -> str:
        return self.value or ""

    @property
    def number(self) -> int:
        return int(self.value or 0)

    def items(self) -> list[Place]:
        """Of a list."""
        return [Place(item, (*self.path, i)) for i, item in enumerate(self.value or ())]

    def texts(self) -> list[str]:
        """The items of a list of texts; null is an empty one."""
        return [item or "" for item in self.value or ()]

    def entries(self) -> dict[str, Place]:
        """Of a map whose names are the user's own."""
        return {name: Place(item, (*self.path, Key(name))) for name, item in (self.value or {}).items()}

    # Complaints

    def invalid(self, says: str, value: Json = None, *, named: str = "", instead: str = "") -> Fault:
        return Fault(Reason.INVALID, self.path, says, self.value if value is None else value, named, instead=instead)

    def required(self, says: str = MISSING, *, named: str = "") -> Fault:
        return Fault(Reason.REQUIRED, self.path, says, named=named)

    def forbidden(self, says: str, *, named: str = "") -> Fault:
        return Fault(Reason.FORBIDDEN, self.path, says, named=named)

    def duplicate(self, value: Json = None, *, named: str = "") -> Fault:
        return Fault(Reason.DUPLICATE, self.path, "is there already", self.value if value is None else value, named)

    def unsupported(self, allowed: Iterable[str], value: Json = None, *, named: str = "") -> Fault:
        words = sorted(allowed)
        written = self.value if value is None else value
        instead = misspelt(written, words) if isinstance(written, str) else ""
        says = f"is not one of {', '.join(words)}"
        return Fault(Reason.NOT_SUPPORTED, self.path, says, written, named, instead=instead)

    def not_found(self, says: str) -> Fault:
        return Fault(Reason.NOT_FOUND, self.path, says, self.value)

    def too_many(self, most: int) -> Fault:
        return Fault(Reason.TOO_MANY, self.path, f"has {len(self.value)} items, {most} are the most", len(self.value))

    def too_long(self, most: int, *, named: str = "") -> Fault:
        return Fault(Reason.TOO_LONG, self.path, f"has more than {most} bytes", named=named)

    def must_be(self, name: str, *, named: str = "") -> Iterator[Fault]:
        """What the text lacks to be of the format of this name."""
        instead = _in_small_letters(self.text, name)
        return (self.invalid(says, self.text, named=named, instead=instead) for says in FORMATS[name](self.text))

    def within(self, low: int, high: int) -> Iterator[Fault]:
        if not low <= self.number <= high:
            yield self.invalid(f"is below {low}" if high >= UNBOUNDED else f"is not {low} to {high}", self.number)

    def keys_must_be(self, name: str, *, named: str = "") -> Iterator[Fault]:
        """The names of a map. The API server names the map and gives the name as the value."""
        for key, entry in self.entries().items():
            for says in FORMATS[name](key):
                yield Fault(Reason.INVALID, entry.path, says, key, named or self.field, on_name=True)

    def values_must_be(self, name: str, *, named: str = "") -> Iterator[Fault]:
        """The texts of a map. The API server names the map."""
        for entry in self.entries().values():
            yield from entry.must_be(name, named=named or self.field)


UNBOUNDED = 1 << 62
_CASELESS = frozenset({"host", "rule-host"})
"""Formats of texts that mean the same in small letters; names of objects do not."""


def _in_small_letters(text: str, name: str) -> str:
    """ "" where that would not be of the format either."""
    small = text.lower()
    return small if name in _CASELESS and small != text and not any(FORMATS[name](small)) else ""
