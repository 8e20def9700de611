"""`nginxsim test`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nginxsim.cli.options import EstateOptions, facts_option, is_plugin, open_estate, takes_cluster, templates_option
from nginxsim.cli.output import complain, say, write
from nginxsim.errors import InputError, UsageError, did_you_mean
from nginxsim.printing import printed
from nginxsim.reports.terminal import taken

if TYPE_CHECKING:
    from nginxsim.kube.live import Live
    from nginxsim.suites.cases import Case, EstateSpec
    from nginxsim.suites.coverage import Coverage
    from nginxsim.suites.estates import Estates
    from nginxsim.suites.results import Result, Run
    from nginxsim.verdict.types import Finding

FORMATS = ("text", "json", "junit", "tap", "github")
COVERAGE_FILES = ("html", "markdown", "lcov", "cobertura")


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, as parsed."""

    output: tuple[tuple[str, str | None], ...]
    expression: str
    tags: tuple[str, ...]
    fail_fast: bool
    only_failures: bool
    jobs: int | None
    coverage: bool
    coverage_fail_under: float | None
    coverage_html: str | None
    coverage_markdown: str | None
    coverage_lcov: str | None
    coverage_cobertura: str | None
    update: bool
    yes: bool
    against: str | None
    against_tls: str | None
    timeout: float

    @property
    def on_screen(self) -> str:
        """The format of what goes to standard output."""
        return next((name for name, file in self.output if file is None), "text")

    @property
    def coverage_files(self) -> dict[str, str]:
        named = {kind: getattr(self, f"coverage_{kind}") for kind in COVERAGE_FILES}
        return {kind: file for kind, file in named.items() if file}

    @property
    def measures(self) -> bool:
        return self.coverage or self.coverage_fail_under is not None or bool(self.coverage_files)

    @property
    def live(self) -> bool:
        return bool(self.against or self.against_tls)


def report_wanted(text: str) -> tuple[str, str | None]:
    """From "junit" or "junit=report.xml"."""
    name, _, file = text.partition("=")
    if name not in FORMATS:
        raise UsageError(f'-o "{name}": unknown format; use {", ".join(FORMATS)}{did_you_mean(name, FORMATS)}')
    return name, file or None


FILE = click.Path(dir_okay=False)

SELECTION = (
    click.option(
        "-k",
        "expression",
        default="",
        metavar="EXPR",
        help="Only tests whose file or name has these words (and, or, not).",
    ),
    click.option("--tag", "tags", multiple=True, metavar="TAG", help='Only tests with this tag; "!TAG": without.'),
    click.option("-x", "--fail-fast", is_flag=True, help="Stop at the first failure."),
    click.option("-j", "--jobs", type=click.IntRange(min=1), help="Processes; default: by the number of tests."),
)

REPORTING = (
    click.option(
        "-o",
        "--output",
        multiple=True,
        metavar="FORMAT[=FILE]",
        callback=lambda _context, _option, values: tuple(map(report_wanted, values)),
        help=f"Report as {', '.join(FORMATS)}; default text. Repeatable: -o text -o junit=report.xml.",
    ),
    click.option("--only-failures", is_flag=True, help="Report only what fails."),
    click.option("--coverage", is_flag=True, help="Tell what of the estate the requests exercised."),
    click.option("--coverage-fail-under", type=click.FloatRange(0, 100), metavar="N", help="Fail below N per cent."),
    click.option("--coverage-html", type=FILE, help="Write coverage as an HTML page."),
    click.option("--coverage-markdown", type=FILE, help="Write coverage as a Markdown table."),
    click.option("--coverage-lcov", type=FILE, help="Write coverage of manifest lines in lcov's format."),
    click.option("--coverage-cobertura", type=FILE, help="Write coverage of manifest lines as Cobertura XML."),
)

WRITING = (
    click.option("--record", type=FILE, metavar="FILE", help="Write a first suite for the manifests in PATH."),
    click.option("--flag", "flags", multiple=True, metavar="FLAG", help="With --record: a flag of the controller."),
    click.option("--release", metavar="VERSION", help="With --record: the controller's version."),
    facts_option("--fact", "facts", help="With --record: what a distributor's build of that version has otherwise."),
    click.option(
        "--controller", default="", metavar="NS/NAME", help="With --record: of several controllers, only this one."
    ),
    templates_option("--templates", help="With --record: a folder of templates that lie over those of nginxsim."),
    click.option("--update", is_flag=True, help="Rewrite expectations that fail, after a look at the difference."),
    click.option("--yes", is_flag=True, help="With --update and --record: do not ask."),
)

