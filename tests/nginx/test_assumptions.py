"""Modules that the router does not play: each is named in the outcome that it might have changed."""

from __future__ import annotations

import pytest

from nginxsim.nginx.exchange import Answer, Request, UpstreamRequest
from nginxsim.nginx.router import Router
from nginxsim.nginx.tree import parse_conf

DIRECTIVES = {
    "modsecurity on; modsecurity_rules_file /r;": "the ModSecurity rules of /r find nothing in the request",
    "rewrite_by_lua_file /my.lua;": "rewrite_by_lua my.lua lets the request pass unchanged",
    "header_filter_by_lua_block { ngx.header.x = 1 }": "header_filter_by_lua block changes nothing",
    "body_filter_by_lua_block { }": "body_filter_by_lua block changes nothing",
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


MIRRORING = """
    http { server { listen 80;
        location / { mirror /copy; set $seen before; add_header X-Seen "$seen" always; proxy_pass http://10.0.0.1; }
        location = /copy { internal; %s proxy_pass http://10.0.0.2; }
        location = /late { set $seen late; return 204; }
    } }
"""


@pytest.mark.parametrize(
    ("copying", "seen", "is_taken"),
    [
        ("set $seen copied;", "copied", False),
        ("error_page 404 = /late; proxy_intercept_errors on;", "late", True),
        ("add_header X-Own $sent_http_x_other always;", "before", False),
    ],
    ids=["before it is sent", "after its answer", "what nobody reads"],
)
def test_what_a_mirror_changes_after_its_answer_may_come_too_late(copying: str, seen: str, is_taken: bool) -> None:
    def answer(request: UpstreamRequest) -> Answer:
        return Answer(404 if "10.0.0.2:80" in request.addresses else 200)

    outcome = Router(parse_conf(MIRRORING % copying)).route(Request(), answer)[0]
    assert ("X-Seen", seen) in outcome.headers
    taken = "the mirror's service answers before the request's own does, and has changed $seen"
    assert (taken in outcome.assumptions) is is_taken
