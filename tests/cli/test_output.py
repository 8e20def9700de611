"""What a command writes: standard output that is full, and files that are whole or not there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from nginxsim.cli.output import write
from nginxsim.errors import InputError
from tests.support.commands import Process
from tests.support.places import ROOT

SIZE = 300_000


@pytest.mark.usefixtures("process")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    "arguments", [["rules"], ["conf", "samples/shop"], ["--help"], ["check", "samples/shop", "-o", "html"]]
)
def test_full_standard_output_is_told(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [sys.executable, "-m", "nginxsim", *arguments],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert run.returncode == 2
    assert run.stderr == "error: cannot write to standard output: No space left on device\n"


@pytest.mark.usefixtures("process")
def test_a_reader_that_goes_away_ends_the_command_without_a_word() -> None:
    command = f"{sys.executable} -m nginxsim conf samples/shop | head -1; exit ${{PIPESTATUS[0]}}"
    run = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.stderr == ""


def rewrite(path: Path, letter: str) -> None:
    for _ in range(40):
        write(path, letter * SIZE)


def lengths(path: Path) -> set[tuple[int, int]]:
    """Of what a reader sees, again and again: its length and how many different letters are in it."""
    found = set()
    for _ in range(200):
        text = path.read_text(encoding="utf-8")
        found.add((len(text), len(set(text))))
    return found


@pytest.mark.usefixtures("process")
def test_writers_and_readers_at_once_see_whole_files_only(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write(path, "x" * SIZE)
    with ProcessPoolExecutor(8) as pool:
        writers = [pool.submit(rewrite, path, letter) for letter in "abcd"]
        readers = [pool.submit(lengths, path) for _ in range(4)]
        for writer in writers:
            writer.result()
        assert set.union(*(reader.result() for reader in readers)) == {(SIZE, 1)}
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real.conf").write_text("old")
    (tmp_path / "link.conf").symlink_to("real.conf")
    write(tmp_path / "link.conf", "new")
    assert (tmp_path / "link.conf").is_symlink()
    assert (tmp_path / "real.conf").read_text() == "new"


def test_a_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text("old")
    path.chmod(0o640)
    write(path, "new")
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.usefixtures("process")
def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ProcessPoolExecutor(1) as pool:
        reader = pool.submit(pipe.read_text)
        write(pipe, "through")
        assert reader.result() == "through"
    assert pipe.is_fifo()


def _loop(folder: Path) -> Path:
    (folder / "loop").symlink_to("loop")
    return folder / "loop"


@pytest.mark.parametrize(
    "place", [lambda folder: folder / "no" / "x", lambda folder: folder, _loop], ids=["no folder", "a folder", "a loop"]
)
def test_what_cannot_be_written_is_told(place: Callable[[Path], Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"):
        write(place(tmp_path), "x")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("arguments", [("check", "samples/shop"), ("check", "missing"), ("check", "-")])
def test_a_stream_that_is_closed_is_an_empty_one(arguments: tuple[str, ...], number: int, process: Process) -> None:
    ran = process("sh", "-c", f'exec {number}<&-; exec "$@"', "sh", sys.executable, "-m", "nginxsim", *arguments)
    assert ran.returncode in (1, 2)
    assert "internal error" not in ran.stdout + ran.stderr
