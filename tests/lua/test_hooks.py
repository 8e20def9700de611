"""What the controller's Lua makes of requests: canaries, session cookies, hashing, https redirects, no endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from nginxsim.lua import LuaConfig, runtime
from nginxsim.nginx.exchange import Answer, Request, RoutedOutcome, UpstreamRequest
from nginxsim.nginx.router import Router
from nginxsim.nginx.tree import parse_conf

CONF = """
events {}
http {
    upstream upstream_balancer {
        server 0.0.0.1;
        balancer_by_lua_file /etc/nginx/lua/nginx/ngx_conf_balancer.lua;
    }
    server {
        listen 80; listen 443 ssl;
        server_name other.test;
        set_by_lua_file $redirect_to /etc/nginx/lua/nginx/ngx_srv_redirect.lua www.other.test;
        return 308 $redirect_to;
    }
    server {
        listen 80 default_server; listen 443 ssl default_server;
        server_name shop.test;
        location / {
            set $location_path "/";
            set $force_ssl_redirect "false"; set $ssl_redirect "true"; set $force_no_ssl_redirect "false";
            set $preserve_trailing_slash "false"; set $use_port_in_redirects "false";
            set $proxy_upstream_name "main"; set $proxy_alternative_upstream_name "";
            set $pass_access_scheme $scheme; set $pass_server_port $server_port; set $best_http_host $http_host;
            set $pass_port $pass_server_port;
            rewrite_by_lua_file /etc/nginx/lua/nginx/ngx_rewrite.lua;
            header_filter_by_lua_file /etc/nginx/lua/nginx/ngx_conf_srv_hdr_filter.lua;
            proxy_set_header X-Forwarded-Proto $pass_access_scheme;
            proxy_set_header X-Forwarded-Host $best_http_host;
            proxy_set_header X-Forwarded-Port $pass_port;
            proxy_pass http://upstream_balancer;
        }
    }
}
"""
MAIN, CANARY = "10.0.0.1:80", "10.0.1.1:80"


def backend(name: str, *addresses: str, **more: Any) -> dict[str, Any]:
    endpoints = [{"address": host, "port": port} for host, _, port in (text.rpartition(":") for text in addresses)]
    return {"name": name, "endpoints": endpoints, **more}


def pair(**policy: Any) -> list[dict[str, Any]]:
    """A backend and its canary."""
    return [
        backend("main", MAIN, alternativeBackends=["next"]),
        backend("next", CANARY, trafficShapingPolicy={"weight": 0, "weightTotal": 100, **policy}),
    ]


def cookie_affinity(mode: str = "balanced", **cookie: Any) -> Mapping[str, Any]:
    settings = {"name": "S", "locations": {"shop.test": ["/"]}, **cookie}
    return {"sessionAffinityConfig": {"name": "cookie", "mode": mode, "cookieSessionAffinity": settings}}


def outcomes(
    backends: Sequence[Mapping[str, Any]],
    request: Request | None = None,
    *,
    config: LuaConfig | None = None,
    certificates: Mapping[str, str] | None = None,
) -> list[RoutedOutcome]:
    def fine(_: UpstreamRequest) -> Answer:
        return Answer(200)

    router = Router(parse_conf(CONF), runtime(backends, config=config, certificates=certificates))
    return router.route(request or Request("shop.test"), fine)


def services(found: Sequence[RoutedOutcome]) -> dict[str | int | None, float]:
    return {o.upstream.service if o.upstream else o.status: round(o.probability, 6) for o in found}


def asking(*headers: tuple[str, str], host: str = "shop.test", path: str = "/", scheme: str = "http") -> Request:
    return Request(host, path=path, scheme=scheme, headers=headers)


ALL_MAIN, ALL_NEXT = {"main": 1.0}, {"next": 1.0}


@pytest.mark.parametrize(
    ("policy", "headers", "expected"),
    [
        ({"weight": 30}, (), {"main": 0.7, "next": 0.3}),
        ({"weight": 30, "weightTotal": 1000}, (), {"main": 0.97, "next": 0.03}),
        ({"weight": 30, "weightTotal": 50}, (), {"main": 0.7, "next": 0.3}),
        ({"weight": 250}, (), ALL_NEXT),
        ({"weight": -20}, (), ALL_MAIN),
        ({"header": "X-Try"}, [("X-Try", "always")], ALL_NEXT),
        ({"header": "X-Try", "weight": 100}, [("X-Try", "never")], ALL_MAIN),
        ({"header": "X-Try", "weight": 100}, [("X-Try", "other")], ALL_NEXT),
        ({"header": "X-Try", "headerValue": "eu"}, [("X-Try", "eu")], ALL_NEXT),
        ({"header": "X-Try", "headerValue": "eu"}, [("X-Try", "always")], ALL_MAIN),
        ({"header": "X-Try", "headerPattern": "^e."}, [("X-Try", "east")], ALL_NEXT),
        ({"header": "X-Try", "headerPattern": "(", "weight": 100}, [("X-Try", "east")], ALL_MAIN),
        ({"header": "X-Try", "cookie": "try"}, [("X-Try", "never"), ("Cookie", "try=always")], ALL_MAIN),
        ({"header": "X-Try", "cookie": "try"}, [("X-Try", "maybe"), ("Cookie", "try=always")], ALL_NEXT),
        ({"cookie": "try", "weight": 100}, [("Cookie", "a=b; TRY=never")], ALL_MAIN),
    ],
)
def test_canary_rules(policy: dict[str, Any], headers: Sequence[tuple[str, str]], expected: dict[str, float]) -> None:
    assert services(outcomes(pair(**policy), asking(*headers))) == expected


def test_canary_without_endpoints_takes_nothing() -> None:
    main, canary = pair(weight=100)
    assert services(outcomes([main, canary | {"endpoints": []}])) == ALL_MAIN


def test_main_without_endpoints_is_503_even_with_a_canary_for_everything() -> None:
    main, canary = pair(weight=100)
    assert services(outcomes([main | {"endpoints": []}, canary])) == {503: 1.0}


@pytest.mark.parametrize(
    ("cookie", "scheme", "expected"),
    [
        ({}, "http", "S=<value>; Path=/; HttpOnly"),
        ({}, "https", "S=<value>; Path=/; Secure; HttpOnly"),
        (
            {"path": "/x", "domain": "d.test", "secure": True},
            "http",
            "S=<value>; Domain=d.test; Path=/x; Secure; HttpOnly",
        ),
        ({"expires": "60", "maxage": "60"}, "http", "S=<value>; Expires=<date>; Max-Age=60; Path=/; HttpOnly"),
        ({"maxage": "0xyz", "samesite": "none"}, "http", "S=<value>; Path=/; HttpOnly"),
        ({"samesite": "Strict"}, "http", "S=<value>; Path=/; HttpOnly; SameSite=Strict"),
        ({"locations": {"else.test": ["/"]}}, "http", None),
        ({"locations": {"*.test": ["/"]}}, "http", "S=<value>; Path=/; HttpOnly"),
    ],
)
def test_session_cookie(cookie: dict[str, Any], scheme: str, expected: str | None) -> None:
    (outcome,) = outcomes([backend("main", MAIN, **cookie_affinity(**cookie))], asking(scheme=scheme))
    assert dict(outcome.headers).get("Set-Cookie") == expected


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 Chrome/120.0", "; SameSite=None"),
        ("Mozilla/5.0 Chrome/62.0", ""),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_1) Version/12 Safari/605", ""),
    ],
)
def test_browsers_that_refuse_same_site_none_are_spared_it(agent: str, expected: str) -> None:
    affinity = cookie_affinity(samesite="None", conditional_samesite_none=True)
    (outcome,) = outcomes([backend("main", MAIN, **affinity)], asking(("User-Agent", agent)))
    assert dict(outcome.headers)["Set-Cookie"] == f"S=<value>; Path=/; HttpOnly{expected}"


def test_a_session_cookie_pins_one_endpoint_and_the_backend() -> None:
    many = [f"10.0.0.{number}:80" for number in range(1, 9)]
    backends = [
        backend("main", *many, alternativeBackends=["next"], **cookie_affinity()),
        backend("next", CANARY, trafficShapingPolicy={"weight": 100, "weightTotal": 100}, **cookie_affinity()),
    ]
    assert services(outcomes(backends)) == ALL_NEXT
    (pinned,) = outcomes(backends, asking(("Cookie", "S=1.2.3|06afa0f4360a690f05fc16aeb99e7639")))
    assert pinned.upstream is not None
    assert pinned.upstream.service == "next"
    main_key = "a8f39c712f8f779a2fec5edbbbfe1d08"
    (pinned,) = outcomes(backends, asking(("Cookie", f"S=1.2.3|{main_key}")))
    assert pinned.upstream is not None
    assert (pinned.upstream.service, len(pinned.upstream.addresses)) == ("main", 1)
    assert "Set-Cookie" not in dict(pinned.headers)


def test_upstream_hash_by_names_one_endpoint() -> None:
    many = [f"127.0.2.{number}:8080" for number in (1, 2, 3)]
    hashed = backend("main", *many, upstreamHashByConfig={"upstream-hash-by": "$http_x_user"})
    (outcome,) = outcomes([hashed], asking(("X-User", "cy")))
    assert outcome.upstream is not None
    assert outcome.upstream.addresses == ("127.0.2.1:8080",)


def test_external_names() -> None:
    service = {"spec": {"type": "ExternalName"}}
    for address, expected in (("api.example.com", "main"), ("api.invalid", 503), ("10.1.2.3", 503)):
        (outcome,) = outcomes([backend("main", f"{address}:80", service=service)])
        assert services([outcome]) == {expected: 1.0}
        assert bool(outcome.assumptions) == (expected == "main")


@pytest.mark.parametrize(
    ("request_", "config", "status", "location"),
    [
        (asking(path="/a/?b"), LuaConfig(), 308, "https://shop.test/a/?b"),
        (asking(path="/a/"), LuaConfig(http_redirect_code=301), 301, "https://shop.test/a"),
        (asking(host="nobody.test"), LuaConfig(), 200, None),
        (asking(("X-Forwarded-Proto", "https")), LuaConfig(), 308, "https://shop.test"),
        (asking(("X-Forwarded-Proto", "https")), LuaConfig(use_forwarded_headers=True), 200, None),
        (
            asking(("X-Forwarded-Host", "front.test:8443, b"), path="/a"),
            LuaConfig(use_forwarded_headers=True),
            308,
            "https://front.test/a",
        ),
        (asking(host="other.test", path="/a/"), LuaConfig(), 308, "http://www.other.test:80/a"),
    ],
)
def test_redirects(request_: Request, config: LuaConfig, status: int, location: str | None) -> None:
    (outcome,) = outcomes([backend("main", MAIN)], request_, config=config, certificates={"shop.test": "certificate"})
    assert (outcome.status, dict(outcome.headers).get("Location")) == (status, location)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (LuaConfig(), "max-age=31536000; includeSubDomains"),
        (LuaConfig(hsts_max_age="5", hsts_include_subdomains=False, hsts_preload=True), "max-age=5; preload"),
        (LuaConfig(hsts=False), None),
    ],
)
def test_strict_transport_security_is_for_https_only(config: LuaConfig, expected: str | None) -> None:
    for scheme, header in (("https", expected), ("http", None)):
        (outcome,) = outcomes([backend("main", MAIN)], asking(scheme=scheme), config=config)
        assert dict(outcome.headers).get("Strict-Transport-Security") == header


AUTH_CONF = """
events {}
http {
    upstream service { server 10.0.0.1:80; }
    upstream auth { server 10.0.9.9:80; }
    server {
        listen 80;
        set $auth_cookie ""; set $auth_keepalive_share_vars false; set $auth_path /auth; %s
        location / {
            access_by_lua_file /etc/nginx/lua/nginx/ngx_conf_external_auth.lua;
            proxy_set_header X-User $authHeader0;
            proxy_set_header X-Team $authHeader1;
            add_header Set-Cookie $auth_cookie;
            proxy_pass http://service;
        }
        location = /auth { internal; proxy_pass http://auth; }
    }
}
"""
NO_HEADERS = 'set $auth_response_headers ""; set $authHeader0 ""; set $authHeader1 "";'
ONE_HEADER = 'set $auth_response_headers "X-User"; set $authHeader0 ""; set $authHeader1 "";'
TWO_HEADERS = 'set $auth_response_headers "X-User,X-Team"; set $authHeader0 ""; set $authHeader1 "";'


@pytest.mark.parametrize(
    ("variables", "answered", "status", "service_gets"),
    [
        (NO_HEADERS, 200, 200, {}),
        (NO_HEADERS, 401, 401, None),
        (NO_HEADERS, 403, 403, None),
        (NO_HEADERS, 204, 500, None),
        (NO_HEADERS, 302, 500, None),
        (ONE_HEADER, 200, 200, {"X-Team": "eve"}),
        (TWO_HEADERS, 200, 500, None),
    ],
)
def test_auth_over_kept_connections(
    variables: str, answered: int, status: int, service_gets: dict[str, str] | None
) -> None:
    def answer(request: UpstreamRequest) -> Answer:
        if request.uri == "/auth":
            return Answer(answered, [("X-User", "eve"), ("X-Team", "blue"), ("Set-Cookie", "a=b")])
        return Answer(200)

    (outcome,) = Router(parse_conf(AUTH_CONF % variables), runtime([])).route(Request("a.test"), answer)
    assert outcome.status == status
    if service_gets is None:
        assert outcome.upstream is None
        return
    assert outcome.upstream is not None
    sent = dict(outcome.upstream.headers)
    assert {name: sent[name] for name in ("X-User", "X-Team") if name in sent} == service_gets
    assert dict(outcome.headers)["Set-Cookie"] == "a=b"


SHARING = """
http { server { listen 80;
    location / {
        set $auth_path /auth; set $auth_keepalive_share_vars "SHARES";
        set $auth_response_headers ""; set $auth_cookie "";
        set $who outer;
        access_by_lua_file /etc/nginx/lua/nginx/ngx_conf_external_auth.lua;
        proxy_set_header X-Who $who;
        proxy_pass http://10.0.0.1;
    }
    location = /auth { internal; set $who inner; proxy_pass http://10.0.0.2; }
} }
"""


@pytest.mark.parametrize(("shares", "who"), [("true", "inner"), ("false", "outer")])
def test_an_auth_request_shares_variables_if_told_to(shares: str, who: str) -> None:
    router = Router(parse_conf(SHARING.replace("SHARES", shares)), runtime([]))
    sent = router.route(Request(host="shop.test"))[0].upstream
    assert sent is not None
    assert dict(sent.headers)["X-Who"] == who
