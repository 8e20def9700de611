"""The JSON reports as YAML, for people who would rather read that. Keys stand in the same order."""

from __future__ import annotations

import json
from typing import Any

import yaml

from nginxsim.reports.findings import CheckReport, as_json
from nginxsim.reports.machine import verdict_json
from nginxsim.reports.verdicts import VerdictReport

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def findings_yaml(report: CheckReport) -> str:
    return _yaml(as_json(report))


def verdict_yaml(report: VerdictReport) -> str:
    return _yaml(verdict_json(report))


def _yaml(document: str) -> str:
    return str(yaml.dump(json.loads(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))
