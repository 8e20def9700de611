"""`nginxsim preflight`."""

from __future__ import annotations

import sys
from functools import partial

import click

from nginxsim.cli.options import EstateOptions, standard_input, takes_estate, working
from nginxsim.cli.output import say
from nginxsim.errors import InputError, UsageError
from nginxsim.reports import PREFLIGHT_FORMATS, render_preflight


@click.command("preflight")
@partial(takes_estate, looks_around=True)
@click.option(
    "--event", "event", metavar="TEXT", help="The error that kubectl or an event shows: which causes explain it."
)
@click.option(
    "--provider",
    metavar="NAME",
    help="Who runs the API server: gke-private, gke, eks, eks-overlay (another Pod network than Amazon's), aks, "
    "konnectivity or self-managed.  [default: as Nodes and Services tell]",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(list(PREFLIGHT_FORMATS)),
    default="text",
    help="Report format.",
    show_default=True,
)
def command(estate: EstateOptions, event: str | None, provider: str | None, exit_zero: bool, output: str) -> None:
    """Tell why the API server cannot reach the admission webhook, by the manifests in PATH... or the cluster.

    The way is walked from the ValidatingWebhookConfiguration to the port of the Pod and its certificate. What manifests
    cannot show is named with the command that shows it.

    \b
    Examples:
      nginxsim preflight k8s/
      nginxsim preflight --cluster
      nginxsim preflight k8s/ --event 'failed calling webhook "validate.nginx.ingress.kubernetes.io": ...'
      helm template . | nginxsim preflight - --provider gke-private

    \b
    Exit codes: 0 nothing is found; 1 something is; 2 bad input.
    """
    from nginxsim.around.webhook.reach import provider_named
    from nginxsim.preflight import event_of, preflight
    from nginxsim.reports.preflight import PreflightReport
    from nginxsim.reports.spans import Sources

    told = provider_named(provider) if provider else None
    stdin = standard_input(estate.named)
    with working("walking to the webhook"):
        simulations = estate.simulations(stdin)
        names = sorted({one.given.name for one in simulations})
        if len(names) > 1:
            raise UsageError(f"{estate.called}: several estates ({', '.join(names)}): choose one with --estate NAME")
        found = preflight(simulations, provider=told, event=event_of(event) if event else None)
    if not found.ways and not found.listens and event is None:
        raise InputError(f"no webhook and no controller in {estate.called}: nothing to walk")
    say(render_preflight(PreflightReport(found, Sources.of(stdin.getvalue(), simulations)), output))
    sys.exit(1 if found.is_finding and not exit_zero else 0)
