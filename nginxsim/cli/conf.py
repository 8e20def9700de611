"""`nginxsim conf`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nginxsim.cli.options import EstateOptions, open_estate, takes_estate, working
from nginxsim.cli.output import complain, say, write
from nginxsim.errors import InputError, UsageError, did_you_mean
from nginxsim.printing import listing
from nginxsim.reports.terminal import taken

if TYPE_CHECKING:
    from nginxsim.kube.objects import Ingress
    from nginxsim.render import Rendered
    from nginxsim.simulation import Simulation


@click.command("conf")
@takes_estate
@click.option("--host", metavar="NAME", help="Only the server block(s) of this host.")
@click.option(
    "--origins",
    is_flag=True,
    help="Write behind each directive where it comes from: the annotation, manifest field, ConfigMap key or flag, and "
    'its place; or "default".',
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="With --origins: the file with comments, or a list of directives with their sources; with --compare-conf: "
    "text, or a list of differences.",
)
@click.option(
    "--compare-conf",
    "compares",
    is_flag=True,
    help="With --cluster: what differs in the nginx.conf of the controller that runs, read through kubectl exec.",
)
@click.option(
    "--at",
    "line",
    type=click.IntRange(min=1),
    metavar="LINE",
    help="Only the lines around this one, numbered as `why` numbers them; with --host NAME those of nginx.conf[NAME].",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to this file instead of standard output.")
def command(
    estate: EstateOptions,
    host: str | None,
    origins: bool,
    output_format: str,
    compares: bool,
    line: int | None,
    output: str | None,
) -> None:
    """Print the nginx.conf that the controller would write.

    \b
    Examples:
      nginxsim conf k8s/
      nginxsim conf k8s/ --host shop.example.com --origins
      nginxsim conf k8s/ --at 287
      nginxsim conf --cluster --compare-conf
      kustomize build . | nginxsim conf - -o nginx.conf

    \b
    Exit codes: 0 printed, or with --compare-conf nothing differs; 1 with --compare-conf something does; 2 bad input.
    """
    if output_format == "json" and not (origins or compares):
        raise UsageError("--format json needs --origins or --compare-conf")
    if compares:
        if origins or output is not None:
            raise UsageError("--compare-conf tells differences: leave --origins and -o out")
        sys.exit(_compared(estate, host, output_format))
    if line is not None:
        if origins or output is not None:
            raise UsageError("--at shows a few lines: leave --origins and -o out")
        with working("rendering nginx.conf"):
            say("\n".join(_around(open_estate(estate), host, line)))
        return
    with working("rendering nginx.conf"):
        simulation = open_estate(estate)
        rendered = simulation.rendered(host)
        if host is not None and not rendered.text:
            raise _no_server(simulation, host)
        from nginxsim.reports.obstacles import obstacle_lines

        text = with_origins(rendered, output_format) if origins else rendered.text
    complain(*taken(simulation.taken), *obstacle_lines(simulation.refused_by_nginx))
    if output is None:
        shown = listing(text)
        say(shown, end="" if text.endswith("\n") else "\n")
        if shown != text:
            complain("note: some characters are shown as escapes; -o FILE writes the file as it is")
    else:
        write(Path(output), text)


BESIDE = 6
"""So many lines before and after the one that was asked for."""


def _around(simulation: Simulation, host: str | None, wanted: int) -> Iterator[str]:
    """The line and those beside it, of the text that line numbers of other commands are about. Raises InputError."""
    if host is not None and not simulation.rendered(host).text:
        raise _no_server(simulation, host)
    lines = (simulation.routing(host, None).text if host else simulation.nginx_conf()).split("\n")
    if wanted > len(lines):
        raise InputError(f"nginx.conf has {len(lines)} lines; there is no line {wanted}")
    for number in range(max(wanted - BESIDE, 1), min(wanted + BESIDE, len(lines)) + 1):
        yield listing(f"{'>' if number == wanted else ' '}{number:6}  {lines[number - 1]}".rstrip())


def _compared(estate: EstateOptions, host: str | None, output_format: str) -> int:
    from nginxsim.diffing.running import compare_running, running_conf
    from nginxsim.reports.diff import RUNNING_FORMATS
    from nginxsim.reports.terminal import taken

    with working("comparing"):
        simulation = open_estate(estate)
        rendered = simulation.rendered(host)
        if not rendered.text and host is not None:
            raise _no_server(simulation, host)
        changes = compare_running(simulation.rendered(), running_conf(simulation), host)
    complain(*taken(simulation.taken))
    say(RUNNING_FORMATS[output_format](changes))
    return 1 if changes else 0


LEFT_OUT = ("ingress-dropped", "class-foreign", "class-missing", "namespace-unwatched")


def _no_server(simulation: Simulation, host: str) -> InputError:
    """Whoever claims the host and is left out, with the reason that check has; else the nearest host."""
    claiming = {str(gone.ingress.meta) for gone in simulation.model.dropped if _claims(gone.ingress, host)}
    for found in simulation.check() if claiming else ():
        if found.owner in claiming and found.code in LEFT_OUT:
            origin = next(iter(found.origins), None)
            return InputError(f'no server block has host "{host}": {found.message}; {found.fix}', origin)
    known = [name for name in simulation.model.servers if name != "_"]
    return InputError(f'no Ingress has host "{host}"{did_you_mean(host, known)}')


def _claims(ingress: Ingress, host: str) -> bool:
    return any(rule.host.lower() == host.lower() for rule in ingress.rules)


def with_origins(rendered: Rendered, output_format: str) -> str:
    from nginxsim.reports.origins import origins_json, origins_text

    return origins_json(rendered) if output_format == "json" else origins_text(rendered)
