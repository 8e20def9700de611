"""A cluster that runs: a real kubectl asks a stand-in for its API server."""

from __future__ import annotations

import json
import threading
from base64 import b64encode

import pytest

from tests.support.apiserver import CORE
from tests.support.certificates import issue
from tests.support.estates import config_map, endpoints, ingress, ingress_class, manifests, served, service, thing

URL = "http://web.example.com/"


def live_secret(name: str, namespace: str = "default", **data: str):
    """As the server stores it."""
    encoded = {key.replace("_", "."): b64encode(value.encode()).decode() for key, value in data.items()}
    return thing("Secret", name, namespace=namespace, type="Opaque", data=encoded)


def answered(nginxsim, url: str = URL, *more: str) -> dict:
    ran = nginxsim("why", url, "--cluster", *more, "-o", "json")
    assert ran.err == "", ran.err
    return json.loads(ran.out)["outcomes"][0]


def test_why_names_the_field_of_the_object_that_a_person_edits(nginxsim, cluster):
    cluster.objects = [ingress_class(), *served(), ingress(annotations={"auth-type": "basic", "auth-secret": "users"})]
    ran = nginxsim("why", URL, "--cluster")
    assert ran.status == 1
    assert 'cluster:Ingress/default/web:metadata.annotations["nginx.ingress.kubernetes.io/auth-secret"]' in ran.out
    assert "5 |     nginx.ingress.kubernetes.io/auth-secret: users" in ran.out
    assert "there is no Secret default/users" in ran.out


@pytest.mark.parametrize("command", ["check", "conf", "ingresses", "backends", "admit"])
def test_every_command_asks_the_cluster(nginxsim, cluster, command):
    cluster.objects = [ingress_class(), *served(), ingress()]
    ran = nginxsim(command, "--cluster")
    assert ran.status == 0, ran.out + ran.err
    assert ran.out


def test_what_the_cluster_knows_is_no_assumption(nginxsim, cluster):
    """No IngressClass, no Service: with files these would be taken to be elsewhere."""
    cluster.objects = [ingress(class_name="nginx")]
    assert answered(nginxsim)["status"] == 404
    cluster.objects = [ingress_class(), ingress()]
    found = answered(nginxsim)
    assert (found["status"], found["assumptions"]) == (503, [])


def test_ages_and_endpoints_are_those_of_the_cluster(nginxsim, cluster):
    cluster.objects = [
        ingress_class(),
        *served("web", "10.1.2.3"),
        *served("old", "10.9.9.9"),
        ingress("a-newer", metadata={"creationTimestamp": "2026-02-02T00:00:00Z"}),
        ingress("z-older", paths={"/": "old:80"}, metadata={"creationTimestamp": "2025-02-02T00:00:00Z"}),
    ]
    found = answered(nginxsim)
    assert (found["status"], found["upstream"]["addresses"]) == (200, ["10.9.9.9:8080"])
    assert found["assumptions"] == []


def test_kinds_are_listed_in_chunks_and_no_others_are_asked_for(nginxsim, cluster):
    cluster.kinds = {**CORE, "example.com/v1": ("Gadget",)}
    many = [service(f"s{n}") for n in range(1200)]
    cluster.objects = [ingress_class(), *served(), ingress(), *many]
    assert answered(nginxsim)["status"] == 200
    lists = [path for path in cluster.asked if "/services" in path]
    assert [path.partition("?")[2] for path in lists] == [
        "limit=500", "continue=500&limit=500", "continue=1000&limit=500",
    ]  # fmt: skip
    assert not [path for path in cluster.asked if "gadgets" in path]
    assert not [path for path in cluster.asked if path.startswith(("/api/v1/secrets", "/api/v1/configmaps"))]


def test_secrets_that_nobody_names_are_not_fetched(nginxsim, cluster):
    party = issue("web.example.com")
    tls = live_secret("web-tls", tls_crt=party.pem, tls_key=party.key_pem)
    other = live_secret("other", password="hunter2")
    named = ingress(tls=[{"hosts": ["web.example.com"], "secretName": "web-tls"}])
    cluster.objects = [ingress_class(), *served(), named, tls, other]
    assert answered(nginxsim, "https://web.example.com/")["status"] == 200
    fetched = [path for path in cluster.asked if "/secrets" in path]
    assert fetched == ["/api/v1/namespaces/default/secrets/web-tls"]


