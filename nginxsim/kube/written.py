"""Objects as YAML, in the manner of `kubectl get -o yaml`: names in order, lists no deeper than their names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from nginxsim.golang.scalars import plain

_PLAIN = re.compile(r"[A-Za-z0-9_/.(^$~<](?:[\x21-\x7e]|[ ](?!#|$))*")
"""What may go without quotes, unless it reads as something else or looks like a field."""
_FIELD = re.compile(r":(?: |$)")


def as_yaml(value: Mapping[str, Any]) -> str:
    """A document; what it reads as is the very value."""
    return "\n".join(_mapping(value, "")) + "\n"


def _mapping(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name in sorted(value):
        inner = value[name]
        first, *rest = _value(inner, indent)
        yield f"{indent}{_text(str(name))}:{first}"
        yield from rest


def _value(value: object, indent: str) -> Iterator[str]:
    """What follows on the line of its name, and the lines below."""
    if isinstance(value, Mapping) and value:
        yield ""
        yield from _mapping(value, indent + "  ")
    elif isinstance(value, list) and value:
        yield ""
        yield from _list(value, indent)
    elif isinstance(value, str) and "\n" in value and _fits_block(value):
        yield from _block(value, indent + "  ")
    else:
        yield f" {_scalar(value)}"


def _list(value: list[Any], indent: str) -> Iterator[str]:
    for item in value:
        if isinstance(item, Mapping) and item:
            first, *rest = _mapping(item, indent + "  ")
            yield f"{indent}- {first.lstrip(' ')}"
            yield from rest
        else:
            first, *rest = _value(item, indent + "  ")
            if rest and not first:
                yield f"{indent}- {rest[0].lstrip(' ')}"
                yield from rest[1:]
            else:
                yield f"{indent}-{first}"
                yield from rest


def _scalar(value: object) -> str:
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and not text.startswith("...") and not _FIELD.search(text) and plain(text) == text:
        return text
    if text.isascii() and text.isprintable() and "'" not in text:
        return f"'{text}'"
    return _quoted(text)


def _quoted(text: str) -> str:
    """As JSON has it; what is no letter to everybody is escaped."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(each if each.isprintable() else _escape(each) for each in written)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _fits_block(text: str) -> bool:
    """Whether the text can stand as it is, line by line."""
    lines = text.split("\n")
    begins = next((line for line in lines if line), " ")
    return begins[0] not in " \t" and all(line.replace("\t", " ").isprintable() for line in lines) and bool(lines[0])


def _block(text: str, indent: str) -> Iterator[str]:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    yield " |" + ("-" if ends == 0 else "" if ends == 1 else "+")
    yield from (f"{indent}{line}" if line else "" for line in body.split("\n"))
    yield from ("" for _ in range(ends - 1))
