"""`nginxsim version`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nginxsim import __version__
from nginxsim.cli.output import say
from nginxsim.errors import InputError
from nginxsim.reports.terminal import for_people, table

if TYPE_CHECKING:
    from nginxsim.sources.tools import Tool


@click.command("version")
def command() -> None:
    """Print the versions of nginxsim, of the releases it plays, and of the tools on PATH that it renders with.

    \b
    Examples:
      nginxsim version
    """
    from nginxsim.releases import NEWEST

    rows = [
        ("nginxsim", __version__, ""),
        ("Python", sys.version.partition(" ")[0], ""),
        ("ingress-nginx", f"{NEWEST} unless told otherwise", ""),
    ]
    say(for_people(table([*rows, *_tools()])))


def _tools() -> list[tuple[str, str, str]]:
    """Name, what it says of itself, and where it is."""
    from nginxsim.sources.helm import HELM
    from nginxsim.sources.kustomize import KUBECTL, KUSTOMIZE

    words = {KUSTOMIZE: ("version",), KUBECTL: ("version", "--client"), HELM: ("version", "--short")}
    return [
        (tool.name, _version(replace(tool, words=()), asked), tool.path or tool.get) for tool, asked in words.items()
    ]


def _version(tool: Tool, asked: tuple[str, ...]) -> str:
    from nginxsim.sources.tools import output_of

    if tool.path is None:
        return "not on PATH"
    try:
        return ", ".join(output_of(tool, asked, Path.cwd()).split("\n")).strip(", ")
    except InputError as problem:
        return str(problem)
