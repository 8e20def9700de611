"""`nginxsim admit`: what it reports, how it exits, what it refuses to start with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.commands import Command
from tests.support.estates import PREFIX, estate_text, ingress, manifests, served

SAMPLE = "samples/admission"
Report = Callable[..., dict[str, Any]]


@pytest.fixture
def reported(nginxsim: Command) -> Report:
    """The JSON report."""
    return lambda *arguments, stdin="": json.loads(nginxsim("admit", *arguments, "-o", "json", stdin=stdin).out)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([SAMPLE], 1),
        ([SAMPLE, "--ingress", "default/office"], 1),
        (["samples/shop-repaired"], 0),
        (["samples/shop"], 1),
        (["samples/canary"], 0),
    ],
)
def test_exit_status(nginxsim: Command, arguments: list[str], status: int) -> None:
    assert nginxsim("admit", *arguments).status == status


BAD_INPUT = {
    "no such file": (["nowhere.yaml"], "nowhere.yaml"),
    "unknown Ingress": ([SAMPLE, "--ingress", "default/ofice"], 'did you mean "default/office"?'),
    "certificate without --serve": ([SAMPLE, "--tls-cert", "x"], "--serve"),
    "strict without --serve": ([SAMPLE, "--strict"], "--serve"),
    "serve without certificate": ([SAMPLE, "--serve", "0"], "--tls-cert"),
    "serve with a report": ([SAMPLE, "--serve", "0", "-o", "json"], "--output"),
    "no port": ([SAMPLE, "--serve", "web", "--tls-cert", "x", "--tls-key", "y"], "[HOST:]PORT"),
    "no certificate in the file": (
        [SAMPLE, "--serve", "0", "--tls-cert", "README.md", "--tls-key", "README.md"],
        "expected a PEM certificate chain",
    ),
    "no certificate file": ([SAMPLE, "--serve", "0", "--tls-cert", "x.crt", "--tls-key", "x.key"], "x.crt"),
}


@pytest.mark.parametrize(("arguments", "told"), BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_bad_input(nginxsim: Command, arguments: list[str], told: str) -> None:
    ran = nginxsim("admit", *arguments)
    assert ran.status == 2
    assert told in ran.err


def test_the_webhooks_words_and_both_places(reported: Report) -> None:
    (shop, copy, _) = reported(SAMPLE)["ingresses"]
    assert shop["error"] == 'host "shop.example.com" and path "/" is already defined in ingress default/copy-of-shop'
    assert (shop["allowed"], shop["check"]) == (False, "overlap")
    assert [place["line"] for place in copy["origins"]] == [27, 13]


def test_what_the_webhook_misses(reported: Report) -> None:
    (shop, copy, office) = reported(SAMPLE)["ingresses"]
    assert office["allowed"]
    assert office["denied"] == f"annotation {PREFIX}whitelist-source-range contains invalid value"
    assert shop["nginx"][0]["message"] == '"proxy_buffer_size" directive invalid value'
    assert shop["nginx"][0]["evidence"][0]["origin"] == {"file": f"{SAMPLE}/ingress.yaml", "line": 6, "column": 52}
    assert not copy["nginx"]


def test_a_foreign_class_is_not_looked_at(nginxsim: Command) -> None:
    ran = nginxsim("admit", "-", stdin=manifests(ingress("other", class_name="traefik")))
    assert ran.status == 0
    assert 'unseen   default/other: not looked at: IngressClass "traefik"' in ran.out


def test_a_fault_of_the_config_map_belongs_to_no_ingress(reported: Report) -> None:
    report = reported("-", stdin=estate_text(ingress(), settings={"log-format-upstream": "$nonsense"}))
    assert not report["ingresses"][0]["nginx"]
    assert report["nginx"]
    assert report["summary"]["nginx"] == len(report["nginx"])


def test_one_value_in_many_lines_is_one_fault(reported: Report) -> None:
    bad = ingress(rules=dict.fromkeys(("a.test", "b.test"), "/"), annotations={"proxy-max-temp-file-size": "1g"})
    (fault,) = reported("-", stdin=manifests(bad))["ingresses"][0]["nginx"]
    assert len(fault["nginx_conf_lines"]) > 1
    assert fault["nginx_conf_line"] == fault["nginx_conf_lines"][0]


DOORS = {
    "kubectl": (ingress(metadata={"annotations": {"note": 8}}), "kubectl"),
    "strict validation": (ingress(ingressClassname="nginx"), "strict"),
    "the API server": (ingress(host="Web.example.com"), "server"),
    "the webhook": (ingress(paths="/v1@beta"), "webhook"),
    "nobody": (ingress(), ""),
}


@pytest.mark.parametrize("name", DOORS)
def test_who_refuses_is_told(name: str, nginxsim: Command, reported: Report) -> None:
    made, refuser = DOORS[name]
    text = estate_text(*served("web"), made)
    (found,) = reported("-", stdin=text)["ingresses"]
    assert (found["refused_by"], found["allowed"], bool(found["error"])) == (refuser, not refuser, bool(refuser))
    ran = nginxsim("admit", "-", stdin=text)
    assert ran.status == bool(refuser)
    assert ("before the webhook is asked" in ran.out) == (refuser in ("kubectl", "strict", "server"))


def test_an_ingress_that_nobody_can_read_is_told_too(reported: Report) -> None:
    text = estate_text({**ingress(), "apiVersion": "networking.k8s.io/v2"})
    found = reported("-", stdin=text)
    assert found["summary"]["refused"] == 1
