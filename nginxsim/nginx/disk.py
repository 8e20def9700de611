"""What lies on nginx's disk: the files that somebody named, and what is likely where nobody has."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest


def is_file(request: LiveRequest, path: str) -> bool:
    """Whether the file exists. Where nobody knows, one with an extension is taken to be there, any other not."""
    if _is_named(request, path):
        return True
    return _taken(request, path, bool(PurePosixPath(path).suffix)) and not path.endswith("/")


def is_folder(request: LiveRequest, path: str) -> bool:
    """The same of a folder: the root is there."""
    inside = f"{path.rstrip('/')}/"
    if any(name.startswith(inside) for name in (*request.run.files, *(request.original.files or ()))):
        return True
    return _taken(request, path, path.rstrip("/") == request.conf.root.rstrip("/"))


def _is_named(request: LiveRequest, path: str) -> bool:
    return path in request.run.files or path in (request.original.files or ())


def _taken(request: LiveRequest, path: str, likely: bool) -> bool:
    known = request.run.setup.knows_files or request.original.files is not None
    exists = likely and not known
    if not known:
        request.assume(f"{path} {'exists' if exists else 'does not exist'} on nginx's disk")
    return exists