def test_without_secrets_those_that_are_named_are_taken_to_exist(nginxsim, cluster):
    cluster.objects = [ingress_class(), *served(), ingress(annotations={"auth-type": "basic", "auth-secret": "users"})]
    found = answered(nginxsim, URL, "--no-secrets")
    assert found["status"] == 401
    assert [words for words in found["assumptions"] if "default/users" in words]
    assert not [path for path in cluster.asked if "/secrets" in path]


def test_a_secret_that_may_not_be_read_is_taken_to_exist(nginxsim, cluster):
    cluster.refused = {"secrets/users"}
    cluster.objects = [
        ingress_class(), *served(), live_secret("users", auth="a:b"),
        ingress(annotations={"auth-type": "basic", "auth-secret": "users"}),
    ]  # fmt: skip
    found = answered(nginxsim)
    assert found["status"] == 401
    assert [words for words in found["assumptions"] if "default/users" in words]


def test_the_controllers_config_map_is_read(nginxsim, cluster):
    cluster.objects = [ingress_class(), *served(), ingress(), config_map({"ssl-redirect": "true", "hsts": "false"})]
    ran = nginxsim("conf", "--cluster", "--origins")
    assert ran.status == 0
    cluster.objects[-1]["data"] = {"proxy-read-timeout": "77"}
    ran = nginxsim("conf", "--cluster", "--origins")
    assert "proxy_read_timeout 77s" in " ".join(ran.out.split())
    assert 'cluster:ConfigMap/ingress-nginx/ingress-nginx-controller:data["proxy-read-timeout"]' in ran.out


def test_a_kind_that_may_not_be_listed_is_taken_and_named_with_what_kubectl_says(nginxsim, cluster):
    cluster.refused = {"services"}
    cluster.objects = [ingress_class(), endpoints(), ingress()]
    found = answered(nginxsim)
    assert found["status"] == 200
    told = next(words for words in found["assumptions"] if "Services" in words and "Forbidden" in words)
    assert 'User "somebody" cannot list resource "services"' in told


def test_a_kind_that_the_cluster_does_not_serve_is_named(nginxsim, cluster):
    cluster.kinds = {version: kinds for version, kinds in CORE.items() if not version.startswith("discovery")}
    ready = [{"addresses": [{"ip": "10.7.7.7"}], "ports": [{"port": 8080}]}]
    cluster.objects = [ingress_class(), service(), ingress(), thing("Endpoints", "web", subsets=ready)]
    found = answered(nginxsim)
    assert found["upstream"]["addresses"] == ["10.7.7.7:8080"]
    assert [words for words in found["assumptions"] if "EndpointSlices" in words and "does not serve" in words]


def test_one_namespace_is_asked_where_all_may_not_be_listed(nginxsim, cluster):
    cluster.refused = {"ingresses"}
    ran = nginxsim("check", "--cluster")
    assert ran.status == 2
    assert "ingresses is forbidden" in ran.err
    assert "--namespace" in ran.err
    cluster.refused = set()
    cluster.objects = [ingress_class(), *served(), ingress(), ingress("far", "far.example.com", namespace="far")]
    found = answered(nginxsim, "http://far.example.com/", "-n", "default")
    assert found["status"] == 404
    assert [words for words in found["assumptions"] if "outside of default" in words]
    assert not [path for path in cluster.asked if path.startswith("/apis/networking.k8s.io/v1/namespaces/far")]


def test_no_cluster_is_told_in_the_words_of_kubectl(nginxsim, cluster, tmp_path):
    cluster.url = "http://127.0.0.1:9"
    ran = nginxsim("why", URL, "--cluster", "--kubeconfig", str(cluster.kubeconfig(tmp_path)))
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("error: kubectl says: ")
    assert "127.0.0.1:9 was refused" in ran.err


def test_a_server_that_does_not_answer_is_not_waited_for(nginxsim, cluster, monkeypatch):
    monkeypatch.setattr("nginxsim.sources.kubectl.WAIT", 1)
    cluster.hangs = threading.Event()
    try:
        ran = nginxsim("why", URL, "--cluster")
    finally:
        cluster.hangs.set()
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("error: kubectl says: ")
    assert "the cluster has 1 s for each answer" in ran.err


