"""Whether a file may hold Kubernetes objects, told from its first bytes: most YAML of a repository does not."""

from __future__ import annotations

import re

HEAD = 1 << 16
"""Bytes that are looked at."""

_WORD = b"kind"
_FIELD = re.compile(rb"^['\"]?(?:kind|items|metadata|data|binaryData|stringData|spec)['\"]?[ \t]*:", re.MULTILINE)
"""A first name of an object or a list of them, as block YAML has it at the beginning of a line."""
_JSON_FIELD = re.compile(rb'"(?:kind|apiVersion)"\s*:')
_OTHER_TEXT = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 begins: nobody can look into that."""


def is_foreign(head: bytes) -> bool:
    """Whether nothing of Kubernetes can be in the file that begins so; of HEAD bytes or fewer, which are all then."""
    if head.startswith(_OTHER_TEXT):
        return False
    if len(head) < HEAD:
        return _WORD not in head
    if head.lstrip().startswith((b"{", b"[")):
        return not _JSON_FIELD.search(head)
    return not _FIELD.search(head)
