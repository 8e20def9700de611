"""The whole corpus of recorded cases, which is no part of this repository: its folder is in NGINXSIM_CORPUS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from nginxsim import Host

FOLDER = Path(os.environ.get("NGINXSIM_CORPUS", "/nowhere"))
"""It holds cases/THEME/CASE/ and, of older releases, releases/RELEASE/THEME/CASE/."""

needs_corpus = pytest.mark.skipif(not FOLDER.is_dir(), reason="NGINXSIM_CORPUS names no folder of recorded cases")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a real controller of a release made of a case. flags: those of the case that the release knows."""

    name: str
    release: str
    manifests: Path
    flags: tuple[str, ...]
    host: Host
    conf: Path

    @property
    def is_broken(self) -> bool:
        """The controller wrote what is no nginx configuration."""
        return not self.conf.exists()

    def lines(self) -> list[str]:
        return [] if self.is_broken else self.conf.read_text(encoding="utf-8").splitlines()


def recorded(release: str, *, newest: str = "1.15.1") -> Iterator[Recorded]:
    """All cases of a release, by name."""
    for manifests in sorted(FOLDER.glob("cases/*/*/manifests.yaml")):
        name = manifests.parent.relative_to(FOLDER / "cases").as_posix()
        folder = manifests.parent / "expected" if release == newest else FOLDER / "releases" / release / name
        if not folder.is_dir():
            continue
        about = manifests.parent / "case.yaml"
        case = (yaml.safe_load(about.read_text(encoding="utf-8")) if about.exists() else None) or {}
        dropped = folder / "dropped-flags.txt"
        unknown = dropped.read_text(encoding="utf-8").split() if dropped.exists() else []
        yield Recorded(
            name,
            release,
            manifests,
            tuple(flag for flag in case.get("args") or () if flag not in unknown),
            host_of(ipv6=case.get("ipv6", True)),
            folder / "nginx.conf",
        )


def host_of(*, ipv6: bool = True) -> Host:
    """The machine that the cases were recorded on."""
    return Host(cpus=2, somaxconn=4096, open_files=20000, ipv6=ipv6, resolvers=("10.96.0.10",))
