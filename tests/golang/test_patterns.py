"""Go's regular expressions: which there are, and what they match, against what Go 1.26 and RE2 say."""

from __future__ import annotations

import importlib
import json
import pickle
import pkgutil
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nginxsim
from nginxsim.golang.patterns import COMPILED, Pattern, check_pattern
from tests.support.counting import calls_of
from tests.support.places import DATA

RECORDED: dict[str, Any] = json.loads((DATA / "go_expressions.json").read_text(encoding="utf-8"))
TEXTS: list[str] = RECORDED["texts"]
ANSWERS: dict[str, str | None] = RECORDED["answers"]
"""A plus for every text in which the expression finds something; None where it is no expression."""
LONG = 50_000


def answers(pattern: str) -> str | None:
    try:
        compiled = Pattern(pattern)
    except ValueError:
        return None
    return "".join("-+"[compiled.search(text)] for text in TEXTS)


def is_one(pattern: str) -> bool:
    try:
        check_pattern(pattern)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("pattern", ANSWERS, ids=[ascii(pattern)[:60] for pattern in ANSWERS])
def test_as_go_has_it(pattern: str) -> None:
    if len(pattern) < 100:
        assert answers(pattern) == ANSWERS[pattern]
    else:
        assert is_one(pattern) == (ANSWERS[pattern] is not None)


GROUPS = r"(?i) (?m) (?s) (?: (?i: (?-i) (?P<n> (a|b) [[:alpha:]] [[:^alpha:]] [^a] [a-c] [\d-z]"
ESCAPES = r"\d \D \w \W \s \S \b \B \A \z \Q \E \x41 \n \- a* {2} {2,} {1,3} {0}"
PIECES = [*"abkKs^$.|()[]*+?{}-\\,:09 \n/_", *GROUPS.split(), *ESCAPES.split()]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join))
def test_as_re2_has_it(pattern: str) -> None:
    re2 = pytest.importorskip("re2")
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error:
        assert answers(pattern) is None
        return
    assert answers(pattern) == "".join("-+"[compiled.search(text) is not None] for text in TEXTS)


def every_expression() -> dict[str, Pattern]:
    """Those of the source: modules compile them when they are imported."""
    for found in pkgutil.walk_packages(nginxsim.__path__, "nginxsim."):
        if "__main__" not in found.name:
            importlib.import_module(found.name)
    return COMPILED


NAMES = "on off basic null CN=a|b /a/b.c a.example.com https://a.example.com:80,* @named $host{} a!b é X-A,X-B"
NUMBERS = "8k 12 404,503 1h 0 -1"
LISTS = (
    "",
    "\n",
    "a\n",
    "GET, POST",
    "http_502 timeout non_idempotent",
    "TLSv1.2 TLSv1.3",
    "off /x",
    "AES:!a@STRENGTH",
)
WORDS = [*NAMES.split(), *NUMBERS.split(), *LISTS]


def test_those_of_the_source_on_re2() -> None:
    re2 = pytest.importorskip("re2")
    expressions = every_expression()
    assert len(expressions) > 30
    letters = [*map(chr, range(256)), "\u212a", "\u017f", "\u0131"]
    texts = [*WORDS, *letters, *(f"{word}{letter}" for word in WORDS for letter in letters)]
    for pattern, ours in expressions.items():
        theirs = re2.compile(pattern)
        assert [text for text in texts if ours.search(text) != bool(theirs.search(text))] == [], pattern


@pytest.mark.parametrize("pattern", ["(a+)+$", "^([A-Za-z]+,?\\s?)+$", "(a|aa)+b", "(a*)*(a*)*c", "(a{1,9}){1,9}$"])
def test_steps_do_not_grow_with_the_text(pattern: str) -> None:
    """What follows what is worked out once: a text ten times as long takes hardly a further call."""
    short, long = (f"{'a' * length}!" for length in (LONG // 10, LONG))
    assert calls_of(lambda: Pattern(pattern).search(long)) < calls_of(lambda: Pattern(pattern).search(short)) + 50


def test_a_text_of_many_characters_does_not_fill_the_memory() -> None:
    every = "".join(map(chr, range(0x20, 0xD800)))
    pattern = Pattern(r"(?i)\w\p{Greek}{3}!")
    assert not pattern.search(every * 2)
    assert sum(len(state.moves) for state in pattern._states.values()) < len(every)


@pytest.mark.parametrize("start", ["(", "(?:", "[", "(?P<a>", "\\x", "(a**"])
def test_long_ones_are_read_without_recursion(start: str) -> None:
    with pytest.raises(ValueError, match=r"missing|invalid"):
        check_pattern(start * LONG)


@pytest.mark.parametrize("start", ["a|", "(?i)", "a*", "{", "[[:alpha:]]", "(?:)"])
def test_long_ones_may_be_fine(start: str) -> None:
    check_pattern(start * LONG)


def test_it_can_be_pickled() -> None:
    pattern = Pattern("^a+$")
    assert pattern.search("aa")
    copy = pickle.loads(pickle.dumps(pattern))
    assert copy.search("aa")
    assert not copy.search("ab")
