"""Programs of the user's, run for so long only, and up to so much of output.

What a tool is to render may come from strangers. It finds no home, no configuration, no plugins and no other programs;
proxies that nobody listens on keep it off the network. What asks the user's own cluster has all that the user has.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from nginxsim.errors import InputError
from nginxsim.sources.files import largest_file

PATIENCE = 60.0
"""Seconds that a tool has."""
_MOST_COMPLAINT = 1 << 16
_NOWHERE = "http://127.0.0.1:9"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_PIECE = 1 << 16
_MEMORY = "1GiB"
_OWN = (
    "HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "HELM_CONFIG_HOME", "HELM_CACHE_HOME",
    "HELM_DATA_HOME", "HELM_PLUGINS", "KUSTOMIZE_PLUGIN_HOME",
)  # fmt: skip
"""Where a tool looks for what is its own."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program on PATH, and the words before its arguments. get: how to have it."""

    name: str
    get: str
    words: tuple[str, ...] = ()

    @property
    def path(self) -> str | None:
        return shutil.which(self.name)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="nginxsim-") as folder:
        yield Path(folder).resolve()


@dataclass(frozen=True, slots=True)
class Ended:
    """What a program came to: its exit code, what it printed, and what it complained of."""

    status: int
    told: str
    complaint: str


def output_of(tool: Tool, arguments: Sequence[str], folder: Path, *, online: bool = False) -> str:
    """What the tool prints when run in `folder`. online: it may use the network and other programs.

    Raises InputError with what it complains of, and as run() does.
    """
    with scratch() as home:
        ended = run(tool, arguments, folder, _surroundings(home, online=online))
    if ended.status:
        raise InputError(f"{tool.name} refuses: {in_short(ended.complaint)}")
    return ended.told


def run(tool: Tool, arguments: Sequence[str], folder: Path, surroundings: Mapping[str, str] | None = None) -> Ended:
    """surroundings: its environment; None: the user's own.

    Raises InputError for a tool that is not there, takes too long or prints too much.
    """
    process = started(tool, arguments, folder, surroundings)
    try:
        told, complaint = _read(process, tool.name)
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        raise InputError(f"{tool.name} does not end") from None
    finally:
        end(process)
    return Ended(process.returncode, *(text.decode("utf-8", "replace") for text in (told, complaint)))


def started(
    tool: Tool, arguments: Sequence[str], folder: Path, surroundings: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """The process, which whoever began it must end(). Raises InputError for a tool that is not there."""
    path = tool.path
    if path is None:
        raise InputError(f"{tool.name} is not on PATH: {tool.get}")
    return subprocess.Popen(  # noqa: S603  # a list of arguments, and a program that PATH names
        [path, *tool.words, *arguments],
        cwd=folder,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _surroundings(home: Path, *, online: bool) -> Mapping[str, str]:
    common = {**dict.fromkeys(_OWN, str(home)), "KUBECONFIG": os.devnull, "GOMEMLIMIT": _MEMORY, "LC_ALL": "C"}
    if online:
        kept = ("PATH", "SSL_CERT_FILE", *_PROXIES, *map(str.lower, _PROXIES), "NO_PROXY", "no_proxy")
        return {**common, **{name: os.environ[name] for name in kept if name in os.environ}}
    off = dict.fromkeys((*_PROXIES, *map(str.lower, _PROXIES)), _NOWHERE)
    return {**common, **off, "PATH": str(home)}


def _read(process: subprocess.Popen[bytes], name: str) -> tuple[bytes, bytes]:
    """Both streams to their ends. Raises InputError."""
    limit, deadline = largest_file(), time.monotonic() + PATIENCE
    told, complaint = bytearray(), bytearray()
    with selectors.DefaultSelector() as waiting:
        waiting.register(_pipe(process.stdout), selectors.EVENT_READ, told)
        waiting.register(_pipe(process.stderr), selectors.EVENT_READ, complaint)
        while waiting.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise InputError(f"{name} takes longer than {PATIENCE:g} s")
            for key, _ in waiting.select(left):
                piece = os.read(key.fd, _PIECE)
                if not piece:
                    waiting.unregister(key.fileobj)
                elif key.data is told or len(complaint) < _MOST_COMPLAINT:
                    key.data.extend(piece)
            if len(told) > limit:
                raise InputError(f"{name} prints more than {limit:,} bytes; nginxsim --max-file-size raises the limit")
    return bytes(told), bytes(complaint)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def end(process: subprocess.Popen[bytes]) -> None:
    """With whatever it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


def in_short(complaint: str) -> str:
    """The end of what a tool said, on one line."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    return " ".join(lines[-3:])[:600] or "it says nothing"
