"""`nginxsim snapshot`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from nginxsim.cli.options import EstateOptions, open_whole, takes_estate, working
from nginxsim.cli.output import say, write
from nginxsim.errors import UsageError
from nginxsim.printing import listing


@click.command("snapshot")
@partial(takes_estate, of_cluster=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to this file instead of standard output.")
def command(estate: EstateOptions, output: str | None) -> None:
    """Write down what of the cluster counts, for asking later and elsewhere, and for bug reports.

    Of Secrets it has the names of what they hold, and the names and dates of certificates; values are left out.
    A PATH that is such a file answers as --cluster does.

    \b
    Examples:
      nginxsim snapshot -o cluster.yaml
      nginxsim why https://shop.example.com/ cluster.yaml
    """
    from nginxsim.reports.snapshot import snapshot

    if estate.named:
        raise UsageError(f"{estate.named[0]}: snapshot is about a cluster, and takes no PATH")

    with working("asking the cluster"):
        text = snapshot(open_whole(estate))
    if output is None:
        say(listing(text), end="")
    else:
        write(Path(output), text)
