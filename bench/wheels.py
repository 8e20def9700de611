"""Which platforms install nginxsim without a compiler: whether everything it needs has a wheel there.

usage: python bench/wheels.py [EXTRA...]        needs uv (pip install uv), which asks the package index

Prints a table in Markdown: a platform a line, and for each Python either "yes" or what would have to be compiled.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import parse_wheel_filename

MINORS = (11, 12, 13, 14)
GLIBC = [f"manylinux_2_{minor}" for minor in range(28, 4, -1)] + ["manylinux2014", "manylinux2010", "manylinux1"]
MUSL = ["musllinux_1_2", "musllinux_1_1"]
PLATFORMS = {
    "Linux, glibc 2.28 or newer, x86-64": [f"{name}_x86_64" for name in GLIBC],
    "Linux, glibc 2.28 or newer, arm64": [f"{name}_aarch64" for name in GLIBC],
    "Linux, musl (Alpine), x86-64": [f"{name}_x86_64" for name in MUSL],
    "Linux, musl (Alpine), arm64": [f"{name}_aarch64" for name in MUSL],
    "macOS 13 or newer, x86-64": list(mac_platforms((13, 0), "x86_64")),
    "macOS 13 or newer, arm64": list(mac_platforms((13, 0), "arm64")),
    "Windows, x86-64": ["win_amd64"],
    "Windows, arm64": ["win_arm64"],
}
PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def packages(extras: list[str]) -> list[dict[str, Any]]:
    """The newest of all that is needed anywhere, each with the files that the index has of it."""
    asked = ["uv", "pip", "compile", str(PROJECT), "--quiet", "--universal", "--no-header", "--python-version", "3.11"]
    asked += ["--format", "pylock.toml", *(word for extra in extras for word in ("--extra", extra))]
    locked: list[dict[str, Any]] = tomllib.loads(subprocess.check_output(asked, text=True))["packages"]
    return locked


def tags_of(package: dict[str, Any]) -> Iterator[Tag]:
    for wheel in package.get("wheels", ()):
        _, _, _, tags = parse_wheel_filename(wheel["url"].rpartition("/")[2])
        yield from tags


def installable(platforms: list[str], minor: int) -> set[Tag]:
    interpreter = f"cp3{minor}"
    own = cpython_tags((3, minor), abis=[interpreter], platforms=platforms)
    return {*own, *compatible_tags((3, minor), interpreter, platforms)}


def row(platforms: list[str], needed: dict[str, set[Tag]]) -> Iterator[str]:
    for minor in MINORS:
        allowed = installable(platforms, minor)
        yield ", ".join(name for name, tags in needed.items() if not tags & allowed) or "yes"


def main(extras: list[str]) -> None:
    needed: dict[str, set[Tag]] = {}
    for package in packages(extras):
        needed.setdefault(package["name"], set()).update(tags_of(package))
    print("| platform |", " | ".join(f"Python 3.{minor}" for minor in MINORS), "|")
    print("|---" * (len(MINORS) + 1) + "|")
    for name, platforms in PLATFORMS.items():
        print(f"| {name} |", " | ".join(row(platforms, needed)), "|")


if __name__ == "__main__":
    main(sys.argv[1:])
