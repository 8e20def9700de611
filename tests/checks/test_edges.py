"""What an estate itself gets wrong: objects written twice, words that spare nothing, slices that end the controller."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from nginxsim import Finding, simulate
from nginxsim.sources import File
from tests.support.commands import Command
from tests.support.estates import (
    Object,
    config_map,
    endpoints,
    estate,
    estate_text,
    ingress,
    manifests,
    served,
    service,
)


def found(findings: Sequence[Finding], code: str) -> list[Finding]:
    return [each for each in findings if each.code == code]


def test_an_object_in_two_files_is_told_with_both_places() -> None:
    files = [File("dev.yaml", estate_text(*served("web"), ingress())), File("prod.yaml", manifests(service("web")))]
    (twice,) = found(simulate(files).check(), "object-twice")
    assert twice.owner == "Service default/web"
    assert [place.file for place in twice.origins] == ["dev.yaml", "prod.yaml"]


def test_a_file_that_is_named_twice_is_one_file() -> None:
    file = File("all.yaml", estate_text(*served("web"), ingress()))
    assert not found(simulate([file, file]).check(), "object-twice")


def test_a_word_that_is_no_code_is_a_warning_and_the_others_still_spare(nginxsim: Command) -> None:
    text = manifests(service("other"), ingress(annotations={"nginxsim.dev/ignore": "NX6500, NX631"}))
    run = nginxsim("check", "-", stdin=text)
    assert run.status == 1
    assert 'warning[NX697] ignore-unknown: nginxsim.dev/ignore of Ingress default/web: no rule "NX6500"' in run.out
    assert "1 warning in 1 Ingress (1 ignored)" in run.out


def portless(of: str = "web", /, **port: str) -> Object:
    return endpoints(of) | {"ports": [port]}


@pytest.mark.parametrize(
    ("objects", "flags", "crashes"),
    [
        ([service("web"), portless(name="")], [], 1),
        ([service("web", ports=[{"name": "http", "port": 80}]), portless(name="http")], [], 1),
        ([service("web", ports=[{"name": "http", "port": 80}]), portless(name="other")], [], 0),
        ([service("web"), portless(name="", protocol="UDP")], [], 0),
        ([*served("web"), service("fallback"), portless("fallback", name="")], [], 0),
        (
            [*served("web"), service("fallback"), portless("fallback", name="")],
            ["--default-backend-service=default/fallback"],
            1,
        ),
        (
            [*served("web"), service("db"), portless("db", name=""), config_map({"5432": "default/db:80"}, "tcp")],
            ["--tcp-services-configmap=ingress-nginx/tcp"],
            1,
        ),
    ],
)
def test_a_slice_port_without_a_number_ends_the_controller(
    objects: list[Object], flags: list[str], crashes: int
) -> None:
    findings = estate(*objects, ingress(), flags=flags).check()
    assert len(found(findings, "controller-crash")) == crashes


@pytest.mark.parametrize("key", ["map-hash-bucket-size", "proxy-headers-hash-max-size"])
@pytest.mark.parametrize("value", ["-1", "x"])
def test_a_size_of_a_hash_table_that_is_none_is_refused_by_nginx_or_passed_over(key: str, value: str) -> None:
    simulation = estate(*served("web"), ingress(), config_map({key: value}))
    told = {each.code for each in simulation.check()}
    assert told & {"nginx-refuses", "setting-ignored"}
    assert simulation.review()


HELM = """---
# Source: shop/templates/ingress.yaml
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: a.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}]}
---
# Source: shop/templates/service.yaml
apiVersion: v1
kind: Service
metadata: {name: other}
"""


def test_the_template_that_helm_names_stands_beside_the_place(nginxsim: Command) -> None:
    for command in (("check",), ("why", "http://a.example.com/")):
        assert re.search(r"--> -:10:\d+ \(shop/templates/ingress.yaml\)", nginxsim(*command, "-", stdin=HELM).out)
