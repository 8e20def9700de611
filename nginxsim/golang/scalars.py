"""What an unquoted YAML scalar means to kubectl, which is not what PyYAML or YAML 1.2 make of it.

Rules: sigs.k8s.io/yaml 1.6.0 over go.yaml.in/yaml/v2 2.4.4, resolve.go. `y`, `on` and `no` are booleans, `1e3` is a
number, `010` is 8, `08` is 8.0, while `12:30`, `2001-01-01` and `=` stay text.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TypeAlias

import yaml

from nginxsim.golang.strconv import parse_float, parse_int

Scalar: TypeAlias = str | int | float | bool | None

PLAIN = "plain"
"""The tag that the loader gives to a scalar without quotes and without a tag of its own."""
QUOTED = "tag:yaml.org,2002:str"
"""And to one in quotes, or written as a block."""

WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}

_USUAL_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_MAY_BE_A_NUMBER = frozenset("+-.0123456789")
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"(?:[Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.ASCII,
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_TAG = "tag:yaml.org,2002:"
_TYPED: dict[str, type] = {"int": int, "float": float, "bool": bool, "null": type(None), "timestamp": bytes}
"""Tags that the text has to agree with; nothing but a date is a timestamp."""


def scalar(node: yaml.ScalarNode) -> Scalar:
    """The value of a scalar node, tags and quotes heeded. Raises ValueError when the text is not what its tag says:
    the message goes on from the value, which may be a secret.
    """
    tag, text = node.tag, node.value
    if tag == PLAIN:
        return plain(text)
    kind = str(tag).removeprefix(_TAG)
    if kind == "binary":
        try:
            return base64.b64decode(text).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            raise ValueError("cannot be decoded as a !!binary, which is base64") from None
    return _tagged(text, kind) if kind in _TYPED else str(text)


def _tagged(text: str, kind: str) -> Scalar:
    value = plain(text)
    if kind == "timestamp" and _DATE.fullmatch(text):
        return text
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not _TYPED[kind]:
        raise ValueError(f"cannot be decoded as a !!{kind}")
    return value


def plain(text: str) -> Scalar:
    """The value of an unquoted scalar."""
    if text in WORDS:
        return WORDS[text]
    if _USUAL_NUMBER.fullmatch(text):
        return int(text)
    if text[0] not in _MAY_BE_A_NUMBER or _DATE.fullmatch(text):
        return text
    return _number(text)


def _number(text: str) -> Scalar:
    digits = text if text[0] == "." else text.replace("_", "")
    for read in (_integer, _decimal) if text[0] != "." else (_decimal,):
        try:
            return read(digits)
        except ValueError:
            continue
    return text


def _integer(digits: str) -> int:
    number = parse_int(digits, bits=65)
    if not -(1 << 63) <= number < 1 << 64 or (digits[0] == "+" and number >= 1 << 63):
        raise ValueError("out of range")
    return number


def _decimal(digits: str) -> float:
    if digits[0] != "." and not _FLOAT.fullmatch(digits):
        raise ValueError("not a YAML float")
    return parse_float(digits)
