"""`nginxsim check`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nginxsim.cli.listed import codes, listed
from nginxsim.cli.options import EstateOptions, open_estates, standard_input, takes_estate, working
from nginxsim.cli.output import complain, say, write
from nginxsim.errors import UsageError
from nginxsim.printing import unmarked
from nginxsim.reports import FORMATS, render_findings, render_statistics
from nginxsim.sources import STDIN
from nginxsim.verdict.types import LEVELS

if TYPE_CHECKING:
    from nginxsim.checks.policy import Config, Policy
    from nginxsim.reports.findings import CheckReport
    from nginxsim.simulation import Simulation
    from nginxsim.sources import File
    from nginxsim.sources.edits import Changed

COMPLETE_CODES = listed(codes)
MOST_MENDED = 10_000
"""Files that --fix changes, one that is changed twice counted twice."""


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
@click.option("--fix", "mends", is_flag=True, help="Mend what is a safe change of one name or value, in files on disk.")
@click.option("--diff", "previews", is_flag=True, help="With --fix: show what would change, and change nothing.")
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
    mends: bool,
    previews: bool,
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
      nginxsim check k8s/ --fix --diff

    \b
    Exit codes, alike in every format: 0 nothing of the --fail-on level; 1 findings; 2 bad input.
    """
    from nginxsim.checks.policy import Policy, Wishes, config_of, selectors

    if previews and not mends:
        raise UsageError("--diff goes with --fix")
    if mends and updates:
        raise UsageError("--fix changes what --update-baseline would write down: first the one, then the other")
    config = config_of(estate.project())
    policy = Policy(config, Wishes(selectors(selected), selectors(extended), selectors(ignored)))
    file = _baseline_file(estate, baseline, config, updates=updates)
    estate = replace(estate, exclude=(*estate.exclude, *_unread(file)))
    stdin = standard_input(estate.named).getvalue()

    def found() -> CheckReport:
        report = _found(estate, stdin, policy, complete=complete)
        return _without_known(report, file, updates=updates) if file is not None else report

    report = _mended(found(), found) if mends and not previews else found()
    told = report.findings
    shown_from = show or config.show or "notice"
    if previews:
        _preview(report)
    else:
        shown = [found for found in told if found.level in _at_least(shown_from)]
        report = replace(report, findings=shown, hidden=len(told) - len(shown))
        say(render_statistics(report, output) if statistics else render_findings(report, output))
    # Nothing that is hidden fails the run, unless somebody says so.
    failing = _at_least(fail_on or config.fail_on or ("error" if shown_from == "error" else "warning"))
    sys.exit(1 if any(found.level in failing for found in told) else 0)


def _found(estate: EstateOptions, stdin: str, policy: Policy, *, complete: bool) -> CheckReport:
    """All that is to be told."""
    from nginxsim.checks.several import together
    from nginxsim.checks.suppression import sift
    from nginxsim.reports.findings import CheckReport
    from nginxsim.reports.spans import Sources

    with working("checking"):
        simulations = open_estates(estate, StringIO(stdin))
        sources = Sources.of(stdin, simulations)
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
        files=frozenset(file.name for one in simulations for file in one.given.texts if _is_own(file)),
    )


def _is_own(file: File) -> bool:
    """On disk, as a person has written it."""
    return file.back is None and file.name != STDIN and Path(file.name).is_file()


def _preview(report: CheckReport) -> None:
    from nginxsim.reports.edits import diff_lines
    from nginxsim.reports.terminal import for_people

    changes = _changes(report)
    if changes:
        say(for_people(diff_lines(changes)))
    complain(f"note: {_counted(changes)} would be fixed", *_left(report, changes))


def _mended(report: CheckReport, again: Callable[[], CheckReport]) -> CheckReport:
    """What is found once all is mended that can be: the API server looks at a field only when others are right."""
    from nginxsim.reports.edits import diff_lines

    done: list[Changed] = []
    while len(done) < MOST_MENDED and (changes := _changes(report)):
        complain(*map(unmarked, diff_lines(changes)))
        for change in changes:
            write(Path(change.name), change.after)
        done += changes
        report = again()
    complain(f"note: {_counted(done)} fixed", *_left(report, ()))
    return report


def _changes(report: CheckReport) -> list[Changed]:
    from nginxsim.checks.mending import edits_of
    from nginxsim.sources.edits import changed

    return changed(edits_of(report.findings), report.files)


def _counted(changes: Sequence[Changed]) -> str:
    from nginxsim.reports.terminal import plural

    edits, files = sum(change.edits for change in changes), len({change.name for change in changes})
    return f"{edits} {plural('finding', edits)} in {files} {plural('file', files)}"


def _left(report: CheckReport, changes: Sequence[Changed]) -> Iterator[str]:
    """What could be mended where it comes from."""
    from nginxsim.checks.mending import edits_of

    if left := len(edits_of(report.findings)) - sum(change.edits for change in changes):
        yield f"note: {left} more to fix by hand: what a tool has made or standard input holds is not changed"


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


def _unread(baseline: Path | None) -> Iterator[str]:
    """The pattern for a baseline in a folder that is looked at: nobody has to hear that it is no manifest."""
    if baseline is not None:
        yield "/" + re.sub(r"[^\w./-]", r"\\\g<0>", os.path.relpath(baseline))


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
