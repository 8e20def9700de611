"""The wheel, built and installed away from the repository: what it writes is what a checkout writes."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from nginxsim import simulate
from tests.support.places import ROOT, SAMPLES

ESTATE = SAMPLES / "shop"


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the programs of an environment into which the wheel was installed."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", symlinks=True)
    programs = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    run(sys.executable, "-m", "pip", "--python", programs / "python", "install", "-q", "--no-deps", "--no-index", wheel)
    (packages,) = (folder / "venv").rglob("site-packages")
    # What it depends on is that of this environment; a plain path in a .pth file brings no editable install along.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return programs


@pytest.mark.process
def test_an_installed_wheel_has_its_templates(installed: Path, tmp_path: Path) -> None:
    where = "import nginxsim.render.templates as found; print(found.TEMPLATE_FOLDER)"
    assert Path(run(installed / "python", "-c", where, cwd=tmp_path).strip()).parts[-3:-1] == (
        "site-packages",
        "nginxsim",
    )
    assert run(installed / "nginxsim", "conf", ESTATE, cwd=tmp_path) == simulate([ESTATE]).nginx_conf()


@pytest.mark.process
def test_an_installed_wheel_takes_templates(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "cors.conf.j2").write_text("            # mine\n")
    (tmp_path / "blocked.conf.j2").write_text('        # mine\n{% include "nginxsim/blocked.conf.j2" %}')
    text = run(installed / "nginxsim", "conf", ESTATE, "--templates", ".", cwd=tmp_path)
    assert text.count("        # mine\n") == 2
