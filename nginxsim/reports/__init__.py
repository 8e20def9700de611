"""Reports: what a command has found out, in every format from the same data.

Formats load on use. None of them holds a time or anything else that would change from run to run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from nginxsim.errors import UsageError
from nginxsim.reports.machine import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nginxsim.diffing.types import Difference
    from nginxsim.reports.admission import AdmissionReport
    from nginxsim.reports.findings import CheckReport
    from nginxsim.reports.ingresses import IngressesReport
    from nginxsim.reports.preflight import PreflightReport
    from nginxsim.reports.upgrade import UpgradeReport
    from nginxsim.reports.verdicts import VerdictReport
    from nginxsim.verdict.types import Finding

FORMATS: Mapping[str, tuple[str, str]] = {
    "text": ("findings:text", "verdicts:text"),
    "concise": ("concise:findings_concise", "concise:verdict_concise"),
    "json": ("findings:as_json", "machine:verdict_json"),
    "yaml": ("yamlish:findings_yaml", "yamlish:verdict_yaml"),
    "markdown": ("markdown:findings_markdown", "markdown:verdict_markdown"),
    "html": ("html:findings_html", "html:verdict_html"),
    "sarif": ("sarif:findings_sarif", "sarif:verdict_sarif"),
    "junit": ("junit:findings_junit", "junit:verdict_junit"),
    "github": ("github:findings_github", "github:verdict_github"),
}
"""Format -> module:function for findings, and for a verdict."""
STATISTICS_FORMATS: Mapping[str, str] = {
    "text": "statistics:text",
    "json": "statistics:as_json",
}
SEVERAL: Mapping[str, str] = {
    "text": "",
    "concise": "",
    "markdown": "",
    "json": "machine:verdicts_json",
    "yaml": "yamlish:verdicts_yaml",
}
"""Format -> module:function for several verdicts at once; "" where one follows the other."""
INGRESS_FORMATS: Mapping[str, str] = {
    "text": "ingresses:text",
    "wide": "ingresses:wide",
    "json": "ingresses:as_json",
    "yaml": "yamlish:ingresses_yaml",
    "name": "ingresses:names",
}
ADMISSION_FORMATS: Mapping[str, str] = {
    "text": "admission:text",
    "json": "admission:as_json",
}
DIFF_FORMATS: Mapping[str, str] = {
    "text": "diff:diff_text",
    "json": "diff:diff_json",
    "markdown": "diff:diff_markdown",
}

UPGRADE_FORMATS: Mapping[str, str] = {
    "text": "upgrade:text",
    "json": "upgrade:as_json",
    "markdown": "upgrade:as_markdown",
    "html": "upgrade:as_html",
    "sarif": "upgrade:as_sarif",
}
PREFLIGHT_FORMATS: Mapping[str, str] = {
    "text": "preflight:text",
    "json": "preflight:as_json",
    "markdown": "preflight:as_markdown",
    "sarif": "preflight:as_sarif",
}


def render_findings(findings: CheckReport | Sequence[Finding], format_name: str = "text") -> str:
    """The findings of `nginxsim check` in one of FORMATS; without an end of line."""
    from nginxsim.reports.findings import CheckReport  # noqa: PLC0415

    report = findings if isinstance(findings, CheckReport) else CheckReport(findings, ingresses=0)
    return _render(FORMATS[format_name][0], report)


def render_statistics(report: CheckReport, format_name: str = "text") -> str:
    """How many findings of each code there are, in one of STATISTICS_FORMATS. Raises UsageError for another."""
    if format_name not in STATISTICS_FORMATS:
        raise UsageError(f"--statistics has the formats {', '.join(STATISTICS_FORMATS)}, not {format_name}")
    return _render(STATISTICS_FORMATS[format_name], report)


def render_verdict(report: VerdictReport, format_name: str = "text") -> str:
    """The answer of `nginxsim why` in one of FORMATS; without an end of line."""
    return _render(FORMATS[format_name][1], report)


def render_verdicts(reports: Sequence[VerdictReport], format_name: str = "text") -> str:
    """The answers of several estates; SEVERAL has the formats that can hold more than one."""
    if len(reports) == 1:
        return render_verdict(reports[0], format_name)
    if format_name not in SEVERAL:
        names = ", ".join(str(report.whose) for report in reports)
        raise UsageError(f"-o {format_name} is about one estate, not {names}: choose one with --estate NAME")
    joint = SEVERAL[format_name]
    return _render(joint, reports) if joint else "\n\n".join(render_verdict(report, format_name) for report in reports)


def render_ingresses(report: IngressesReport, format_name: str = "text") -> str:
    """The answer of `nginxsim ingresses` in one of INGRESS_FORMATS; without an end of line."""
    return _render(INGRESS_FORMATS[format_name], report)


def render_admissions(report: AdmissionReport, format_name: str = "text") -> str:
    """The answer of `nginxsim admit` in one of ADMISSION_FORMATS; without an end of line."""
    return _render(ADMISSION_FORMATS[format_name], report)


def render_difference(difference: Difference, format_name: str = "text") -> str:
    """The answer of `nginxsim diff` in one of DIFF_FORMATS; without an end of line."""
    return _render(DIFF_FORMATS[format_name], difference)


def render_upgrade(report: UpgradeReport, format_name: str = "text") -> str:
    """The answer of `nginxsim upgrade` in one of UPGRADE_FORMATS; without an end of line."""
    return _render(UPGRADE_FORMATS[format_name], report)


def render_preflight(report: PreflightReport, format_name: str = "text") -> str:
    """The answer of `nginxsim preflight` in one of PREFLIGHT_FORMATS; without an end of line."""
    return _render(PREFLIGHT_FORMATS[format_name], report)


def _render(name: str, report: object) -> str:
    module, _, function = name.partition(":")
    text: str = getattr(import_module(f"nginxsim.reports.{module}"), function)(report)
    return printable(text).rstrip("\n")
