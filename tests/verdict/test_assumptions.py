"""What the simulator cannot know is said: every directive that it does not play and that might change the answer."""

from __future__ import annotations

import pytest

from nginxsim import Request
from tests.support.estates import SNIPPETS, estate, ingress, served


def assumptions(annotations: dict[str, str], config: dict[str, str] | None = None) -> tuple[str, ...]:
    """Of a request that is proxied."""
    simulation = estate(*served(), ingress(annotations=annotations), settings={**SNIPPETS, **(config or {})})
    verdict = simulation.route(Request(host="web.example.com"))
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
    "modsecurity-snippet": (
        {"enable-modsecurity": "true", "modsecurity-snippet": 'SecRuleEngine On\nSecRule FILES "x" "id:1,deny"'},
        "ModSecurity rule 1 finds nothing: FILES is not judged here",
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
    settings = {
        "enable-modsecurity": "true",
        "enable-owasp-modsecurity-crs": "true",
        "modsecurity-snippet": "SecRuleEngine On",
    }
    rules = "/etc/nginx/owasp-modsecurity-crs/nginx-modsecurity.conf"
    assert f"the ModSecurity rules of {rules} find nothing in the request" in assumptions({}, settings)