UNSTORED_SHOWN = 5

LIVE = (
    click.option("--against", metavar="URL", help="Send http requests to this live ingress and compare."),
    click.option("--against-tls", metavar="URL", help="The same for https requests."),
    click.option("--timeout", type=click.FloatRange(min=0.1), default=10.0, help="Seconds to wait for a live answer."),
)


def all_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((*SELECTION, *REPORTING, *WRITING, *LIVE)):
        command = option(command)
    return command


def _asks_kubectl(given: Mapping[str, Any]) -> bool:
    return is_plugin() and not (given["record"] or given["against"] or given["against_tls"])


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@all_options
@partial(takes_cluster, by_default=_asks_kubectl)
def command(
    paths: tuple[str, ...],
    record: str | None,
    flags: tuple[str, ...],
    release: str | None,
    facts: tuple[str, ...],
    templates: tuple[str, ...],
    controller: str,
    live: tuple[Live, ...],
    **given: Any,
) -> None:
    """Run the test suites (*.nginxsim.yaml) in PATH; default: this folder.

    With --cluster they are played against what runs, whatever manifests they name.

    \b
    Examples:
      nginxsim test --record shop.nginxsim.yaml k8s/
      nginxsim test
      nginxsim test tests/ -k 'cart and not admin' -o junit > report.xml
      nginxsim test --coverage --coverage-fail-under 80
      nginxsim test --cluster
      nginxsim test --against http://127.0.0.1:8080 --against-tls https://127.0.0.1:8443

    \b
    Exit codes: 0 all tests pass; 1 some fail, or coverage is too low; 2 bad input, or no test to run.
    """
    options = Options(**given)
    if live and (record is not None or options.live):
        raise UsageError("--cluster plays suites: leave --record and --against out")
    estate = EstateOptions(paths or (".",), flags, release, templates, facts, controller=controller)
    if record is not None:
        write_first_suite(record, estate, options.yes)
        return
    if estate.describes_controller:
        raise UsageError(
            "--flag, --release, --fact, --controller and --templates go with --record; a suite names its own"
        )
    sys.exit(run_suites(estate.named, options, *live))


def write_first_suite(file: str, estate: EstateOptions, yes: bool) -> None:
    from nginxsim.suites import SUFFIXES
    from nginxsim.suites.record import record

    if "-" in estate.paths:
        raise UsageError("--record needs files: a suite names its manifests, and standard input has no name")
    if not file.endswith(SUFFIXES):
        raise UsageError(f"--record {file}: a suite's name ends in {SUFFIXES[0]}")
    if Path(file).exists() and not yes:
        raise UsageError(f"--record {file}: the file is there already; --yes overwrites it")
    write(Path(file), record(open_estate(estate), _spec(estate), file))
    say(printed([f"{file} is written; run it with: nginxsim test {file}"]))


def _spec(estate: EstateOptions) -> EstateSpec:
    from nginxsim.suites.cases import EstateSpec

    return EstateSpec(
        estate.named, estate.flags, estate.release, estate.templates, estate.facts, controller=estate.controller
    )


def run_suites(paths: Sequence[str], options: Options, live: Live | None = None) -> int:
    """Runs, reports, and gives the exit code. live: the cluster that is asked instead of manifests."""
    from nginxsim.kube.manifests import asked
    from nginxsim.reports.suites import FORMATS as REPORTS
    from nginxsim.suites.estates import Estates, assumptions_of, unstored

    cases, left_out = chosen_cases(paths, options)
    if live is not None:
        told = asked(live)
        cases = [replace(case, estate=replace(case.estate, live=told)) for case in cases]
    estates = Estates()
    with Progress(len(cases)) as progress:
        run = played(cases, options, estates, progress)
    run.left_out = left_out
    if options.expression or options.tags or left_out:
        # The tests left out may well be those that ask for an answer.
        run.unheard.clear()
    for name, file in options.output:
        if file:
            write(Path(file), click.unstyle(REPORTS[name](run, options.only_failures)) + "\n")
    say(REPORTS[options.on_screen](run, options.only_failures))
    complain(*taken(assumptions_of((case.estate for case in cases), estates)))
    complain(*_never_there(unstored((case.estate for case in cases if case.skip is None), estates)))
    covered = report_coverage(run, options, estates) if options.measures else True
    if options.update:
        return rewrite(run.results, options.yes)
    return 0 if run.ok and covered else 1


