"""The controller that is asked, as one object that every stage is handed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nginxsim.config.deployed import Deployed, Whence
from nginxsim.config.flags import Flags
from nginxsim.config.machine import Machine
from nginxsim.config.settings import Settings
from nginxsim.errors import some
from nginxsim.releases import Release

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Controller:
    """A release, run with these flags on this machine, and what its ConfigMap sets.

    templates: folders whose Jinja2 templates lie over those of the project, the first of them uppermost.
    deployed: the one in the input that it is; None where the input has none. others: those that the input has besides.
    taken: what is taken for granted about its command line and ConfigMap, in words.
    """

    release: Release
    flags: Flags
    machine: Machine
    settings: Settings
    templates: tuple[Path, ...] = ()
    deployed: Deployed | None = None
    release_from: Whence = Whence("newest known")
    others: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What is taken for granted about it, in words."""
        databases = ("the GeoIP2 databases were downloaded",) if self.settings.use_geoip2 else ()
        return self.identity + self.taken + self.release.assumptions + databases

    @property
    def identity(self) -> tuple[str, ...]:
        """Which of the input it is, in words; nothing where the input has none."""
        if self.deployed is None:
            return ()
        beside = f", beside {some(self.others, SHOWN)}" if self.others else ""
        return (f"the controller is {self.deployed}, release {self.release.name}{beside} ({self.deployed.origin})",)
