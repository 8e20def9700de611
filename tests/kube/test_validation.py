"""What the API server refuses: against recordings of a real one, and what nginxsim adds to its word."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from nginxsim import Finding, InputError, simulate
from nginxsim.sources import File
from tests.support.places import DATA

RECORDED: dict[str, dict[str, Any]] = yaml.load(
    (DATA / "api_server.yaml").read_text(encoding="utf-8"),
    getattr(yaml, "CSafeLoader", yaml.SafeLoader),
)
PLACEHOLDER = re.compile(r"\{\{(?:\"([^\"]*)\"\*(\d+)|join (\d+) \"([^\"]*)\")\}\}")
WHO = {
    "kubectl": "kubectl refuses ",
    "strict": "kubectl's strict validation refuses ",
    "server": "the API server refuses ",
}


def filled(template: str) -> str:
    def piece(match: re.Match[str]) -> str:
        repeated, times, count, text = match.groups()
        if repeated is not None:
            return repeated * int(times)
        marks = ({"%i": i, "%j": i + 1, "%a": i // 250, "%b": i % 250 + 1} for i in range(int(count)))
        return ", ".join(re.sub("%[ijab]", lambda mark: str(each[mark[0]]), text) for each in marks)  # noqa: B023

    return PLACEHOLDER.sub(piece, template)


def read(text: str, **options: str) -> list[Finding]:
    return simulate([File("manifests.yaml", text)], **options).api_errors()


def without_indexes(field: str) -> str:
    return re.sub(r"\[\d+\]", "", field)


def differences(record: dict[str, Any]) -> str:
    """In what the answer differs from the recorded one; "" for nothing."""
    text = record.get("text") or filled(record["template"])
    refused = record.get("refused")
    try:
        found = read(text)
    except InputError as problem:
        # Broken YAML has no objects that one could say something of.
        broken = refused is not None and refused["by"] == "kubectl" and refused["causes"][0]["type"] == "Yaml"
        return "" if broken else f"not read: {problem}"
    if refused is None:
        return f"refused: {[each.message for each in found]}" if found else ""
    if not found:
        return f"taken, but refused by {refused['by']}: {refused['causes']}"
    return _other_fields(refused, found)


def _other_fields(refused: dict[str, Any], found: list[Finding]) -> str:
    if not all(each.message.startswith(WHO[refused["by"]]) and each.origins for each in found):
        return f"not refused by {refused['by']} at a place: {[each.message for each in found]}"
    names = {cause["field"] for cause in refused["causes"]}
    fields = {each.field for each in found}
    if any(cause["type"] == "WrongKind" for cause in refused["causes"]):
        fields = set(map(without_indexes, fields))
    return "" if names in ({""}, fields) else f"fields {sorted(fields)}, recorded {sorted(names)}"


@pytest.mark.parametrize("group", RECORDED)
def test_documents_are_taken_and_refused_as_recorded(group: str) -> None:
    answers = {name: differences(record) for name, record in RECORDED[group].items()}
    assert {name: answer for name, answer in answers.items() if answer} == {}


@pytest.mark.parametrize("group", RECORDED)
def test_fields_given_twice_are_told_as_recorded(group: str) -> None:
    for name, record in RECORDED[group].items():
        if "Yaml" in str(record.get("refused")):
            continue
        simulation = simulate([File("manifests.yaml", record.get("text") or filled(record["template"]))])
        told = [found.field for found in simulation.check() if found.code == "key-twice"]
        recorded = record.get("twice", [])
        assert len(told) == len(recorded), name
        assert all(field.endswith(key) for field, key in zip(told, recorded, strict=True)), name
