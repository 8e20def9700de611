"""`nginxsim ingresses`."""

from __future__ import annotations

import sys

import click

from nginxsim.cli.options import estate, open_estate, working


@click.command("ingresses")
@estate
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="Report format.")
def command(paths: tuple[str, ...], flags: tuple[str, ...], release: str | None, output: str) -> None:
    """List every Ingress path: where it leads, and whether it is served, denied, dropped, shadowed or foreign.

    \b
    Examples:
      nginxsim ingresses k8s/
      helm template . | nginxsim ingresses - -o json

    Exit codes: 0 all are served or another controller's; 1 some are denied, dropped or shadowed; 2 bad input.
    """
    from nginxsim.verdict.ingresses import FINDINGS, rows_of

    with working("building the model"):
        rows = rows_of(open_estate(paths, flags, release))
    if output == "json":
        from nginxsim.reports.machine import dumps, place

        click.echo(dumps([{**row.fields(), "origin": place(row.origin)} for row in rows]))
    else:
        from nginxsim.reports.terminal import table

        heads = ("NAMESPACE", "INGRESS", "HOST+PATH", "SERVICE:PORT", "ENDPOINTS", "STATE", "AT")
        body = [
            (
                row.namespace,
                row.name,
                row.host + row.path,
                row.service,
                str(row.endpoints),
                row.state + (f": {row.reason}" if row.reason else ""),
                str(row.origin),
            )
            for row in rows
        ]
        click.echo("\n".join(table([heads, *body], gap="   ")))
    sys.exit(1 if any(row.state in FINDINGS for row in rows) else 0)
