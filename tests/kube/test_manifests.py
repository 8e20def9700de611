"""What is read from manifests: values as kubectl sees them, defaults, origins, and errors that say where."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from nginxsim.errors import InputError
from nginxsim.kube import Cluster, documents, load
from nginxsim.origins import Origin

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
"""

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
"""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web, tier: front}}
    spec: {containers: [{ports: [{name: http, containerPort: 8080}]}]}
"""


def read(*texts: str) -> Cluster:
    return load(["-"], io.StringIO("\n---\n".join(texts)))


def config(data: str) -> dict[str, str]:
    cluster = read(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {data}")
    return dict(cluster.config_maps["default/c"].data)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{a: 10m, b: 12:30, c: 2001-01-01, d: =, e: 1.2.3}",
         {"a": "10m", "b": "12:30", "c": "2001-01-01", "d": "=", "e": "1.2.3"}),
        ("{a: '8', b: \"on\", c: !!str 8, d: }", {"a": "8", "b": "on", "c": "8", "d": ""}),
        ("{8080: web:80, 010: a, on: b, 1.5: c}", {"8080": "web:80", "8": "a", "true": "b", "1.5": "c"}),
        ("{a: x, <<: {a: merged, b: z}}", {"a": "merged", "b": "z"}),
        ("{<<: [{a: first}, {a: second}], b: x}", {"a": "first", "b": "x"}),
        ("{a: x, a: last}", {"a": "last"}),
    ],
)  # fmt: skip
def test_text_is_what_kubectl_makes_of_it(written: str, expected: dict[str, str]) -> None:
    assert config(written) == expected


@pytest.mark.parametrize("written", ["yes", "y", "off", "8", "1e3", "0x1F", "08", "-1", ".5", "1_000"])
def test_values_that_are_not_text_are_read_as_they_are_written(written: str) -> None:
    assert config(f"{{a: {written}}}") == {"a": written}


def test_what_the_api_server_refuses_is_read_as_it_was_meant() -> None:
    text = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, creationTimestamp: 2018-09-20 06:47:27+00:00}\n"
        'spec: {ports: {port: "80", targetPort: yes}, publishNotReadyAddresses: "true"}'
    )
    service = read(text).services["default/a"]
    assert (service.ports[0].port, service.ports[0].target_port, service.publish_not_ready) == (80, 80, True)
    assert service.meta.created == 1537426047
    secret = read("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {k: plain text}").secrets["default/a"]
    assert secret.data == {"k": b"plain text"}
    rules = (
        read(INGRESS + "spec: {rules: [null, {host: a.example, http: []}], tls: cert}").ingresses["default/shop"].rules
    )
    assert [(rule.host, rule.paths) for rule in rules] == [("", None), ("a.example", ())]


def test_an_object_may_get_its_name_from_the_api_server() -> None:
    named = INGRESS.replace("name: shop", "generateName: shop-")
    assert list(read(named, named).ingresses) == ["default/shop-bbbbb", "default/shop-bbbbc"]


@pytest.mark.parametrize("version", ["networking.k8s.io/v2", "v1", '""'])
def test_an_ingress_of_a_version_that_nobody_knows_is_read_as_the_present_one(version: str) -> None:
    ingresses = read(INGRESS.replace("networking.k8s.io/v1", version)).ingresses
    assert list(ingresses) == ["default/shop"]


def test_json_documents_may_follow_each_other() -> None:
    first, second = ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}} for name in "ab")
    cluster = load(["-"], io.StringIO(json.dumps(first) + json.dumps(second, indent=2)))
    assert [(each.meta.name, each.meta.origin) for each in cluster.config_maps.values()] == [
        ("a", Origin("-", 1, 64)),
        ("b", Origin("-", 5, 13)),
    ]


def test_an_anchor_may_be_given_anew() -> None:
    assert config("{a: &x one, b: *x, c: &x two, d: *x}") == {"a": "one", "b": "one", "c": "two", "d": "two"}


def test_origins_point_at_the_text(tmp_path: Path) -> None:
    path = tmp_path / "ingress.yaml"
    path.write_text(INGRESS + '  annotations:\n    a: "10.0.0.0/8, office"\nspec:\n  rules:\n    - host: a.example\n')
    ingress = load([path]).ingresses["default/shop"]
    assert ingress.meta.annotation_origins["a"] == Origin(str(path), 6, 8)
    assert ingress.meta.annotation_name_origins["a"] == Origin(str(path), 6, 5)
    assert ingress.rules[0].origin == Origin(str(path), 9, 13)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [}", "-:1:5: not valid YAML"),
        ("a: b\nb:\n{{- if .Values.x }}\n", "looks like a Helm template"),
        (INGRESS + "spec: {rules: [{host: {{ .Values.h }} }]}", "looks like a Helm template"),
        ("a: 1\n---\nb: [}", "-:3:5: not valid YAML"),
        ("a: b\nb: \x01", "-:2:4: not valid YAML: unacceptable character"),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: &a {b: *a}", "an alias inside its own anchor"),
    ],
)
def test_bad_input_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InputError) as failure:
        read(text)
    assert message in str(failure.value)


