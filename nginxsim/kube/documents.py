"""From text to YAML nodes: several documents a file; JSON, which is YAML as well.

Later stages get nodes rather than values: nodes know line and column, and most of a manifest is never looked at.
"""

from __future__ import annotations

import importlib
import itertools
import json
import operator
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from nginxsim.errors import InputError
from nginxsim.golang.scalars import PLAIN, QUOTED
from nginxsim.golang.strconv import trim
from nginxsim.kube.aliases import AliasError, check_aliases, may_have_aliases
from nginxsim.origins import Origin
from nginxsim.sources import File

_FIRST_SEPARATOR, _SEPARATOR = re.compile("()---(.*)"), re.compile("(\n)---(.*)")
"""Of the text, and of its other lines: a pattern that begins with what is written there is looked for quickest."""
_DIRECTIVES = re.compile(r"(?:[^\S\n]*(?:[%#].*)?\n)*")
"""Lines before a document that are no document themselves."""
_JSON = json.JSONDecoder()
_BRACE = re.compile(r"\s*\{")
_JSON_BEGINS = re.compile(r"\s*[{\[]")
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")

_QUOTED = re.compile(r"'[^']*+'|\"[^\"]*+\"")
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file. `file`: its text alone, with the lines of the whole."""

    file: File
    oddly_separated: str = ""
    """What stands where it begins though kubectl does not take it: a directive, or more than a comment after "---"."""

    def root(self) -> yaml.Node | None:
        """None for an empty document. Raises InputError at the place where the YAML breaks."""
        try:
            node = _composed(_with_whole_characters(self.file.text))
            if node is not None and may_have_aliases(self.file.text):
                check_aliases(node)
        except yaml.YAMLError as problem:
            raise _broken(self.file, problem) from None
        except AliasError as problem:
            raise self.file.error(f"not valid YAML: {problem.reason}", self.file.origin(problem.node)) from None
        return node


def documents(file: File) -> Iterator[Document]:
    """The documents as kubectl tells them apart; empty ones are left out.

    JSON documents may follow one another with nothing between them. Source: kubernetes 1.35
    staging/src/k8s.io/apimachinery/pkg/util/yaml/decoder.go (YAMLOrJSONDecoder, YAMLReader).
    """
    text = file.text
    for line, part, odd in _json_parts(text) if _BRACE.match(text) else _yaml_parts(text):
        if part and not part.isspace():
            yield Document(file.part(part, line), odd)


def _yaml_parts(text: str) -> Iterator[tuple[int, str, str]]:
    """First line, text, and what is odd about where it begins."""
    begin, line, odd = 0, 0, ""
    first = _FIRST_SEPARATOR.match(text)
    for mark in itertools.chain([first] if first else (), _SEPARATOR.finditer(text)):
        start = mark.end(1)
        before = text[begin:start]
        if not _DIRECTIVES.fullmatch(before):
            yield line, before, odd
            line += before.count("\n")
            begin, odd = start, ""
        elif "%" in before:
            odd = before.strip()
        behind = mark[2] and trim(mark[2])
        if behind and not behind.startswith("#"):
            odd = odd or behind
    yield line, text[begin:], odd


def _json_parts(text: str) -> Iterator[tuple[int, str, str]]:
    """What turns out to be no JSON is YAML."""
    at, line = 0, 0
    while rest := text[at:].lstrip():
        start = len(text) - len(rest)
        try:
            _, end = _JSON.raw_decode(text, start)
        except (ValueError, RecursionError):
            yield from ((line + first, part, odd) for first, part, odd in _yaml_parts(text[at:]))
            return
        line += text.count("\n", at, start)
        column = start - text.rfind("\n", 0, start) - 1
        yield line, " " * column + text[start:end], ""
        line += text.count("\n", start, end)
        at = end


def _composed(text: str) -> yaml.Node | None:
    """The first document. An anchor may be given anew, which PyYAML's own composer does not know."""
    try:
        return _first(_Loader(text))
    except yaml.composer.ComposerError as problem:
        if not (problem.context or "").startswith("found duplicate anchor"):
            raise
    return _first(_RecomposingLoader(text))


def _first(loader: Any) -> yaml.Node | None:
    return loader.get_node() if loader.check_node() else None


def _with_whole_characters(text: str) -> str:
    """JSON may write a character as two escapes, which YAML does not know."""
    if not _JSON_BEGINS.match(text):
        return text

    def joined(match: re.Match[str]) -> str:
        high, low = int(match[2], 16), int(match[3], 16)
        return f"{match[1]}\\U{0x10000 + (high - 0xD800 << 10) + (low - 0xDC00):08x}"

    return _SURROGATES.sub(joined, text)


def _broken(file: File, problem: yaml.YAMLError) -> InputError:
    if isinstance(problem, yaml.MarkedYAMLError):
        mark = problem.problem_mark or problem.context_mark
        origin = file.place(mark.line, mark.column) if mark else file.place(0, 0)
        words = " ".join(part for part in (problem.context, problem.problem) if part)
        return file.error(f"not valid YAML: {_fit_to_show(file, words)}", origin)
    return file.error(f"not valid YAML: {str(problem).splitlines()[0]}", _position(file, problem))


def _fit_to_show(file: File, words: str) -> str:
    """A value of a Secret may have been taken for an alias or a tag, which the reader quotes."""
    return _QUOTED.sub("'...'", words) if "Secret" in file.text else words


def _position(file: File, problem: yaml.YAMLError) -> Origin:
    """Where a character stands that YAML does not allow at all."""
    before = file.text[: getattr(problem, "position", 0)]
    return file.place(before.count("\n"), len(before) - before.rfind("\n") - 1)


class _Untyped:
    """Leaves the meaning of scalars to nginxsim.golang.scalars: a tag only says whether there were quotes."""

    def resolve(self, kind: type[yaml.Node], _value: object, implicit: Any) -> str:
        if kind is not yaml.ScalarNode:
            return ""
        return PLAIN if implicit[0] else QUOTED

    # Nothing depends on where a scalar stands. They are called for every node: functions of C cost a tenth of the read
    # less.
    descend_resolver = staticmethod(operator.is_)
    ascend_resolver = staticmethod(tuple)


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


class _RecomposingLoader(_PythonLoader):
    """The last anchor of a name counts, as in go-yaml."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        anchor = getattr(self.peek_event(), "anchor", None)  # type: ignore[no-untyped-call]
        if anchor is not None and not self.check_event(yaml.AliasEvent):
            self.anchors.pop(anchor, None)
        return super().compose_node(parent, index)


_Loader = _fastest_loader()
