"""`nginxsim upgrade`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from nginxsim.cli.options import EstateOptions, facts_option, open_estates, standard_input, takes_estate, working
from nginxsim.cli.output import say
from nginxsim.errors import UsageError
from nginxsim.reports import UPGRADE_FORMATS, render_upgrade

if TYPE_CHECKING:
    from nginxsim.sources.files import File

PLANNED = ("text", "json", "markdown")
"""Formats that have room for steps."""
HOW = "say it with --from VERSION"


@click.command("upgrade")
@takes_estate
@click.option("--to", "to", required=True, metavar="VERSION", help="The release to come.")
@click.option(
    "--from",
    "since",
    metavar="VERSION",
    help="The release that runs, the same as --release; default: that of the controller in PATH.",
)
@facts_option("--to-fact", "to_facts", help="What the build to come has otherwise, as --fact says it of both.")
@click.option("--plan", "planned", is_flag=True, help="Tell the steps instead, with checks between them.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever changes.")
@click.option("--all", "complete", is_flag=True, help="Show every change in full, however many there are of a kind.")
@click.option(
    "-o", "--output", type=click.Choice(list(UPGRADE_FORMATS)), default="text", help="Report format.", show_default=True
)
def command(
    estate: EstateOptions,
    to: str,
    since: str | None,
    to_facts: tuple[str, ...],
    planned: bool,
    exit_zero: bool,
    complete: bool,
    output: str,
) -> None:
    """Tell what an upgrade of the controller changes for the manifests in PATH..., worst first.

    Each change names the Ingress and the line, the release that brings it, the first later release that takes it back
    where there is one, and the setting that keeps things as they are, with what that costs.

    \b
    Examples:
      nginxsim upgrade k8s/ --from 1.11.5 --to 1.15.1
      helm template . | nginxsim upgrade - --from 1.9.6 --to 1.12.1 -o markdown

    \b
    Exit codes: 0 nothing changes; 1 something does; 2 bad input.
    """
    from nginxsim.reports.spans import Sources
    from nginxsim.reports.upgrade import UpgradeReport
    from nginxsim.upgrade import compare_each

    if planned and output not in PLANNED:
        raise UsageError(f"--plan goes with -o {', '.join(PLANNED)}, not {output}")

    stdin = standard_input(estate.named)
    with working("comparing releases"):
        estates = open_estates(_running(estate, since), stdin)
        for old in estates:
            if old.told.release is None and old.controller.deployed is None:
                where = f" of estate {old.given.name}" if old.given.name else ""
                raise UsageError(f"which release runs now? No controller is in the input{where}; {HOW}")
        upgrades = compare_each(estates, to, to_facts, tuple(_values(estate)))
    report = UpgradeReport(upgrades, Sources.of(stdin.getvalue(), estates), complete, planned)
    say(render_upgrade(report, output))
    sys.exit(1 if any(each.changes for each in upgrades) and not exit_zero else 0)


def _values(estate: EstateOptions) -> Iterator[File]:
    """Files with values of the chart: those that are asked for, and those in PATH."""
    from nginxsim.sources.files import File, read_text
    from nginxsim.upgrade.charted import value_files

    project = estate.project()
    for name in (*estate.values, *(name for each in project.releases for name in each.values)):
        yield File(name, read_text(name))
    yield from value_files(estate.named, estate.reading().exclude)


def _running(estate: EstateOptions, since: str | None) -> EstateOptions:
    """With the release that the controller runs, as far as that is said."""
    if since and estate.release and since != estate.release:
        raise UsageError(f"--from {since} and --release {estate.release} name two releases that run; name one")
    return replace(estate, release=since or estate.release)
