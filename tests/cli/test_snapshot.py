"""`nginxsim snapshot`: what it leaves out, and that it answers as the cluster did."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
import yaml

from tests.support.certificates import issue
from tests.support.controllers import deployment
from tests.support.estates import Object, config_map, ingress, ingress_class, served, thing

HOST = "https://web.example.com/"
PLANTED = ("sw0rdfish-of-web", "users:$apr1$x$planted", "planted-in-args", "planted-in-env", "planted-applied")


def live_secret(name: str, kind: str = "Opaque", **data: str) -> Object:
    encoded = {key.replace("_", "."): b64encode(value.encode()).decode() for key, value in data.items()}
    noted = {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"a":"planted-applied"}}'}
    return thing("Secret", name, type=kind, data=encoded, metadata={"annotations": noted})


def pod(name: str, **container: object) -> Object:
    spec = {"containers": [{"name": "web", "image": "web:1", **container}]}
    return thing("Pod", name, spec=spec, status={"phase": "Running", "podIP": "10.0.0.9"})


@pytest.fixture
def estate(cluster) -> list[Object]:
    party, authority = issue("web", "web.example.com", "*.apps.example.com"), issue("authority", ca=True)
    mine, others = issue("bad", "bad.example.com"), issue("bad", "bad.example.com")
    tls = [
        {"hosts": [f"{name}.example.com"], "secretName": f"{name}-tls"} for name in ("web", "bad", "missing", "plain")
    ]
    hosts = {f"{name}.example.com": "/" for name in ("web", "bad", "missing", "plain")}
    cluster.objects = [
        ingress_class(), *served(),
        config_map({"ssl-dh-param": "default/dh", "hsts": "false"}),
        ingress("hosts", rules=hosts, tls=tls),
        ingress("auth", "auth.example.com", annotations={"auth-type": "basic", "auth-secret": "users"}),
        ingress("mutual", "mutual.example.com", annotations={"auth-tls-secret": "default/ca"}, tls=[
            {"hosts": ["mutual.example.com"], "secretName": "web-tls"},
        ]),
        live_secret("web-tls", "kubernetes.io/tls", tls_crt=party.pem, tls_key=party.key_pem),
        live_secret("bad-tls", "kubernetes.io/tls", tls_crt=mine.pem, tls_key=others.key_pem),
        live_secret("plain-tls", password=PLANTED[0]),
        live_secret("ca", ca_crt=authority.pem),
        live_secret("users", auth=PLANTED[1]),
        live_secret("dh", dhparam_pem="-----BEGIN DH PARAMETERS-----\nMAA=\n-----END DH PARAMETERS-----\n"),
        pod("web-1", args=[f"--password={PLANTED[2]}"], env=[{"name": "P", "value": PLANTED[3]}]),
    ]  # fmt: skip
    return cluster.objects


@pytest.fixture
def file(nginxsim, estate, tmp_path) -> Path:
    ran = nginxsim("snapshot", "-o", str(tmp_path / "cluster.yaml"))
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    return tmp_path / "cluster.yaml"


def values(estate: list[Object]) -> list[str]:
    return [value for each in estate if each["kind"] == "Secret" for value in each["data"].values()]


def test_values_of_secrets_are_nowhere_in_it(estate, file):
    text = file.read_text()
    for value in values(estate):
        assert value not in text
        assert not [line for line in b64decode(value).decode().splitlines() if len(line) > 4 and line in text]
    assert not [word for word in PLANTED if word in text]


def test_names_of_values_and_public_facts_of_certificates_are_kept(file):
    found = {
        each["metadata"]["name"]: each for each in yaml.safe_load_all(file.read_text()) if each["kind"] == "Secret"
    }
    assert sorted(found) == ["bad-tls", "ca", "dh", "plain-tls", "users", "web-tls"]
    assert set(found["web-tls"]["data"]) == {"tls.crt", "tls.key"}
    facts = json.loads(found["web-tls"]["metadata"]["annotations"]["nginxsim.dev/certificate"])
    assert facts["dns_names"] == ["web.example.com", "*.apps.example.com"]


URLS = (
    HOST, "http://web.example.com/", "https://bad.example.com/", "https://missing.example.com/",
    "https://plain.example.com/", "http://auth.example.com/", "https://mutual.example.com/",
)  # fmt: skip


def without_places(report: object) -> object:
    if isinstance(report, dict):
        left_out = ("origin", "origins", "file", "line", "column")
        return {name: without_places(value) for name, value in report.items() if name not in left_out}
    return list(map(without_places, report)) if isinstance(report, list) else report


@pytest.mark.parametrize("command", [("why", HOST), ("check",), ("ingresses",), ("admit",)], ids=lambda words: words[0])
def test_it_answers_as_the_cluster_did(nginxsim, file, command):
    urls = URLS if command[0] == "why" else ("",)
    for url in urls:
        asked = (command[0], url) if url else command
        live, later = nginxsim(*asked, "--cluster", "-o", "json"), nginxsim(*asked, str(file), "-o", "json")
        assert (live.status, live.err) == (later.status, later.err)
        assert without_places(json.loads(live.out)) == without_places(json.loads(later.out))


@pytest.mark.parametrize("command", ["conf", "backends"])
def test_it_makes_the_same_conf(nginxsim, file, command):
    assert nginxsim(command, "--cluster") == nginxsim(command, str(file))


def test_a_kind_that_could_not_be_listed_is_told_later_too(nginxsim, cluster, estate, tmp_path):
    cluster.refused = {"nodes"}
    file = tmp_path / "cluster.yaml"
    assert nginxsim("snapshot", "-o", str(file)).status == 0
    assert "Nodes" in nginxsim("why", HOST, str(file)).out


def test_it_is_about_a_cluster(nginxsim):
    ran = nginxsim("snapshot", "samples/shop")
    assert ran.status == 2
    assert "takes no PATH" in ran.err


def test_it_has_what_each_of_several_controllers_names(nginxsim, cluster, tmp_path):
    names = ("one", "two")
    flags = {name: (f"--configmap=infra/{name}", f"--controller-class=k8s.io/{name}") for name in names}
    cluster.objects = [
        *served(),
        *(ingress_class(name, f"k8s.io/{name}") for name in names),
        *(deployment(*flags[name], name=name) for name in names),
        *(config_map({"hide-headers": f"X-{name}"}, name, namespace="infra") for name in names),
        *(ingress(name, f"{name}.example.com", class_name=name, **tls_of(name)) for name in names),
        *(live_secret(f"{name}-tls", password=f"{name}-{PLANTED[0]}") for name in names),
    ]
    file = tmp_path / "cluster.yaml"
    assert nginxsim("snapshot", "-o", str(file)).status == 0
    text = file.read_text()
    assert all(text.count(f"hide-headers: X-{name}") == 1 for name in names)
    assert not [value for value in values(cluster.objects) if value in text or b64decode(value).decode() in text]
    shown = json.loads(nginxsim("ingresses", str(file), "-o", "json").out)
    assert [(row["controller"], row["name"], row["state"]) for row in shown] == [
        ("infra/one", "one", "served"),
        ("infra/two", "two", "served"),
    ]


def tls_of(name: str) -> Object:
    return {"tls": [{"hosts": [f"{name}.example.com"], "secretName": f"{name}-tls"}]}
