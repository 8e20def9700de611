"""`nginxsim rules`."""

from __future__ import annotations

import click

from nginxsim.cli.output import say


@click.command("rules")
@click.argument("names", nargs=-1, metavar="[RULE]...")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="Report format.")
def command(names: tuple[str, ...], output: str) -> None:
    """List every cause and finding that nginxsim knows, or explain the ones named (NX101, location-denied).

    \b
    Examples:
      nginxsim rules
      nginxsim rules NX101
      nginxsim rules regex-spread -o json
    """
    from nginxsim.catalogue import entry, every_entry
    from nginxsim.catalogue.pages import data, explained

    rows = [entry(name) for name in names] or list(every_entry())
    if output == "json":
        from nginxsim.reports.machine import dumps

        say(dumps([data(row) for row in rows]))
    elif names:
        say("\n\n".join(map(explained, rows)))
    else:
        from nginxsim.reports.terminal import for_people, table

        say(for_people(table([(row.number, row.code, row.level, row.title) for row in rows])))
