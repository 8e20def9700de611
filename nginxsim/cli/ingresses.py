"""`nginxsim ingresses`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import click

from nginxsim.cli.options import EstateOptions, open_estates, takes_estate, working
from nginxsim.cli.output import complain, say
from nginxsim.reports.terminal import for_people, table, taken

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation
    from nginxsim.verdict.ingresses import PathState

HEADS = ("NAMESPACE", "INGRESS", "HOST+PATH", "SERVICE:PORT", "ENDPOINTS", "STATE", "AT")


Rows: TypeAlias = "Sequence[tuple[Simulation, PathState]]"
"""Each with whose it is: estates and controllers have names where there are several."""


def _text(rows: Rows) -> str:
    columns = dict.fromkeys(what for one, _ in rows for what in one.whose.named)
    heads = (*map(str.upper, columns), *HEADS)
    named = [(*(one.whose.named.get(what, "") for what in columns), *_cells(row)) for one, row in rows]
    return for_people(table([heads, *named], gap="   "))


def _cells(row: PathState) -> tuple[str, ...]:
    state = f"{row.state}: {row.reason}" if row.reason else row.state
    return row.namespace, row.name, row.host + row.path, row.service, str(row.endpoints), state, str(row.origin)


def _json(rows: Rows) -> str:
    from nginxsim.reports.machine import dumps, place

    return dumps(
        [
            {**one.whose.named, **row.fields(), "origin": place(row.origin), "obstacles": _codes(one)}
            for one, row in rows
        ]
    )


def _codes(simulation: Simulation) -> list[str]:
    """Of what keeps the whole estate from being in force."""
    return list(dict.fromkeys(obstacle.code for obstacle in simulation.obstacles.of(())))


FORMATS = {"text": _text, "json": _json}


@click.command("ingresses")
@takes_estate
@click.option("-o", "--output", type=click.Choice(list(FORMATS)), default="text", help="Report format.")
def command(estate: EstateOptions, output: str) -> None:
    """List every Ingress path: where it leads, and whether it is served, has no endpoints, is denied, dropped,
    shadowed or foreign, or refused by the API server.

    \b
    Examples:
      nginxsim ingresses k8s/
      helm template . | nginxsim ingresses - -o json

    Exit codes: 0 all are served or another controller's; 1 some are not, or nginx refuses the file; 2 bad input.
    """
    from nginxsim.reports.obstacles import obstacle_lines
    from nginxsim.verdict.ingresses import FINDINGS, stored_rows_of

    with working("building the model"):
        simulations = open_estates(estate)
        rows = [(one, row) for one in simulations for row in stored_rows_of(one)]
    obstacles = [obstacle for one in simulations for obstacle in one.obstacles.of(())]
    assumptions = dict.fromkeys(each for one in simulations for each in one.taken)
    complain(*taken(assumptions), *obstacle_lines(obstacles))
    say(FORMATS[output](rows))
    sys.exit(1 if obstacles or any(row.state in FINDINGS for _, row in rows) else 0)
