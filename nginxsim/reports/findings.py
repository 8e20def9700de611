"""The findings of `nginxsim check`, for people and as JSON. Field names are part of the interface."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from nginxsim.printing import paint, spaced
from nginxsim.reports.machine import dumps, finding_data
from nginxsim.reports.spans import Sources, excerpt
from nginxsim.reports.terminal import for_people, plural, table, taken
from nginxsim.verdict.types import LEVELS, Finding

IN_FULL = 5
"""So many findings of a code are shown with their source; one more is too, rather than a list of one."""
LISTED = 20
"""So many of the others are listed."""
COLOURS = {"error": "red", "warning": "yellow", "notice": "cyan"}


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a report is made of.

    findings: those to show; hidden: how many lie below the level to show; ignored: how many were suppressed; known: how
    many the baseline has; ingresses: how many Ingresses were looked at.
    """

    findings: Sequence[Finding]
    ingresses: int
    ignored: int = 0
    hidden: int = 0
    known: int = 0
    sources: Sources = field(default_factory=Sources)
    complete: bool = False
    """Show every finding in full, however many there are of a code."""
    assumptions: tuple[str, ...] = ()
    """What is taken for granted about the controller."""
    estates: tuple[str, ...] = ()
    """Names of the estates, where there are several."""
    controllers: tuple[str, ...] = ()
    """The same of controllers."""
    files: frozenset[str] = frozenset()
    """Those on disk that were read as they are: what may be mended."""


def text(report: CheckReport) -> str:
    """Findings, the worst first, the further ones of a code as a list, and a line that sums them up."""
    shown, further = _grouped(report)
    blocks = (_finding_lines(found, report.sources) for found in shown)
    return for_people(spaced([*blocks, *map(_list_lines, further), [*taken(report.assumptions), summary(report)]]))


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Those of a level stay in the order of the manifests."""
    return sorted(findings, key=lambda found: LEVELS.index(found.level))


def _grouped(report: CheckReport) -> tuple[list[Finding], list[list[Finding]]]:
    """Those to show in full, and by code what comes after the first IN_FULL."""
    counts = Counter(found.code for found in report.findings)
    shown: list[Finding] = []
    further: dict[str, list[Finding]] = {}
    seen: Counter[str] = Counter()
    for found in worst_first(report.findings):
        seen[found.code] += 1
        in_full = report.complete or counts[found.code] <= IN_FULL + 1 or seen[found.code] <= IN_FULL
        (shown if in_full else further.setdefault(found.code, [])).append(found)
    return shown, list(further.values())


def _list_lines(group: Sequence[Finding]) -> Iterator[str]:
    first = group[0]
    yield f"{_head(first)}: {len(group)} more"
    yield from table([_row(found) for found in group[:LISTED]], indent="  ")
    if len(group) > LISTED:
        yield f"  ... and {len(group) - LISTED} more (--all shows every one)"


def _row(found: Finding) -> tuple[str, str]:
    return next((str(origin) for origin in found.origins), "-"), found.owner or found.message


def _finding_lines(found: Finding, sources: Sources) -> Iterator[str]:
    yield f"{_head(found)}: {found.message}"
    yield from excerpt(found.evidence, sources, COLOURS[found.level], _remarks(found))


def _head(found: Finding) -> str:
    level = paint(f"{found.level}[{found.number}]", fg=COLOURS[found.level], bold=True)
    return f"{level} {paint(found.code, bold=True)}"


def _remarks(found: Finding) -> Iterator[str]:
    if found.line:
        yield f"nginx.conf, line {found.line}"
    for noun, names in (("estate", found.estates), ("controller", found.controllers)):
        if names:
            yield f"{paint(plural(noun, len(names)), bold=True)}: {', '.join(names)}"
    if found.fix:
        yield f"{paint('fix', bold=True)}: {found.fix}"


def summary(report: CheckReport) -> str:
    told, beside = counts_in_words(report)
    words = ", ".join(told) or ("no findings of a level that is shown" if report.hidden else "no findings")
    ingresses = f"{report.ingresses} {plural('Ingress', report.ingresses)}"
    for noun, names in (("estate", report.estates), ("controller", report.controllers)):
        if names:
            ingresses += f" of {len(names)} {plural(noun, len(names))} ({', '.join(names)})"
    return f"{words} in {ingresses}" + (f" ({', '.join(beside)})" if beside else "")


def counts_in_words(report: CheckReport) -> tuple[list[str], list[str]]:
    """How many findings of each level there are, and how many are left out: "2 errors"; "1 ignored"."""
    counts = Counter(found.level for found in report.findings)
    beside = ((report.ignored, "ignored"), (report.known, "in the baseline"), (report.hidden, "not shown"))
    return (
        [f"{counts[level]} {plural(level, counts[level])}" for level in LEVELS if counts[level]],
        [f"{number} {word}" for number, word in beside if number],
    )


def as_json(report: CheckReport) -> str:
    return dumps(
        {
            "findings": [finding_data(found) for found in report.findings],
            "summary": summary_data(report),
            "assumptions": list(report.assumptions),
            **({"estates": list(report.estates)} if report.estates else {}),
            **({"controllers": list(report.controllers)} if report.controllers else {}),
        }
    )


def summary_data(report: CheckReport) -> dict[str, int]:
    counts = Counter(found.level for found in report.findings)
    return {
        **{level: counts[level] for level in LEVELS},
        "ignored": report.ignored,
        "baseline": report.known,
        "hidden": report.hidden,
        "ingresses": report.ingresses,
    }
