"""`nginxsim test --cluster`: suites played against what runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.estates import ingress, ingress_class, manifests, served

SUITE = """
tests:
- request: http://web.example.com/
  expect: {status: 200, service: "default/web:80"}
- request: http://web.example.com/
  with: {annotations: {default/web: {whitelist-source-range: 203.0.113.0/24}}}
  expect: {status: 403}
"""


@pytest.fixture
def suite(tmp_path: Path) -> str:
    """One whose manifests are another estate."""
    (tmp_path / "estate.yaml").write_text(manifests(ingress(host="other.example.com")))
    (tmp_path / "web.nginxsim.yaml").write_text(SUITE)
    return str(tmp_path / "web.nginxsim.yaml")


def test_suites_are_played_against_what_runs(nginxsim, cluster, suite):
    cluster.objects = [ingress_class(), *served(), ingress()]
    ran = nginxsim("test", "--cluster", suite)
    assert ran.status == 0, ran.out + ran.err
    assert len([path for path in cluster.asked if "/ingresses" in path]) == 1
    cluster.objects = [ingress_class(), ingress()]
    assert nginxsim("test", "--cluster", suite).status == 1


def test_a_cluster_is_neither_recorded_nor_sent_to(nginxsim, suite):
    for other in (("--record", "new.nginxsim.yaml"), ("--against", "http://127.0.0.1:9")):
        ran = nginxsim("test", "--cluster", suite, *other)
        assert (ran.status, "leave --record and --against out" in ran.err) == (2, True)
