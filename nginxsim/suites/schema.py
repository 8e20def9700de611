"""The JSON Schema of suite files, made from the reader's own tables: `python -m nginxsim.suites.schema` prints it."""

from __future__ import annotations

import json
import sys
from typing import Any

from nginxsim.suites import fields
from nginxsim.suites.fields import Table


def schema() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nginxsim test suite (*.nginxsim.yaml)",
        **_object(fields.SUITE, "tests"),
        "$defs": {
            "answer": _object(fields.ANSWER),
            "defaults": _object(fields.DEFAULTS),
            "expect": {**_object(fields.EXPECT), "minProperties": 1},
            "helm": _object(fields.HELM, "chart"),
            "request": _object(fields.REQUEST, "url"),
            "test": _object(fields.TEST, "request", "expect"),
            "upstream": _object(fields.UPSTREAM),
            "with": _object(fields.WITH),
        },
    }


def text() -> str:
    """schema.json, to the byte."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _object(table: Table, *required: str) -> dict[str, Any]:
    properties = {name: {"description": field.about, **field.schema} for name, field in table.items()}
    made: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**made, "required": list(required)} if required else made


if __name__ == "__main__":
    sys.stdout.write(text())
