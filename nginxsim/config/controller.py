"""The controller that is asked, as one object that every stage is handed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nginxsim.config.facts import with_facts
from nginxsim.config.flags import Flags, parse_flags
from nginxsim.config.machine import Machine
from nginxsim.config.settings import Settings, read_settings
from nginxsim.errors import UsageError
from nginxsim.kube.cluster import Cluster
from nginxsim.releases import NEWEST, Release
from nginxsim.releases import release as release_named


@dataclass(frozen=True, slots=True)
class Controller:
    """A release, run with these flags on this machine, and what its ConfigMap sets.

    templates: folders whose Jinja2 templates lie over those of the project, the first of them uppermost.
    settings: the release's defaults, until `configured` has read a cluster's ConfigMap.
    """

    release: Release
    flags: Flags
    machine: Machine
    settings: Settings
    templates: tuple[Path, ...] = ()

    @classmethod
    def started(
        cls,
        release: str | None = None,
        flags: Sequence[str] = (),
        machine: Machine | None = None,
        templates: Sequence[str | Path] = (),
        facts: Sequence[str] = (),
    ) -> Controller:
        """One whose command line has these flags; release None: the newest known.

        facts: "KEY=VALUE", what a distributor's build of that release has otherwise.
        Raises UsageError on an unknown release or fact, a flag that it would refuse to start with, and a folder of
        templates that is none.
        """
        known = with_facts(release_named(release or NEWEST), facts)
        parsed = parse_flags(list(flags), known)
        machine = machine or Machine()
        folders = tuple(map(_folder, templates))
        return cls(known, parsed, machine, read_settings(Cluster(), parsed, machine, known), folders)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What is taken for granted about it, in words."""
        databases = ("the GeoIP2 databases were downloaded",) if self.settings.use_geoip2 else ()
        return self.release.assumptions + databases

    def configured(self, cluster: Cluster) -> Controller:
        """The same, as the ConfigMap that --configmap names in this cluster sets it up."""
        return replace(self, settings=read_settings(cluster, self.flags, self.machine, self.release))


def _folder(named: str | Path) -> Path:
    if not Path(named).is_dir():
        raise UsageError(f"{named}: no such folder of templates")
    return Path(named)
