"""Patterns of file names and shells, matched without ever going back: they may come from strangers."""

from __future__ import annotations

import re

from nginxsim.golang.patterns import Pattern, compile_pattern

_PART = re.compile(r"\*++|\?|[{},]|\[\^?[^\]\[\\&~|]++\]|\\.|[^*?{},\[\\]++|.", re.DOTALL)
_SIGN = re.compile(r"[^\w\s/]")


def glob(text: str, *, across: bool = False, choices: bool = False) -> Pattern:
    """Fits the whole of a text. across: an asterisk fits a slash too, as ** always does; choices: {a,b} is one of both.

    Raises ValueError for a bracket that does not close.
    """
    pieces = [_piece(part, across=across, choices=choices) for part in _PART.findall(text)]
    return compile_pattern(rf"\A(?s:{''.join(pieces)})\z")


def _piece(part: str, *, across: bool, choices: bool) -> str:
    if part[0] == "*":
        return ".*" if across or len(part) > 1 else "[^/]*"
    if part == "?":
        return "." if across else "[^/]"
    if part in ("{", "}", ",") and choices:
        return {"{": "(?:", "}": ")", ",": "|"}[part]
    if part == "[":
        raise ValueError("a bracket that does not close")
    if part[0] == "[":
        return part
    return _SIGN.sub(r"\\\g<0>", part[1:] if len(part) == 2 and part[0] == "\\" else part)
