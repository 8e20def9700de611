"""Writing a file that was named on the command line."""

from __future__ import annotations

from pathlib import Path

from nginxsim.errors import InputError


def write(path: Path, text: str) -> None:
    """The whole file or none of it: a reader never sees half. A device, a pipe or what a link leads to is written to,
    never replaced. Raises InputError.
    """
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            with path.open("w", encoding="utf-8") as stream:
                stream.write(text)
        else:
            _replace(path, text)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error


def _replace(path: Path, text: str) -> None:
    scratch = path.with_name(f".{path.name}.new")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise
