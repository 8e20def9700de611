"""From text to YAML nodes: several documents a file; JSON, which is YAML as well.

Later stages get nodes rather than values: nodes know line and column, and most of a manifest is never looked at.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from nginxsim.errors import InputError
from nginxsim.kube.aliases import AliasError, check_aliases, may_have_aliases
from nginxsim.kube.scalars import PLAIN, QUOTED
from nginxsim.origins import Origin
from nginxsim.sources import File

_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")

_HALF = re.compile("[\ud800-\udfff]")


def documents(file: File) -> Iterator[yaml.Node]:
    """The root node of each document that is not empty. Raises InputError at the place where the YAML breaks."""
    try:
        loader = _Loader(_with_whole_characters(file.text))
        has_aliases = may_have_aliases(file.text)
        while loader.check_node():
            node = loader.get_node()
            if node is not None:
                if has_aliases:
                    check_aliases(node)
                yield node
    except yaml.YAMLError as problem:
        raise _broken(file, problem) from None
    except AliasError as problem:
        raise file.error(f"not valid YAML: {problem.reason}", file.origin(problem.node)) from None


def _with_whole_characters(text: str) -> str:
    """JSON may write a character as two escapes, which YAML does not know."""
    if not text.lstrip().startswith(("{", "[")):
        return text

    def joined(match: re.Match[str]) -> str:
        high, low = int(match[2], 16), int(match[3], 16)
        return f"{match[1]}\\U{0x10000 + (high - 0xD800 << 10) + (low - 0xDC00):08x}"

    return _SURROGATES.sub(joined, text)


def _broken(file: File, problem: yaml.YAMLError) -> InputError:
    if isinstance(problem, yaml.MarkedYAMLError):
        mark = problem.problem_mark or problem.context_mark
        origin = Origin(file.name, mark.line + 1, mark.column + 1) if mark else Origin(file.name, 1, 1)
        words = " ".join(part for part in (problem.context, problem.problem) if part)
        return file.error(f"not valid YAML: {words}", origin)
    return file.error(f"not valid YAML: {str(problem).splitlines()[0]}", _position(file, problem))


def _position(file: File, problem: yaml.YAMLError) -> Origin:
    """Where a character stands that YAML does not allow at all."""
    before = file.text[: getattr(problem, "position", 0)]
    return Origin(file.name, before.count("\n") + 1, len(before) - before.rfind("\n"))


class _Untyped:
    """Leaves the meaning of scalars to nginxsim.kube.scalars: a tag only says whether there were quotes."""

    def resolve(self, kind: type[yaml.Node], _value: object, implicit: Any) -> str:
        if kind is not yaml.ScalarNode:
            return ""
        return PLAIN if implicit[0] else QUOTED

    def descend_resolver(self, _parent: object, _index: object) -> None:
        """Nothing depends on where a scalar stands."""

    def ascend_resolver(self) -> None:
        """Nothing depends on where a scalar stands."""


class _PythonLoader(_Untyped, Reader, Scanner, Parser, Composer):
    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
        """Half a surrogate pair is no character, as libyaml knows."""
        node = super().compose_scalar_node(anchor)
        if _HALF.search(node.value):
            raise yaml.MarkedYAMLError(
                problem="found invalid Unicode character escape code", problem_mark=node.start_mark
            )
        return node


def _fastest_loader() -> Any:
    """PyYAML's C parser, where it was built with libyaml."""
    if not yaml.__with_libyaml__:
        return _PythonLoader
    return type("_CLoader", (_Untyped, importlib.import_module("yaml.cyaml").CParser), {})


_Loader = _fastest_loader()
