"""`nginxsim ingresses`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from nginxsim.cli.options import EstateOptions, open_estate, takes_estate, working
from nginxsim.cli.output import complain, say
from nginxsim.reports.terminal import for_people, table, taken

if TYPE_CHECKING:
    from nginxsim.verdict.ingresses import PathState

HEADS = ("NAMESPACE", "INGRESS", "HOST+PATH", "SERVICE:PORT", "ENDPOINTS", "STATE", "AT")


def _text(rows: Sequence[PathState]) -> str:
    return for_people(table([HEADS, *map(_cells, rows)], gap="   "))


def _cells(row: PathState) -> tuple[str, ...]:
    state = f"{row.state}: {row.reason}" if row.reason else row.state
    return row.namespace, row.name, row.host + row.path, row.service, str(row.endpoints), state, str(row.origin)


def _json(rows: Sequence[PathState]) -> str:
    from nginxsim.reports.machine import dumps, place

    return dumps([{**row.fields(), "origin": place(row.origin)} for row in rows])


FORMATS = {"text": _text, "json": _json}


@click.command("ingresses")
@takes_estate
@click.option("-o", "--output", type=click.Choice(list(FORMATS)), default="text", help="Report format.")
def command(estate: EstateOptions, output: str) -> None:
    """List every Ingress path: where it leads, and whether it is served, denied, dropped, shadowed or foreign.

    \b
    Examples:
      nginxsim ingresses k8s/
      helm template . | nginxsim ingresses - -o json

    Exit codes: 0 all are served or another controller's; 1 some are not, or nginx refuses the file; 2 bad input.
    """
    from nginxsim.reports.obstacles import obstacle_lines
    from nginxsim.verdict.ingresses import FINDINGS, rows_of

    with working("building the model"):
        simulation = open_estate(estate)
        rows = rows_of(simulation)
    obstacles = simulation.obstacles.of(())
    complain(*taken(simulation.controller.assumptions), *obstacle_lines(obstacles))
    say(FORMATS[output](rows))
    sys.exit(1 if obstacles or any(row.state in FINDINGS for row in rows) else 0)
