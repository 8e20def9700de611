"""Texts with $variables in them, and regular expressions."""

# nginx 1.27.1: src/http/ngx_http_script.c (ngx_http_script_compile), src/core/ngx_regex.c

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import pcre2

from nginxsim.nginx.configtest.faults import Refused

REFERENCE = re.compile(r"\$(?:([1-9])|(\{?)([A-Za-z0-9_]*)(\}?))", re.ASCII)
WITHOUT_CAPTURES = re.compile(r"\$(?:(?!)()|(\{?)([A-Za-z0-9_]*)(\}?))", re.ASCII)
PCRE_ERROR = re.compile(r"compilation failed at position (\d+); (.*)", re.DOTALL)


def variables(text: str) -> list[str]:
    """The variables a text refers to, captures ($1) left out. Refused where a "$" starts no name."""
    return _names(text, REFERENCE, lambda _: "invalid variable name") if "$" in text else []


def variables_of_format(text: str) -> list[str]:
    """The same for log_format, which knows no captures and words its refusal otherwise."""
    return _names(text, WITHOUT_CAPTURES, lambda rest: f'invalid parameter "{rest}"')


def _names(text: str, reference: re.Pattern[str], wrong: Callable[[str], str]) -> list[str]:
    names = []
    for match in reference.finditer(text):
        capture, opened, name, closed = match.groups()
        if capture:
            continue
        if opened and not closed and match.end(2) < len(text):
            raise Refused(f'the closing bracket in "{name}" variable is missing')
        if not name:
            raise Refused(wrong(text[match.start() :]))
        names.append(name)
    return names


@lru_cache(maxsize=4096)
def _compiled(pattern: str, caseless: bool) -> tuple[tuple[str, ...], int, str]:
    flags = pcre2.IGNORECASE if caseless else 0
    try:
        compiled = pcre2.compile(pattern.encode(errors="surrogateescape"), flags)
    except pcre2.PatternError as error:
        return (), 0, _nginx_words(pattern, str(error))
    names = tuple(name.decode() if isinstance(name, bytes) else name for name in compiled.groupindex)
    return names, compiled.groups, ""


def _nginx_words(pattern: str, error: str) -> str:
    match = PCRE_ERROR.search(error)
    place, why = (int(match[1]), match[2]) if match else (len(pattern), error)
    rest = pattern.encode(errors="surrogateescape")[place:].decode(errors="replace")
    return f'pcre2_compile() failed: {why} in "{pattern}"' + (f' at "{rest}"' if rest else "")


def regex(pattern: str, *, caseless: bool = False) -> tuple[tuple[str, ...], int]:
    """Names of the named groups and the number of groups; Refused when it does not compile."""
    names, groups, error = _compiled(pattern, caseless)
    if error:
        raise Refused(error)
    return names, groups
