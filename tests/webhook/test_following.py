"""`nginxsim admit --serve --cluster`: the estate is that of a cluster, and follows it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.apiserver import ApiServer
from tests.support.estates import ingress, ingress_class, served
from tests.support.webhook import Server, Serving, certificate


@pytest.fixture
def server(serving: Serving, cluster: ApiServer, tmp_path: Path) -> Iterator[Server]:
    cluster.objects = [ingress_class(), *served(), ingress("first", "first.example.com")]
    with serving(tmp_path, "--cluster", paths=()) as server:
        assert server.comes_to(lambda: len(cluster.watchers) == 4)
        yield server


def taken_away(server: Server) -> bool:
    """Whether another Ingress may not have the path that `second` has."""
    answer = server.review(ingress("late", "second.example.com"), operation="CREATE")
    return not answer["allowed"]


def test_reviews_are_against_what_the_cluster_has_by_now(server, cluster):
    assert not taken_away(server)
    cluster.change("ADDED", ingress("second", "second.example.com"))
    assert server.comes_to(lambda: taken_away(server))
    cluster.change("DELETED", ingress("second", "second.example.com"))
    assert server.comes_to(lambda: not taken_away(server))


def test_a_watch_that_ends_is_begun_anew_with_a_new_list(server, cluster):
    cluster.refused = {"ingresses"}
    cluster.end_watches()
    assert server.comes_to(lambda: "stale: since" in server.told("/readyz")[1])
    assert server.told("/readyz")[0] == 200
    assert server.metric("nginxsim_cluster_stale_since_timestamp_seconds") > 0
    assert server.logged("the cluster is not followed since")
    cluster.objects.append(ingress("second", "second.example.com"))
    cluster.refused = set()
    assert server.comes_to(lambda: "stale" not in server.told("/readyz")[1])
    assert server.comes_to(lambda: taken_away(server))


def reads(server: Server) -> float:
    return server.metric('nginxsim_estate_reads_total{result="read"}')


def rests(server: Server) -> bool:
    """Whether nothing is read any more."""
    before = reads(server)
    time.sleep(2)
    return reads(server) == before


def test_what_only_a_status_says_is_no_change(server, cluster):
    assert server.comes_to(lambda: reads(server) >= 2 and rests(server))
    before = reads(server)
    status = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
    cluster.change("MODIFIED", {**ingress("first", "first.example.com"), "status": status})
    cluster.change("ADDED", ingress("second", "second.example.com"))
    assert server.comes_to(lambda: taken_away(server))
    assert reads(server) == before + 1


def test_no_cluster_at_the_start_is_bad_input(nginxsim, cluster, tmp_path):
    chain, key = certificate(tmp_path)
    cluster.url = "http://127.0.0.1:9"
    cluster.kubeconfig(tmp_path)
    ran = nginxsim(
        "admit", "--cluster", "--serve", "127.0.0.1:0", "--tls-cert", str(chain), "--tls-key", str(key)
    )  # fmt: skip
    assert ran.status == 2
    assert "127.0.0.1:9 was refused" in ran.err
