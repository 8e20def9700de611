"""`nginxsim releases`."""

from __future__ import annotations

import click

from nginxsim.cli.output import say

HEADS = ("RELEASE", "DAY", "NGINX", "KUBERNETES", "CHART")


@click.command("releases")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="Report format.")
def command(output: str) -> None:
    """List the releases of ingress-nginx that are known: the day, the nginx, the newest Kubernetes, the charts.

    docs/releases.md has what differs between them.

    \b
    Examples:
      nginxsim releases
      nginxsim releases -o json
    """
    from nginxsim.upgrade.pages import releases_rows

    if output == "json":
        from nginxsim.reports.machine import dumps

        names = tuple(head.lower() for head in HEADS)
        say(dumps([dict(zip(names, row, strict=True)) for row in releases_rows()]))
    else:
        from nginxsim.reports.terminal import for_people, table

        say(for_people(table([HEADS, *releases_rows()])))
