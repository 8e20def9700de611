"""What several commands share: naming an estate and its controller, opening it, telling that work goes on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial, wraps
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from nginxsim.errors import InputError, UsageError, did_you_mean

if TYPE_CHECKING:
    from nginxsim.config.told import Told
    from nginxsim.kube import Cluster
    from nginxsim.kube.live import Live
    from nginxsim.kube.manifests import Readable
    from nginxsim.simulation import Simulation
    from nginxsim.sources import Project, Reading

PLUGIN = "kubectl nginxsim"
"""What the command line is called as a plugin of kubectl."""
PATIENCE = 1.0
"""Seconds of silence before a terminal is told what takes so long."""


@dataclass(frozen=True, slots=True)
class EstateOptions:
    """What a command line says of an estate and of the controller in front of it."""

    paths: Sequence[Readable]
    flags: tuple[str, ...] = ()
    release: str | None = None
    templates: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    kubernetes: str | None = None
    exclude: tuple[str, ...] = ()
    render: bool = True
    online: bool = False
    values: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    """NAME=DIR of --chart-source."""
    estate: str | None = None
    """The one of several estates that is meant."""
    config: str | None = None
    """The nginxsim.toml that was named."""
    own_reading: Reading | None = None
    """How the paths are read, where that is not as nginxsim.toml and these options say."""
    zone: str | None = None
    controller: str = ""
    """The one of several controllers that is meant."""
    assume: tuple[str, ...] = ()
    """As said on the command line; empty: what commands usually assume."""

    @property
    def named(self) -> tuple[str, ...]:
        """The paths as they were typed."""
        return tuple(path for path in self.paths if isinstance(path, str))

    @property
    def called(self) -> str:
        """What is asked, in words."""
        return ", ".join(map(str, self.paths))

    @property
    def describes_controller(self) -> bool:
        return bool(
            self.flags
            or self.release
            or self.templates
            or self.facts
            or self.kubernetes
            or self.zone
            or self.controller
            or self.assume
        )

    def project(self) -> Project:
        from nginxsim.sources import project_of

        return project_of(self.named, self.config)

    def hops(self, given: str | None) -> tuple[str, ...]:
        """What requests come through, as said or as nginxsim.toml says. Raises UsageError for a word that is no hop."""
        from nginxsim.around.hops import words_of

        project = self.project()
        try:
            return words_of(project.via if given is None else given.split(","))
        except UsageError as problem:
            raise UsageError(f"{'--via' if given is not None else project.path}: {problem}") from None

    def reading(self) -> Reading:
        from nginxsim.sources import reading_of

        if self.own_reading is not None:
            return self.own_reading
        reading = reading_of(self.project(), self.exclude)
        return replace(
            reading,
            copies=(*reading.copies, *map(_copy, self.copies)),
            render=self.render,
            online=self.online,
            values=tuple(str(Path(file).resolve()) for file in self.values),
            settings=self.settings,
        )

    def simulations(self, stdin: TextIO | None = None) -> list[Simulation]:
        """Of each estate that there is, and each controller in it, or of the one that is meant.

        Raises UsageError where that is none of them.
        """
        from nginxsim.kube import load_each

        clusters = load_each(self.paths, stdin or sys.stdin, reading=self.reading())
        return [one for cluster in self._meant(clusters) for one in self._simulations(cluster)]

    def simulation(self, stdin: TextIO | None = None, after: Simulation | None = None) -> Simulation:
        """Of the only estate, and the only controller in it that has Ingresses.

        `after`: the estate whose objects are older than those that only this one has, wherever these stand.
        """
        from nginxsim.kube import load_each

        before = [after.given] if after else ()
        clusters = load_each(self.paths, stdin or sys.stdin, after=before, reading=self.reading())
        each = self._simulations(self._only(self._meant(clusters)))
        having = [one for one in each if any(one.own())] or each[:1]
        if len(having) > 1:
            names = ", ".join(one.whose.controller for one in having)
            raise UsageError(f"{self.called}: several controllers ({names}): choose one with --controller NS/NAME")
        return having[0]

    def _meant(self, clusters: list[Cluster]) -> list[Cluster]:
        """By the whole name of an estate, or the end of it where no other ends so."""
        if self.estate is None:
            return clusters
        names = [cluster.name for cluster in clusters if cluster.name]
        ending = [name for name in names if f"/{name}".endswith((f"/{self.estate}", f":{self.estate}"))]
        if self.estate not in names and len(ending) != 1:
            known = ", ".join(names) or "there is only one"
            raise UsageError(f'--estate "{self.estate}": no such estate{did_you_mean(self.estate, names)} ({known})')
        name = self.estate if self.estate in names else ending[0]
        return [cluster for cluster in clusters if cluster.name == name]

    def _only(self, clusters: list[Cluster]) -> Cluster:
        """What has no Ingress counts only where nothing has any."""
        having = [cluster for cluster in clusters if cluster.ingresses] or clusters[:1]
        if len(having) > 1:
            names = ", ".join(cluster.name for cluster in having)
            raise UsageError(f"{self.called}: several estates ({names}): choose one with --estate NAME")
        return having[0]

    def told(self) -> Told:
        """What is said of the controller, here and in nginxsim.toml. Raises UsageError."""
        from nginxsim.config.machine import Machine
        from nginxsim.config.told import Told, told_of

        machine = Machine(zone=self.zone or "")
        said = Told.of(
            self.release,
            self.flags,
            machine=machine,
            templates=self.templates,
            facts=self.facts,
            name=self.controller,
        )
        return told_of(self.project(), said)

    def _simulations(self, cluster: Cluster) -> list[Simulation]:
        from nginxsim.config.assumed import assumables, assumed_of
        from nginxsim.simulation import each_controller, simulation_of

        assume = assumables(self.assume or assumed_of(self.project()))
        return each_controller(simulation_of(cluster, self.told(), assume, self.kubernetes))


templates_option = partial(click.option, multiple=True, type=click.Path(exists=True, file_okay=False), metavar="DIR")
"""An option that names folders of templates; the caller gives its name and its help."""

facts_option = partial(click.option, multiple=True, metavar="KEY=VALUE")
"""An option that says facts of a release; the caller gives its name and its help."""

CONTROLLER_OPTIONS = (
    click.option(
        "--release",
        metavar="VERSION",
        default=None,
        help="Controller version to be; default: as nginxsim.toml or the input says, else the newest known.",
    ),
    facts_option(
        "--fact", help="What a distributor's build of that version has otherwise, such as the default of a key."
    ),
    click.option(
        "--flag",
        "flags",
        multiple=True,
        metavar="FLAG",
        help="A flag of the controller, as --flag=--default-backend-service=default/fallback, over the same flag of "
        "nginxsim.toml and of the controller in the input. Repeatable.",
    ),
    click.option(
        "--controller",
        "controller",
        metavar="NS/NAME",
        default="",
        help="Of several controllers in PATH, only this one.",
    ),
    templates_option(
        "--templates",
        help="A folder whose Jinja2 templates lie over those of nginxsim. Repeatable, the first uppermost.",
    ),
    click.option(
        "--kubernetes",
        metavar="VERSION",
        default=None,
        help="Whose API versions are served, as 1.29; default: the newest that the controller is for.",
    ),
    click.option(
        "--assume",
        metavar="LIST",
        default=None,
        help="What may be missing from the input and there in the cluster: secrets,services,ages or none.  "
        "[default: all of them]",
    ),
    click.option(
        "--zone",
        metavar="ZONE",
        default=None,
        help="The zone of the controller's node; default: as Pod and Node in the input have it.",
    ),
)

INPUT_OPTIONS = (
    click.option(
        "--exclude",
        multiple=True,
        metavar="PATTERN",
        help="Leave out what matches in folders; a line as in .gitignore, relative to this folder. Repeatable.",
    ),
    click.option("--no-render", is_flag=True, help="Leave out what kustomize or helm would have to render."),
    click.option(
        "--values",
        multiple=True,
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="Values for the chart in PATH, as helm takes them. Repeatable.",
    ),
    click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="The same for one value. Repeatable."),
    click.option(
        "--chart-source",
        "copies",
        multiple=True,
        metavar="NAME=DIR",
        help="A local copy of what a source of Flux or Argo CD holds, by its name or URL. Repeatable.",
    ),
    click.option(
        "--estate", "one", metavar="NAME", help="Of several estates in PATH, such as overlays, only this one."
    ),
    click.option("--online", is_flag=True, help="What is rendered may come from the network."),
)


CLUSTER_OPTIONS = (
    click.option(
        "--cluster",
        is_flag=True,
        help="Ask the cluster that kubectl is set up for; manifests in PATH lie over what it has, as if applied.",
    ),
    click.option("--context", metavar="NAME", help="With --cluster: the context of the kubeconfig to use."),
    click.option(
        "--kubeconfig",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="With --cluster: the kubeconfig to use.",
    ),
    click.option("--no-secrets", is_flag=True, help="With --cluster: fetch no Secret; those that are named exist."),
)

_namespaces = partial(click.option, "-n", "--namespace", "namespaces", multiple=True, metavar="NAME")
NAMESPACES_OPTION = {
    False: _namespaces(help="With --cluster: look at this namespace only. Repeatable."),
    True: _namespaces(help="Look at this namespace only. Repeatable."),
}
"""Whether it is for manifests too."""


def is_plugin() -> bool:
    """Whether kubectl was asked: then a command is about the cluster unless it names manifests."""
    return bool(click.get_current_context().obj == PLUGIN)


def takes_cluster(
    command: Callable[..., None],
    *,
    by_default: Callable[[Mapping[str, Any]], bool],
    by_namespace: bool = False,
    looks_around: bool = False,
) -> Callable[..., None]:
    """Adds the options of a cluster; which one is meant, if one is, reaches the command as `live`.

    by_default: whether one is meant without --cluster, by what else is given. looks_around: see Live.
    by_namespace: namespaces may be chosen of manifests too, and reach the command as `namespaces`.
    """

    @wraps(command)
    def with_cluster(
        *,
        cluster: bool,
        context: str | None,
        namespaces: tuple[str, ...],
        kubeconfig: str | None,
        no_secrets: bool,
        **other: Any,
    ) -> None:
        live: tuple[Live, ...] = ()
        if cluster or by_default(other):
            from nginxsim.kube.live import Live
            from nginxsim.sources.kubectl import Kubectl

            live = (Live(Kubectl(context or "", kubeconfig or ""), namespaces, not no_secrets, looks_around),)
        elif context or (namespaces and not by_namespace) or kubeconfig or no_secrets:
            raise UsageError("--context, --namespace, --kubeconfig and --no-secrets go with --cluster")
        command(live=live, **other, **({"namespaces": namespaces} if by_namespace else {}))

    decorated: Callable[..., None] = with_cluster
    for decorate in (*CLUSTER_OPTIONS, NAMESPACES_OPTION[by_namespace]):
        decorated = decorate(decorated)
    return decorated


def _copy(given: str) -> tuple[str, str]:
    """Raises UsageError."""
    name, equals, folder = given.rpartition("=")
    if not equals or not name or not Path(folder).is_dir():
        raise UsageError(f'--chart-source "{given}": write NAME=DIR, with a folder that is there')
    return name, str(Path(folder).resolve())


def words_of(listed: str | None) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(word.strip() for word in (listed or "").split(",")) if listed else ()


def takes_estate(
    command: Callable[..., None],
    *,
    instead: str = "",
    of_cluster: bool = False,
    optional: bool = False,
    by_namespace: bool = False,
    looks_around: bool = False,
) -> Callable[..., None]:
    """Adds PATH... and the options of a controller, which reach the command as its `estate`: EstateOptions.

    Without PATH... and --cluster, it is what nginxsim.toml names, unless there is an option `instead`.
    of_cluster: it is about a cluster in any case. optional: without any of them it has something to tell as well.
    by_namespace: see takes_cluster.
    """

    @wraps(command)
    def with_estate(
        *,
        paths: tuple[str, ...],
        flags: tuple[str, ...],
        release: str | None,
        templates: tuple[str, ...],
        fact: tuple[str, ...],
        kubernetes: str | None,
        zone: str | None,
        controller: str,
        assume: str | None,
        exclude: tuple[str, ...],
        no_render: bool,
        values: tuple[str, ...],
        settings: tuple[str, ...],
        copies: tuple[str, ...],
        one: str | None,
        online: bool,
        live: tuple[Live, ...],
        config: str | None = None,
        **other: object,
    ) -> None:
        estate = EstateOptions(
            (*live, *(paths if paths or live or optional or other.get(instead) else _usual_paths(config))),
            flags,
            release,
            templates,
            fact,
            kubernetes,
            exclude,
            render=not no_render,
            online=online,
            values=values,
            settings=settings,
            copies=copies,
            estate=one,
            config=config,
            zone=zone,
            controller=controller,
            assume=words_of(assume),
        )
        command(estate=estate, **other)

    def asks_kubectl(given: Mapping[str, Any]) -> bool:
        return of_cluster or (is_plugin() and not given["paths"] and not given.get(instead))

    decorated = takes_cluster(
        with_estate, by_default=asks_kubectl, by_namespace=by_namespace, looks_around=looks_around
    )
    for decorate in (
        *CONTROLLER_OPTIONS,
        *INPUT_OPTIONS,
        click.argument("paths", nargs=-1, metavar="PATH..."),
    ):
        decorated = decorate(decorated)
    return decorated


def _usual_paths(config: str | None) -> tuple[str, ...]:
    """What nginxsim.toml has under `manifests`. Raises UsageError where there is nothing."""
    from nginxsim.sources import project_of

    if manifests := project_of((), config).manifests:
        return manifests
    raise click.UsageError("Missing argument 'PATH...' (nginxsim.toml may name it: manifests = [\"k8s/\"])")


def standard_input(paths: Collection[str | None]) -> StringIO:
    """What "-" among the paths stands for, kept for reports that quote it; empty where nobody names it."""
    from nginxsim.sources import read_stdin

    return StringIO(read_stdin(sys.stdin) if "-" in paths else "")


def open_estate(options: EstateOptions, stdin: TextIO | None = None) -> Simulation:
    """Reads the manifests; an estate without any Ingress is bad input, since every answer about it would be empty."""
    return _with_ingresses([options.simulation(stdin)], options)[0]


def open_estates(options: EstateOptions, stdin: TextIO | None = None) -> list[Simulation]:
    """Each estate in PATH that has Ingresses, by name, under each controller in it that has some."""
    return _with_ingresses(options.simulations(stdin), options)


def open_whole(options: EstateOptions) -> list[Simulation]:
    """The same, with the controllers that have none: all that is there."""
    simulations = options.simulations()
    return simulations if _with_ingresses(simulations, options) else []


def _with_ingresses(simulations: list[Simulation], options: EstateOptions) -> list[Simulation]:
    having = [one for one in simulations if one.cluster.ingresses]
    if not having:
        raise InputError(f"no Ingress in {options.called}: nothing to simulate")
    return having


@contextmanager
def working(what: str) -> Iterator[None]:
    """Shows `what` with a spinner on a terminal's stderr once it has taken longer than PATIENCE."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    spinner = threading.Thread(target=_spin, args=(what, done), daemon=True)
    spinner.start()
    try:
        yield
    finally:
        done.set()
        spinner.join()


def _spin(what: str, done: threading.Event) -> None:
    if done.wait(PATIENCE):
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        done.wait()
