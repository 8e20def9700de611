"""Compiled templates, kept where Python keeps compiled modules and under the same conditions.

Compiling them takes longer than anything else that one command does.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, BytecodeCache

from nginxsim import __version__


class PackageBytecode(BytecodeCache):
    """Files beside the templates in __pycache__ (or below PYTHONPYCACHEPREFIX); without them all goes on as before."""

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return cache_from_source(filename or name)

    def get_source_checksum(self, source: str) -> str:
        """Of all that the compiled code depends on."""
        return hashlib.sha256("\0".join((__version__, jinja2.__version__, source)).encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError, EOFError, ValueError, TypeError):
            checksum, _, code = Path(bucket.key).read_bytes().partition(b"\n")
            if checksum == bucket.checksum.encode():
                bucket.code = marshal.loads(code)  # noqa: S302  # as trustworthy as the modules beside it

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        path = Path(bucket.key)
        scratch = path.with_name(f"{path.name}.{os.getpid()}")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            scratch.write_bytes(bucket.checksum.encode() + b"\n" + marshal.dumps(bucket.code))
            scratch.replace(path)
