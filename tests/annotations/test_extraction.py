"""Annotations: from what an Ingress says to what the controller takes from it."""

from __future__ import annotations

from functools import reduce

import pytest
import yaml

from nginxsim import Simulation
from nginxsim.annotations import Extraction, Stranger, blocked_word, unknown_annotations, without_snippets
from nginxsim.kube.objects import Ingress
from tests.support.estates import PREFIX, estate, ingress, service, thing
from tests.support.places import DATA

CASES = yaml.safe_load((DATA / "annotations.yaml").read_text())
NAMES = yaml.safe_load((DATA / "names.yaml").read_text())


BESIDE = (
    thing("Secret", "users", metadata={"uid": "uid-2"}, stringData={"auth": "user:x\n"}),
    thing("Secret", "odd", metadata={"uid": "uid-3"}, stringData={"user": "s3cret"}),
    thing("Secret", "users", namespace="other", metadata={"uid": "uid-2"}, stringData={"auth": "user:x\n"}),
    thing("ConfigMap", "headers", data={"X-Team": "shop"}),
    service("fallback"),
)


def annotated(annotations, config=None, flags=(), prefix=PREFIX) -> tuple[Simulation, Ingress]:
    """An estate with one Ingress that sets these."""
    web = ingress(annotations={prefix + name: text for name, text in annotations.items()}, metadata={"uid": "uid-1"})
    simulation = estate(*BESIDE, web, settings=config, flags=flags)
    return simulation, simulation.cluster.ingresses["default/web"]


def extract(annotations, config=None, flags=(), prefix=PREFIX) -> Extraction:
    simulation, web = annotated(annotations, config, flags, prefix)
    return simulation.extractor.extract(web)


def plain(value):
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"])
def test_table(case):
    found = extract(case["set"], case.get("config"), case.get("flags", ()))
    assert found.error == case.get("dropped", "")
    assert (found.parsed is None) == ("dropped" in case)
    for name, value in case.get("gives", {}).items():
        assert plain(reduce(getattr, name.split("."), found.parsed)) == value, name
    if "denied" in case:
        assert found.parsed.denied == case["denied"]
    if "problems" in case:
        assert [[told.annotation, told.effect, told.offending] for told in found.problems] == case["problems"]


DENYING = {"ssl-redirect": "false", "whitelist-source-range": "office", "auth-type": "basic"}


def test_every_problem_says_where_and_what_would_be_right():
    _, web = annotated(DENYING)
    denial, missing = extract(DENYING).problems
    assert denial.origin == web.meta.annotation_origins[f"{PREFIX}whitelist-source-range"]
    assert "203.0.113.7/32" in denial.expected
    # A missing annotation is explained where the one stands that needs it.
    assert (missing.annotation, missing.origin) == ("auth-secret", web.meta.annotation_origins[f"{PREFIX}auth-type"])


def test_sources_name_the_annotations_that_are_set():
    parsed = extract({"ssl-redirect": "false", "proxy-body-size": "8m"}).parsed
    source = parsed.source("proxy-body-size")
    assert (source.kind, source.name, source.owner) == ("annotation", "proxy-body-size", "Ingress default/web")
    assert parsed.source("proxy-read-timeout").kind == "default"


def test_another_prefix_makes_other_annotations():
    flags = ["--annotations-prefix=acme.io"]
    assert extract({"upstream-vhost": "a.com"}, flags=flags).parsed.upstream_vhost == ""
    assert extract({"upstream-vhost": "a.com"}, flags=flags, prefix="acme.io/").parsed.upstream_vhost == "a.com"


def test_snippets_are_taken_away():
    annotations = {
        "server-snippet": "a;",
        "auth-url": "http://auth/",
        "auth-snippet": "b;",
        "modsecurity-snippet": "c;",
    }
    parsed = extract(annotations, {"annotations-risk-level": "Critical"}).parsed
    left = without_snippets(parsed)
    assert (parsed.server_snippet, left.server_snippet) == ("a;", "")
    assert (left.external_auth.url, left.external_auth.snippet) == ("http://auth/", "")
    assert left.modsecurity.snippet == ""


@pytest.mark.parametrize(
    ("blocklist", "trimmed", "word"),
    [
        ("", False, None),
        ("secret", False, None),
        ("load_module,proxy_pass", False, "proxy_pass"),
        ("load_module, proxy_pass", False, " proxy_pass"),
        ("load_module,  proxy_pass", False, None),
        ("load_module,  proxy_pass", True, "  proxy_pass"),
        # After a trailing comma stands the empty word, which is in every value.
        ("load_module,", False, ""),
    ],
)
def test_word_blocklist(blocklist, trimmed, word):
    simulation, web = annotated({"auth-realm": "say proxy_pass"}, {"annotation-value-word-blocklist": blocklist})
    found = blocked_word(web, simulation.controller, trimmed=trimmed)
    assert (found.word if found else None) == word


def test_unknown_annotations_come_with_a_suggestion():
    names = {"proxy-boddy-size": "1m", "proxy-body-size": "1m", "global-rate-limit": "1", "zzz": ""}
    simulation, web = annotated(names)
    assert list(unknown_annotations(web, simulation.controller)) == [
        Stranger("global-rate-limit", gone_since="1.12.0"),
        Stranger("proxy-boddy-size", "proxy-body-size", is_slip=True),
        Stranger("zzz"),
    ]
    simulation, web = annotated({"rewrite-target": "/"}, prefix="ingress.kubernetes.io/")
    assert list(unknown_annotations(web, simulation.controller)) == [
        Stranger("ingress.kubernetes.io/rewrite-target", PREFIX + "rewrite-target", wrong_prefix=True),
    ]


# The highest level of risk that still leaves an annotation out; those of the lowest always pass.
BELOW = {"Medium": "Low", "High": "Medium", "Critical": "High"}


@pytest.mark.parametrize(("name", "risk"), NAMES["annotations"].items())
def test_names_and_risks(name, risk):
    simulation, web = annotated({name: "x"}, {"annotations-risk-level": BELOW.get(risk, risk)})
    assert list(unknown_annotations(web, simulation.controller)) == []
    risky = "contains risky annotation" in simulation.extractor.extract(web).error
    assert risky == (risk in BELOW)
    assert "risky" not in extract({name: "x"}, {"annotations-risk-level": risk}).error
