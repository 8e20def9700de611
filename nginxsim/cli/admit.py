"""`nginxsim admit`."""

from __future__ import annotations

import sys

import click

from nginxsim.cli.options import EstateOptions, open_estate, standard_input, takes_estate, working
from nginxsim.cli.output import say
from nginxsim.errors import UsageError, did_you_mean
from nginxsim.reports import ADMISSION_FORMATS, render_admissions


@click.command("admit")
@takes_estate
@click.option(
    "--ingress", "wanted", multiple=True, metavar="NAMESPACE/NAME", help="Report on this Ingress only. Repeatable."
)
@click.option("-o", "--output", type=click.Choice(list(ADMISSION_FORMATS)), help="Report format.  [default: text]")
@click.option("--serve", metavar="[HOST:]PORT", help="Answer AdmissionReviews over HTTPS until stopped instead.")
@click.option("--tls-cert", metavar="FILE", help="With --serve: certificate chain, PEM.")
@click.option("--tls-key", metavar="FILE", help="With --serve: its private key, PEM.")
@click.option(
    "--strict",
    is_flag=True,
    help="With --serve: refuse as well what nginx would refuse, or what would come out denied.",
)
def command(
    estate: EstateOptions,
    wanted: tuple[str, ...],
    output: str | None,
    serve: str | None,
    tls_cert: str | None,
    tls_key: str | None,
    strict: bool,
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
      nginxsim admit k8s/ --serve 8443 --tls-cert tls.crt --tls-key tls.key

    \b
    Exit codes: 0 all goes through; 1 something would be refused, by the webhook or by nginx, or come out denied;
    2 bad input. With --serve: 0 once stopped by SIGTERM or SIGINT.
    """
    if serve is None:
        _refuse_without_serve({"--tls-cert": tls_cert, "--tls-key": tls_key, "--strict": strict})
        sys.exit(_report(estate, wanted, output or "text"))
    if wanted or output:
        raise UsageError("--serve answers for every Ingress and prints no report: leave --ingress and --output out")
    if tls_cert is None or tls_key is None:
        raise UsageError("--serve wants --tls-cert FILE and --tls-key FILE: API servers call webhooks over HTTPS only")
    _serve(estate, address=serve, certificate=tls_cert, key=tls_key, strict=strict)


def _refuse_without_serve(options: dict[str, object]) -> None:
    for option, value in options.items():
        if value:
            raise UsageError(f"{option} goes with --serve [HOST:]PORT")


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
    say(render_admissions(AdmissionReport(admissions, Sources({"-": stdin.getvalue()})), output))
    return 1 if admissions.is_finding else 0


def _known(name: str, keys: list[str]) -> str:
    key = name if "/" in name else f"default/{name}"
    if key not in keys:
        raise UsageError(f'no Ingress "{key}" in the input{did_you_mean(key, keys)}')
    return key


def _serve(estate: EstateOptions, *, address: str, certificate: str, key: str, strict: bool) -> None:
    from nginxsim.webhook import Judge, Webhook, address_from

    host, port = address_from(address)
    with working("reading what is stored"):
        judge = Judge(estate.simulation(), strict=strict)
    Webhook(host, port, certificate=certificate, key=key, judge=judge).run()
