"""No regular expression of the package takes more steps than a text has characters, times a small number.

Python's own engine has no limit, so that each of its expressions has to be harmless by itself. What a conf or a suite
brings along runs on PCRE2 under a limit, and Go's expressions in nginxsim.golang.patterns, which never goes back.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import BuiltinMethodType, ModuleType
from typing import Any

import pytest

import nginxsim
from nginxsim.nginx.regex import MatchLimitError, Regex
from tests.support.regexsteps import Machine, TooManySteps, hostile_texts

SHORT, LONG = 300, 50_000
STEPS = 45
"""A character may take so many steps; twice as long a text takes an expression that is harmless twice as many."""

CALLS = frozenset({"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"})
ANCHORED = frozenset({"match", "fullmatch"})


MODULES = [
    found.name for found in pkgutil.walk_packages(nginxsim.__path__, "nginxsim.") if "__main__" not in found.name
]


def expressions(name: str) -> dict[re.Pattern[Any], str]:
    """Those of a module, each with the hardest way in which the module uses it."""
    module = importlib.import_module(name)
    tree = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
    found: dict[re.Pattern[Any], set[str]] = {}
    for pattern, calls in [*_named(module, tree), *_written_in_place(module, tree)]:
        found.setdefault(pattern, set()).update(calls)
    return {pattern: _hardest(calls) for pattern, calls in found.items()}


def _hardest(calls: set[str]) -> str:
    """Whoever is not known to look at the start of a text only may look everywhere."""
    if not calls or calls - ANCHORED - {"search"}:
        return "finditer"
    return next(how for how in ("search", "match", "fullmatch") if how in calls)


def _named(module: ModuleType, tree: ast.Module) -> Iterator[tuple[re.Pattern[Any], set[str]]]:
    """Module variables, alone or in tables, as expressions or as one of their methods."""
    for name, value in vars(module).items():
        for pattern, calls in _patterns_in(value):
            yield pattern, calls | _calls_of(name, tree)


def _patterns_in(value: object, depth: int = 3) -> Iterator[tuple[re.Pattern[Any], set[str]]]:
    if isinstance(value, re.Pattern):
        yield value, set()
    elif isinstance(value, BuiltinMethodType) and isinstance(value.__self__, re.Pattern):
        yield value.__self__, {value.__name__}
    elif isinstance(value, (dict, tuple, list)) and depth:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _patterns_in(inner, depth - 1)


def _calls_of(name: str, tree: ast.Module) -> set[str]:
    """The methods of this variable, or of what it holds, that the module uses."""
    uses = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in CALLS)
    return {node.attr for node in uses if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node.value))}


def _written_in_place(module: ModuleType, tree: ast.Module) -> Iterator[tuple[re.Pattern[Any], set[str]]]:
    """re.sub("...", ...) and the like, and re.compile in functions; one that is made up while running fails here."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {f"re.{call}" for call in CALLS | {"compile"}}:
            place = f"{module.__name__}, line {node.lineno}"
            try:
                written = eval(compile(ast.Expression(node.args[0]), place, "eval"), vars(module))
            except NameError:
                pytest.fail(f"{place}: compile this expression once, in the module, where tests see it")
            if not isinstance(written, re.Pattern) and ast.unparse(node.func) != "re.compile":
                yield re.compile(written), {ast.unparse(node.func).removeprefix("re.")}


@pytest.mark.parametrize("module", MODULES)
def test_steps_grow_with_the_text_and_no_faster(module: str) -> None:
    """The short texts find the worst one, which is then tried at its full length."""
    for pattern, how in expressions(module).items():
        machine = Machine(pattern)
        try:
            steps = {text: machine.run(text, how, STEPS * SHORT) for text in hostile_texts(pattern, SHORT)}
            worst = max(steps, key=lambda text: steps[text], default="a")
            half = worst[: SHORT // 2]
            machine.run(half * (LONG // len(half)) + worst[-1], how, STEPS * LONG)
        except TooManySteps:
            pytest.fail(f"{pattern.pattern!r} backtracks too much when it is used for {how}")


def test_expressions_are_found_with_the_way_they_are_used() -> None:
    found = {pattern.pattern: how for pattern, how in expressions("nginxsim.nginx.receive").items()}
    assert found["[A-Za-z0-9-]+"] == "fullmatch"
    assert found[r"[\x00-\x20\x7f]"] == "search"
    assert expressions("nginxsim.reports.markdown")


BAD = {
    r"(?:[0-9]{1,18}(?:ms|[yMwdhms])?\s*)+\Z": "match",
    r"(a+)+$": "match",
    r"a*a*b": "match",
    r"\s+$": "search",
    r'"(?:[^"\\]|\\.)*"': "finditer",
    r"root.*;": "search",
    r".*?(?=\s+#|\s*$)": "match",
}


@pytest.mark.parametrize("pattern", BAD)
def test_the_machine_finds_what_is_bad(pattern: str) -> None:
    machine = Machine(re.compile(pattern))
    texts = hostile_texts(machine.pattern, SHORT)
    with pytest.raises(TooManySteps):
        list(map(partial(machine.run, how=BAD[pattern], allowed=STEPS * SHORT), texts))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+$", "a" * 50 + "!"),
        ("^(a|aa)+$", "a" * 50_000 + "!"),
        ("(?=(a+))a*b?a*[xy]", "a" * 50_000),
        (r"(.*)(.*)(.*)(.*)[xy]", "a" * 50_000),
        (r"(a+)(a+)(a+)\1[xy]", "a" * 5_000),
    ],
)
def test_expressions_of_a_conf_give_up(pattern: str, text: str) -> None:
    with pytest.raises(MatchLimitError):
        Regex(pattern).groups(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^/(.*)\.php$", "/" + "a" * 8000 + ".php"),
        (r"\.(jpg|png)$", "/" + "a.j" * 2600 + ".png"),
        (r"^/(a|b)*$", "/" + "ab" * 4000),
        (r"/api(/|$)(.*)", "/x" * 4000 + "/api/y"),
    ],
)
def test_expressions_that_nginx_runs_to_their_end_are_not_given_up(pattern: str, text: str) -> None:
    assert Regex(pattern).groups(text) is not None
