"""The table of directives: every row can be read, and router and configtest do what it says."""

from __future__ import annotations

import importlib
import inspect
from collections import Counter
from dataclasses import fields

import pytest

from nginxsim.nginx import readers, rewrite, upstream_readers
from nginxsim.nginx.conf import Gzip, LocationConf, UpstreamConf
from nginxsim.nginx.configtest import Build, check
from nginxsim.nginx.configtest.readers import READERS as CHECKS
from nginxsim.nginx.directives import CONTEXTS, HTTP_CONTEXTS, Part, Row, Trait, having, rows
from nginxsim.nginx.exchange import Request
from nginxsim.nginx.router import Router
from nginxsim.nginx.tree import parse_conf

IN_HTTP = [row for row in rows() if not HTTP_CONTEXTS.isdisjoint(row.contexts)]


def routed(part: Part) -> list[Row]:
    return [row for row in rows() if row.route.part is part]


def test_every_reader_is_there_and_needed() -> None:
    assert {row.check[0] for row in rows()} == set(CHECKS)
    assert {row.route.reader for row in routed(Part.SCRIPT)} == set(rewrite.STEPS)
    for part, module in ((Part.SETTING, readers), (Part.UPSTREAM, upstream_readers)):
        assert {row.route.reader for row in routed(part) if not row.route.option} == set(module.READERS)
        assert {row.route.reader for row in routed(part) if row.route.option} == set(module.READERS_INTO)


def test_every_setting_that_a_row_names_exists() -> None:
    settings = {each.name for each in fields(LocationConf)} | {*Gzip._fields}
    upstream = {each.name for each in fields(UpstreamConf)}
    assert {row.route.option for row in routed(Part.SETTING)} - {""} <= settings
    assert {row.route.option for row in routed(Part.UPSTREAM)} - {""} <= upstream


def test_a_module_that_a_row_names_asks_for_the_directive() -> None:
    for row in routed(Part.MODULE):
        module = importlib.import_module(f"nginxsim.nginx.{row.route.reader}")
        assert f'"{row.name}"' in inspect.getsource(module), row


def test_a_directive_has_one_row_for_a_block_and_one_way_through_the_router() -> None:
    places = Counter((context, row.name, row.module, row.since) for row in rows() for context in row.contexts)
    assert [place for place, count in places.items() if count > 1] == []
    assert {context for context, *_ in places} == set(CONTEXTS)
    ways = Counter(name for name, _ in {(row.name, row.route) for row in IN_HTTP})
    assert [name for name, count in ways.items() if count > 1] == []


def test_whatever_names_a_variable_first_sets_it() -> None:
    readers = {"set", "set_variable", "set_by_lua", "auth_request_set", "js_set"}
    assert {row.name for row in rows() if row.check[0] in readers} <= having(Trait.VARIABLE)


@pytest.mark.parametrize(
    ("conf", "release", "refused"),
    [
        ("http2 on;", "1.25.0", ['unknown directive "http2"']),
        ("http2 on;", "1.25.1", []),
        ("ssl off;", "1.25.0", []),
        ("ssl off;", "1.27.1", ['unknown directive "ssl"']),
        ("keepalive_time 1h;", "1.19.9", ['unknown directive "keepalive_time"']),
        ("keepalive_time 1h;", "1.19.10", []),
        ("add_header_inherit merge;", "1.31.3", []),
    ],
)
def test_what_a_release_of_nginx_knows(conf: str, release: str, refused: list[str]) -> None:
    text = f"events {{}} http {{ server {{ listen 8080; {conf} }} }}"
    assert [fault.message for fault in check(text, build=Build(release))] == refused


def test_a_directive_of_a_module_that_nginx_lacks_is_unknown() -> None:
    text = "events {} http { server { listen 8080; location / { slice 1m; } } }"
    assert [fault.message for fault in check(text)] == ['unknown directive "slice"']
    assert check(text, build=Build(modules=("ngx_http_slice_filter_module",))) == []


@pytest.mark.parametrize(
    ("server", "location", "assumptions"),
    [
        ("gzip_window 4k; keepalive_time 1h; ssl_something_new on; proxy_something_new 1;", "", ()),
        ("slice 1m; frobnicate 1;", "", ("slice asks for no range", "frobnicate changes nothing")),
        ("frobnicate 1;", "frobnicate off;", ()),
    ],
)
def test_what_nobody_plays_is_assumed_where_answers_may_depend_on_it(
    server: str, location: str, assumptions: tuple[str, ...]
) -> None:
    conf = f"server {{ listen 80; {server} location / {{ {location} return 204; }} }}"
    (outcome,) = Router(parse_conf(conf)).route(Request())
    assert outcome.assumptions == assumptions
