"""The model: which Ingress serves what, where traffic ends, and what is said about those that lose."""

from __future__ import annotations

import pytest
import yaml

from nginxsim.controller.payload import stream_payload
from nginxsim.verdict.lua_config import served_certificates
from nginxsim.verdict.wording.controller import gap_words, notice_words
from tests.support.estates import (
    PREFIX,
    backend,
    config_map,
    endpoints,
    estate,
    estate_text,
    ingress,
    ingress_class,
    service,
)
from tests.support.places import DATA

CASES = yaml.safe_load((DATA / "model.yaml").read_text())


def running(name, address):
    return service(name), endpoints(name, address, not_ready=["10.0.9.9"])


ESTATE = [
    ingress_class("haproxy", "haproxy.org/ingress"),
    *(part for n, name in enumerate(("web", "next", "errors"), 1) for part in running(name, f"10.0.0.{n}")),
    service("named", ports=[{"name": "http", "port": 80, "targetPort": 8080}]),
    endpoints("named", "10.0.0.4", port_name="http", not_ready=["10.0.9.9"]),
    service("empty", selector={"app": "empty"}),
    service("portless", selector={"app": "portless"}, ports=[]),
    service("partner", type="ExternalName", externalName="partner.example.com", ports=[{"port": 80}]),
    service(
        "unnumbered",
        type="ExternalName",
        externalName="partner.example.com",
        ports=[{"port": 80, "targetPort": "http"}],
    ),
    service("local", type="ExternalName", externalName="localhost", ports=[{"port": 80}]),
]


def written(name, given):
    """The Ingress that a line of the data file is short for."""
    own = dict(given)
    namespace, _, name = name.rpartition("/")
    default = own.pop("default", None)
    return ingress(
        name,
        rules=own.pop("rules", {}),
        class_name=own.pop("class", "nginx"),
        namespace=namespace or "default",
        annotations=own,
        **({"defaultBackend": backend(default)} if default else {}),
    )


def play(*objects, flags=()):
    return estate(*ESTATE, *objects, flags=flags)


def model_of(case):
    return play(*(written(*pair) for pair in case["ingresses"].items()), flags=case.get("flags", ())).model


def addresses(entry):
    return None if entry is None else [f"{endpoint.address}:{endpoint.port}" for endpoint in entry.endpoints]


@pytest.mark.parametrize("case", CASES, ids=[case["about"][:60] for case in CASES])
def test_decisions(case):
    model = model_of(case)
    for host, expected in case.get("locations", {}).items():
        got = model.servers[host].locations
        assert [f"{place.path} {place.path_type} {place.backend}" for place in got] == expected
    for name, expected in case.get("endpoints", {}).items():
        assert addresses(model.backends.get(name)) == expected
    for name, expected in case.get("alternatives", {}).items():
        assert list(model.backends[name].alternatives) == expected
    for host, expected in case.get("aliases", {}).items():
        assert list(model.servers[host].traits.aliases) == expected
    assert {drop.ingress.meta.key: drop.reason for drop in model.dropped} == case.get("dropped", {})
    assert sorted({notice.code for notice in model.notices}) == case.get("notices", [])


def test_notices_point_at_loser_and_winner():
    case = {
        "ingresses": {"old": {"rules": {"a.test": {"/": "web:80"}}}, "new": {"rules": {"a.test": {"/": "next:80"}}}}
    }
    (notice,) = model_of(case).notices
    lines = estate_text(*ESTATE, *(written(*pair) for pair in case["ingresses"].items())).splitlines()
    assert notice.ingress == "default/new"
    assert "already served by Ingress default/old" in notice_words(notice)
    loser, winner = notice.origins
    assert loser.line > winner.line
    assert all("path: /" in lines[origin.line - 1] for origin in notice.origins)


def test_ingresses_of_one_second_go_by_name_backwards():
    made = "2024-05-01T10:00:00Z"
    documents = [written(name, {"rules": {"a.test": {"/": "web:80"}}}) for name in ("alpha", "omega", "beta")]
    for document in documents:
        document["metadata"]["creationTimestamp"] = made
    model = play(*documents).model
    assert [served.meta.name for served in model.ingresses] == ["omega", "beta", "alpha"]
    assert model.servers["a.test"].locations[0].ingress.meta.name == "omega"


def test_every_copy_of_a_default_backend_is_posted():
    shop = {"default-backend": "errors", "custom-http-errors": "503"}
    rules = {"rules": {"a.test": {"/": "web:80"}, "b.test": {"/": "next:80"}}}
    sim = play(written("shop", shop | rules))
    names = [entry["name"] for entry in sim.backends()]
    assert names.count("custom-default-backend-default-errors") == 2
    assert names == sorted(names)


