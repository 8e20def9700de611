"""Compiled templates, kept where Python keeps compiled modules and under the same conditions.

Compiling them takes longer than anything else that one command does.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from types import CodeType

import jinja2
from jinja2.bccache import Bucket, BytecodeCache

from nginxsim import __version__

FOREIGN = ""
"""The key of templates that lie elsewhere: nothing is read there as code, and nothing written."""

_KNOWN: dict[tuple[str, str], CodeType] = {}
"""By key and checksum, what this process has met: the environments of two releases share most templates."""


class PackageBytecode(BytecodeCache):
    """Files beside the templates of these folders, in __pycache__ or below PYTHONPYCACHEPREFIX; all goes on without.

    kind: keeps apart what environments of different kinds make of one template; letters and digits.
    """

    def __init__(self, folders: Iterable[Path], kind: str = "") -> None:
        self._folders = frozenset(folders)
        self._kind = kind

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        path = Path(filename or name)
        return cache_from_source(path, optimization=self._kind) if path.parent in self._folders else FOREIGN

    def get_source_checksum(self, source: str) -> str:
        """Of all that the compiled code depends on."""
        return hashlib.sha256("\0".join((__version__, jinja2.__version__, source)).encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key == FOREIGN:
            return
        bucket.code = _KNOWN.get((bucket.key, bucket.checksum))
        if bucket.code is not None:
            return
        with suppress(OSError, EOFError, ValueError, TypeError):
            checksum, _, code = Path(bucket.key).read_bytes().partition(b"\n")
            if checksum == bucket.checksum.encode():
                bucket.code = marshal.loads(code)  # noqa: S302  # as trustworthy as the modules beside it
                _KNOWN[bucket.key, bucket.checksum] = bucket.code

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.key == FOREIGN or bucket.code is None:
            return
        _KNOWN[bucket.key, bucket.checksum] = bucket.code
        if sys.dont_write_bytecode:
            return
        path = Path(bucket.key)
        scratch = path.with_name(f"{path.name}.{os.getpid()}")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            scratch.write_bytes(bucket.checksum.encode() + b"\n" + marshal.dumps(bucket.code))
            scratch.replace(path)
