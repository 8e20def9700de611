"""The load balancer that the controller's Service asks for: what it does to requests, and where the two disagree."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from nginxsim import Request, Simulation, Verdict
from tests.support.estates import Object, config_map, estate, ingress, served, thing
from tests.support.places import DATA

CASES = yaml.safe_load((DATA / "balancers.yaml").read_text(encoding="utf-8"))
AWS = "service.beta.kubernetes.io/aws-load-balancer-"
HETZNER = "load-balancer.hetzner.cloud/"
FORCED = ingress(annotations={"force-ssl-redirect": "true"})


def front(annotations: dict[str, str], https: str = "https", **spec: Any) -> Object:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}, {"name": "https", "port": 443, "targetPort": https}]
    return thing(
        "Service",
        "ingress-nginx-controller",
        namespace="ingress-nginx",
        metadata={"annotations": annotations},
        spec={"type": "LoadBalancer", "ports": ports, "externalTrafficPolicy": "Local", **spec},
    )


def shop(*objects: Object, settings: dict[str, str] | None = None, flags: tuple[str, ...] = ()) -> Simulation:
    return estate(*served("web"), *([config_map(settings)] if settings else []), *objects, flags=list(flags))


def asked(simulation: Simulation, scheme: str = "https", **more: Any) -> Verdict:
    return simulation.route(Request(host="web.example.com", scheme=scheme, **more))


def codes(simulation: Simulation) -> set[str]:
    return {found.code for found in simulation.check()}


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: "; ".join(map(": ".join, case["annotations"].items())) or "none"
)
def test_what_annotations_ask_for(case: dict[str, Any]) -> None:
    balancer = shop(front(case["annotations"]), ingress()).balancer
    assert balancer is not None
    assert [listener.port.port for listener in balancer.listeners() if listener.proxy] == case.get("sends", [])
    assert [listener.port.port for listener in balancer.listeners() if listener.hands_on_plain] == case.get("ends", [])


SENDS = {f"{HETZNER}uses-proxyprotocol": "true"}
READS = {"use-proxy-protocol": "true"}


def test_lines_that_nginx_does_not_read_spoil_every_request() -> None:
    simulation = shop(front(SENDS), ingress())
    assert asked(simulation, "http").status == 400
    assert asked(simulation, "https").status is None
    (found,) = (each for each in simulation.check() if each.code == "proxy-protocol-mismatch")
    assert "at port 80 and 443" in found.message
    assert 'use-proxy-protocol: "true"' in found.fix


def test_lines_that_nginx_awaits_in_vain_close_every_connection() -> None:
    for notes in ({f"{HETZNER}uses-proxyprotocol": "false"}, {f"{HETZNER}location": "fsn1"}):
        simulation = shop(front(notes), ingress(), settings=READS)
        assert asked(simulation, "http").status is None
        assert "proxy-protocol-mismatch" in codes(simulation)


def test_lines_that_both_know_of_are_fine_and_so_is_a_balancer_that_nobody_knows() -> None:
    for simulation in (
        shop(front(SENDS), ingress(), settings=READS),
        shop(front({}), ingress(), settings=READS),
        shop(front({}), ingress()),
    ):
        assert asked(simulation, "http").status == asked(simulation, "https").status == 200
        assert "proxy-protocol-mismatch" not in codes(simulation)


def test_a_request_that_names_a_port_goes_past_the_load_balancer() -> None:
    simulation = shop(front(SENDS), ingress())
    assert asked(simulation, "http", port=80).status == 200
    assert asked(simulation, "http", proxy_protocol=False).status == 200


CERTIFICATE = {f"{AWS}ssl-cert": "arn", f"{AWS}ssl-ports": "https"}
HTTP = {**CERTIFICATE, f"{AWS}backend-protocol": "http"}
NLB = {**CERTIFICATE, f"{AWS}type": "nlb"}


@pytest.mark.parametrize(
    ("annotations", "settings", "fix"),
    [
        (HTTP, {}, "use-forwarded-headers"),
        (CERTIFICATE, {}, "use-proxy-protocol"),
        (NLB, {}, "use-proxy-protocol"),
        (NLB, {"use-forwarded-headers": "true"}, "use-proxy-protocol"),
        ({}, {}, "use-forwarded-headers"),
    ],
)
def test_an_https_redirect_behind_who_ends_tls_goes_round(
    annotations: dict[str, str], settings: dict[str, str], fix: str
) -> None:
    simulation = shop(front(annotations, https="http"), FORCED, settings=settings)
    verdict = asked(simulation)
    assert (verdict.status, verdict.cause.code) == (308, "redirect-behind-tls")
    assert fix in verdict.cause.fix
    assert any("end TLS at port 443" in taken for taken in verdict.assumptions)
    assert "redirect-behind-tls" in codes(simulation)
    assert asked(simulation, "http").cause.code == "https-redirect"


@pytest.mark.parametrize(
    ("annotations", "settings"),
    [
        (HTTP, {"use-forwarded-headers": "true"}),
        ({**NLB, f"{AWS}proxy-protocol": "*"}, {"use-proxy-protocol": "true"}),
        ({}, {"use-forwarded-headers": "true"}),
    ],
)
def test_it_does_not_where_nginx_learns_of_the_clients_https(
    annotations: dict[str, str], settings: dict[str, str]
) -> None:
    simulation = shop(front(annotations, https="http"), FORCED, settings=settings)
    assert asked(simulation).status == 200
    assert "redirect-behind-tls" not in codes(simulation)


def test_what_a_load_balancer_that_knows_http_adds_reaches_the_service() -> None:
    simulation = shop(front(HTTP, https="http"), ingress(), settings={"use-forwarded-headers": "true"})
    sent = asked(simulation, client="203.0.113.9").upstream
    assert sent is not None
    assert {("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "443")} <= set(sent.headers)


def test_a_port_that_nginx_does_not_listen_on_is_the_containers_own_affair() -> None:
    strange = front({}, ports=[{"port": 80, "targetPort": 8080}, {"port": 443, "targetPort": 8443}])
    assert asked(shop(strange, ingress()), "http").status == asked(shop(strange, ingress())).status == 200


def test_grpc_needs_http2() -> None:
    grpc = ingress(annotations={"backend-protocol": "GRPC"})
    assert "grpc-without-http2" in codes(shop(grpc, settings={"use-http2": "false"}))
    assert "grpc-without-http2" not in codes(shop(grpc))


GUARDED = ingress(annotations={"auth-url": "https://web.example.com/oauth2/auth"})


def test_an_auth_url_of_the_controllers_own_comes_back_without_a_proxy_line() -> None:
    verdict = asked(shop(GUARDED, settings=READS))
    assert verdict.status == 500
    assert "name the auth server's Service in auth-url" in verdict.cause.fix
    assert any("leads straight back to this nginx" in taken for taken in verdict.assumptions)


@pytest.mark.parametrize(
    "objects",
    [
        [ingress(annotations={"auth-url": "https://auth.example.org/oauth2/auth"})],
        [ingress(annotations={"auth-url": "http://oauth2-proxy.default.svc.cluster.local/oauth2/auth"})],
        [GUARDED, front({f"{AWS}proxy-protocol": "*"})],
        [GUARDED, front({**SENDS, f"{HETZNER}hostname": "lb.example.com"})],
    ],
)
def test_an_auth_url_that_leads_elsewhere_or_through_the_load_balancer_is_asked(objects: list[Object]) -> None:
    verdict = asked(shop(*objects, settings=READS), as_="ann@example.com")
    assert verdict.status == 200
    assert not any("straight back" in taken for taken in verdict.assumptions)
