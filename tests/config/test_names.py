"""Every flag and every key of the ConfigMap is known by its name, and has the controller's own default."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from nginxsim.config.flags import KNOWN, parse_flags
from nginxsim.releases import release
from tests.support.estates import estate
from tests.support.places import DATA

NAMES: dict[str, dict[str, Any]] = yaml.safe_load((DATA / "names.yaml").read_text(encoding="utf-8"))


def field(name: str) -> str:
    return name.replace("-", "_")


def test_flags() -> None:
    assert set(NAMES["flags"]) <= set(KNOWN)
    flags = parse_flags([], release("1.15.1"))
    plain = {name: default for name, default in NAMES["flags"].items() if default is not None}
    assert {name: getattr(flags, field(name), default) for name, default in plain.items()} == plain


@pytest.mark.parametrize("name", NAMES["settings"])
def test_keys_of_the_config_map(name: str) -> None:
    settings = estate(settings={name: ""}).controller.settings
    assert "unknown key" not in [problem.reason for problem in settings.problems]


def test_defaults_of_the_config_map() -> None:
    settings = estate().controller.settings
    plain = {name: default for name, default in NAMES["settings"].items() if default is not None}
    assert {name: getattr(settings, field(name)) for name in plain} == plain