def test_posted_backend_leaves_out_what_is_empty():
    affinity = {"affinity": "cookie", "session-cookie-name": "seat", "session-cookie-secure": "false"}
    sim = play(written("shop", affinity | {"rules": {"a.test": {"/x": "web:80"}}}))
    posted = next(entry for entry in sim.backends() if entry["name"] == "default-web-80")
    assert posted["endpoints"] == [{"address": "10.0.0.1", "port": "8080"}]
    assert posted["sessionAffinityConfig"] == {
        "name": "cookie",
        "mode": "",
        "cookieSessionAffinity": {"name": "seat", "locations": {"a.test": ["/x"]}},
    }
    assert posted["service"]["spec"] == {
        "type": "ClusterIP",
        "sessionAffinity": "None",
        "ports": [{"port": 80, "targetPort": 8080, "protocol": "TCP"}],
    }
    assert "alternativeBackends" not in posted
    assert "load-balance" not in posted


def test_canary_shares_the_affinity_of_its_main_backend():
    cookie = {"affinity": "cookie", "session-cookie-name": "seat"}
    documents = [
        written("main", cookie | {"rules": {"a.test": {"/": "web:80"}}}),
        written("canary", {"canary": "true", "canary-weight": "7", "rules": {"a.test": {"/": "next:80"}}}),
    ]
    posted = {entry["name"]: entry for entry in play(*documents).backends()}
    main, canary = posted["default-web-80"], posted["default-next-80"]
    assert canary["sessionAffinityConfig"] == main["sessionAffinityConfig"]
    assert canary["noServer"]
    assert canary["trafficShapingPolicy"]["weight"] == 7


def test_slices_must_be_named_after_their_service():
    stray = endpoints("empty", "10.0.0.7")
    stray["metadata"]["name"] = "by-hand"
    model = play(stray, written("shop", {"rules": {"a.test": {"/": "empty:80"}}})).model
    found = model.backends["default-empty-80"]
    assert found.endpoints == ()
    assert found.gap is not None
    assert found.gap.code == "no-slice"
    assert "by-hand" in gap_words(found.gap)


def test_streams_skip_what_they_cannot_serve():
    ports = {
        "9000": "default/web:80",
        "9001": "default/web:80:PROXY:PROXY",
        "9002": "default/empty:80",
        "9003": "default/gone:80",
        "443": "default/web:80",
        "http": "default/web:80",
        "9004": "web",
    }
    tcp = config_map(ports, "tcp")
    sim = play(tcp, flags=["--tcp-services-configmap=ingress-nginx/tcp"])
    plain, proxied = sim.model.tcp_services
    assert (plain.port, plain.decode_proxy_protocol, plain.encode_proxy_protocol) == (9000, False, False)
    assert (proxied.port, proxied.decode_proxy_protocol, proxied.encode_proxy_protocol) == (9001, True, True)
    assert [entry["name"] for entry in stream_payload(sim.model)] == ["tcp-default-web-80"] * 2
    assert sorted(notice.code for notice in sim.model.notices) == [
        "stream-port-invalid",
        "stream-port-reserved",
        "stream-reference-invalid",
        "stream-service-empty",
        "stream-service-missing",
    ]


def test_hosts_without_a_usable_secret_get_the_default_certificate():
    shop = written("shop", {"rules": {"a.test": {"/": "web:80"}, "b.test": {"/": "web:80"}}})
    shop["spec"]["tls"] = [{"hosts": ["A.test"], "secretName": "gone"}]
    plain = written("plain", {"rules": {"c.test": {"/": "web:80"}}})
    model = play(shop, plain).model
    assert model.servers["a.test"].traits.certificate is model.default_certificate
    assert model.servers["b.test"].traits.certificate is model.default_certificate
    assert model.servers["c.test"].traits.certificate is None
    assert [(notice.code, notice.host) for notice in model.notices] == [("tls-secret-missing", "a.test")]
    served = served_certificates(model)
    assert "c.test" not in served
    assert served["a.test"] is served["_"] is model.default_certificate


def test_a_dropped_ingress_points_at_the_annotation_that_drops_it():
    annotations = {"app-root": "nowhere", "upstream-vhost": "a;b", "rules": {"a.test": {"/": "web:80"}}}
    simulation = play(written("shop", annotations))
    (drop,) = simulation.model.dropped
    assert drop.origin == drop.ingress.meta.annotation_origins[f"{PREFIX}upstream-vhost"]
