"""The report of `nginxsim upgrade`. Its changes are findings, and told as those are; JSON has their dates besides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from nginxsim.printing import paint
from nginxsim.releases import release
from nginxsim.reports import findings
from nginxsim.reports.findings import CheckReport
from nginxsim.reports.html import findings_html
from nginxsim.reports.machine import dumps, finding_data
from nginxsim.reports.markdown import findings_markdown
from nginxsim.reports.sarif import findings_sarif
from nginxsim.reports.spans import Sources
from nginxsim.reports.terminal import for_people, plural
from nginxsim.upgrade import Change, Upgrade
from nginxsim.upgrade.keeping import Keep
from nginxsim.verdict.types import LEVELS


@dataclass(frozen=True, slots=True)
class UpgradeReport:
    """What a report is made of."""

    upgrade: Upgrade
    sources: Sources = field(default_factory=Sources)
    complete: bool = False

    @property
    def found(self) -> CheckReport:
        upgrade = self.upgrade
        return CheckReport(
            [change.finding for change in upgrade.changes],
            ingresses=upgrade.ingresses,
            sources=self.sources,
            complete=self.complete,
            assumptions=upgrade.assumptions,
        )


def text(report: UpgradeReport) -> str:
    """Where it leads, then the changes, worst first."""
    return for_people([paint(_head(report.upgrade), bold=True), ""]) + "\n" + findings.text(report.found)


def _head(upgrade: Upgrade) -> str:
    ends = " to ".join(f"{name} ({release(name).date})" for name in (upgrade.old, upgrade.new))
    count = len(upgrade.path)
    return f"from {ends}, {count} {plural('release', count)} on the way"


def as_json(report: UpgradeReport) -> str:
    upgrade = report.upgrade
    counts = Counter(change.finding.level for change in upgrade.changes)
    return dumps(
        {
            "from": upgrade.old,
            "to": upgrade.new,
            "path": list(upgrade.path),
            "changes": list(map(_change_data, upgrade.changes)),
            "summary": {**{level: counts[level] for level in LEVELS}, "ingresses": upgrade.ingresses},
            "assumptions": list(upgrade.assumptions),
        }
    )


def _change_data(change: Change) -> dict[str, Any]:
    return {
        **finding_data(change.finding),
        "subject": change.subject,
        "since": list(change.course.since),
        "repaired": change.course.repaired or None,
        "keeps": list(map(_keep_data, change.keeps)),
    }


def _keep_data(keep: Keep) -> dict[str, Any]:
    return {"kind": keep.kind, "name": keep.name, "value": keep.written, "chart": keep.chart, "cost": keep.cost}


def as_markdown(report: UpgradeReport) -> str:
    return f"**{_head(report.upgrade)}**\n\n{findings_markdown(report.found)}"


def as_html(report: UpgradeReport) -> str:
    return findings_html(report.found)


def as_sarif(report: UpgradeReport) -> str:
    return findings_sarif(report.found)
