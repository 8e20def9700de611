"""TCP and UDP services: ports that are taken, the PROXY header, and where it says so."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nginxsim.controller.model import Model
from tests.support.estates import CONTROLLER, config_map, endpoints, estate, estate_text, served, service

RESERVED = {
    "--http-port": 80,
    "--https-port": 443,
    "--ssl-passthrough-proxy-port": 442,
    "--healthz-port": 10254,
    "--default-server-port": 8181,
    "--profiler-port": 10245,
    "--status-port": 10246,
    "--stream-port": 10247,
}


def streams(data: dict[str, str], flags: Sequence[str] = ()) -> Model:
    return estate(
        *served(), config_map(data, "tcp"), flags=[f"--tcp-services-configmap={CONTROLLER}/tcp", *flags]
    ).model


@pytest.mark.parametrize(("flag", "port"), RESERVED.items())
def test_ports_of_the_controller_itself_are_taken(flag: str, port: int) -> None:
    taken = streams({str(port): "default/web:80"})
    assert (taken.tcp_services, [notice.code for notice in taken.notices]) == ((), ["stream-port-reserved"])
    moved = streams({str(port): "default/web:80"}, [f"{flag}=12345"])
    assert [service.port for service in moved.tcp_services] == [port]
    assert streams({"12345": "default/web:80"}, [f"{flag}=12345"]).tcp_services == ()


@pytest.mark.parametrize(
    ("written", "decodes", "encodes"),
    [
        ("default/web:80", False, False),
        ("default/web:80:PROXY", True, False),
        ("default/web:80:proxy:Proxy", True, True),
        ("default/web:80::PROXY", False, True),
        ("default/web:80:PROXY:PROXY:", True, False),
    ],
)
def test_the_proxy_header(written: str, decodes: bool, encodes: bool) -> None:
    (found,) = streams({"9000": written}).tcp_services
    assert (found.decode_proxy_protocol, found.encode_proxy_protocol) == (decodes, encodes)


@pytest.mark.parametrize("protocol", ["UDP", "TCP"])
def test_udp_services_have_ports_of_their_own_kind_and_no_proxy_header(protocol: str) -> None:
    dns = service("dns", ports=[{"port": 53, "protocol": protocol}])
    pods = endpoints("dns", port=53)
    pods["ports"][0]["protocol"] = protocol
    listed = config_map({"53": "default/dns:53:PROXY:PROXY"}, "udp")
    model = estate(dns, pods, listed, flags=[f"--udp-services-configmap={CONTROLLER}/udp"]).model
    found = [(each.port, each.decode_proxy_protocol, each.encode_proxy_protocol) for each in model.udp_services]
    assert found == ([(53, False, False)] if protocol == "UDP" else [])


@pytest.mark.parametrize(
    ("key", "text", "shown"), [("443", "default/web:80", "'443'"), ("9000", "web", "web"), ("x", "default/web:80", "x")]
)
def test_a_notice_points_at_what_is_wrong(key: str, text: str, shown: str) -> None:
    (notice,) = streams({key: text}).notices
    origin = notice.origins[0]
    line = estate_text(*served(), config_map({key: text}, "tcp")).splitlines()[origin.line - 1]
    assert line[origin.column - 1 :].startswith(shown)
