"""The ports and addresses that each server listens on."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from nginxsim import Host
from tests.support.estates import estate, ingress

PASSING = "--enable-ssl-passthrough"
BOTH = {"use-proxy-protocol": "true"}
SHOP = "web.example.com"


def listening(host: str, settings: dict[str, str], flags: Sequence[str], machine: Host) -> list[str]:
    text = estate(ingress(), settings=settings, flags=flags, host=machine).nginx_conf(host=host)
    return re.findall(r"listen +(.*?) *;", text)


@pytest.mark.parametrize(
    ("settings", "flags", "expected"),
    [
        ({}, [], ["80", "[::]:80", "443 ssl", "[::]:443 ssl"]),
        ({"disable-ipv6": "true"}, [], ["80", "443 ssl"]),
        ({}, ["--http-port=8080", "--https-port=8443"], ["8080", "[::]:8080", "8443 ssl", "[::]:8443 ssl"]),
        (
            {"bind-address": "127.0.0.1,10.0.0.9,::1"},
            [],
            [
                *("127.0.0.1:80", "10.0.0.9:80", "[::1]:80"),
                *("127.0.0.1:443 ssl", "10.0.0.9:443 ssl", "[::1]:443 ssl"),
            ],
        ),
        (
            BOTH,
            [],
            ["80 proxy_protocol", "[::]:80 proxy_protocol", "443 proxy_protocol ssl", "[::]:443 proxy_protocol ssl"],
        ),
        # Whoever passes TLS through tells the address of the client in a PROXY header, on a port of its own.
        ({}, [PASSING], ["80", "[::]:80", "442 proxy_protocol ssl", "[::]:442 proxy_protocol ssl"]),
        (
            BOTH,
            [PASSING, "--ssl-passthrough-proxy-port=4420"],
            ["80 proxy_protocol", "[::]:80 proxy_protocol", "4420 proxy_protocol ssl", "[::]:4420 proxy_protocol ssl"],
        ),
    ],
)
def test_a_server_listens_on(settings: dict[str, str], flags: Sequence[str], expected: list[str]) -> None:
    assert listening(SHOP, settings, flags, Host()) == expected


@pytest.mark.parametrize(
    ("settings", "machine", "options"),
    [
        ({}, Host(somaxconn=4096), "default_server reuseport backlog=4096"),
        ({"reuse-port": "false"}, Host(somaxconn=4096), "default_server backlog=4096"),
        ({}, Host(somaxconn=512), "default_server reuseport backlog=512"),
        ({}, Host(somaxconn=128), "default_server reuseport backlog=511"),
    ],
)
def test_the_catch_all_says_how(settings: dict[str, str], machine: Host, options: str) -> None:
    expected = [f"80 {options}", f"[::]:80 {options}", f"443 {options} ssl", f"[::]:443 {options} ssl"]
    assert listening("_", settings, [], machine) == expected


def test_a_machine_without_ipv6() -> None:
    assert listening(SHOP, {}, [], Host(ipv6=False)) == ["80", "443 ssl"]
