"""`nginxsim check`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nginxsim.cli.listed import codes, listed
from nginxsim.cli.options import EstateOptions, open_estates, standard_input, takes_estate, working
from nginxsim.cli.output import complain, say, write
from nginxsim.errors import UsageError
from nginxsim.reports import FORMATS, render_findings, render_statistics
from nginxsim.verdict.types import LEVELS

if TYPE_CHECKING:
    from nginxsim.checks.policy import Config, Policy
    from nginxsim.reports.findings import CheckReport
    from nginxsim.simulation import Simulation

COMPLETE_CODES = listed(codes)


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
    "--select",
    "selected",
    multiple=True,
    shell_complete=COMPLETE_CODES,
    metavar="CODE[=GLOB],...",
    help="Tell these findings only: NX604, annotation-unknown, NX60 for all that begin so; with =GLOB only where the "
    "file, the object (namespace/name) or the host matches. Repeatable.",
)
@click.option(
    "--extend-select",
    "extended",
    multiple=True,
    shell_complete=COMPLETE_CODES,
    metavar="CODE[=GLOB],...",
    help="Tell these findings too, whatever nginxsim.toml selects or ignores. Repeatable.",
)
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    shell_complete=COMPLETE_CODES,
    metavar="CODE[=GLOB],...",
    help="Leave these findings out. Repeatable.",
)
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Leave out what this file lists, so that only new findings are told and fail the run.",
)
@click.option("--update-baseline", "updates", is_flag=True, help="Write all that is found to the baseline.")
@click.option("--statistics", is_flag=True, help="Count the findings of each code, the most first; as text or json.")
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
    selected: tuple[str, ...],
    extended: tuple[str, ...],
    ignored: tuple[str, ...],
    baseline: str | None,
    updates: bool,
    statistics: bool,
    complete: bool,
) -> None:
    """Find what is wrong with the Ingresses in PATH..., or hardly meant so, without asking for a URL.

    An object spares itself with the annotation nginxsim.dev/ignore: "NX604, NX620", a line with the comment
    `# nginxsim: ignore NX604`; `nginxsim rules` lists all codes.

    \b
    Examples:
      nginxsim check k8s/
      helm template . | nginxsim check - --fail-on error
      nginxsim check k8s/ --ignore NX631 --ignore 'NX620=legacy/*' -o json
      nginxsim check k8s/ --select NX6,NX8 -o concise
      nginxsim check k8s/ --baseline known.json --update-baseline

    \b
    Exit codes, alike in every format: 0 nothing of the --fail-on level; 1 findings; 2 bad input.
    """
    from nginxsim.checks.policy import Policy, Wishes, config_of, selectors

    config = config_of(estate.project())
    policy = Policy(config, Wishes(selectors(selected), selectors(extended), selectors(ignored)))
    file = _baseline_file(estate, baseline, config, updates=updates)
    report = _found(estate, policy, complete=complete)
    if file is not None:
        report = _without_known(report, file, updates=updates)
    told = report.findings
    shown_from = show or config.show or "notice"
    shown = [found for found in told if found.level in _at_least(shown_from)]
    report = replace(report, findings=shown, hidden=len(told) - len(shown))
    say(render_statistics(report, output) if statistics else render_findings(report, output))
    # Nothing that is hidden fails the run, unless somebody says so.
    failing = _at_least(fail_on or config.fail_on or ("error" if shown_from == "error" else "warning"))
    sys.exit(1 if any(found.level in failing for found in told) else 0)


def _found(estate: EstateOptions, policy: Policy, *, complete: bool) -> CheckReport:
    """All that is to be told."""
    from nginxsim.checks.several import together
    from nginxsim.checks.suppression import sift
    from nginxsim.reports.findings import CheckReport
    from nginxsim.reports.spans import Sources

    stdin = standard_input(estate.named)
    with working("checking"):
        simulations = open_estates(estate, stdin)
        sources = Sources.of(stdin.getvalue(), simulations)
        sifted = {one.whose: sift(one.check(), policy, one.cluster, sources.line) for one in simulations}
    return CheckReport(
        together({whose: told for whose, (told, _) in sifted.items()}),
        ingresses=_ingresses(simulations),
        ignored=len(together({whose: suppressed for whose, (_, suppressed) in sifted.items()})),
        sources=sources,
        complete=complete,
        assumptions=tuple(dict.fromkeys(each for one in simulations for each in one.taken)),
        estates=tuple(dict.fromkeys(whose.estate for whose in sifted if whose.estate)),
        controllers=tuple(dict.fromkeys(whose.controller for whose in sifted if whose.controller)),
    )


def _ingresses(simulations: Sequence[Simulation]) -> int:
    return len({(one.given.name, key) for one in simulations for key in one.cluster.ingresses})


def _at_least(level: str) -> tuple[str, ...]:
    """The level and those that are worse; none for "never"."""
    return LEVELS[: LEVELS.index(level) + 1] if level in LEVELS else ()


def _baseline_file(estate: EstateOptions, given: str | None, config: Config, *, updates: bool) -> Path | None:
    """As said on the command line, else in nginxsim.toml, whose names are relative to it. Raises UsageError."""
    if given is None and not config.baseline:
        if updates:
            raise UsageError("--update-baseline needs --baseline FILE, or baseline in nginxsim.toml")
        return None
    return Path(given) if given is not None else estate.project().folder / config.baseline


def _without_known(report: CheckReport, file: Path, *, updates: bool) -> CheckReport:
    """Raises InputError for a file that is no baseline: that is never written over either."""
    from nginxsim.checks.baseline import Baseline
    from nginxsim.reports.terminal import plural
    from nginxsim.sources import read_text

    if not updates or file.is_file():
        known = Baseline.read(read_text(str(file)), str(file))
    if updates:
        known = Baseline.of(report.findings)
        write(file, str(known))
        complain(f"note: {file}: {len(known)} {plural('finding', len(known))} written")
    new, count, gone = known.divide(report.findings)
    if gone:
        complain(f"note: {file}: {gone} {plural('finding', gone)} no longer there; --update-baseline takes them out")
    return replace(report, findings=new, known=count)
