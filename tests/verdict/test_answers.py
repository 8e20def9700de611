"""What clients, services and auth servers get to see (tests/data/answers.yaml)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
import yaml

from nginxsim import Answer, Request, UpstreamRequest, Verdict, simulate, simulate_conf
from nginxsim.catalogue.examples import example_of
from nginxsim.sources import File
from tests.support.estates import manifests, served
from tests.support.places import DATA

CASES: dict[str, Any] = yaml.safe_load((DATA / "answers.yaml").read_text(encoding="utf-8"))
ADDRESSES = ("10.0.0.1", "10.0.0.2")


def answer_of(written: Any) -> Answer:
    """A status, the name of a failure, or a mapping of an Answer's fields."""
    if isinstance(written, int):
        return Answer(written)
    if isinstance(written, str):
        return Answer.failure(written)
    return Answer(**{**written, "headers": list(written.get("headers", {}).items())})


class Services:
    """Answers for each role as the case says, one after the other; the last one stays. Else 200."""

    def __init__(self, written: dict[str, Any]) -> None:
        self._answers: dict[str, Iterator[Answer]] = {
            role: map(answer_of, these if isinstance(these, list) else [these]) for role, these in written.items()
        }
        self._last: dict[str, Answer] = {}
        self.asked: list[UpstreamRequest] = []

    def __call__(self, sent: UpstreamRequest) -> Answer:
        self.asked.append(sent)
        last = self._last.get(sent.role, Answer())
        self._last[sent.role] = next(self._answers.get(sent.role, iter(())), last)
        return self._last[sent.role]


def verdict_of(case: dict[str, Any], answers: Services, folder: Path) -> Verdict:
    ask = dict(case.get("ask", {}))
    headers = [(name, value.replace("PERSISTENT", pinned())) for name, value in ask.pop("headers", {}).items()]
    if "conf" in case:
        (folder / "nginx.conf").write_text(case["conf"], encoding="utf-8")
        return simulate_conf(folder / "nginx.conf").route(Request(**ask, headers=headers), answers)
    example = example_of(case["manifests"])
    assert example is not None
    text = "---\n".join((example.manifests(), manifests(*served("web", *ADDRESSES))))
    simulation = simulate([File("estate.yaml", text)], flags=example.flags)
    return simulation.route(Request(**{"host": "shop.example.com", **ask}, headers=headers), answers)


def pinned() -> str:
    """A session cookie of affinity-mode persistent, for the first endpoint of web."""
    return md5(f"default-web-80{ADDRESSES[0]}:8080".encode()).hexdigest()


def lines_of(sent: UpstreamRequest | None) -> list[str]:
    if sent is None:
        return []
    return [f"{sent.method} {sent.uri}", *(f"{name}: {value}" for name, value in sent.headers)]


def names_in(lines: Iterable[str]) -> set[str]:
    return {line.partition(":")[0] for line in lines}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_answer(case: dict[str, Any], tmp_path: Path) -> None:
    services = Services(case.get("answers", {}))
    verdict = verdict_of(case, services, tmp_path)
    assert verdict.status == case.get("status", 200)
    seen = [f"{name}: {value}" for name, value in verdict.headers]
    sent = lines_of(verdict.upstream)
    asked = next((lines_of(one) for one in verdict.outcomes[0].also if one.role == "auth"), [])
    for lines, wanted, unwanted in (
        (seen, "headers", "lacks"),
        (sent, "sent", "not sent"),
        (asked, "auth", "not in auth"),
    ):
        assert set(case.get(wanted, ())) <= set(lines)
        assert not names_in(lines) & set(case.get(unwanted, ()))
    if "cause" in case:
        assert verdict.cause.code == case["cause"]
    assert len(services.asked) == case.get("asked", len(services.asked))
    if "cookies" in case:
        assert [name for name, _ in verdict.headers].count("Set-Cookie") == case["cookies"]
    told = [f"{step.phase} {step.text}: {step.why}" for step in verdict.trace]
    assert [line for line in case.get("trace", ()) if line not in told] == []
    assert set(case.get("taken", ())) <= set(verdict.assumptions)
