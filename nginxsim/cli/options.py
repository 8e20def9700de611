"""What several commands share: naming an estate and its controller, opening it, telling that work goes on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, TextIO, TypeVar

import click

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

F = TypeVar("F", bound=Callable[..., object])

PATIENCE = 1.0
"""Seconds of silence before a terminal is told what takes so long."""


def estate(command: F, *, required: bool = True) -> F:
    """Adds PATH..., --flag and --release; the command gets `paths`, `flags` and `release`.

    required: without PATH... the command does not run.
    """
    for decorate in (
        click.option(
            "--release",
            metavar="VERSION",
            default=None,
            help="Controller version to be; default: the newest known.",
        ),
        click.option(
            "--flag",
            "flags",
            multiple=True,
            metavar="FLAG",
            help="A flag of the controller, as --flag=--default-backend-service=default/fallback. Repeatable.",
        ),
        click.argument("paths", nargs=-1, required=required, metavar="PATH..."),
    ):
        command = decorate(command)
    return command


def standard_input(paths: Collection[str | None]) -> StringIO:
    """What "-" among the paths stands for, kept for reports that quote it; empty where nobody names it."""
    return StringIO(sys.stdin.read() if "-" in paths else "")


def open_estate(
    paths: tuple[str, ...], flags: tuple[str, ...], release: str | None, stdin: TextIO | None = None
) -> Simulation:
    """Reads the manifests; an estate without any Ingress is bad input, since every answer about it would be empty."""
    from nginxsim.errors import InputError
    from nginxsim.releases import NEWEST
    from nginxsim.simulation import simulate

    simulation = simulate(paths, release=release or NEWEST, flags=flags, stdin=stdin or sys.stdin)
    if not simulation.cluster.ingresses:
        raise InputError(f"no Ingress in {', '.join(paths)}: nothing to simulate")
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
