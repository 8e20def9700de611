"""Text as Go reads and writes it: flags, YAML scalars, ConfigMap values and annotations all go through these rules.

Every parse function raises ValueError with the words that Go's strconv and time packages use.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

# go 1.26: unicode.IsSpace
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
    '"': r"\"",
}

BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}

MOST_DIGITS = 200
"""More of them, underscores among them or not, make a number of more than 65 bits in any base."""
_DECIMAL = re.compile(r"[+-]?[0-9]+", re.ASCII)
# Base 0: the prefix picks the base, a bare leading zero means octal, and underscores may stand between digits.
_INTEGER = re.compile(
    r"[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)", re.ASCII
)
_FLOAT = re.compile(
    r"[+-]?(?:(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?|nan)", re.ASCII | re.IGNORECASE
)
_NOT_PLAIN = re.compile(r"[^ !#-\[\]-~]")
_DURATION = re.compile(r"(?=[0-9.])([0-9]*+)(\.[0-9]*+)?([^0-9.]*+)")
_NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_EXPONENT = 6
"""A number of so many digits less one, or more, is printed with an exponent."""
LONGEST = 1 << 63
"""Nanoseconds of the longest duration back in time; forth it is one less."""


def trim(text: str) -> str:
    """Go's strings.TrimSpace."""
    return text.strip(_SPACE)


def quote(text: str) -> str:
    """Go's strconv.Quote, the %q of fmt."""
    return f'"{_NOT_PLAIN.sub(_quoted_character, text)}"'


def _quoted_character(found: re.Match[str]) -> str:
    character = found[0]
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte outside UTF-8, as Python's surrogateescape holds it
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def parse_bool(text: str) -> bool:
    """Go's strconv.ParseBool."""
    if text not in BOOLEANS:
        raise _invalid("ParseBool", text)
    return BOOLEANS[text]


def parse_int(text: str, *, bits: int = 64, signed: bool = True) -> int:
    """Go's strconv.ParseInt (or ParseUint) with base 0."""
    name = "ParseInt" if signed else "ParseUint"
    if not _INTEGER.fullmatch(text) or (not signed and text[0] in "+-"):
        raise _invalid(name, text)
    if len(text.lstrip("+-0_xXbBoO")) > MOST_DIGITS:
        raise _out_of_range(name, text)
    number = int(_with_python_octal(text), 0)
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    if not low <= number <= high:
        raise _out_of_range(name, text)
    return number


def _with_python_octal(text: str) -> str:
    """Go takes 010 for 8; Python wants 0o10."""
    sign, digits = (text[0], text[1:]) if text[0] in "+-" else ("", text)
    old_octal = len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567_"
    return f"{sign}0o{digits[1:]}" if old_octal else text


def atoi(text: str) -> int:
    """Go's strconv.Atoi: decimal digits with an optional sign, 64 bits."""
    if not _DECIMAL.fullmatch(text):
        raise _invalid("Atoi", text)
    if len(text.lstrip("+-0")) > MOST_DIGITS:
        raise _out_of_range("Atoi", text)
    number = int(text)
    if not -(1 << 63) <= number < 1 << 63:
        raise _out_of_range("Atoi", text)
    return number


def parse_float(text: str) -> float:
    """Go's strconv.ParseFloat without its hexadecimal and underscore forms, which nothing here accepts."""
    if not _FLOAT.fullmatch(text):
        raise _invalid("ParseFloat", text)
    number = float(text)
    if number in (float("inf"), float("-inf")) and "n" not in text.lower():
        raise _out_of_range("ParseFloat", text)
    return number


def format_float(number: float) -> str:
    """As fmt prints a float64 with %v: the shortest digits that read back, with an exponent from a million on."""
    # go 1.26: strconv/ftoa.go (FormatFloat with 'g' and the shortest precision)
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "+Inf" if number > 0 else "-Inf"
    sign, digits, last = Decimal(repr(float(number))).normalize().as_tuple()
    exponent = len(digits) + int(last) - 1
    if number == 0 or -5 < exponent < _EXPONENT:
        return f"{Decimal(repr(float(number))).normalize():f}"
    mantissa = ".".join(filter(None, (str(digits[0]), "".join(map(str, digits[1:])))))
    return f"{'-' if sign else ''}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def parse_duration(text: str) -> float:
    """Go's time.ParseDuration, in seconds: `1h30m`, `1.5s`, `-10ms`, `0`."""
    # go 1.26: time/format.go (ParseDuration)
    sign, rest = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    if rest == "0":
        return 0.0
    total, place = 0, 0
    while part := _DURATION.match(rest, place):
        total, place = total + _nanoseconds(text, *part.groups(default="")), part.end()
    if not rest or place < len(rest) or total > (LONGEST if sign == "-" else LONGEST - 1):
        raise ValueError(f"time: invalid duration {_quoted(text)}")
    return (-total if sign == "-" else total) / 1e9


def _nanoseconds(text: str, whole: str, fraction: str, unit: str) -> int:
    """One number with its unit; `text` is the whole duration. What is longer than any duration is cut short."""
    if not whole and fraction in ("", "."):
        raise ValueError(f"time: invalid duration {_quoted(text)}")
    if not unit:
        raise ValueError(f"time: missing unit in duration {_quoted(text)}")
    if unit not in _NANOSECONDS:
        raise ValueError(f"time: unknown unit {_quoted(unit)} in duration {_quoted(text)}")
    if len(whole.lstrip("0")) > MOST_DIGITS:
        return LONGEST + 1
    return int(whole or "0") * _NANOSECONDS[unit] + int(float(f"0{fraction}") * _NANOSECONDS[unit])


def _quoted(text: str) -> str:
    """As package time quotes: bytes outside printable ASCII by their number."""
    shown = {ord('"'): '\\"', ord("\\"): "\\\\"}
    codes = text.encode("utf-8", "surrogateescape")
    letters = (shown.get(code) or (chr(code) if 32 <= code < 128 else f"\\x{code:02x}") for code in codes)
    return f'"{"".join(letters)}"'


def _invalid(function: str, text: str) -> ValueError:
    return ValueError(f"strconv.{function}: parsing {quote(text)}: invalid syntax")


def _out_of_range(function: str, text: str) -> ValueError:
    return ValueError(f"strconv.{function}: parsing {quote(text)}: value out of range")
