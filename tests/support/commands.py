"""Commands run in this process, as the console script runs them, and what all of them are."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nginxsim.cli.main import main
from nginxsim.reports import (
    ADMISSION_FORMATS,
    DIFF_FORMATS,
    FORMATS,
    INGRESS_FORMATS,
    STATISTICS_FORMATS,
    UPGRADE_FORMATS,
)
from nginxsim.reports.suites import FORMATS as SUITE_FORMATS


@dataclass(frozen=True, slots=True)
class Ran:
    status: int
    out: str
    err: str


Command = Callable[..., Ran]
"""What the fixture `nginxsim` gives: (arguments..., stdin=) -> Ran."""
Process = Callable[..., subprocess.CompletedProcess[str]]
"""What the fixture `process` gives: (program, arguments..., options of subprocess.run=) -> CompletedProcess."""


def run(*arguments: str, stdin: str | bytes = b"", folder: Path | None = None) -> Ran:
    """`nginxsim ARGUMENTS...` in `folder`."""
    stdin = stdin.encode() if isinstance(stdin, str) else stdin
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    with _standing_in(folder or Path.cwd(), ["nginxsim", *arguments], io.BytesIO(stdin), out, err):
        try:
            main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
    return Ran(status, _text(out), _text(err))


@contextmanager
def _standing_in(
    folder: Path, argv: list[str], stdin: io.BytesIO, out: io.TextIOWrapper, err: io.TextIOWrapper
) -> Iterator[None]:
    kept, here = (sys.argv, sys.stdin, sys.stdout, sys.stderr), Path.cwd()
    sys.argv, sys.stdin, sys.stdout, sys.stderr = argv, io.TextIOWrapper(stdin, encoding="utf-8"), out, err
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
        sys.argv, sys.stdin, sys.stdout, sys.stderr = kept


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8", "surrogateescape")


def every_report(path: str, *urls: str, other: str = "") -> Iterator[tuple[str, ...]]:
    """Every command that reports on manifests, in every format. other: an older state of them, for `diff`."""
    for url in urls:
        yield from (("why", url, path, "-o", name) for name in FORMATS)
        yield "why", url, path, "--repeat", "20"
    yield from (("check", path, "--all", "-o", name) for name in FORMATS)
    yield from (("check", path, "--statistics", "-o", name) for name in STATISTICS_FORMATS)
    yield from (("admit", path, "-o", name) for name in ADMISSION_FORMATS)
    yield from (("ingresses", path, "-o", name) for name in INGRESS_FORMATS)
    yield from (
        ("diff", *sides, "-o", name) for name in DIFF_FORMATS for sides in ((other, path), (path, other)) if other
    )
    road = ("--from", "1.9.6", "--to", "1.15.1")
    yield from (("upgrade", path, *road, "--all", "-o", name) for name in UPGRADE_FORMATS)
    yield from (("upgrade", path, *road, "--plan", "-o", name) for name in ("text", "markdown"))
    yield "annotations", path
    yield "annotations", "configuration-snippet", path
    yield from (("conf", path, *more) for more in ((), ("--origins",), ("--origins", "--format", "json")))
    yield from (("backends", path, *more) for more in ((), ("--list",)))


COVERAGE = ("html", "markdown", "lcov", "cobertura")


def every_suite_report(path: str) -> Iterator[tuple[str, ...]]:
    """`test` in every format, with every kind of coverage, which is written to files named coverage.KIND."""
    yield from (("test", path, "-o", name) for name in SUITE_FORMATS)
    yield "test", path, "--coverage"
    yield from (("test", path, f"--coverage-{kind}", f"coverage.{kind}") for kind in COVERAGE)
    yield "test", path, "--update"
