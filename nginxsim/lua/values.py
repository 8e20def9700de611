"""Small rules of the Lua language and its libraries that show in answers."""

from __future__ import annotations

import math
import re

LONGEST = 200
"""Characters of a hexadecimal number that a float can still hold."""
_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d+)?)")


def number(text: str) -> float | None:
    """tonumber(): decimal or hexadecimal, spaces around allowed; None for anything else."""
    text = text.strip(" \t\n\v\f\r")
    if not _NUMBER.fullmatch(text):
        return None
    if "x" in text.lower():
        return float.fromhex(text) if len(text) < LONGEST else math.inf
    return float(text)


def number_text(value: float) -> str:
    """A number inside a string concatenation."""
    return f"{value:.14g}"


def first_part(text: str, separator: str) -> str | None:
    """The first element of ngx.re.split, which drops empty elements at the end: None when nothing remains."""
    return text.split(separator, maxsplit=1)[0] if text.rstrip(separator) else None


def wildcard_of(host: str) -> str:
    """The host with a star for its first label; a name without a dot stays as it is."""
    first, dot, rest = host.partition(".")
    return f"*.{rest}" if first and dot else host


def given(value: str | None, otherwise: str) -> str:
    """`value or otherwise` where, as in Lua, an empty text counts as true."""
    return otherwise if value is None else value
