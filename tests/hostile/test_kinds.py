"""Kinds of input that ask for much with little: each ends with an answer or a plain error, in bounded steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import run
from tests.support.counting import at_most
from tests.support.estates import SNIPPETS, estate_text, ingress, manifests, served, thing

MOST_CALLS = 6_000_000
"""Functions entered by one command; a plain one takes some 300,000."""
MOST_OUTPUT = 30_000_000
MANY = 3000
URL = f"http://web.example.com/{'a' * 300}!?x=y"


class TooMuch(BaseException):
    """Past every handler of the code under test."""


def bounded(*arguments: str, folder: Path) -> tuple[int, str]:
    with at_most(MOST_CALLS, TooMuch(arguments)):
        ran = run(*arguments, folder=folder)
    return ran.status, ran.out + ran.err


def assert_ended(status: int, told: str) -> None:
    assert status in (0, 1, 2), told[:500]
    assert "internal error" not in told
    assert len(told) < MOST_OUTPUT


def snippet(text: str) -> str:
    return estate_text(*served(), ingress(annotations={"configuration-snippet": text}), settings=SNIPPETS)


def annotated(**annotations: str) -> str:
    return estate_text(
        *served(), ingress(annotations={key.replace("_", "-"): value for key, value in annotations.items()})
    )


def nested_anchors(name: str) -> str:
    lines = [f"a: &{name.format(0)} [x]"]
    lines += [f"b{n}: &{name.format(n)} [{', '.join([f'*{name.format(n - 1)}'] * 9)}]" for n in range(1, 9)]
    return "\n".join(lines)


DEPLOYMENT = thing("Deployment", "a", version="apps/v1", spec={"replicas": 2147483647})
PLAIN = manifests(*served(), ingress())
YAML = {
    "lists in lists": "[" * MANY,
    "lists in lists that end": "[" * MANY + "]" * MANY,
    "mappings in mappings": "{a: " * MANY + "1" + "}" * MANY,
    "objects in lists of lists": '{"kind":"List","apiVersion":"v1","items":[' * 900 + "]}" * 900,
    "documents": "---\na: b\n" * 500 + PLAIN,
    "directives": "%YAML 1.1\n" * MANY + "---\na: b",
    "names given twice": "{" + "a: 1, " * MANY + "}",
    "an alias to itself": "&a [*a]",
    "a merge of itself": "a: &a {<<: *a}",
    "aliases of aliases": nested_anchors("a{}"),
    "aliases of aliases of one name": nested_anchors("a"),
    "a port of many digits": PLAIN.replace("number: 80", f"number: {'9' * 5000}"),
    "a port with an exponent": PLAIN.replace("number: 80", "number: 1e999999999"),
    "a port that is no number": PLAIN.replace("number: 80", "number: .nan"),
    "a port of underscores": PLAIN.replace("number: 80", f"number: {'1_' * MANY}"),
    "a common name to repeat": annotated(auth_tls_secret="a/b", auth_tls_match_cn=f"CN={'(a{1000})' * 4000}"),
    "a common name of brackets": annotated(auth_tls_secret="a/b", auth_tls_match_cn=f"CN={'(' * 50_000}"),
    "origins that nearly fit": annotated(enable_cors="true", cors_allow_origin=f"https://{'a' * 50_000}!"),
    "methods that nearly fit": annotated(enable_cors="true", cors_allow_methods=f"{'a' * 50_000}!"),
    "a weight of many digits": annotated(canary="true", canary_weight="9" * 5000),
    "variables without end": annotated(upstream_hash_by="${" * MANY),
    "an expression in an alias": annotated(server_alias="~^(a+)+$"),
    "replicas": estate_text(*served(), ingress(), DEPLOYMENT),
    "braces that open": snippet("a {" * MANY),
    "braces that close": snippet("}" * MANY),
    "a value that doubles": snippet("set $a 0123456789; " + "set $a $a$a;" * 40 + " return 200 $a;"),
    "a path that doubles": snippet("rewrite ^(.*)$ /a$1$1;" * 12),
    "a header that doubles": snippet("set $a 0123456789;" + "set $a $a$a;" * 13 + "add_header X $a;" * 20),
    "an expression that goes back": snippet("if ($request_uri ~ '(a+)+$') { return 200; }" * 50),
    "a time of many digits": snippet(f"proxy_read_timeout {'1' * 5000}x;"),
    "a time of many parts": snippet(f"proxy_read_timeout {'1d' * MANY};"),
    "an include of a device": snippet("include /dev/zero;"),
}  # fmt: skip


@pytest.mark.parametrize("text", YAML.values(), ids=YAML)
def test_manifests(text: str, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    for command in (("check",), ("why", URL)):
        assert_ended(*bounded(*command, "m.yaml", folder=tmp_path))


def server(text: str, before: str = "") -> str:
    return f"http {{ {before} server {{ {text} }} }}"


DOUBLED = "".join(f"map $x{n} $x{n + 1} {{ default $x{n}$x{n}; }}" for n in range(90))
CIRCLE = "map $a $b { default $a; } map $b $a { default $b; }"
HEAVY = "upstream u { hash $uri consistent; server 10.0.0.1 weight=2147483647; server 10.0.0.2; }"
FAILING = "error_page 404 @a; recursive_error_pages on; location @a { return 404; } location / { return 404; }"
FILES = "location / { try_files /x @a; } location @a { try_files /x @b; } location @b { try_files /x @a; }"


CONFS = {
    "blocks in blocks": server("location / {" * 900 + "}" * 900),
    "an expression within itself": server(r"location ~ ^/((?R)|a)*$ { return 200; }"),
    "an expression with its own limit": server(r"location ~ (*LIMIT_MATCH=4294967295)^/(a+)+$ { return 200; }"),
    "an expression of brackets": server(f"location ~ {'(' * MANY} {{ return 200; }}"),
    "expressions as names": server(f"server_name {' '.join(f'~^(a+)+{n}$' for n in range(300))}; return 200;"),
    "a map that doubles": server("set $x0 a; return 200 $x90;", DOUBLED),
    "maps in a circle": server("return 200 $a;", CIRCLE),
    "a conf that includes itself": "include nginx.conf;",
    "a conf that includes all": "include *;",
    "a conf that includes a device": "include /dev/zero;",
    "one file again and again": server("include a.inc;" * 300),
    "a named page that fails": server(FAILING),
    "a path that turns round": server("location / { rewrite ^(.*)$ $1$1$1$1 last; }"),
    "files in a circle": server(FILES),
    "a question about itself": server("location / { auth_request /; return 200; }"),
    "a mirror of itself": server("location / { mirror /; proxy_pass http://10.0.0.1; }"),
    "heavy servers": server("location / { proxy_pass http://u; }", HEAVY),
    "an unfinished string": "http { a '" + "\\" * 50_001,
    "an unfinished block of Lua": "http { init_by_lua_block { [" + "=" * 50_000 + "[",
    "variables that nobody closes": server(f"return 200 {'${' * MANY};"),
    "bytes": "\0\x1b\x7f" * MANY,
}  # fmt: skip


@pytest.mark.parametrize("text", CONFS.values(), ids=CONFS)
def test_confs(text: str, tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text(text, encoding="utf-8")
    (tmp_path / "a.inc").write_text("set $a b;")
    for more in ((), ("--repeat", "20")):
        assert_ended(*bounded("why", URL, "--conf", "nginx.conf", *more, folder=tmp_path))
