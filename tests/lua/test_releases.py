"""Every piece of Lua in the conf of every release has a stand-in, and plays the same where nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nginxsim import Answer, Request, Simulation, UpstreamRequest
from nginxsim.lua.hooks import Hook, hook_of
from nginxsim.nginx.lua_api import Script
from nginxsim.nginx.tree import Directive, parse_conf
from nginxsim.releases import RELEASES, SCRIPTS, span
from tests.support.estates import estate, ingress, served, service

OUTSIDE = ("init_by_lua", "init_worker_by_lua")
"""Lua that no request comes by."""
ASKS = {"auth-url": "http://auth.test/", "auth-keepalive": "5", "auth-response-headers": "X-Team"}
WWW = {"from-to-www-redirect": "true"}


def scripts(block: Directive) -> Iterator[Script]:
    for directive in block.block or ():
        name = directive.name.removesuffix("_file").removesuffix("_block")
        if name.endswith("_by_lua") and name not in OUTSIDE:
            yield Script.of(directive.name, directive.args[1 if name == "set_by_lua" else 0], directive.line)
        if directive.name != "stream":
            yield from scripts(directive)


def shop(name: str, annotations: dict[str, str] | None = None, **settings: str) -> Simulation:
    return estate(ingress(annotations=annotations), *served(), settings=settings or None, release=name)


@pytest.mark.parametrize("name", RELEASES)
def test_every_script_of_a_conf_is_known_for_what_it_is(name: str) -> None:
    wanted = {**ASKS, **WWW, "auth-cache-key": "$remote_user", "custom-http-errors": "404"}
    sim = shop(name, wanted, **{"use-http2": "false"})
    found = {hook_of(script) for script in scripts(parse_conf(sim.nginx_conf()))}
    missing = {Hook.BODY_FILTER, Hook.NOT_FOUND, Hook.ERROR_LOG} if SCRIPTS["log"].at(name).file else set()
    if name not in span("1.2.0.."):
        missing |= {Hook.EXTERNAL_AUTH}  # there is no auth-keepalive
    assert found >= set(Hook) - missing
    assert None not in found


@pytest.mark.parametrize("name", RELEASES)
def test_a_request_meets_no_lua_that_nobody_plays(name: str) -> None:
    sim = shop(name, WWW)
    for scheme, host in (("http", "web.example.com"), ("https", "web.example.com"), ("http", "www.web.example.com")):
        verdict = sim.route(Request(host=host, scheme=scheme))
        assert not [words for words in verdict.assumptions if "lua" in words]


@pytest.mark.parametrize("name", RELEASES)
def test_redirects_to_https_and_what_they_keep(name: str) -> None:
    sim = shop(name, {"force-ssl-redirect": "true", "preserve-trailing-slash": "true"})
    kept = name in span("0.47.0..")
    verdict = sim.route(Request(host="web.example.com", path="/a/"))
    assert (verdict.status, dict(verdict.headers)["Location"]) == (
        308,
        "https://web.example.com/a/" if kept else "https://web.example.com/a",
    )


def played(sim: Simulation, status: int = 200) -> tuple[int | None, list[str]]:
    """How a request ends whose auth server answers so, and what team the service is told."""

    def answer(asked: UpstreamRequest) -> Answer:
        return Answer(status, [("X-Team", "shop")]) if asked.role == "auth" else Answer(200)

    verdict = sim.route(Request(host="web.example.com"), answer)
    told = verdict.upstream.headers if verdict.upstream else ()
    return verdict.status, [value for name, value in told if name == "X-Team"]


@pytest.mark.parametrize("name", ["1.12.8", "1.11.5", "1.9.6"])
@pytest.mark.parametrize(("status", "ends"), [(200, 200), (401, 401), (403, 403), (302, 500)])
def test_the_written_out_subrequest(name: str, status: int, ends: int) -> None:
    """The header reaches the service, which it does not where a file counts the headers from one."""
    found, teams = played(shop(name, ASKS, **{"use-http2": "false"}), status)
    assert (found, teams) == (ends, ["shop"] if ends == 200 else [])


def test_a_name_that_dns_does_not_know() -> None:
    gone = service("web", type="ExternalName", externalName="gone.invalid")
    given = service("web", type="ExternalName", externalName="10.1.2.3")
    ends = {
        name: [
            estate(ingress(), each, release=name).route(Request(host="web.example.com")).status
            for each in (gone, given)
        ]
        for name in ("1.11.4", "1.11.5", "1.12.0", "1.12.1")
    }
    assert ends == {"1.11.4": [502, 200], "1.11.5": [503, 503], "1.12.0": [502, 200], "1.12.1": [503, 503]}


def test_the_other_name_is_sent_without_a_port_where_the_lua_is_written_out() -> None:
    ends = {}
    for name in ("1.11.5", "1.12.0"):
        verdict = shop(name, WWW).route(Request(host="www.web.example.com", path="/x"))
        ends[name] = dict(verdict.headers)["Location"]
    assert ends == {"1.11.5": "http://web.example.com/x", "1.12.0": "http://web.example.com:80/x"}


def test_a_limit_that_memcached_counts_for_is_named() -> None:
    limits = {"global-rate-limit": "10", "global-rate-limit-window": "1m"}
    sim = shop("1.11.5", limits, **{"global-rate-limit-memcached-host": "memcached", "plugins": "hello"})
    words = sim.route(Request(host="web.example.com")).assumptions
    assert "global-rate-limit lets the request pass: memcached has counted few before" in words
    assert "the Lua plugin hello changes nothing" in words
