"""What a command puts out: standard output, standard error, and files named on the command line."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from nginxsim.errors import InputError
from nginxsim.printing import printed

_AS_TEXT: Any = {"encoding": "utf-8", "errors": "surrogateescape", "newline": ""}
"""Bytes that were no UTF-8 where they came from go out as they came in."""


def say(text: str, end: str = "\n") -> None:
    """Prints a report, which has gone through nginxsim.printing. Raises OSError where standard output takes no more."""
    # All that is coloured was asked for where it was made: click takes no colour away.
    click.echo(text + end, nl=False, color=True)
    sys.stdout.flush()


def close_output() -> None:
    """What is left in the buffer of standard output goes nowhere, without a further word at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(*lines: str) -> None:
    """Tells something on standard error, a line each."""
    if lines:
        click.echo(printed(lines), err=True)


def write(path: Path, text: str) -> None:
    """The whole file or none of it: a reader never sees half, however many write it at once.

    A device or a pipe is written to, never replaced; a link stays, and what it leads to is replaced. Raises InputError.
    """
    try:
        if _is_stream(path):
            path.write_text(text, **_AS_TEXT)
        else:
            _replace(path.resolve(), text)
    except (OSError, RuntimeError) as problem:
        raise InputError(f"cannot write {path}: {getattr(problem, 'strerror', problem)}") from None


def _is_stream(path: Path) -> bool:
    """Names such as /dev/stdout lead to whatever is open there."""
    return (path.exists() and not path.is_file()) or path.is_relative_to("/dev") or path.is_relative_to("/proc")


def _replace(path: Path, text: str) -> None:
    """By way of a file beside it that was not there before, under a name that nobody can guess."""
    scratch = path.with_name(f".{secrets.token_hex(16)}.nginxsim")
    try:
        with scratch.open("x", **_AS_TEXT) as stream:
            stream.write(text)
        if path.exists():
            shutil.copymode(path, scratch)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
