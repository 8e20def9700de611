"""Values with variables: compiled once into functions of the request."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from nginxsim.nginx.tree import conf_error

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest
    from nginxsim.nginx.variables import Variables

Text: TypeAlias = Callable[["LiveRequest"], str]
"""What a value with variables is for one request."""

LONGEST = 1 << 16
"""Characters that a value may have; nginx takes as many as fit into memory. A trace tells some of them twice a step."""

# nginx 1.27.1: src/http/ngx_http_script.c, ngx_http_script_compile
_PART = re.compile(r"\$(?:([1-9])|\{([1-9])\}|\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))|(\$)|([^$]+)", re.DOTALL)


class Value:
    """A compiled value. `source`: as written; `constant`: the text when no variable is in it, else None.

    `kept`: name of the one variable that it is, for which a text that a request's `vars` hold is the value; else "".
    """

    __slots__ = ("constant", "get", "has_captures", "kept", "source", "variables")

    def __init__(
        self, source: str, get: Text, constant: str | None, has_captures: bool, names: tuple[str, ...], *, kept: str
    ) -> None:
        self.source = source
        self.get = get
        self.constant = constant
        self.has_captures = has_captures
        self.variables = names
        self.kept = kept

    def __repr__(self) -> str:
        return f"Value({self.source!r})"


def constant(text: str) -> Value:
    return Value(text, lambda _: text, text, False, (), kept="")


def parts_of(source: str, line: int) -> list[tuple[str, str]]:
    """("text", t), ("capture", digit) and ("variable", name) in order. Raises InputError on a bad variable name."""
    parts = []
    for match in _PART.finditer(source):
        if match[5]:
            raise conf_error(line, f'invalid variable name in "{source}"')
        if digit := match[1] or match[2]:
            parts.append(("capture", digit))
        elif name := match[3] or match[4]:
            parts.append(("variable", name.lower()))
        else:
            parts.append(("text", match[6]))
    return parts


def compile_value(source: str, variables: Variables, line: int = 0) -> Value:
    """Raises InputError where nginx would refuse the value."""
    if "$" not in source:
        return constant(source)
    parts = parts_of(source, line)
    getters = [_part_getter(kind, text, variables) for kind, text in parts]
    names = tuple(text for kind, text in parts if kind == "variable")
    has_captures = any(kind == "capture" for kind, _ in parts)
    if len(getters) == 1:
        return Value(source, getters[0], None, has_captures, names, kept="".join(names))
    return Value(source, _joined(tuple(getters)), None, has_captures, names, kept="")


def _joined(getters: tuple[Text, ...]) -> Text:
    def get(request: LiveRequest) -> str:
        return joined(request, [getter(request) for getter in getters])

    return get


def joined(request: LiveRequest, pieces: Sequence[str]) -> str:
    """The pieces as one text, up to LONGEST: a few lines of `set` that double a value would eat all memory."""
    if sum(map(len, pieces)) <= LONGEST:
        return "".join(pieces)
    request.assume(f"values end after {LONGEST} characters")
    room, kept = LONGEST, list[str]()
    for piece in pieces:
        kept.append(piece[:room])
        room -= len(kept[-1])
    return "".join(kept)


def _part_getter(kind: str, text: str, variables: Variables) -> Text:
    if kind == "text":
        return lambda _: text
    if kind == "capture":
        return capture_getter(int(text))
    return variables.text(text)


def capture_getter(index: int) -> Text:
    def get(request: LiveRequest) -> str:
        captures = request.captures
        return captures[index] if index < len(captures) else ""

    return get
