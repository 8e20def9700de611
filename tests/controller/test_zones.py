"""Which endpoints the controller uses where EndpointSlices name the zones that each is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginxsim import Host, Request, Simulation
from tests.support.commands import Command
from tests.support.estates import Object, estate, estate_text, ingress, service, thing

ROUTING = "--enable-topology-aware-routing"


def node(name: str, zone: str) -> Object:
    return thing("Node", name, namespace="", metadata={"labels": {"topology.kubernetes.io/zone": zone}})


def controller_pod(on: str, *flags: str) -> Object:
    container = {"name": "controller", "image": "x", "args": ["/nginx-ingress-controller", *flags]}
    return thing("Pod", "ingress-nginx-1", namespace="ingress-nginx", spec={"nodeName": on, "containers": [container]})


def hinted(*zones: str) -> Object:
    return thing(
        "EndpointSlice",
        "web-1",
        version="discovery.k8s.io/v1",
        metadata={"labels": {"kubernetes.io/service-name": "web"}},
        addressType="IPv4",
        ports=[{"name": "", "port": 8080}],
        endpoints=[
            {"addresses": [f"10.0.0.{i}"], "hints": {"forZones": [{"name": zone}]}} for i, zone in enumerate(zones, 1)
        ],
    )


AWARE = service() | {
    "metadata": {"name": "web", "annotations": {"service.kubernetes.io/topology-mode": "Auto"}},
}


def zoned(*more: Object, zone: str = "", flag: bool = True) -> Simulation:
    return estate(AWARE, hinted("a", "b"), ingress(), *more, flags=[ROUTING] if flag else [], host=Host(zone=zone))


def addresses(simulation: Simulation) -> list[str]:
    verdict = simulation.route(Request(host="web.example.com"))
    return [] if verdict.upstream is None else [each.partition(":")[0] for each in verdict.upstream.addresses]


BOTH = ["10.0.0.1", "10.0.0.2"]


@pytest.mark.parametrize(
    ("more", "zone", "flag", "used"),
    [
        ([node("n", "b"), controller_pod("n")], "", True, ["10.0.0.2"]),
        ([node("n", "b"), controller_pod("n")], "", False, BOTH),
        ([node("n", "b"), controller_pod("n", ROUTING)], "", False, ["10.0.0.2"]),
        ([node("n", "b"), controller_pod("n", f"{ROUTING}=false")], "", False, BOTH),
        ([node("n", "b"), controller_pod("n")], "a", True, ["10.0.0.1"]),
        ([node("n", "a"), node("m", "a")], "", True, ["10.0.0.1"]),
        ([node("n", "a"), node("m", "b")], "", True, BOTH),
        ([], "", True, BOTH),
        ([], "c", True, []),
    ],
)
def test_the_endpoints_of_the_controllers_own_zone_are_used(
    more: list[Object], zone: str, flag: bool, used: list[str]
) -> None:
    assert addresses(zoned(*more, zone=zone, flag=flag)) == used


def test_a_zone_that_nobody_tells_is_taken_for_none() -> None:
    assert any("--zone" in taken for taken in zoned().assumptions)
    assert not any("zone" in taken for taken in zoned(zone="a").assumptions)
    assert not any("zone" in taken for taken in zoned(flag=False).assumptions)


def test_every_face_says_that_the_hints_leave_no_endpoint(nginxsim: Command, tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    pod = controller_pod("n", ROUTING)
    path.write_text(estate_text(AWARE, hinted("a", "b"), ingress(), node("n", "c"), pod), encoding="utf-8")
    why = nginxsim("why", "http://web.example.com/", str(path))
    assert why.status == 1
    assert "for a, b, and the controller is in c" in why.out
    assert "run Pods in the controller's zone" in why.out
    assert "NX643" in nginxsim("check", str(path)).out
    assert nginxsim("why", "http://web.example.com/", str(path), "--zone", "a").status == 0
    simulation = zoned(zone="c")
    assert "the controller is in c" in simulation.route(Request(host="web.example.com")).cause.message
