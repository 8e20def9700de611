"""Sizes and times as nginx writes them."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[0-9]+\Z")
_MOST_DIGITS = 19
_SIZE = re.compile(r"([0-9]{1,18})([kKmMgG]?)\Z")
_TIME = re.compile(r"(?:[0-9]{1,18}(?:ms|[yMwdhms])?\s*)+\Z")
_TIME_PART = re.compile(r"([0-9]+)(ms|[yMwdhms])?")
_SIZE_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SECONDS = {"y": 31536000, "M": 2592000, "w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}


def whole_number(text: str) -> int | None:
    """A number as nginx's ngx_atoi reads it; None for anything else, or one that does not fit into 63 bits."""
    return int(text) if _NUMBER.match(text) and len(text) < _MOST_DIGITS else None


def parse_size(text: str) -> int | None:
    """Bytes; None for what is no size."""
    match = _SIZE.match(text)
    return int(match[1]) * _SIZE_UNITS[match[2].lower()] if match else None


def parse_time(text: str) -> int | None:
    """Milliseconds; None for what is no time. A bare number counts seconds."""
    if not _TIME.match(text):
        return None
    total = 0
    for number, unit in _TIME_PART.findall(text):
        total += int(number) * (1 if unit == "ms" else 1000 * _SECONDS[unit or "s"])
    return total
