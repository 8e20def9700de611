"""`nginxsim check`."""

from __future__ import annotations

import sys

import click

from nginxsim.cli.options import EstateOptions, open_estates, standard_input, takes_estate, working
from nginxsim.cli.output import say
from nginxsim.reports import FORMATS, render_findings
from nginxsim.verdict.types import LEVELS


@click.command("check")
@takes_estate
@click.option(
    "-o", "--output", type=click.Choice(list(FORMATS)), default="text", help="Report format.", show_default=True
)
@click.option("--show", type=click.Choice(LEVELS), help="Show findings of this level and worse.  [default: notice]")
@click.option(
    "--fail-on",
    type=click.Choice([*LEVELS, "never"]),
    help="Exit with 1 from this level on.  [default: warning, or error with --show error]",
)
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    metavar="CODE[=GLOB]",
    help="Leave findings out: NX604, annotation-unknown, NX60 for all that begin so; with =GLOB only where the file, "
    "the object (namespace/name) or the host matches. Repeatable.",
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False),
    help="Settings to use; default: the nearest nginxsim.toml upwards of the first PATH.",
)
@click.option("--all", "complete", is_flag=True, help="Show every finding in full, however many there are of a code.")
def command(
    estate: EstateOptions,
    output: str,
    show: str | None,
    fail_on: str | None,
    ignored: tuple[str, ...],
    complete: bool,
) -> None:
    """Find what is wrong with the Ingresses in PATH..., or hardly meant so, without asking for a URL.

    An object spares itself with the annotation nginxsim.dev/ignore: "NX604, NX620"; `nginxsim rules` lists all codes.

    \b
    Examples:
      nginxsim check k8s/
      helm template . | nginxsim check - --fail-on error
      nginxsim check k8s/ --ignore NX631 --ignore 'NX620=legacy/*' -o json

    \b
    Exit codes, alike in every format: 0 nothing of the --fail-on level; 1 findings; 2 bad input.
    """
    from nginxsim.checks.several import together
    from nginxsim.checks.suppression import config_of, ignore_of, sift
    from nginxsim.reports.findings import CheckReport
    from nginxsim.reports.spans import Sources

    settings = config_of(estate.project())
    ignores = [*map(ignore_of, ignored), *settings.ignores]
    stdin = standard_input(estate.named)
    with working("checking"):
        simulations = open_estates(estate, stdin)
        sifted = {one.whose: sift(one.check(), ignores, one.cluster) for one in simulations}
    told = together({whose: told for whose, (told, _) in sifted.items()})
    suppressed = together({whose: suppressed for whose, (_, suppressed) in sifted.items()})
    shown_from = show or settings.show or "notice"
    shown = _at_least(shown_from)
    findings = [found for found in told if found.level in shown]
    report = CheckReport(
        findings,
        ingresses=len({(one.given.name, key) for one in simulations for key in one.cluster.ingresses}),
        ignored=len(suppressed),
        hidden=len(told) - len(findings),
        sources=Sources.of(stdin.getvalue(), simulations),
        complete=complete,
        assumptions=tuple(dict.fromkeys(each for one in simulations for each in one.taken)),
        estates=tuple(dict.fromkeys(whose.estate for whose in sifted if whose.estate)),
        controllers=tuple(dict.fromkeys(whose.controller for whose in sifted if whose.controller)),
    )
    say(render_findings(report, output))
    # Nothing that is hidden fails the run, unless somebody says so.
    failing = _at_least(fail_on or settings.fail_on or ("error" if shown_from == "error" else "warning"))
    sys.exit(1 if any(found.level in failing for found in told) else 0)


def _at_least(level: str) -> tuple[str, ...]:
    """The level and those that are worse; none for "never"."""
    return LEVELS[: LEVELS.index(level) + 1] if level in LEVELS else ()
