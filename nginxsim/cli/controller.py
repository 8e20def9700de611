"""`nginxsim controller`."""

from __future__ import annotations

import click

from nginxsim.cli.options import EstateOptions, takes_estate, working
from nginxsim.cli.output import say

FORMATS = ("text", "json")


@click.command("controller")
@takes_estate
@click.option("-o", "--output", type=click.Choice(FORMATS), default="text", show_default=True, help="Report format.")
def command(estate: EstateOptions, output: str) -> None:
    """Tell which controller the manifests in PATH... have, and what of it counts: release, flags, ConfigMaps, class,
    replicas, each with the place that it comes from.

    A flag of --flag goes before the same flag in nginxsim.toml, and that before the one in the controller's Deployment.

    \b
    Examples:
      nginxsim controller k8s/
      helm template ingress-nginx/ingress-nginx | nginxsim controller - -o json

    \b
    Exit codes: 0; 2 bad input, such as a flag that the release does not know.
    """
    from nginxsim.reports import controllers

    with working("reading"):
        simulations = estate.simulations()
    say(controllers.FORMATS[output](simulations))
