"""What several commands share: naming an estate and its controller, opening it, telling that work goes on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, wraps
from io import StringIO
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation
    from nginxsim.sources import File

PATIENCE = 1.0
"""Seconds of silence before a terminal is told what takes so long."""


@dataclass(frozen=True, slots=True)
class EstateOptions:
    """What a command line says of an estate and of the controller in front of it."""

    paths: Sequence[str | File]
    flags: tuple[str, ...] = ()
    release: str | None = None
    templates: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    kubernetes: str | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """The paths as they were typed."""
        return tuple(path for path in self.paths if isinstance(path, str))

    @property
    def describes_controller(self) -> bool:
        return bool(self.flags or self.release or self.templates or self.facts or self.kubernetes)

    def simulation(self, stdin: TextIO | None = None, after: Simulation | None = None) -> Simulation:
        """`after`: the estate whose objects are older than those that only this one has, wherever these stand."""
        from nginxsim.releases import NEWEST
        from nginxsim.simulation import simulate

        return simulate(
            self.paths,
            release=self.release or NEWEST,
            flags=self.flags,
            templates=self.templates,
            facts=self.facts,
            kubernetes=self.kubernetes,
            stdin=stdin or sys.stdin,
            after=after,
        )


templates_option = partial(click.option, multiple=True, type=click.Path(exists=True, file_okay=False), metavar="DIR")
"""An option that names folders of templates; the caller gives its name and its help."""

facts_option = partial(click.option, multiple=True, metavar="KEY=VALUE")
"""An option that says facts of a release; the caller gives its name and its help."""

CONTROLLER_OPTIONS = (
    click.option(
        "--release",
        metavar="VERSION",
        default=None,
        help="Controller version to be; default: the newest known.",
    ),
    facts_option(
        "--fact", help="What a distributor's build of that version has otherwise, such as the default of a key."
    ),
    click.option(
        "--flag",
        "flags",
        multiple=True,
        metavar="FLAG",
        help="A flag of the controller, as --flag=--default-backend-service=default/fallback. Repeatable.",
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
)


def takes_estate(command: Callable[..., None], *, required: bool = True) -> Callable[..., None]:
    """Adds PATH... and the options of a controller, which reach the command as its `estate`: EstateOptions.

    required: without PATH... the command does not run.
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
        **other: object,
    ) -> None:
        command(estate=EstateOptions(paths, flags, release, templates, fact, kubernetes), **other)

    decorated: Callable[..., None] = with_estate
    for decorate in (*CONTROLLER_OPTIONS, click.argument("paths", nargs=-1, required=required, metavar="PATH...")):
        decorated = decorate(decorated)
    return decorated


def standard_input(paths: Collection[str | None]) -> StringIO:
    """What "-" among the paths stands for, kept for reports that quote it; empty where nobody names it."""
    return StringIO(sys.stdin.read() if "-" in paths else "")


def open_estate(options: EstateOptions, stdin: TextIO | None = None) -> Simulation:
    """Reads the manifests; an estate without any Ingress is bad input, since every answer about it would be empty."""
    from nginxsim.errors import InputError

    simulation = options.simulation(stdin)
    if not simulation.cluster.ingresses:
        raise InputError(f"no Ingress in {', '.join(options.named)}: nothing to simulate")
    return simulation


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
