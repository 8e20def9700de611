"""Session cookies as users set them up: which locations hand one out, and with what."""

from __future__ import annotations

import pytest

from nginxsim import Request, Simulation
from tests.support.estates import backend, estate, ingress, served

SESSION = {"affinity": "cookie"}
GIVEN = "INGRESSCOOKIE=<value>; Path=/; HttpOnly"


def cookie(shop: Simulation, host: str, path: str = "/") -> str | None:
    return dict(shop.route(Request(host=host, path=path)).outcomes[0].headers).get("Set-Cookie")


@pytest.mark.parametrize(("host", "given"), [("a.example.com", GIVEN), ("a.b.example.com", None)])
def test_a_wildcard_host(host: str, given: str | None) -> None:
    assert cookie(estate(*served(), ingress(host="*.example.com", annotations=SESSION)), host) == given


def test_the_catch_all() -> None:
    everywhere = ingress(rules={}, annotations=SESSION, defaultBackend=backend("web:80"))
    assert cookie(estate(*served(), everywhere), "nobody.example.com") is None
    unnamed = ingress(host="", annotations=SESSION)
    assert cookie(estate(*served(), unnamed), "nobody.example.com") == GIVEN


def test_a_path_of_another_ingress_hands_out_none() -> None:
    shop = estate(*served(), ingress("a", paths="/a", annotations=SESSION), ingress("b", paths="/b"))
    assert cookie(shop, "web.example.com", "/a/x") == GIVEN.replace("Path=/", "Path=/a")
    assert cookie(shop, "web.example.com", "/b/x") is None
