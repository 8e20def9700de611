"""`nginxsim ingresses`."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING

import click

from nginxsim.cli.listed import listed
from nginxsim.cli.options import EstateOptions, open_estates, takes_estate, words_of, working
from nginxsim.cli.output import complain, say
from nginxsim.errors import UsageError, did_you_mean
from nginxsim.reports import INGRESS_FORMATS, render_ingresses
from nginxsim.reports.terminal import taken

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation
    from nginxsim.verdict.ingresses import PathState

Rows = list[tuple["Simulation", "PathState"]]


def _states(_begun: str) -> Iterator[tuple[str, str]]:
    from nginxsim.verdict.ingresses import STATES

    return ((state.replace(" ", "-"), "") for state in STATES)


@click.command("ingresses")
@partial(takes_estate, by_namespace=True)
@click.option("-o", "--output", type=click.Choice(list(INGRESS_FORMATS)), default="text", help="Report format.")
@click.option(
    "--state",
    "states",
    metavar="STATE,...",
    shell_complete=listed(_states),
    help="Only paths of these states, such as denied,no-endpoints.",
)
@click.option("--host", metavar="NAME", help="Only paths of this host, or of those that match, as *.example.com.")
def command(
    estate: EstateOptions, output: str, states: str | None, host: str | None, namespaces: tuple[str, ...]
) -> None:
    """List every Ingress path: where it leads, and whether it is served, has no endpoints, is denied, dropped,
    shadowed or foreign, goes to one of two Ingresses of unknown age, or is refused by the API server.

    \b
    Examples:
      nginxsim ingresses k8s/
      nginxsim ingresses k8s/ -n shop --state denied,no-endpoints
      helm template . | nginxsim ingresses - -o json

    Exit codes, of the paths that are listed: 0 all are served or another controller's; 1 some are not, or nginx refuses
    the file; 2 bad input.
    """
    from nginxsim.reports.ingresses import IngressesReport
    from nginxsim.reports.obstacles import obstacle_lines
    from nginxsim.verdict.ingresses import FINDINGS, stored_rows_of

    wanted = _meant(words_of(states))
    with working("building the model"):
        simulations = open_estates(estate)
        every = [(one, row) for one in simulations for row in stored_rows_of(one)]
    rows = _of_host(_of_namespaces(every, namespaces), host)
    rows = [(one, row) for one, row in rows if not wanted or row.state in wanted]
    obstacles = [obstacle for one in simulations for obstacle in one.obstacles.of(())]
    assumptions = dict.fromkeys(each for one in simulations for each in one.taken)
    complain(*taken(assumptions), *obstacle_lines(obstacles))
    say(render_ingresses(IngressesReport(rows, len(every)), output))
    sys.exit(1 if obstacles or any(row.state in FINDINGS for _, row in rows) else 0)


def _meant(words: Iterable[str]) -> frozenset[str]:
    """States by their names, with a blank or a hyphen. Raises UsageError."""
    from nginxsim.verdict.ingresses import STATES

    known = {state.replace(" ", "-"): state for state in STATES}
    for word in words:
        if word.replace(" ", "-") not in known:
            hint = did_you_mean(word, known)
            raise UsageError(f'--state "{word}": no such state{hint} (known: {", ".join(known)})')
    return frozenset(known[word.replace(" ", "-")] for word in words)


def _of_namespaces(rows: Rows, namespaces: Sequence[str]) -> Rows:
    """Raises UsageError for one that has none."""
    known = dict.fromkeys(row.namespace for _, row in rows)
    for name in namespaces:
        if name not in known:
            raise UsageError(f'--namespace "{name}": no Ingress is there{did_you_mean(name, known)}')
    return [(one, row) for one, row in rows if not namespaces or row.namespace in namespaces]


def _of_host(rows: Rows, host: str | None) -> Rows:
    """Raises UsageError for a host that no Ingress has."""
    if host is None:
        return rows
    known = dict.fromkeys(row.host for _, row in rows)
    meant = _hosts_meant(host.lower(), known)
    if not meant:
        raise UsageError(f'--host "{host}": no Ingress has it{did_you_mean(host, known)}')
    return [(one, row) for one, row in rows if row.host in meant]


def _hosts_meant(host: str, known: Collection[str]) -> set[str]:
    """As it is written, or as a pattern; else the wildcard that nginx would take for it."""
    meant = {name for name in known if name.lower() == host or fnmatchcase(name.lower(), host)}
    wildcards = (name for name in known if name.startswith("*.") and host.endswith(name[1:].lower()))
    return meant or set(sorted(wildcards, key=len)[-1:])