def test_lists_may_leave_out_what_they_say_of_their_items() -> None:
    listed = "apiVersion: networking.k8s.io/v1beta1\nkind: IngressList\nitems:\n- metadata: {name: old}\n" + (
        "  spec: {backend: {serviceName: web, servicePort: http}, rules: [{http: {paths: [{}]}}]}"
    )
    ingress = read(listed).ingresses["default/old"]
    assert ingress.default_backend is not None
    assert (ingress.default_backend.service, ingress.default_backend.port) == ("web", "http")
    assert ingress.rules[0].paths is not None
    assert ingress.rules[0].paths[0].path_type == "ImplementationSpecific"


def test_objects_age_in_document_order_and_the_later_copy_wins() -> None:
    other = INGRESS.replace("shop", "other")
    again = INGRESS + "spec: {ingressClassName: nginx}"
    dated = INGRESS.replace("shop", "dated\n  creationTimestamp: 2023-05-01T00:00:00Z")
    ingresses = read(INGRESS, other, again, dated).ingresses
    assert ingresses["default/shop"].class_name == "nginx"
    ages = sorted(ingresses, key=lambda key: ingresses[key].meta.created)
    assert ages == ["default/dated", "default/shop", "default/other"]
    assert ingresses["default/other"].meta.created - ingresses["default/shop"].meta.created == 1


def test_secret_text_wins_over_its_data() -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: YQ==, b: YQ==}\nstringData: {b: plain}"
    assert read(secret).secrets["default/s"].data == {"a": b"a", "b": b"plain"}


def test_service_defaults() -> None:
    service = read(SERVICE.replace(", targetPort: http", "")).services["default/web"]
    port = service.ports[0]
    assert (port.protocol, port.target_port, service.type) == ("TCP", 80, "ClusterIP")
    assert service.spec["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]


def test_endpoints_become_slices_by_family() -> None:
    endpoints = """\
apiVersion: v1
kind: Endpoints
metadata: {name: web}
subsets:
- addresses: [{ip: 10.0.0.1}, {ip: "fd00::1"}]
  notReadyAddresses: [{ip: 10.0.0.2}]
  ports: [{port: 8080}]
"""
    slices = read(SERVICE, DEPLOYMENT, endpoints).slices["default/web"]
    assert [(s.source, s.address_type) for s in slices] == [("endpoints", "IPv4"), ("endpoints", "IPv6")]
    assert [(e.addresses, e.ready) for e in slices[0].endpoints] == [(("10.0.0.1",), True), (("10.0.0.2",), False)]


def test_endpoints_are_assumed_from_workloads() -> None:
    (assumed,) = read(SERVICE, DEPLOYMENT).slices["default/web"]
    assert assumed.source == "workload"
    assert [port.port for port in assumed.ports] == [8080]
    addresses = [endpoint.addresses[0] for endpoint in assumed.endpoints]
    assert len(set(addresses)) == 2
    assert all(address.startswith("10.244.") for address in addresses)


def test_no_endpoints_from_nothing() -> None:
    assert not read(SERVICE).slices
    assert not read(SERVICE, DEPLOYMENT.replace("app: web", "app: api")).slices
    assert not read(SERVICE, DEPLOYMENT.replace("replicas: 2", "replicas: 0")).slices


def test_pods_of_a_dump_count_once() -> None:
    pod = """\
apiVersion: v1
kind: Pod
metadata:
  name: web-1
  labels: {app: web}
  ownerReferences: [{kind: ReplicaSet, name: web-abc}]
spec: {containers: [{ports: [{name: http, containerPort: 8081}]}]}
status: {podIP: 10.0.0.7, conditions: [{type: Ready, status: "False"}]}
"""
    (assumed,) = read(SERVICE, DEPLOYMENT, pod).slices["default/web"]
    assert [(e.addresses, e.ready, e.target) for e in assumed.endpoints] == [
        (("10.0.0.7",), False, "Pod default/web-1")
    ]
    assert [port.port for port in assumed.ports] == [8081]
    (published,) = read(f"{SERVICE}  publishNotReadyAddresses: true\n", DEPLOYMENT, pod).slices["default/web"]
    assert [endpoint.ready for endpoint in published.endpoints] == [True]


def test_without_the_c_parser_all_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = (INGRESS + "  annotations: &x {a: 'b', <<: {c: d}}\n", SERVICE, DEPLOYMENT)
    fast = read(*texts)
    monkeypatch.setattr(documents, "_Loader", documents._PythonLoader)
    assert read(*texts) == fast


def test_json_escapes_beyond_the_first_plane() -> None:
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "\\\\😀"}}
    cluster = load(["-"], io.StringIO(json.dumps(document)))
    assert cluster.config_maps["default/c"].data == {"a": "\\\\😀"}
