"""Annotations: from what an Ingress says to what the controller takes from it."""

from __future__ import annotations

from functools import reduce

import pytest
import yaml

from nginxsim.annotations import Extraction, Extractor, blocked_word, unknown_annotations, without_snippets
from nginxsim.config.certificates import CertificateStore
from nginxsim.config.controller import Controller
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import ConfigMap, Ingress, Meta, Secret, Service
from nginxsim.origins import Origin
from tests.support.places import DATA

PREFIX = "nginx.ingress.kubernetes.io/"
CONFIG = "ingress-nginx/ingress-nginx-controller"
CASES = yaml.safe_load((DATA / "annotations.yaml").read_text())


def meta(kind, key, **more):
    namespace, name = key.split("/")
    return Meta(kind, name, namespace, **more)


def ingress(annotations, prefix=PREFIX):
    names = [prefix + name for name in annotations]
    origins = {name: Origin("shop.yaml", line, 5) for line, name in enumerate(names, 7)}
    values = dict(zip(names, annotations.values(), strict=True))
    return Ingress(meta("Ingress", "default/web", uid="uid-1", annotations=values, annotation_origins=origins))


def controller(config=None, flags=()):
    """The parts of a controller that annotations depend on: (cluster, settings, flags, release)."""
    cluster = Cluster(
        secrets={
            "default/users": Secret(meta("Secret", "default/users", uid="uid-2"), data={"auth": b"user:x\n"}),
            "default/odd": Secret(meta("Secret", "default/odd", uid="uid-3"), data={"user": b"s3cret"}),
            "other/users": Secret(meta("Secret", "other/users", uid="uid-2"), data={"auth": b"user:x\n"}),
        },
        config_maps={
            "default/headers": ConfigMap(meta("ConfigMap", "default/headers"), data={"X-Team": "shop"}),
            CONFIG: ConfigMap(meta("ConfigMap", CONFIG), data=config or {}),
        },
        services={"default/fallback": Service(meta("Service", "default/fallback"))},
    )
    return cluster, Controller.started(flags=flags).configured(cluster)


def extract(annotations, config=None, flags=(), prefix=PREFIX) -> Extraction:
    cluster, asked = controller(config, flags)
    extractor = Extractor(cluster, asked, CertificateStore(cluster, asked.flags))
    return extractor.extract(ingress(annotations, prefix))


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


def test_every_problem_says_where_and_what_would_be_right():
    found = extract({"ssl-redirect": "false", "whitelist-source-range": "office", "auth-type": "basic"})
    denial, missing = found.problems
    assert denial.origin == Origin("shop.yaml", 8, 5)
    assert "203.0.113.7/32" in denial.expected
    # A missing annotation is explained where the one stands that needs it.
    assert (missing.annotation, missing.origin) == ("auth-secret", Origin("shop.yaml", 9, 5))


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
    _, asked = controller({"annotation-value-word-blocklist": blocklist})
    found = blocked_word(ingress({"auth-realm": "say proxy_pass"}), asked, trimmed=trimmed)
    assert (found.word if found else None) == word


def test_unknown_annotations_come_with_a_suggestion():
    _, asked = controller()
    names = {"proxy-boddy-size": "1m", "proxy-body-size": "1m", "global-rate-limit": "1", "zzz": ""}
    assert unknown_annotations(ingress(names), asked) == [
        ("global-rate-limit", None),
        ("proxy-boddy-size", "proxy-body-size"),
        ("zzz", None),
    ]
    assert unknown_annotations(ingress({"rewrite-target": "/"}, "ingress.kubernetes.io/"), asked) == [
        ("ingress.kubernetes.io/rewrite-target", PREFIX + "rewrite-target"),
    ]
