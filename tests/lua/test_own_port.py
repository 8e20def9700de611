"""The balancer never proxies to nginx's own status server."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nginxsim import Request
from tests.support.estates import endpoints, estate, ingress, service


@pytest.mark.parametrize(
    ("address", "port", "flags", "status"),
    [
        ("127.0.0.1", 10246, [], 502),
        ("127.9.9.9", 10246, [], 502),
        ("127.0.0.1", 10247, [], 200),
        ("10.0.0.1", 10246, [], 200),
        ("127.0.0.1", 10246, ["--status-port=10300"], 200),
        ("127.0.0.1", 10300, ["--status-port=10300"], 502),
    ],
)
def test_endpoints_that_are_nginx_itself(address: str, port: int, flags: Sequence[str], status: int) -> None:
    shop = estate(service(), endpoints("web", address, port=port), ingress(), flags=flags)
    assert shop.route(Request(host="web.example.com")).status == status
