"""`nginxsim backends`."""

from __future__ import annotations

import click

from nginxsim.cli.options import EstateOptions, open_estate, takes_estate, working
from nginxsim.cli.output import complain, say
from nginxsim.errors import InputError, did_you_mean
from nginxsim.printing import printed
from nginxsim.reports.terminal import taken


@click.command("backends")
@takes_estate
@click.option("--list", "names_only", is_flag=True, help="Only the backends' names.")
@click.option("--backend", metavar="NAME", help="Only this backend.")
def command(estate: EstateOptions, names_only: bool, backend: str | None) -> None:
    """Print what the controller posts to its Lua balancer, as JSON: endpoints, affinity, hashing, canary policies.

    \b
    Examples:
      nginxsim backends k8s/ --list
      nginxsim backends k8s/ --backend default-web-80
    """
    with working("building backends"):
        simulation = open_estate(estate)
        backends = simulation.backends()
    complain(*taken(simulation.taken))
    names = [entry["name"] for entry in backends]
    if names_only:
        say(printed(names))
        return
    if backend is not None:
        if backend not in names:
            raise InputError(f'no backend "{backend}"{did_you_mean(backend, names)}')
        backends = [entry for entry in backends if entry["name"] == backend]
    from nginxsim.reports.machine import dumps

    say(dumps(backends))
