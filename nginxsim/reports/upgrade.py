"""The report of `nginxsim upgrade`. Its changes are findings, and told as those are; JSON has their dates besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from nginxsim.checks.several import together
from nginxsim.printing import paint, printed, spaced, unmarked
from nginxsim.releases import release
from nginxsim.reports import findings
from nginxsim.reports.findings import CheckReport
from nginxsim.reports.html import findings_html
from nginxsim.reports.machine import dumps, finding_data
from nginxsim.reports.markdown import findings_markdown, plain
from nginxsim.reports.sarif import findings_sarif
from nginxsim.reports.spans import Sources
from nginxsim.reports.terminal import for_people, plural
from nginxsim.upgrade import Change, Upgrade
from nginxsim.upgrade.keeping import Keep
from nginxsim.upgrade.plan import Step, plan_of
from nginxsim.verdict.types import LEVELS


@dataclass(frozen=True, slots=True)
class UpgradeReport:
    """What a report is made of: one upgrade for each estate and each controller. planned: the steps were asked for."""

    upgrades: Sequence[Upgrade]
    sources: Sources = field(default_factory=Sources)
    complete: bool = False
    planned: bool = False

    def found_in(self, *upgrades: Upgrade) -> CheckReport:
        whose = [upgrade.whose for upgrade in upgrades]
        return CheckReport(
            together({each.whose: [change.finding for change in each.changes] for each in upgrades}),
            ingresses=sum(upgrade.ingresses for upgrade in upgrades),
            sources=self.sources,
            complete=self.complete,
            assumptions=tuple(dict.fromkeys(taken for upgrade in upgrades for taken in upgrade.assumptions)),
            estates=tuple(dict.fromkeys(each.estate for each in whose if each.estate and whose[1:])),
            controllers=tuple(dict.fromkeys(each.controller for each in whose if each.controller and whose[1:])),
        )


def text(report: UpgradeReport) -> str:
    """Where it leads, then the changes, worst first, or the steps; of each estate and controller."""
    return "\n\n".join(_text(report, upgrade) for upgrade in report.upgrades)


def _text(report: UpgradeReport, upgrade: Upgrade) -> str:
    whose = [f"{paint(what, bold=True)} {name}" for what, name in upgrade.whose.named.items()]
    head = [*whose, paint(_head(upgrade), bold=True)]
    if report.planned:
        return for_people(spaced([head, *map(list, plan_blocks(upgrade))]))
    return for_people([*head, ""]) + "\n" + findings.text(report.found_in(upgrade))


def plan_blocks(upgrade: Upgrade) -> Iterator[Iterator[str]]:
    """A block for each step, and a line where nothing has to be done."""
    steps = plan_of(upgrade)
    if not steps:
        yield iter(("nothing to do: it runs already",))
    for number, step in enumerate(steps, 1):
        yield _step_lines(number, step, upgrade)


def _step_lines(number: int, step: Step, upgrade: Upgrade) -> Iterator[str]:
    chart = f" (chart {step.chart})" if step.chart else ""
    what = f"go to {step.release}{chart}" if step.release else f"while {upgrade.old} runs, put right what follows"
    yield f"{number}. {paint(what, bold=True)}"
    if not (step.first or step.then):
        yield "   nothing that is known of changes" if step.release else "   nothing has to be"
    for change in step.first:
        yield f"   - {_label(change)}: {change.finding.fix or change.finding.message}"
    for change in step.then:
        yield f"   - comes: {_label(change)}: {change.finding.message}"
    yield from (f"   check: {words}" for words in _checks(step, upgrade))


def _label(change: Change) -> str:
    found = change.finding
    place = next(map(str, found.origins), "")
    return " ".join(filter(None, (found.number, found.owner or change.subject, f"({place})" if place else "")))


def _checks(step: Step, upgrade: Upgrade) -> Iterator[str]:
    if not step.release:
        yield f"nginxsim upgrade PATH... --from {upgrade.old} --to {upgrade.new} tells of nothing worse than notices"
        return
    yield 'the new Pod is ready, and its log has no "Error reloading NGINX" and no "skipping ingress"'
    yield f"nginxsim ingresses PATH... --release {step.release} has the same states as before"
    yield f"your suites: nginxsim test --live; else back to {step.back}"


def _head(upgrade: Upgrade) -> str:
    if not upgrade.path and upgrade.old != upgrade.new:
        return f"runs {upgrade.old}, which is newer than {upgrade.new}"
    ends = " to ".join(f"{name} ({release(name).date})" for name in (upgrade.old, upgrade.new))
    count = len(upgrade.path)
    return f"from {ends}, {count} {plural('release', count)} on the way"


def as_json(report: UpgradeReport) -> str:
    """Of several estates a list."""
    each = [_upgrade_data(upgrade, planned=report.planned) for upgrade in report.upgrades]
    return dumps({"upgrades": each} if each[1:] else each[0])


def _upgrade_data(upgrade: Upgrade, *, planned: bool) -> dict[str, Any]:
    counts = Counter(change.finding.level for change in upgrade.changes)
    return {
        **upgrade.whose.named,
        "from": upgrade.old,
        "to": upgrade.new,
        "path": list(upgrade.path),
        "changes": list(map(_change_data, upgrade.changes)),
        "summary": {**{level: counts[level] for level in LEVELS}, "ingresses": upgrade.ingresses},
        **({"plan": list(map(_step_data, plan_of(upgrade)))} if planned else {}),
        "assumptions": list(upgrade.assumptions),
    }


def _step_data(step: Step) -> dict[str, Any]:
    return {
        "release": step.release,
        "chart": step.chart,
        "first": [change.finding.fingerprint for change in step.first],
        "then": [change.finding.fingerprint for change in step.then],
        "back": step.back,
    }


def _change_data(change: Change) -> dict[str, Any]:
    return {
        **finding_data(change.finding),
        "subject": change.subject,
        "ingresses": list(change.ingresses),
        "since": list(change.course.since),
        "repaired": change.course.repaired or None,
        "keeps": list(map(_keep_data, change.keeps)),
    }


def _keep_data(keep: Keep) -> dict[str, Any]:
    return {"kind": keep.kind, "name": keep.name, "value": keep.written, "chart": keep.chart, "cost": keep.cost}


def as_markdown(report: UpgradeReport) -> str:
    return "\n\n".join(_markdown(report, upgrade) for upgrade in report.upgrades)


def _markdown(report: UpgradeReport, upgrade: Upgrade) -> str:
    whose = [f"### {what} {plain(name)}\n\n" for what, name in upgrade.whose.named.items()]
    head = f"{''.join(whose)}**{_head(upgrade)}**"
    if report.planned:
        return printed(spaced([[head], *(_step_markdown(block) for block in plan_blocks(upgrade))]))
    return f"{head}\n\n{findings_markdown(report.found_in(upgrade))}"


def _step_markdown(block: Iterator[str]) -> list[str]:
    """A numbered item; what hangs on it is indented as it stands."""
    return [" " * (len(line) - len(line.lstrip())) + _item(line.strip()) for line in map(unmarked, block)]


def _item(line: str) -> str:
    mark, rest = line.split(" ", 1) if line[:2] == "- " or line[:1].isdigit() else ("-", line)
    return f"{mark} {plain(rest)}"


def as_html(report: UpgradeReport) -> str:
    return findings_html(report.found_in(*report.upgrades))


def as_sarif(report: UpgradeReport) -> str:
    return findings_sarif(report.found_in(*report.upgrades))
