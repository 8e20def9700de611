"""`nginxsim conf --cluster --compare-conf`: the conf of a controller that runs, read through kubectl exec."""

from __future__ import annotations

import json

import pytest

from tests.support.estates import CONTROLLER, Object, ingress, ingress_class, served, thing

CONF = "/etc/nginx/nginx.conf"
IMAGE = "registry.example.com/ingress-nginx/controller:v1.15.1"


def pod(name: str, **status: object) -> Object:
    sidecar = {"name": "sidecar", "image": "sidecar:1"}
    controller = {"name": "controller", "image": IMAGE, "args": ["/nginx-ingress-controller"]}
    spec = {"containers": [sidecar, controller]}
    return thing("Pod", name, namespace=CONTROLLER, spec=spec, status={"phase": "Running", **status})


@pytest.fixture
def running(nginxsim, cluster):
    """A controller whose conf is the predicted one, but for what the machine decides."""
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    waiting = {"conditions": [{"type": "Ready", "status": "False"}]}
    cluster.objects = [ingress_class(), *served(), ingress(), pod("a", **waiting), pod("b", **ready)]
    text = nginxsim("conf", "--cluster").out
    for ours, theirs in (
        ("worker_processes 2;", "worker_processes 32;"),
        ("worker_rlimit_nofile 1047552;", "worker_rlimit_nofile 1023;"),
        ("backlog=4096", "backlog=511"),
        ("resolver 10.96.0.10", "resolver 10.43.0.10"),
    ):
        assert ours in text
        text = text.replace(ours, theirs)
    cluster.files = {CONF: "# Configuration checksum: 123\n" + text}
    return cluster


def test_what_differs_by_its_nature_is_no_difference(nginxsim, running):
    ran = nginxsim("conf", "--cluster", "--compare-conf")
    assert ran.status == 0, ran.out + ran.err
    assert "is the one that is predicted" in ran.out
    assert running.executed == [(CONTROLLER, "b", ["cat", CONF])]


def test_differences_are_told_by_host_and_block_with_what_asked_for_them(nginxsim, running):
    running.objects[3]["metadata"]["annotations"] = {"nginx.ingress.kubernetes.io/proxy-read-timeout": "77"}
    text = running.files[CONF].replace("proxy_buffering off;", "proxy_buffering on;")
    running.files[CONF] = text.replace("reset_timedout_connection on;", "reset_timedout_connection off;")
    ran = nginxsim("conf", "--cluster", "--compare-conf")
    told = " ".join(ran.out.split())
    assert ran.status == 1
    assert "~ proxy_read_timeout 77s -> proxy_read_timeout 60s" in told
    assert 'cluster:Ingress/default/web:metadata.annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"]' in told
    assert "~ proxy_buffering off -> proxy_buffering on" in told
    assert "~ reset_timedout_connection on -> reset_timedout_connection off" in told
    ran = nginxsim("conf", "--cluster", "--compare-conf", "--format", "json")
    found = {(each["host"], each["before"], each["after"]) for each in json.loads(ran.out)["conf"]}
    assert ("web.example.com", "proxy_read_timeout 77s", "proxy_read_timeout 60s") in found
    assert ran.status == 1
    ran = nginxsim("conf", "--cluster", "--compare-conf", "--host", "web.example.com")
    assert "proxy_read_timeout" in ran.out
    assert "reset_timedout_connection" not in ran.out


def test_a_host_that_only_one_of_them_has_is_a_difference(nginxsim, running):
    running.objects.append(ingress("new", "new.example.com"))
    ran = nginxsim("conf", "--cluster", "--compare-conf")
    assert ran.status == 1
    assert "- server new.example.com" in " ".join(ran.out.split())


def test_what_cannot_be_compared_with_is_told(nginxsim, cluster):
    cluster.objects = [ingress_class(), *served(), ingress()]
    ran = nginxsim("conf", "--cluster", "--compare-conf")
    assert (ran.status, "no controller runs" in ran.err) == (2, True)
    ran = nginxsim("conf", "samples/shop", "--compare-conf")
    assert (ran.status, "goes with --cluster" in ran.err) == (2, True)


def test_who_may_not_run_commands_is_told_so_by_kubectl(nginxsim, running):
    running.refused = {"pods/b/exec"}
    ran = nginxsim("conf", "--cluster", "--compare-conf")
    assert ran.status == 2
    assert "is forbidden" in ran.err
