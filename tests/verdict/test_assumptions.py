"""What the simulator cannot know is said: every directive that it does not play and that might change the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nginxsim import Request, simulate
from nginxsim.nginx.router import Router
from nginxsim.nginx.tree import parse_conf
from nginxsim.sources import File

PREFIX = "nginx.ingress.kubernetes.io/"
SNIPPETS = {"allow-snippet-annotations": "true", "annotations-risk-level": "Critical"}


def assumptions(annotations: dict[str, str], config: dict[str, str] | None = None) -> tuple[str, ...]:
    """Of a request that is proxied."""
    labels = {"kubernetes.io/service-name": "web"}
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {"host": "a.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    metadata: dict[str, Any] = {"name": "a", "annotations": {PREFIX + name: text for name, text in annotations.items()}}
    objects: list[dict[str, Any]] = [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": metadata,
            "spec": {"ingressClassName": "nginx", "rules": [rule]},
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": "nginx"},
            "spec": {"controller": "k8s.io/ingress-nginx"},
        },
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": "web-1", "labels": labels},
            "addressType": "IPv4",
            "ports": [{"port": 80}],
            "endpoints": [{"addresses": ["10.0.0.1"]}],
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "ingress-nginx-controller", "namespace": "ingress-nginx"},
            "data": {**SNIPPETS, **(config or {})},
        },
    ]
    simulation = simulate([File("a.yaml", "\n---\n".join(map(json.dumps, objects)))])
    verdict = simulation.route(Request(host="a.example.com"))
    assert verdict.status == 200
    return verdict.assumptions


ORDINARY: dict[str, dict[str, str]] = {
    "nothing": {},
    "a rewrite": {"use-regex": "true", "rewrite-target": "/$1"},
    "limits": {"limit-rps": "5", "limit-connections": "5", "limit-rate": "10"},
    "cors": {"enable-cors": "true"},
    "an allowlist": {"whitelist-source-range": "127.0.0.0/8"},
    "headers in a snippet": {
        "configuration-snippet": 'more_set_headers "X-A: b"; proxy_set_header X-B c; add_header C d;'
    },
    "modsecurity off": {"enable-modsecurity": "false"},
    "a cookie": {"affinity": "cookie"},
    "logs": {"enable-access-log": "false"},
}


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_ingress_needs_none(name: str) -> None:
    assert assumptions(ORDINARY[name]) == ()


EXOTIC = {
    "enable-modsecurity": ({"enable-modsecurity": "true"}, "ModSecurity blocks nothing"),
    "modsecurity-snippet": (
        {"enable-modsecurity": "true", "modsecurity-snippet": 'SecRule ARGS "x" "id:1,deny"'},
        "ModSecurity blocks nothing",
    ),
    "a snippet's directive that nobody knows": (
        {"configuration-snippet": "frobnicate on;"},
        "frobnicate changes nothing",
    ),
    "a snippet's Lua": (
        {"configuration-snippet": "access_by_lua_block { ngx.exit(403) }"},
        "access_by_lua block lets the request pass unchanged",
    ),
    "an include": (
        {"configuration-snippet": "include /etc/nginx/extra.conf;"},
        "include /etc/nginx/extra.conf adds nothing",
    ),
    "an auth server's name": (
        {"auth-url": "http://auth.example.com/check"},
        "auth.example.com resolves in DNS",
    ),
}


@pytest.mark.parametrize("name", EXOTIC)
def test_what_may_change_the_answer_is_named(name: str) -> None:
    annotations, expected = EXOTIC[name]
    assert expected in assumptions(annotations)


def test_modsecurity_of_the_whole_controller_is_named() -> None:
    assert "ModSecurity blocks nothing" in assumptions({}, {"enable-modsecurity": "true"})


DIRECTIVES = {
    "modsecurity on;": "ModSecurity blocks nothing",
    "rewrite_by_lua_file /my.lua;": "rewrite_by_lua my.lua lets the request pass unchanged",
    "header_filter_by_lua_block { ngx.header.x = 1 }": "header_filter_by_lua block changes nothing",
    "body_filter_by_lua_block { }": "body_filter_by_lua changes nothing",
    "set_by_lua_file $x /f.lua; if ($x) { return 403; }": "set_by_lua_file f.lua leaves $x empty",
    "js_set $x m.f; if ($x) { return 403; }": "unknown variable $x",
    "js_access m.f;": "js_access lets the request pass",
    "js_header_filter m.f;": "js_header_filter changes nothing",
    "js_body_filter m.f;": "js_body_filter changes nothing",
    "perl_set $x 'sub { 1 }'; if ($x) { return 403; }": "unknown variable $x",
    "if ($geoip_country_code = DE) { return 403; }": "unknown variable $geoip_country_code",
    "auth_jwt realm;": "auth_jwt lets the request pass",
    "auth_ldap realm;": "auth_ldap changes nothing",
    "SecRulesEnabled;": "SecRulesEnabled changes nothing",
    "secure_link $arg_a;": "secure_link sees no link",
    "valid_referers none; if ($invalid_referer) { return 403; }": "the referer is valid",
    "image_filter resize 1 1;": "image_filter refuses no image",
    "userid on;": "userid sets no cookie",
    "charset utf-8;": "charset adds nothing to Content-Type",
    "proxy_cache zone;": "the proxy cache is empty",
}


@pytest.mark.parametrize("directives", DIRECTIVES)
@pytest.mark.parametrize("level", ["http", "server", "location"])
def test_modules_that_are_not_played_are_named(directives: str, level: str) -> None:
    if level == "http" and "if (" in directives:
        pytest.skip("no `if` there")
    places = {"http": "", "server": "", "location": "", level: directives}
    location = f"location / {{ {places['location']} proxy_pass http://10.0.0.1; }}"
    conf = f"http {{ {places['http']} server {{ listen 80; {places['server']} {location} }} }}"
    assert DIRECTIVES[directives] in Router(parse_conf(conf)).route(Request())[0].assumptions


@pytest.mark.parametrize(
    "handler", ["content_by_lua_block { ngx.say(1) }", "js_content m.f;", "perl m::f;", "echo hello;"]
)
def test_a_handler_that_is_not_played_is_named(handler: str) -> None:
    conf = f"http {{ server {{ listen 80; location / {{ {handler} }} }} }}"
    outcome = Router(parse_conf(conf)).route(Request())[0]
    assert outcome.status == 200
    assert outcome.assumptions


def test_what_a_nested_level_turns_off_needs_no_word() -> None:
    conf = "http { modsecurity on; server { listen 80; location / { modsecurity off; proxy_pass http://10.0.0.1; } } }"
    assert Router(parse_conf(conf)).route(Request())[0].assumptions == ()
