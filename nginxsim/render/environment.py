"""The Jinja2 environment that templates are written for, and the filters they use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from jinja2 import Environment, StrictUndefined

from nginxsim.golang.strconv import quote
from nginxsim.render.geoip import DATABASES
from nginxsim.render.provenance import stretch
from nginxsim.render.text import (
    header_variable,
    in_quotes,
    is_offset,
    is_size,
    lines,
    literal_dollars,
    lua_parts,
    snippet,
)


def switch(value: bool) -> str:
    return "on" if value else "off"


def word(value: bool) -> str:
    return "true" if value else "false"


def header_line(name: str, value: str) -> str:
    """`name: value` as one quoted argument in which nginx expands no variable."""
    return quote(literal_dollars(f"{name}: {value}"))


def quoted(text: str, escapes: bool, otherwise: str = "") -> str:
    """In quotes, with what needs it escaped; else as it is, between `otherwise`."""
    return quote(text) if escapes else f"{otherwise}{text}{otherwise}"


class Block(str):
    """Text that a template has made: its lines are laid out already."""

    __slots__ = ()


def owed_to(text: str, mark: str) -> Block:
    """Directives somebody wrote, every line of them marked."""
    return Block(stretch(snippet(text), mark))


FILTERS: tuple[Callable[..., object], ...] = (
    header_line,
    header_variable,
    in_quotes,
    is_offset,
    is_size,
    lines,
    literal_dollars,
    lua_parts,
    owed_to,
    quote,
    quoted,
    switch,
    word,
)


def written(value: object) -> object:
    """What an expression in a template comes to: values may run over several lines wherever they stand."""
    return snippet(value) if type(value) is str else value


E = TypeVar("E", bound=Environment)


def environment(kind: type[E], **options: Any) -> E:
    """An environment for templates that are written as the project's own. options: further ones of Jinja2."""
    given = {"undefined": StrictUndefined, "finalize": written, **options}
    made = kind(
        # What is written is nginx's language, not HTML: there is nothing to escape for a browser.
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        # Nothing of FILTERS may get into the compiled code, which outlives them.
        optimized=False,
        **given,
    )
    made.filters.update({function.__name__: function for function in FILTERS})
    made.globals["geoip"] = DATABASES
    return made
