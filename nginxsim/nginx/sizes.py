"""Numbers, sizes and times as nginx writes them. Each is read in one pass, however long it is.

nginx 1.27.1: src/core/ngx_parse.c, ngx_string.c (ngx_atoi, ngx_atofp)
"""

from __future__ import annotations

import re

LARGEST = (1 << 63) - 1
_MOST_DIGITS = 19

_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SECONDS = {"y": 31536000, "M": 2592000, "w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1, " ": 1, "": 1}
_ORDER = ("y", "M", "w", "d", "h", "m", "s", "ms", " ", "")
_PER_CENT = re.compile(r"([0-9]*)(?:\.([0-9]{0,2}))?%", re.ASCII)
_TIME_PART = re.compile(r"([0-9]*+)(ms|[yMwdhms ]) *+", re.ASCII)


def whole_number(text: str) -> int | None:
    """Digits only, without sign or blanks; None for anything else, or what does not fit into 63 bits."""
    if not (text.isascii() and text.isdigit()):
        return None
    if len(text) < _MOST_DIGITS:
        return int(text)
    digits = text.lstrip("0")
    return value if len(digits) <= _MOST_DIGITS and (value := int(digits or "0")) <= LARGEST else None


def parse_size(text: str, units: str = "km") -> int | None:
    """Bytes: digits with an optional k or m in either case."""
    unit = text[-1:].lower()
    if unit and unit in units:
        amount, scale = whole_number(text[:-1]), _UNITS[unit]
    else:
        amount, scale = whole_number(text), 1
    return amount * scale if amount is not None and amount <= LARGEST // scale else None


def parse_offset(text: str) -> int | None:
    """Bytes of a file or a body, for which there is g as well."""
    return parse_size(text, "kmg")


def parse_hundredths(text: str) -> int | None:
    """Hundredths of a per cent: at most two digits behind the point ("12.5%")."""
    match = _PER_CENT.fullmatch(text)
    if not match or match[0] in ("%", ".%"):
        return None
    return whole_number(match[1] + (match[2] or "").ljust(2, "0"))


def parse_seconds(text: str) -> int | None:
    return _time(text, 1, ("ms",))


def parse_milliseconds(text: str) -> int | None:
    return _time(text, 1000, ("y", "M"))


def _time(text: str, per_second: int, without: tuple[str, ...]) -> int | None:
    """Parts in descending order ("1h 30m"); a number without a unit, in seconds, may only come last."""
    total, place, reached, digits_seen = 0, 0, -1, False
    while match := _TIME_PART.match(text, place):
        digits, unit = match.groups()
        step = _ORDER.index(unit)
        if unit in without or step <= reached or (unit == " " and reached >= _ORDER.index("s")):
            return None
        amount = whole_number(digits or "0")
        if amount is None:
            return None
        reached, place, digits_seen = step, match.end(), digits_seen or bool(digits)
        total += amount * (1 if unit == "ms" else _SECONDS[unit] * per_second)
    rest = text[place:]
    amount = whole_number(rest or "0")
    if amount is None or not (digits_seen or rest):
        return None
    total += amount * per_second
    return total if total <= LARGEST else None
