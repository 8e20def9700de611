"""Ctrl-C ends every command at once, without a word and with the status that shells expect."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

COMMANDS = (
    ("why", "http://web.example.com/", "-"),
    ("check", "-"),
    ("conf", "-"),
    ("ingresses", "-"),
    ("backends", "-"),
    ("admit", "-"),
    ("diff", "-", "."),
)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_a_command_that_waits_for_its_input_ends_with_130(arguments: tuple[str, ...], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nginxsim", *arguments]
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        _wait_until_it_reads(running)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, out, err.strip()) == (130, "", "")


def _wait_until_it_reads(process: subprocess.Popen[str]) -> None:
    """Sleeps, as Linux tells, in a read of a pipe; elsewhere a moment has to do."""
    place = Path(f"/proc/{process.pid}/wchan")
    for _ in range(300):
        time.sleep(0.02)
        try:
            if "pipe" in place.read_text(encoding="ascii"):
                return
        except OSError:
            break
    time.sleep(2)