def test_a_context_that_is_none_is_told_in_the_words_of_kubectl(nginxsim, cluster):
    ran = nginxsim("check", "--cluster", "--context", "live\x1b[31m")
    assert ran.status == 2
    assert "does not exist" in ran.err
    assert "\x1b" not in ran.err


def test_without_kubectl_it_is_told_where_to_get_it(nginxsim, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = nginxsim("check", "--cluster")
    assert (ran.status, ran.out) == (2, "")
    assert "kubectl is not on PATH" in ran.err


def test_options_of_the_cluster_go_with_it(nginxsim):
    ran = nginxsim("check", "--context", "live", "samples/shop")
    assert ran.status == 2
    assert "--context, --namespace, --kubeconfig and --no-secrets go with --cluster" in ran.err


def test_manifests_lie_over_the_cluster_as_if_they_were_applied(nginxsim, cluster, tmp_path):
    """What is changed stays as old as it is; what is new is younger than all that is there."""
    cluster.objects = [
        ingress_class(), *served(),
        ingress("first", metadata={"creationTimestamp": "2026-05-05T00:00:00Z"}),
    ]  # fmt: skip
    file = tmp_path / "new.yaml"
    file.write_text(
        manifests(ingress("a-new", paths={"/": "gone:80"}), ingress("first", annotations={"limit-rps": "5"}))
    )
    found = answered(nginxsim, URL, str(file))
    assert (found["status"], found["upstream"]["service"]) == (200, "default-web-80")
    ran = nginxsim("check", "--cluster", str(file))
    assert "NX725" not in ran.out  # the object twice
    assert "gone" in ran.out


def test_the_controllers_image_arguments_and_what_they_name_are_those_that_run(nginxsim, cluster):
    party = issue("fallback", "*.example.com")
    words = [
        "/nginx-ingress-controller", "--configmap=$(POD_NAMESPACE)/tuned",
        "--default-ssl-certificate=$(SECRET)", "--maxmind-license-key=planted-key",
    ]  # fmt: skip
    own = {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
    secret = {"name": "SECRET", "value": "$(PART)/fallback"}
    env = [own, {"name": "PART", "value": "$(POD_NAMESPACE)"}, secret, {"name": "TOKEN", "value": "planted-token"}]
    container = {"name": "controller", "image": "example/ingress-nginx/controller:v1.13.3", "args": words, "env": env}
    template = {"metadata": {"labels": {"app": "edge"}}, "spec": {"containers": [container]}}
    fallback = live_secret("fallback", "edge", tls_crt=party.pem, tls_key=party.key_pem)
    cluster.objects = [
        ingress_class(), *served(), ingress(tls=[{"hosts": ["web.example.com"]}]),
        thing("Deployment", "edge", version="apps/v1", namespace="edge", spec={"replicas": 2, "template": template}),
        thing("ConfigMap", "tuned", namespace="edge", data={"proxy-read-timeout": "77"}), fallback,
    ]  # fmt: skip
    ran = nginxsim("conf", "--cluster", "--origins")
    assert "proxy_read_timeout 77s" in " ".join(ran.out.split())
    found = answered(nginxsim, "https://web.example.com/")
    assert [words for words in found["assumptions"] if "Deployment edge/edge, release 1.13.3" in words]
    assert not [words for words in found["assumptions"] if "fake" in words]
    text = nginxsim("snapshot").out
    assert "--configmap=$(POD_NAMESPACE)/tuned" in text
    assert "planted" not in text


def test_diff_tells_what_applying_manifests_would_change(nginxsim, cluster, tmp_path):
    cluster.objects = [ingress_class(), *served(), ingress()]
    (tmp_path / "new.yaml").write_text(manifests(ingress(annotations={"whitelist-source-range": "office"})))
    ran = nginxsim("diff", "--cluster", str(tmp_path / "new.yaml"))
    assert ran.status == 1
    assert "web.example.com" in ran.out
    assert "503" in ran.out
    assert [path for path in cluster.asked if "/ingresses" in path] == [
        "/apis/networking.k8s.io/v1/ingresses?limit=500"
    ]
    ran = nginxsim("diff", "--cluster", "--git", "HEAD", str(tmp_path / "new.yaml"))
    assert (ran.status, "leave one of them out" in ran.err) == (2, True)
