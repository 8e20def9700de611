"""PEM blocks as Go's encoding/pem finds them: text around a block is skipped, and so is a malformed block.

Source: Go 1.26, encoding/pem/pem.go.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

BEGIN = b"-----BEGIN "
_END = re.compile(rb"\n-----END ([^\n]*?)-----[ \t]*(?:\r?\n|\Z)")
_HEADER = re.compile(rb"[^\n:]*:[^\n]*(?:\n|\Z)")


class Block(NamedTuple):
    """One PEM block, decoded."""

    type: str
    content: bytes
    """DER."""


def pem_blocks(data: bytes) -> Iterator[Block]:
    """Every block, in order; an END belongs to the last BEGIN before it."""
    at = 0
    while end := _END.search(data, at):
        begin = data.rfind(BEGIN, at, end.start() + 1)
        starts_line = begin == at or (begin > 0 and data[begin - 1 : begin] == b"\n")
        at = end.end()
        if begin >= 0 and starts_line:
            block = _block(data[begin + len(BEGIN) : end.start() + 1], end[1])
            if block:
                yield block


def first_block(data: bytes) -> Block | None:
    """The first block that is well formed; None without any."""
    return next(pem_blocks(data), None)


def _block(text: bytes, kind: bytes) -> Block | None:
    line, _, body = text.partition(b"\n")
    if line.removesuffix(b"\r").rstrip(b" \t") != kind + b"-----":
        return None
    at = 0
    while header := _HEADER.match(body, at):
        at = header.end()
    try:
        content = binascii.a2b_base64(b"".join(body[at:].split()), strict_mode=True)
    except binascii.Error:
        return None
    return Block(kind.decode("utf-8", "replace"), content)
