"""One input, tried within limits."""

from __future__ import annotations

import re
import resource
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fuzz.inputs import Input
from tests.support.commands import run

SECONDS = 5.0
"""Of CPU that an input may take."""
MEMORY = 500 << 20
"""Bytes that it may take beside what the program itself needs."""
CALLS = 6_000_000
"""Python functions that it may enter, where these are counted."""

_COMMANDING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_OWN = re.compile(r"::(error|warning|notice) ")


class TooMuch(BaseException):  # nothing on the way may catch it
    """The input takes more than it may."""


def fault_of(tried: Input) -> str:
    """What is wrong with how the command ends; "" for nothing."""
    with tempfile.TemporaryDirectory() as around:
        folder = Path(around, "two", "down")  # above it lies nothing that a path may lead to
        folder.mkdir(parents=True)
        for name, text in tried.files:
            Path(folder, name).write_text(text, encoding="utf-8", errors="surrogatepass")
        try:
            ran = run(*tried.arguments, stdin=tried.stdin.encode("utf-8", "surrogatepass"), folder=folder)
        except (TooMuch, MemoryError) as problem:
            return f"too much: {problem or type(problem).__name__}"
        except BaseException as problem:  # noqa: BLE001  # that is what is looked for
            return f"raised {type(problem).__name__}: {problem}"
    if ran.status not in (0, 1, 2):
        return f"ended with {ran.status}: {ran.err.strip()}"
    if ran.status == 2 and not ran.err.strip():
        return "refused without a word"
    return next(filter(None, map(_command_in, (ran.out, ran.err))), "")


def _command_in(printed: str) -> str:
    found = _COMMANDING.search(printed)
    if found:
        return f"printed {found[0]!a}"
    return next(
        (
            f"printed {line[:60]!r}"
            for line in printed.split("\n")
            if line.lstrip()[:2] == "::" and not _OWN.match(line)
        ),
        "",
    )


@contextmanager
def timed(seconds: float = SECONDS) -> Iterator[None]:
    """Raises TooMuch after so much time of the processor."""

    def over(_signal: int, _frame: object) -> None:
        raise TooMuch(f"more than {seconds:g} s")

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def limit_memory() -> None:
    """For the whole process, from what it has by now."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
