"""Folders that hold what is no file: pipes, devices, loops, links out of them; files that are too large."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest

from nginxsim import InputError
from nginxsim.kube import load
from nginxsim.sources import LIMIT, SkippedFile
from nginxsim.suites.reading import find_suites
from tests.support.commands import run
from tests.support.estates import estate_text, ingress, served


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "linked.yaml").write_text(estate_text(*served(), ingress()))
    inside = tmp_path / "k8s"
    inside.mkdir()
    (inside / "real.yaml").symlink_to("../elsewhere/linked.yaml")
    (inside / "zero.yaml").symlink_to("/dev/zero")
    (inside / "loop.yaml").symlink_to("loop.yaml")
    (inside / "nowhere.yaml").symlink_to("missing.yaml")
    (inside / "folder").symlink_to("..")
    os.mkfifo(inside / "pipe.yaml")
    os.mkfifo(inside / "pipe.nginxsim.yaml")
    return inside


def test_only_regular_files_are_read_and_the_others_are_told(folder: Path) -> None:
    with pytest.warns(SkippedFile) as told:
        cluster = load([folder])
    assert list(cluster.ingresses) == ["default/web"]
    assert len(cluster.files) == 1
    names = ("loop.yaml", "nowhere.yaml", "pipe.nginxsim.yaml", "pipe.yaml", "zero.yaml")
    assert [str(one.message).partition(" is skipped")[0] for one in told] == [f"{folder}/{name}" for name in names]


def test_the_command_tells_them_on_standard_error(folder: Path) -> None:
    ran = run("ingresses", ".", folder=folder)
    assert "web.example.com" in ran.out
    assert "note: ./zero.yaml is skipped: no regular file\n" in ran.err


def test_a_suite_that_is_a_pipe_is_passed_over(folder: Path) -> None:
    with warnings.catch_warnings(action="ignore"), pytest.raises(InputError, match="no suite file"):
        find_suites([folder])


@pytest.mark.parametrize("name", ["/dev/null", "k8s/pipe.yaml", "k8s/zero.yaml", "k8s/loop.yaml"])
def test_a_suite_names_files_and_folders_only(name: str, folder: Path) -> None:
    (folder.parent / "a.nginxsim.yaml").write_text(f"manifests: [{name}]\ntests: []\n")
    ran = run("test", "a.nginxsim.yaml", folder=folder.parent)
    assert (ran.status, ran.err) == (2, f"error: a.nginxsim.yaml:1:13: manifests[0]: {name}: no such file or folder\n")


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m.yaml").write_text(estate_text(*served(), ingress()) + "\n#" + "x" * 5000)
    monkeypatch.setenv(LIMIT, "")
    assert run("--max-file-size", "4k", "ingresses", "m.yaml", folder=tmp_path).err == (
        "error: m.yaml: larger than 4,096 bytes; nginxsim --max-file-size raises the limit\n"
    )
    assert run("--max-file-size", "1M", "ingresses", "m.yaml", folder=tmp_path).status == 0
    assert "write a number of bytes" in run("--max-file-size", "much", "ingresses", "m.yaml", folder=tmp_path).err


def test_a_device_without_end_that_is_named_outright(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIMIT, "1M")
    assert "/dev/zero: larger than 1,048,576 bytes" in run("ingresses", "/dev/zero").err


def test_folders_that_lie_deep(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(1100):
        deep /= "a"
        deep.mkdir()
    (deep / "m.yaml").write_text(estate_text(*served(), ingress()))
    try:
        assert list(load([tmp_path]).ingresses) == ["default/web"]
    finally:
        # What cleans up behind the tests goes down by recursion.
        (deep / "m.yaml").unlink()
        while deep != tmp_path:
            deep.rmdir()
            deep = deep.parent
