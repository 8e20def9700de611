"""What is told of releases and annotations: the page, and the commands that list them."""

from __future__ import annotations

import json

import pytest

from nginxsim.releases import RELEASES, chart_values
from nginxsim.releases.words import when
from nginxsim.upgrade.pages import page
from tests.support.commands import Command
from tests.support.places import ROOT


def test_the_tables_of_releases_are_those_of_today() -> None:
    text = (ROOT / "docs/releases.md").read_text(encoding="utf-8")
    assert page(text) == text, "run python -m nginxsim.upgrade.pages docs/releases.md"


def test_dates_of_values_are_those_of_published_releases() -> None:
    written = {*chart_values.KNOWN.values(), *(when for each in chart_values.DEFAULTS.values() for when in each)}
    ends = {end for when in written for run in when.split() for end in run.split("..") if end}
    assert ends <= set(RELEASES)
    for value in (*chart_values.DEFAULTS, *chart_values.INSTEAD):
        assert chart_values.is_read_by_any(value), value
    for value in chart_values.DEFAULTS:
        assert [chart_values.default_of(value, name) for name in RELEASES]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("..", "always"),
        ("..1.9.4", "up to 1.9.4"),
        ("1.11.5..1.11.8 1.12.1..", "1.11.5 to 1.11.8, from 1.12.1 on"),
        ("1.0.5", "1.0.5"),
        ("0.1.0", "never"),
    ],
)
def test_runs_of_releases_in_words(text: str, words: str) -> None:
    assert when(text) == words


def test_every_release_is_listed(nginxsim: Command) -> None:
    rows = json.loads(nginxsim("releases", "-o", "json").out)
    assert [row["release"] for row in rows] == list(reversed(RELEASES))
    assert rows[-1] == {
        "release": "0.43.0", "day": "2020-12-30", "nginx": "1.19.6", "kubernetes": "1.21",
        "chart": "3.19.0, 3.20.0, 3.20.1, 3.21.0, 3.22.0",
    }  # fmt: skip
    assert nginxsim("releases").out.splitlines()[1].split()[:3] == ["1.15.1", "2026-03-19", "1.27.1"]


def test_one_annotation_with_its_past_and_its_places(nginxsim: Command) -> None:
    sample = str(ROOT / "samples/shop")
    told = nginxsim("annotations", "nginx.ingress.kubernetes.io/whitelist-source-range", sample).out
    assert "whitelist-source-range always" in told
    assert "1.0.5: the whole Ingress is dropped" in told
    assert f"{sample}/ingress.yaml:7:57  default/shop  whitelist-source-range  10.0.0.0/8, office" in told


@pytest.mark.parametrize(
    ("name", "fates"),
    [
        ("configuration-snippet", {"1.9.0 to 1.11.8": "ignored", "1.0.5, from 1.12.0 on": "dropped"}),
        ("global-rate-limit", {"up to 0.43.0, from 1.12.0 on": "unknown"}),
        ("x-forwarded-prefix", {"1.0.5, from 1.12.0 on": "dropped"}),
    ],
)
def test_what_a_bad_value_does_in_which_release(name: str, fates: dict[str, str], nginxsim: Command) -> None:
    (told,) = json.loads(nginxsim("annotations", name, "-o", "json").out)
    found = {each["releases"]: each["fate"] for each in told["bad_value"]}
    assert found | fates == found


def test_those_that_an_estate_uses(nginxsim: Command) -> None:
    ran = nginxsim("annotations", str(ROOT / "samples/shop"))
    assert [line.split()[:2] for line in ran.out.splitlines()[1:]] == [["allowlist-source-range", "1"]]
    assert len(nginxsim("annotations").out.splitlines()) > 100


def test_an_annotation_that_nobody_knows(nginxsim: Command) -> None:
    ran = nginxsim("annotations", "auth-ur")
    assert (ran.status, ran.err) == (2, 'error: no annotation "auth-ur"; did you mean "auth-url"?\n')
