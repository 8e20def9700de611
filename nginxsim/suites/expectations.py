"""Reads what a test expects; malformed expectations are found before anything runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TypeAlias

from nginxsim.errors import UsageError, did_you_mean
from nginxsim.nginx.regex import Regex
from nginxsim.nginx.tree import ConfError
from nginxsim.suites.cases import Check, Expectation
from nginxsim.suites.fields import CAUSES, EXPECT, UPSTREAM
from nginxsim.suites.nodes import Value

REGEX = "~"
CLOSED = "closed"
_STATUS = re.compile(r"[1-5](?:xx|\d\d)|closed")
_REDIRECT = re.compile(r"(?:(?P<status>3\d\d)\s+)?(?P<location>\S*)")

_CAUSES = frozenset(CAUSES)

Reader: TypeAlias = Callable[[str, Value], Iterator[Check]]


def read_expectation(value: Value) -> Expectation:
    given = value.fields(EXPECT)
    refuses = given.pop("nginx_refuses", None)
    refusal = Check("nginx_refuses", refuses.flag(), refuses.place) if refuses else None
    outcomes = given.pop("outcomes", None)
    if outcomes is not None:
        if given:
            value.refuse(f"outcomes say it all: move {', '.join(given)} into them")
        several = tuple(map(_outcome, outcomes.items()))
        if not several:
            outcomes.refuse("an empty list expects nothing")
        return Expectation(outcomes=several, nginx_refuses=refusal, origin=value.origin)
    share = given.pop("probability", None)
    checks = tuple(check for name, field in given.items() for check in READERS[name](name, field))
    probability = Check("probability", share.share(), share.place) if share else None
    if not (checks or probability or refusal):
        value.refuse("expects nothing; give a status, a cause, a service...")
    return Expectation(checks, probability, nginx_refuses=refusal, origin=value.origin)


def _outcome(value: Value) -> Expectation:
    """One of several outcomes: what holds for the whole request has no place in it."""
    expected = read_expectation(value)
    if expected.outcomes or expected.nginx_refuses:
        value.refuse("outcomes and nginx_refuses stand beside the list of outcomes, not in it")
    return expected


def _status(name: str, value: Value) -> Iterator[Check]:
    text = value.text()
    if not _STATUS.fullmatch(text):
        value.refuse(f'"{text}" is no status; write 200, "4xx" or "{CLOSED}"')
    yield Check(name, text, value.place)


def _cause(name: str, value: Value) -> Iterator[Check]:
    try:
        yield Check(name, check_cause(value.text()), value.place)
    except UsageError as problem:
        value.refuse(str(problem))


def check_cause(text: str) -> str:
    """The text, if it is the code or number of a cause. Raises UsageError."""
    if text not in _CAUSES:
        raise UsageError(f'unknown cause "{text}"{did_you_mean(text, _CAUSES)}')
    return text


def _text(name: str, value: Value) -> Iterator[Check]:
    yield Check(name, value.text(), value.place)


def _pattern(name: str, value: Value) -> Iterator[Check]:
    yield Check(name, _compiled(value, value.text()), value.place)


@cache
def expression(pattern: str) -> Regex:
    """The expression as nginx has them, under its limit. Raises ConfError."""
    return Regex(pattern)


def _compiled(value: Value, text: str) -> str:
    """The text, once its regular expression, if it is one, is known to compile."""
    if text.startswith(REGEX):
        try:
            expression(text[1:])
        except ConfError as problem:
            value.refuse(
                f'"{text[1:]}" is no regular expression: {problem.reason.removeprefix("pcre2_compile() failed: ")}'
            )
    return text


def _headers(name: str, value: Value) -> Iterator[Check]:
    for header, lines in value.entries().items():
        for line in lines.one_or_more():
            yield Check(name, _compiled(line, line.text()), line.place, header)


def _redirect(name: str, value: Value) -> Iterator[Check]:
    match = _REDIRECT.fullmatch(value.text().strip())
    if match is None:
        value.refuse(f'"{value.text()}" is no redirect; write "308 https://host/path"')
    _compiled(value, match["location"])
    yield Check(name, value.text().strip(), value.place)


def _flag(name: str, value: Value) -> Iterator[Check]:
    yield Check(name, value.flag(), value.place)


def _upstream(name: str, value: Value) -> Iterator[Check]:
    for field, item in value.fields(UPSTREAM).items():
        yield from (_headers if field == "headers" else _pattern)(f"{name}.{field}", item)


READERS: Mapping[str, Reader] = {
    "status": _status,
    "cause": _cause,
    "service": _text,
    "upstream": _upstream,
    "headers": _headers,
    "redirect": _redirect,
    "denied": _flag,
}
