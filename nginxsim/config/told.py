"""What somebody says of the controller, and the controller that a cluster has with that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nginxsim.config.controller import SHOWN, Controller
from nginxsim.config.deployed import Deployed, Named, Whence, deployed_in
from nginxsim.config.facts import facts_known_to, with_facts
from nginxsim.config.flags import CommandLine, Flags, flags_of
from nginxsim.config.machine import Machine
from nginxsim.config.settings import read_settings
from nginxsim.errors import UsageError, did_you_mean, some
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Word
from nginxsim.releases import NEWEST, Release
from nginxsim.releases import release as release_named
from nginxsim.sources.project import NAME, Project

NO_CONFIG_MAP = {"configmap": ""}
"""A command line that names no ConfigMap has none; without any, the name is that of the chart's."""


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody says of the controller. It goes before what the input says, and each flag by itself.

    lines: command lines, each over those before it. facts: "KEY=VALUE", what a distributor's build of the release has
    otherwise. name: which of several in the input is meant, as "namespace/name"; "" for the first.
    """

    release: Release | None = None
    release_from: Whence = Whence("--release")
    lines: tuple[CommandLine, ...] = ()
    machine: Machine = Machine()
    templates: tuple[Path, ...] = ()
    facts: tuple[str, ...] = ()
    name: str = ""
    is_supposed: bool = False
    """It runs another release, and is asked as if it ran this one: facts that this does not know are left out."""

    @classmethod
    def of(
        cls,
        release: str | None = None,
        flags: Sequence[str] = (),
        *,
        machine: Machine | None = None,
        templates: Sequence[str | Path] = (),
        facts: Sequence[str] = (),
        name: str = "",
    ) -> Told:
        """Raises UsageError on an unknown release, and a folder of templates that is none."""
        return cls(
            release_named(release) if release else None,
            lines=(CommandLine.of(flags),),
            machine=machine or Machine(),
            templates=tuple(map(_folder, templates)),
            facts=tuple(facts),
            name=name,
        )

    def at(self, release: str) -> Told:
        """The same controller as if it were of this release. Raises UsageError for one that is not known."""
        return replace(self, release=release_named(release), is_supposed=True)

    def controller(self, cluster: Cluster) -> Controller:
        """The controller of this cluster.

        Raises UsageError on an unknown fact, a flag that it would refuse to start with, and a name that none has.
        """
        found = deployed_in(cluster)
        deployed = meant(found, self.name)
        named = self._release(deployed)
        release = with_facts(named.release, self._facts(named.release))
        # What its chart would write for another release than the one that is told, nobody has asked for.
        certain = named.is_certain and not (deployed and deployed.is_made and self.release is not None)
        line, passed = deployed.command_line(release, is_certain=certain) if deployed else (CommandLine(()), ())
        flags = flags_of((line, *self.lines), release, NO_CONFIG_MAP if deployed else None)
        settings = read_settings(cluster, flags, self.machine, release)
        others = [each.key for each in found if each is not deployed]
        return Controller(
            release,
            flags,
            self.machine,
            settings,
            self.templates,
            deployed=deployed,
            release_from=named.whence,
            others=tuple(others),
            taken=(*deployed.taken, *passed, *_missing(cluster, flags)) if deployed else (),
        )

    def _facts(self, release: Release) -> tuple[str, ...]:
        return facts_known_to(release, self.facts) if self.is_supposed else self.facts

    def _release(self, deployed: Deployed | None) -> Named:
        if self.release is not None:
            return Named(self.release, not self.is_supposed, self.release_from)
        if deployed is not None:
            return deployed.named_release()
        return Named(release_named(NEWEST), True, Whence("newest known"))


def meant(found: Sequence[Deployed], name: str) -> Deployed | None:
    """The one of this name, by itself or with its namespace. Raises UsageError where that is none of them, or two."""
    if not name:
        return next(iter(found), None)
    named = [each for each in found if name in (str(each), each.key, each.workload.meta.name)]
    if len(named) == 1:
        return named[0]
    keys = [str(each) if named else each.key for each in found]
    known = f"it has {some(keys, SHOWN)}" if found else "it has none"
    many = "several controllers" if named else "no controller"
    raise UsageError(f'--controller "{name}": {many} of that name in the input{did_you_mean(name, keys)} ({known})')


def _missing(cluster: Cluster, flags: Flags) -> tuple[str, ...]:
    if not flags.configmap or flags.configmap in cluster.config_maps:
        return ()
    return (f"ConfigMap {flags.configmap} of the controller sets nothing: it is not in the input",)


def told_of(project: Project, told: Told) -> Told:
    """What nginxsim.toml says of the controller, with what is told besides over it. Raises UsageError."""
    lines = (project_line(project), *told.lines)
    if told.release is not None or not project.release:
        return replace(told, lines=lines)
    place = project.place(project.release)
    try:
        named = release_named(project.release)
    except UsageError as problem:
        raise UsageError(str(problem), place) from None
    return replace(told, release=named, release_from=Whence(NAME, place), lines=lines)


def project_line(project: Project) -> CommandLine:
    return CommandLine(tuple(Word(flag, project.place(flag)) for flag in project.flags), NAME)


def _folder(named: str | Path) -> Path:
    if not Path(named).is_dir():
        raise UsageError(f"{named}: no such folder of templates")
    return Path(named)
