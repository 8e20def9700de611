"""`nginxsim admit`."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from nginxsim.cli.options import EstateOptions, open_estate, standard_input, takes_estate, working
from nginxsim.cli.output import say
from nginxsim.cli.serving import refuse_without_serve, serving
from nginxsim.cli.serving import serve as run_webhook
from nginxsim.errors import UsageError, did_you_mean
from nginxsim.reports import ADMISSION_FORMATS, render_admissions

if TYPE_CHECKING:
    from nginxsim.webhook.forkserver import EstateSource


@click.command("admit")
@takes_estate
@click.option(
    "--ingress", "wanted", multiple=True, metavar="NAMESPACE/NAME", help="Report on this Ingress only. Repeatable."
)
@click.option("-o", "--output", type=click.Choice(list(ADMISSION_FORMATS)), help="Report format.  [default: text]")
@serving
def command(
    estate: EstateOptions,
    wanted: tuple[str, ...],
    output: str | None,
    serve: str | None,
    **given: Any,
) -> None:
    """Tell what the admission webhook says to each Ingress, taken as an update of itself among the others.

    Told besides is what the webhook lets through without a word: a value that nginx would refuse, with which no later
    change reaches it any more, and an Ingress whose requests would all come out denied.

    With --serve it stands as a validating webhook itself: the manifests are what is stored in the cluster, and each
    object that is sent is reviewed against them (docs/admission.md).

    \b
    Examples:
      nginxsim admit k8s/
      helm template . | nginxsim admit - -o json
      nginxsim admit --cluster --serve 8443 --tls-cert tls.crt --tls-key tls.key
      nginxsim admit k8s/ --serve 8443 --tls-cert tls.crt --tls-key tls.key

    \b
    Exit codes: 0 all goes through; 1 something would be refused, by the webhook or by nginx, or come out denied;
    2 bad input. With --serve: 0 once stopped by SIGTERM or SIGINT.
    """
    if serve is None:
        refuse_without_serve(given)
        sys.exit(_report(estate, wanted, output or "text"))
    if wanted or output:
        raise UsageError("--serve answers for every Ingress and prints no report: leave --ingress and --output out")
    run_webhook(partial(_source, estate, given["strict"]), serve, given)


def _report(estate: EstateOptions, wanted: tuple[str, ...], output: str) -> int:
    from nginxsim.reports.admission import AdmissionReport
    from nginxsim.reports.spans import Sources
    from nginxsim.verdict.admission import admissions_of

    stdin = standard_input(estate.named)
    with working("reviewing"):
        simulation = open_estate(estate, stdin)
        keys = [_known(name, list(simulation.cluster.ingresses)) for name in wanted]
        admissions = admissions_of(simulation)
    if keys:
        admissions = admissions.only(keys)
    say(render_admissions(AdmissionReport(admissions, Sources.of(stdin.getvalue(), [simulation])), output))
    return 1 if admissions.is_finding else 0


def _known(name: str, keys: list[str]) -> str:
    key = name if "/" in name else f"default/{name}"
    if key not in keys:
        raise UsageError(f'no Ingress "{key}" in the input{did_you_mean(key, keys)}')
    return key


def _source(estate: EstateOptions, strict: bool) -> EstateSource:
    """Standard input can be read once only, the rest again and again."""
    from nginxsim.sources import STDIN, File
    from nginxsim.webhook.forkserver import EstateSource

    stdin = standard_input(estate.named).getvalue()
    paths = tuple(File(STDIN, stdin) if path == STDIN else path for path in estate.paths)
    return EstateSource(paths, estate.told(), strict, estate.reading())
