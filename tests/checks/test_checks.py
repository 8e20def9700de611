"""The checks over an estate: the examples of the catalogue, the cases in data/checks, and what users ask about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from nginxsim import Answer, Finding, UpstreamRequest, Verdict, simulate
from nginxsim.catalogue import BY_CODE, BY_NUMBER, Entry, Example
from nginxsim.catalogue.examples import example_of
from nginxsim.catalogue.pages import pages
from nginxsim.checks import CHECKS
from nginxsim.preflight.suspects import ELSEWHERE, POSSIBILITIES
from nginxsim.reports.spans import Sources, locate
from nginxsim.url import request_for
from tests.support.estates import manifests, secret
from tests.support.examples import certificate, simulated
from tests.support.places import DATA, ROOT

RUNNABLE = [row for row in BY_NUMBER.values() if row.code in CHECKS and row.bad and row.bad.objects]


def findings(folder: Path, text: str, flags: tuple[str, ...] = (), *, alone: bool = False) -> list[Finding]:
    return simulated(folder, text, flags, alone=alone).check()


def codes(folder: Path, example: Example) -> set[str]:
    return {found.code for found in findings(folder, example.manifests(), example.flags)}


@pytest.mark.parametrize("row", RUNNABLE, ids=lambda row: row.number)
def test_bad_examples_are_found_and_good_ones_are_not(row: Entry, tmp_path: Path) -> None:
    assert row.bad is not None
    assert row.good is not None
    assert row.code in codes(tmp_path, row.bad)
    if row.good.objects:
        assert row.code not in codes(tmp_path, row.good)


CAUSES = yaml.safe_load((DATA / "causes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CAUSES)
def test_a_cause_that_users_ask_about_is_named(name: str, tmp_path: Path) -> None:
    row = CAUSES[name]
    if "limits" in row:
        assert f"## {row['limits']}\n" in (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    if "manifests" in row:
        example = example_of(row["manifests"])
        assert example is not None
        found = findings(tmp_path, example.manifests(), example.flags)
        if "check" in row:
            assert row["check"] in {each.code for each in found}
            assert row.get("at", "") in {underlined(each) for each in found if each.code == row["check"]} | {""}
        if "why" in row:
            verdict = asked(tmp_path, example, row["why"])
            assert (verdict.status, verdict.cause.code) == (row["why"]["status"], row["why"]["code"])


def underlined(found: Finding) -> str:
    """The text that the first piece of evidence points at, without quotes."""
    span = locate(found.evidence[0], Sources())
    assert span is not None
    return span.source[span.column - 1 : span.column - 1 + span.length].strip("\"'")


def asked(folder: Path, example: Example, question: dict[str, Any]) -> Verdict:
    simulation = simulate([folder / "manifests.yaml"], flags=example.flags)
    request = request_for(
        question["url"], client=question.get("client", "127.0.0.1"), body_bytes=question.get("body", 0)
    )

    def answer(upstream: UpstreamRequest) -> Answer:
        return Answer(question.get("auth" if upstream.role == "auth" else upstream.role, 200))

    return simulation.route(request, answer)


def test_every_row_of_the_catalogue_has_its_page() -> None:
    folder = ROOT / "docs" / "rules"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")} == pages(), (
        "run python -m nginxsim.catalogue.pages docs/rules"
    )


def test_every_finding_of_the_catalogue_has_a_check_and_every_check_a_row() -> None:
    assert set(CHECKS) <= set(BY_CODE)
    unseen = {ELSEWHERE, *(each.code for each in POSSIBILITIES)}
    assert {row.code for row in BY_NUMBER.values() if "NX6" <= row.number < "NX9"} - unseen <= set(CHECKS)


CASES = {
    f"{path.stem}: {name}": case
    for path in sorted((DATA / "checks").glob("*.yaml"))
    for name, case in yaml.safe_load(path.read_text(encoding="utf-8")).items()
}


@pytest.mark.parametrize("name", CASES)
def test_cases(name: str, tmp_path: Path) -> None:
    """`finds` and `spares`: codes; `message`, `fix`: a part of the first finding's; `at`: what it points at."""
    case = CASES[name]
    example = example_of(case["manifests"])
    assert example is not None
    secrets = [manifests(secret(name, **made_of(parts))) for name, parts in case.get("secrets", {}).items()]
    found = findings(tmp_path, "---\n".join((example.manifests(), *secrets)), example.flags)
    by_code = {each.code: each for each in reversed(found)}
    assert set(case.get("finds", ())) <= set(by_code)
    assert not set(case.get("spares", ())) & set(by_code)
    first = by_code[case["finds"][0]] if case.get("finds") else None
    if "message" in case:
        assert first is not None
        assert case["message"] in first.message
    if "fix" in case:
        assert first is not None
        assert case["fix"] in first.fix
    if "at" in case:
        assert first is not None
        assert underlined(first) == case["at"]
    if "beside" in case:
        assert first is not None
        assert any(case["beside"] in item.note for item in first.evidence[1:])


def made_of(parts: dict[str, Any]) -> dict[str, str]:
    """A Secret's data: `for` a host name, ending in `days`; `keys` picks from it; anything else as it stands."""
    if "for" not in parts:
        return parts
    pair = certificate(parts["for"], parts.get("days", 300))
    return {as_key: pair[key] for as_key, key in parts.get("keys", {key: key for key in pair}).items()}


def test_a_large_estate_is_checked_by_shape(tmp_path: Path) -> None:
    shops = [
        {"name": f"shop-{n}", "host": f"shop-{n}.example.com", "annotations": {"proxy-buffer-size": size}}
        for n, size in enumerate(["8k", "16b", "8k"] * 100)
    ]
    example = example_of(shops)
    assert example is not None
    refused = {found.ingress for found in findings(tmp_path, example.manifests()) if found.code == "nginx-refuses"}
    assert refused == {f"default/shop-{n}" for n in range(1, 300, 3)}
