"""What the controller asks of its own nginx, on the status port."""

from __future__ import annotations

import pytest

from nginxsim import Request, Simulation
from tests.support.estates import estate, ingress, served


@pytest.fixture(scope="module")
def shop() -> Simulation:
    return estate(*served(), ingress())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/is-dynamic-lb-initialized", 200),
        ("GET", "/nginx_status", 200),
        ("GET", "/configuration/backends", 200),
        ("POST", "/configuration/backends", 201),
        ("GET", "/configuration/general", 200),
        ("POST", "/configuration/general", 201),
        ("POST", "/configuration/servers", 201),
        ("GET", "/configuration/servers", 400),
        ("GET", "/configuration/certs", 400),
        ("GET", "/configuration/certs?hostname=nobody.example.com", 404),
        ("POST", "/configuration/certs", 400),
        ("POST", "/configuration/certs?hostname=nobody.example.com", 400),
        ("PUT", "/configuration/anything", 400),
        ("GET", "/configuration/anything", 404),
        ("POST", "/configuration/anything", 404),
        ("GET", "/anything", 404),
    ],
)
def test_status_port(shop: Simulation, method: str, path: str, status: int) -> None:
    assert shop.route(Request(host="127.0.0.1", port=10246, path=path, method=method)).status == status