def _never_there(found: Sequence[Finding]) -> Iterator[str]:
    """Objects that tests may be about though no cluster has them."""
    for each in found[:UNSTORED_SHOWN]:
        yield " ".join(["note  ", each.message, *(f"({origin})" for origin in each.origins[:1])])
    if len(found) > UNSTORED_SHOWN:
        yield f"note   {len(found) - UNSTORED_SHOWN} more that the API server refuses: nginxsim check"


def chosen_cases(paths: Sequence[str], options: Options) -> tuple[list[Case], int]:
    from nginxsim.suites.reading import find_suites, read_suite
    from nginxsim.suites.selecting import select

    every = [case for file in find_suites(paths) for case in read_suite(file).cases]
    cases, left_out = select(every, options.expression, options.tags)
    if not cases:
        raise InputError(
            f"none of {len(every)} test(s) is chosen by -k and --tag" if every else "the suites have no tests"
        )
    return cases, left_out


def played(
    cases: Sequence[Case], options: Options, estates: Estates, progress: Callable[[Sequence[Result]], None]
) -> Run:
    from nginxsim.suites.running import run, sensible_jobs

    if options.live:
        return played_live(cases, options, progress)
    return run(
        cases,
        jobs=options.jobs or sensible_jobs(len(cases)),
        fail_fast=options.fail_fast,
        coverage=options.measures,
        progress=progress,
        estates=estates,
    )


def played_live(cases: Sequence[Case], options: Options, progress: Callable[[Sequence[Result]], None]) -> Run:
    from nginxsim.suites.live import Target, run_live

    if options.update or options.measures:
        raise UsageError("--update and --coverage go with the simulation, not with --against")
    given = ((options.against, False), (options.against_tls, True))
    targets = [Target.parse(url, tls=tls) for url, tls in given if url]
    return run_live(cases, targets, fail_fast=options.fail_fast, timeout=options.timeout, progress=progress)


def report_coverage(run: Run, options: Options, estates: Estates) -> bool:
    """Writes the reports asked for; whether coverage is high enough."""
    from nginxsim.reports import coverage as coverage_reports
    from nginxsim.suites.coverage import coverage

    found: Coverage = coverage(run.hits, estates)
    for kind, file in options.coverage_files.items():
        write(Path(file), getattr(coverage_reports, kind)(found))
    # A report for programs stands alone on standard output.
    people = options.on_screen in ("text", "github")
    if options.coverage:
        click.echo(f"\n{coverage_reports.text(found)}", err=not people)
    limit = options.coverage_fail_under
    if limit is None or found.percent >= limit:
        return True
    complain(f"coverage {found.percent:.1f} % is below {limit:g} %")
    return False


def rewrite(results: Sequence[Result], yes: bool) -> int:
    """Shows what would be written, asks at a terminal, writes."""
    from nginxsim.suites.update import update_of

    update = update_of(results)
    for problem in update.problems:
        complain(f"{problem.origin}: to be changed by hand: {problem.why}")
    if not update.files:
        say("nothing to update")
        return 1 if update.problems else 0
    say(printed(update.diff.split("\n")))
    if not yes and not sys.stdin.isatty():
        complain("not written: run again with --yes once you agree")
        return 1
    if not yes and not click.confirm("Write this?"):
        return 1
    for name, (_, after) in update.files.items():
        write(Path(name), after)
    say(printed([f"{', '.join(update.files)} updated"]))
    return 1 if update.problems else 0


class Progress:
    """How many tests are done, on a terminal's stderr only."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = self._failed = 0
        self._shows = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def __call__(self, results: Sequence[Result]) -> None:
        self._done += len(results)
        self._failed += sum(result.failed for result in results)
        if self._shows:
            click.echo(f"\r{self._done}/{self._total}, {self._failed} failed", nl=False, err=True)

    def __exit__(self, *_: object) -> None:
        if self._shows:
            click.echo("\r\033[K", nl=False, err=True)
