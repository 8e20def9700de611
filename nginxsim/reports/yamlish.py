"""The JSON reports as YAML, for people who would rather read that. Keys stand in the same order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import yaml

from nginxsim.printing import COMMANDING, OLD_COMMAND
from nginxsim.reports import ingresses
from nginxsim.reports.findings import CheckReport, as_json
from nginxsim.reports.machine import verdict_json, verdicts_json
from nginxsim.reports.verdicts import VerdictReport

_Fastest: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_COMMANDING = re.compile(f"(?!\n)[{COMMANDING}]|{OLD_COMMAND.pattern}")
_UNBROKEN = 1 << 30
"""Columns a line may have: a value that went on in the next line could begin that as a command."""


def findings_yaml(report: CheckReport) -> str:
    return _yaml(as_json(report))


def ingresses_yaml(report: ingresses.IngressesReport) -> str:
    return _yaml(ingresses.as_json(report))


def verdict_yaml(report: VerdictReport) -> str:
    return _yaml(verdict_json(report))


def verdicts_yaml(reports: Iterable[VerdictReport]) -> str:
    return _yaml(verdicts_json(reports))


def _yaml(document: str) -> str:
    written = yaml.dump(json.loads(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_UNBROKEN)
    return _COMMANDING.sub(lambda found: f"\\U{ord(found[0]):08x}", written)


class _Dumper(_Fastest):  # type: ignore[misc]
    """Writes text that would command a terminal or a log in double quotes, where everything can be escaped."""


def _text(dumper: Any, text: str) -> Any:
    style = '"' if _COMMANDING.search(text) or "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
