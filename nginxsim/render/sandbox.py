"""Where templates of a user's folder are rendered: nobody has read them, and CI renders what a pull request brings.

Jinja2's sandbox keeps them away from Python. What is added here bounds the time and the memory that they take: every
round of a loop, call, inclusion and piece of text costs work, and no text or list grows beyond a limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

T = TypeVar("T")

WORK = 20_000_000
"""Of one rendering (a server's block, or what is around them); some seconds."""
LONGEST = 4_000_000
"""Characters of a text, and items of a list; no object of a cluster is half as large."""
WIDEST = 4_096
"""Bits of a number."""

ROUND, CALL, INCLUSION = 1, 50, 100
TEXT_PER_WORK = 10
"""So many characters cost as much as a round of a loop."""

FILTERS = frozenset(
    {
        "abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "int", "items", "join", "last",
        "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "select",
        "selectattr", "sort", "string", "title", "trim", "unique", "upper",
    }
)  # fmt: skip
"""Those of Jinja2's own that make no more out of what they are given."""

TEXT_METHODS = frozenset(
    {
        "capitalize", "casefold", "count", "endswith", "find", "index", "isalnum", "isalpha", "isdigit", "islower",
        "isspace", "isupper", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "rfind", "rpartition",
        "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper",
    }
)  # fmt: skip
METHODS: dict[type, frozenset[str]] = {str: TEXT_METHODS, int: frozenset(), float: frozenset(), bytes: frozenset()}


class _Metered(CodeGenerator):
    """Has what loops go over counted, and what filters and calls come to weighed."""

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802
        counted = nodes.EnvironmentAttribute("counted")
        node.iter = nodes.Call(counted, [node.iter], [], None, None, lineno=node.lineno)
        super().visit_For(node, frame)

    def visit_Filter(self, node: nodes.Filter, frame: Frame) -> None:  # noqa: N802
        self.write("environment.weighed(")
        super().visit_Filter(node, frame)
        self.write(")")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802
        self.write("environment.weighed(")
        super().visit_Call(node, frame, forward_caller=forward_caller)
        self.write(")")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        self.write("environment.weighed(")
        super().visit_Concat(node, frame)
        self.write(")")


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment in which `work_left` goes down with every rendering; `begin` fills it up again."""

    code_generator_class = _Metered
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.work_left = WORK
        self.filters = {name: function for name, function in self.filters.items() if name in FILTERS}
        self.filters |= {"join": joined, "replace": replaced}
        del self.globals["lipsum"]

    def begin(self) -> None:
        self.work_left = WORK

    def spend(self, work: int) -> None:
        self.work_left -= work
        if self.work_left < 0:
            raise SecurityError("the template takes too long: its loops, calls or texts come to too much")

    def weighed(self, value: T) -> T:
        """The value, paid for by its length."""
        if isinstance(value, str | list | tuple):
            _limit(len(value))
            self.spend(len(value) // TEXT_PER_WORK)
        return value

    def counted(self, values: Iterable[T]) -> Iterator[T]:
        for value in values:
            self.spend(ROUND)
            yield value

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        __self.spend(CALL)
        return super().call(__context, __obj, *args, **kwargs)

    def get_template(self, name: str | Template, *args: Any, **kwargs: Any) -> Template:
        self.spend(INCLUSION)
        return super().get_template(name, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "%" and isinstance(left, str | bytes):
            raise SecurityError("% formats no text in templates; use ~ to join pieces")
        if operator == "*":
            _limit_product(left, right)
        if operator == "**" and isinstance(left, int) and isinstance(right, int):
            _limit_bits(left.bit_length() * max(right, 0))
        return self.weighed(super().call_binop(context, operator, left, right))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        allowed = METHODS.get(type(obj))
        return super().is_safe_attribute(obj, attr, value) if allowed is None else attr in allowed

    def wrap_str_format(self, value: Any) -> None:
        """Text has no method `format` here, which could make it as wide as it likes."""


def joined(values: Iterable[object], separator: str = "") -> str:
    """The values as one text, with the separator between them."""
    parts: list[str] = []
    length = 0
    for value in values:
        parts.append(str(value))
        length += len(parts[-1]) + len(separator)
        _limit(length)
    return separator.join(parts)


def replaced(text: str, old: str, new: str) -> str:
    """The text with every `old` made `new`."""
    _limit(len(text) + text.count(old) * len(new))
    return text.replace(old, new)


def _limit(length: int) -> None:
    if length > LONGEST:
        raise SecurityError(f"a text or list of {length} is too long for a template; {LONGEST} is the most")


def _limit_bits(bits: int) -> None:
    if bits > WIDEST:
        raise SecurityError("a number grows too large for a template")


def _limit_product(left: object, right: object) -> None:
    for value, times in ((left, right), (right, left)):
        if isinstance(value, str | bytes | list | tuple) and isinstance(times, int):
            _limit(len(value) * max(times, 0))
    if isinstance(left, int) and isinstance(right, int):
        _limit_bits(left.bit_length() + right.bit_length())
