"""What is wrong on the way to the webhook: the cases in data/preflight.yaml, and the command."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from nginxsim.around.webhook.pace import seconds
from nginxsim.around.webhook.reach import ROWS, Provider, provider_named
from nginxsim.catalogue import BY_CODE
from nginxsim.preflight import Preflight, event_of, preflight
from nginxsim.simulation import simulate
from tests.support.apiserver import AROUND
from tests.support.estates import ingress, ingress_class, served
from tests.support.examples import certificate, example, filled
from tests.support.places import DATA

CASES = yaml.safe_load((DATA / "preflight.yaml").read_text(encoding="utf-8"))


def looked(folder: Path, case: dict[str, Any]) -> Preflight:
    path = folder / "manifests.yaml"
    path.write_text(filled(example(case["manifests"]).manifests()), encoding="utf-8")
    provider = provider_named(case["provider"]) if "provider" in case else None
    return preflight([simulate([path])], provider=provider, event=event_of(case["event"]) if "event" in case else None)


@pytest.mark.parametrize("name", CASES)
def test_cases(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    told = looked(tmp_path, case)
    found = [each.finding.code for each in told.found]
    possible = [each.finding.code for each in told.possible]
    for field, codes in (("found", found), ("possible", possible)):
        if field in case:
            assert codes == case[field]
    assert not {*found, *possible} & set(case.get("spares", ()))
    if "explained" in case:
        assert [each.finding.code for each in told.found if each.explains] == case["explained"]
    if "message" in case:
        assert case["message"] in told.found[0].finding.message
    if "note" in case:
        assert case["note"] in told.found[0].finding.evidence[0].note
    if "taken" in case:
        assert case["taken"] in "\n".join(told.assumptions)


def test_each_cause_says_where_to_look_and_what_to_do(tmp_path: Path) -> None:
    for case in CASES.values():
        for each in looked(tmp_path, case).suspects:
            assert each.look
            assert each.finding.fix
            assert "{" not in each.finding.message + each.finding.fix


def test_each_provider_has_its_documentation() -> None:
    assert set(ROWS) == set(Provider)
    assert all(row.source for row in ROWS.values() if row.kind is not None)


def test_the_time_of_a_review_is_that_of_the_measurements_and_grows_between_them() -> None:
    assert [round(seconds(count), 2) for count in (0, 100, 1_000, 10_000)] == [0, 0.05, 0.73, 125.6]
    assert seconds(3_000) < seconds(4_000) < seconds(20_000)
    assert seconds(5_000, writes_all=False) < seconds(5_000)


def test_many_ingresses_take_longer_than_the_api_server_waits(tmp_path: Path) -> None:
    path = tmp_path / "manifests.yaml"
    shops = [{"name": f"shop-{number}", "host": f"shop-{number}.example.com"} for number in range(1300)]
    path.write_text(example([{"webhook": {}}, *shops]).manifests(), encoding="utf-8")
    cluster = simulate([path]).given
    slow = {}
    for timeout in (1, 2, 30):
        ((name, registration),) = cluster.registrations.items()
        waiting = replace(registration, webhooks=(replace(registration.webhooks[0], timeout=timeout),))
        told = preflight([simulate(replace(cluster, registrations={name: waiting}))])
        slow[timeout] = [each.is_sure for each in told.suspects if each.finding.code == "webhook-slow"]
    assert slow == {1: [True], 2: [False], 30: []}


def test_the_command_tells_the_likeliest_first(nginxsim: Any, tmp_path: Path) -> None:
    path = tmp_path / "manifests.yaml"
    path.write_text(example({"webhook": {"replicas": 0}}).manifests(), encoding="utf-8")
    ran = nginxsim("preflight", str(path), "--event", "context deadline exceeded", "--provider", "gke-private")
    assert ran.status == 1
    assert ran.out.index("webhook-firewall") < ran.out.index("webhook-no-pod") < ran.out.index("webhook-busy")
    assert "2 causes found, 1 of them explains the error" in ran.out


@pytest.mark.parametrize("output", ["text", "json", "markdown", "sarif"])
def test_formats(nginxsim: Any, tmp_path: Path, output: str) -> None:
    path = tmp_path / "manifests.yaml"
    path.write_text(example({"webhook": {"flags": []}}).manifests(), encoding="utf-8")
    ran = nginxsim("preflight", str(path), "-o", output)
    assert ran.status == 1, ran.err
    assert BY_CODE["webhook-off"].number in ran.out
    if output == "markdown":
        starts = {line.partition(":")[0].partition(" | ")[0] for line in ran.out.splitlines()}
        assert {"- taken for granted", "| level"} <= starts
    if output in ("json", "sarif"):
        json.loads(ran.out)


def stored(thing: dict[str, Any]) -> dict[str, Any]:
    """As a server has it: bytes in base64."""
    data = {key: b64encode(text.encode()).decode() for key, text in thing.get("stringData", {}).items()}
    return {**{key: value for key, value in thing.items() if key != "stringData"}, **({"data": data} if data else {})}


def test_a_running_cluster_is_asked_for_what_stands_on_the_way(nginxsim: Any, cluster: Any) -> None:
    """The Secret by name; and an empty caBundle is a fact there."""
    host = "ingress-nginx-controller-admission.ingress-nginx.svc"
    secret = {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": {"name": "ingress-nginx-admission", "namespace": "ingress-nginx"},
        "stringData": {"cert": certificate(host)["tls.crt"], "key": certificate("other.example.com")["tls.key"]},
    }
    cluster.kinds = AROUND
    made = json.loads(json.dumps(example([{"webhook": {}}, secret]).objects))
    cluster.objects = [*map(stored, made), ingress_class(), *served(), ingress()]
    ran = nginxsim("preflight", "--cluster", "-o", "json")
    found = [each["code"] for each in json.loads(ran.out)["found"]]
    assert found == ["webhook-no-pod", "webhook-without-certificate", "webhook-ca-missing"], ran.out + ran.err
    assert "/api/v1/namespaces/ingress-nginx/secrets/ingress-nginx-admission" in cluster.asked
    cluster.asked.clear()
    assert nginxsim("check", "--cluster").status == 0
    assert not [path for path in cluster.asked if "webhook" in path or "polic" in path or "jobs" in path]


def test_nothing_found_is_fine_and_nothing_to_walk_is_bad_input(nginxsim: Any, tmp_path: Path) -> None:
    path = tmp_path / "manifests.yaml"
    path.write_text(example({"webhook": {}}).manifests(), encoding="utf-8")
    assert nginxsim("preflight", str(path)).status == 0
    path.write_text(example({}).manifests(), encoding="utf-8")
    ran = nginxsim("preflight", str(path))
    assert (ran.status, "nothing to walk" in ran.err) == (2, True)
    ran = nginxsim("preflight", str(path), "--provider", "gke-privat")
    assert (ran.status, 'did you mean "gke-private"?' in ran.err) == (2, True)
