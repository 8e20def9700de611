"""What tests of several rooms ask for: the command line, processes, a real nginx; and the marks that follow from it.

A test is marked `nginx` when a fixture of its needs a real nginx, and `process` when one starts a process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support import realnginx
from tests.support import tools as real_tools
from tests.support.apiserver import ApiServer, serving
from tests.support.commands import Command, Process, run
from tests.support.places import ROOT

# Workers of pytest-xdist are told of a terminal that nobody looks at; reports in tests are as in a pipe.
os.environ.pop("COLUMNS", None)

MARKING = {"real_nginx": "nginx", "process": "process", "tools": "process"}
"""Fixture -> the mark of every test that uses it, itself or through another fixture."""
STARTS = frozenset({"subprocess.Popen", "os.fork", "os.posix_spawn", "os.system"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        for fixture in MARKING.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(MARKING[fixture])


class _Unmarked:
    """Stops a test that starts a process unseen: `-m "not process"` has to keep its word."""

    def __init__(self) -> None:
        self.running: pytest.Item | None = None

    def __call__(self, event: str, _: tuple[Any, ...]) -> None:
        if event in STARTS and self.running is not None:
            raise RuntimeError(f"{self.running.nodeid} starts a process: it needs the fixture `process`")


_unmarked = _Unmarked()
sys.addaudithook(_unmarked)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    marked = any(item.get_closest_marker(mark) for mark in MARKING.values())
    _unmarked.running = None if marked else item
    try:
        return (yield)
    finally:
        _unmarked.running = None


@pytest.fixture(scope="session")
def real_nginx() -> Path:
    """The nginx executable; without one for this platform the test is skipped."""
    program = realnginx.binary()
    if program is None or not realnginx.available():
        pytest.skip("no nginx for this platform")
    return program


@pytest.fixture(scope="session")
def process() -> Process:
    """Runs a command to its end, in the repository's folder unless `cwd` says otherwise."""

    def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        settings = {"cwd": ROOT, "capture_output": True, "text": True, "check": False, "timeout": 120, **options}
        return subprocess.run(list(map(str, command)), **settings)  # noqa: PLW1510

    return run


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A real helm and kubectl, alone on PATH; where they cannot be had the test is skipped."""
    folder = real_tools.folder()
    if folder is None:
        pytest.skip(f"no helm and kubectl: pip has no {real_tools.PACKAGE}, or not for this platform")
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def cluster(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """A stand-in for an API server, to which kubectl is set up."""
    with serving(ApiServer()) as server:
        monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig(tmp_path)))
        monkeypatch.setenv("HOME", str(tmp_path))
        yield server


@pytest.fixture
def nginxsim(monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line within this process, in the repository's folder."""
    monkeypatch.chdir(ROOT)
    return run
