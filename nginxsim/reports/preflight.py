"""The report of `nginxsim preflight`: the way to the webhook, what is wrong with it, and what may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nginxsim.around.webhook.way import Way
from nginxsim.preflight import Event, Preflight, Suspect
from nginxsim.preflight.complaints import TITLES
from nginxsim.printing import paint, printed, spaced
from nginxsim.reports.findings import COLOURS, CheckReport
from nginxsim.reports.machine import dumps, finding_data
from nginxsim.reports.markdown import code, findings_markdown, plain
from nginxsim.reports.sarif import findings_sarif
from nginxsim.reports.spans import Sources, excerpt
from nginxsim.reports.terminal import for_people, plural, taken
from nginxsim.verdict.types import LEVELS

UNKNOWN = "no words that are known of a webhook that fails"


@dataclass(frozen=True, slots=True)
class PreflightReport:
    """What a report is made of."""

    preflight: Preflight
    sources: Sources = field(default_factory=Sources)

    @property
    def checked(self) -> CheckReport:
        """All causes, as findings."""
        found = self.preflight
        return CheckReport(
            [each.finding for each in found.suspects], 0, sources=self.sources, assumptions=found.assumptions
        )


def text(report: PreflightReport) -> str:
    """The way, what the error says, what is wrong, what may be, and what is taken for granted."""
    found = report.preflight
    blocks = [list(_ways(found)), *(list(_suspect(each, report.sources)) for each in found.found)]
    if found.possible:
        blocks.append([paint("may be, and manifests cannot show it:", bold=True)])
        blocks.extend(list(_suspect(each, report.sources)) for each in found.possible)
    return for_people(spaced([*blocks, [*taken(found.assumptions), _summary(found)]]))


def _ways(found: Preflight) -> Iterator[str]:
    for way in found.ways:
        yield way_in_words(found, way)
    if not found.ways:
        yield "the API server asks nobody about Ingresses: no ValidatingWebhookConfiguration of ingress-nginx is here"
    if found.event is not None:
        says = TITLES[found.event.complaint] if found.event.complaint else UNKNOWN
        yield f"{paint('the error says', bold=True)}: {says}"


def way_in_words(found: Preflight, way: Way) -> str:
    """From the API server to the port, each step as far as it is known."""
    webhook = way.webhook
    steps = ["API server", str(way.registration.meta)]
    if webhook.url:
        steps.append(webhook.url)
    else:
        steps.append(f"Service {webhook.service}:{webhook.port}")
    if way.runs is not None:
        listens = (found.listens or {}).get(way.runs.key, 0)
        beside = f", whose webhook listens on {listens}" if listens and listens != way.target else ""
        steps.append(f"{way.runs} port {way.target or '?'}{beside}")
    return f"{' -> '.join(steps)} ({webhook.failure_policy}, {webhook.timeout} s)"


def _suspect(each: Suspect, sources: Sources) -> Iterator[str]:
    found = each.finding
    level = paint(f"{found.level}[{found.number}]", fg=COLOURS[found.level], bold=True)
    yield f"{level} {paint(found.code, bold=True)}: {found.message}"
    remarks = [f"{paint('fix', bold=True)}: {found.fix}"] if found.fix else []
    if each.look:
        remarks.append(f"{paint('look', bold=True)}: {each.look}")
    yield from excerpt(found.evidence if each.is_sure else (), sources, COLOURS[found.level], remarks)


def _summary(found: Preflight) -> str:
    sure, possible = len(found.found), len(found.possible)
    told = f"{sure} {plural('cause', sure)} found" if sure else "nothing found that is wrong"
    explained = sum(each.explains for each in found.found)
    does = "explains" if explained == 1 else "explain"
    beside = [f"{explained or 'none'} of them {does} the error"] if found.event and sure else []
    beside += [f"{possible} possible"] if possible else []
    return ", ".join((told, *beside))


def as_json(report: PreflightReport) -> str:
    found = report.preflight
    counts = Counter(each.finding.level for each in found.found)
    event = found.event
    return dumps(
        {
            "ways": [_way_data(found, way) for way in found.ways],
            "event": _event_data(event) if event else None,
            "provider": found.reach.row.provider if found.reach else None,
            "found": list(map(_data, found.found)),
            "possible": list(map(_data, found.possible)),
            "summary": {level: counts[level] for level in LEVELS},
            "assumptions": list(found.assumptions),
        }
    )


def _event_data(event: Event) -> dict[str, Any]:
    return {"complaint": event.complaint, "webhook": event.webhook, "service": event.service}


def _way_data(found: Preflight, way: Way) -> dict[str, Any]:
    webhook = way.webhook
    return {
        "configuration": way.registration.meta.name,
        "webhook": webhook.name,
        "service": webhook.service,
        "port": webhook.port,
        "controller": way.runs.key if way.runs else None,
        "target_port": way.target or None,
        "listens": (found.listens or {}).get(way.runs.key) or None if way.runs else None,
        "failure_policy": webhook.failure_policy,
        "timeout_seconds": webhook.timeout,
    }


def _data(each: Suspect) -> dict[str, Any]:
    return {**finding_data(each.finding), "explains": each.explains, "look": each.look}


def as_markdown(report: PreflightReport) -> str:
    looks = (f"- {each.finding.number}: {code(each.look)}" for each in report.preflight.suspects if each.look)
    ways = (f"- {plain(line)}" for line in _ways(report.preflight))
    return printed(spaced([findings_markdown(report.checked).splitlines(), list(ways), list(looks)]))


def as_sarif(report: PreflightReport) -> str:
    return findings_sarif(report.checked)
