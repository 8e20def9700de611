"""Plain nginx configurations and requests, drawn so that locations, rewrites and rules get in each other's way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import yaml
from hypothesis import strategies as st

GRAMMAR: dict[str, list[str]] = {
    rule: alternatives
    for name in ("grammar", "variables")
    for rule, alternatives in yaml.safe_load(
        (Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8")
    ).items()
}

HTTP = """
upstream pool { server 127.0.0.1:ECHO; }
upstream dead { server 127.0.0.1:1; }
upstream two { server 127.0.0.1:ECHO max_fails=0; server 127.0.0.1:ECHO max_fails=0; }
upstream spare { server 127.0.0.1:1 max_fails=0; server 127.0.0.1:ECHO max_fails=0 backup; }
geo $literal { default "$"; }
map $arg_q $m { default d; a one; ~^b(.*)$ $1; ~*C ci; "" empty; }
map $arg_named $named { default 0; "~^(?<n>named)$" $n; }
map $host $h { hostnames; default 0; one.test 1; *.test 2; .wild.test 3; }
map $arg_q $m_pool { default pool; x nowhere.invalid; }
geo $g { default 0; 127.0.0.0/8 1; 127.0.0.2 2; }
"""
ALWAYS = """    location = /auth {
        internal;
        proxy_pass http://127.0.0.1:ECHO/auth?$args;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
    }
    location = /mirror { internal; proxy_pass http://127.0.0.1:ECHO/mirrored$request_uri; }
    location @named { proxy_pass http://127.0.0.1:ECHO; }
"""


T = TypeVar("T")
Choose: TypeAlias = Callable[[Sequence[T]], T]
"""One of several: hypothesis' choice, or that of a seeded generator."""


@dataclass(frozen=True)
class Ask:
    """One request, as `RealNginx.ask` takes it."""

    target: str = "/"
    host: str | None = "one.test"
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    client: str = "127.0.0.1"
    version: str = "1.1"
    scheme: str = "http"
    sni: str | None = None


@dataclass(frozen=True)
class Experiment:
    """The inside of http { }, where ECHO and PORT stand for port numbers, and what to ask."""

    http: str
    asks: tuple[Ask, ...]


def sentence(choose: Choose[str], rule: str) -> str:
    """A sentence of the grammar, starting at `rule`. `(?<` opens a named group of a regular expression instead."""
    chosen = choose(GRAMMAR[rule])
    return re.sub(r"(?<!\?)<([a-z ]+)>", lambda match: sentence(choose, match[1]), chosen)


def several(choose: Choose[Any], least: int, most: int, make: Callable[[], T]) -> list[T]:
    return [make() for _ in range(choose(range(least, most + 1)))]


def header_lines(choose: Choose[Any], rule: str, most: int) -> tuple[tuple[str, str], ...]:
    lines = several(choose, 0, most, lambda: sentence(choose, rule))
    return tuple((name, value) for name, _, value in (line.partition(": ") for line in lines))


# --- locations --------------------------------------------------------------------------------------------------------


def server(choose: Choose[Any], names: str) -> str:
    rules = " ".join(sentence(choose, rule) for rule in ("some rewriting", "some rules", "some switch", "in server"))
    root = sentence(choose, "root")
    blocks = {_name(block): block for block in several(choose, 0, 4, lambda: sentence(choose, "location"))}
    blocks.pop(_name(root), None)
    head = f"server {{\n    listen 127.0.0.1:PORT; server_name {names}; set $v {sentence(choose, 'value')}; {rules}\n"
    return head + "".join(f"    {block}\n" for block in (*blocks.values(), root)) + ALWAYS + "}\n"


def _name(location: str) -> str:
    """What makes two locations the same to nginx."""
    return location.partition("{")[0].replace("^~ ", "")


def ask(choose: Choose[Any]) -> Ask:
    target, host, method, client, version = (
        sentence(choose, rule) for rule in ("asked", "host", "method", "client", "version")
    )
    return Ask(target, host, method, header_lines(choose, "request header", 2), client, version)


def locations(choose: Choose[Any]) -> Experiment:
    """Two servers whose locations, rewrites and rules get in each other's way."""
    header = choose(["", sentence(choose, "header")])
    blocks = [HTTP, header, server(choose, "one.test"), server(choose, 'two.test *.wild.test "~^o(?<rest>.*)$"')]
    return Experiment("\n".join(blocks), tuple(several(choose, 4, 10, lambda: ask(choose))))


# --- variables --------------------------------------------------------------------------------------------------------

AROUND = """server {{
    listen 127.0.0.1:PORT; server_name one.test; set $v 0; set $w 1;
    set_real_ip_from 127.0.0.2; real_ip_header X-Forwarded-For;
    proxy_set_header Host sent.test; {everywhere}
    location / {{ {here} {end} }}
    location /moved {{ {there} {fixed} proxy_pass http://pool; }}
    location = /auth {{ internal; {asking} {fixed} proxy_pass http://127.0.0.1:ECHO/auth?$args; }}
    location = /mirror {{ internal; {copying} proxy_pass http://127.0.0.1:ECHO/mirrored?$request_method; }}
    location /page {{ internal; {sorry} {fixed} proxy_pass http://127.0.0.1:ECHO/page?$args; }}
    location @page {{ {named} {fixed} proxy_pass http://127.0.0.1:ECHO; }}
}}
"""
NO_BODY = 'proxy_pass_request_body off; proxy_set_header Content-Length "";'


def variable_ask(choose: Choose[Any]) -> Ask:
    target, method, client, version = (
        sentence(choose, rule) for rule in ("asked variable", "variable method", "client", "version")
    )
    return Ask(target, "one.test", method, header_lines(choose, "variable header", 4), client, version)


def variables(choose: Choose[Any]) -> Experiment:
    """One server whose locations, subrequests and error pages read and set variables of every kind."""
    inner = {name: sentence(choose, "inner doing") for name in ("there", "asking", "sorry", "named")}
    block = AROUND.format(
        everywhere=sentence(choose, "server doing"),
        here=sentence(choose, "some doing"),
        end=sentence(choose, "ending"),
        copying=sentence(choose, "mirror doing"),
        fixed=NO_BODY,
        **inner,
    )
    return Experiment(f"{HTTP}\n{block}", tuple(several(choose, 4, 10, lambda: variable_ask(choose))))


KINDS: Mapping[str, Callable[[Choose[Any]], Experiment]] = {"locations": locations, "variables": variables}


@st.composite
def experiments(draw: st.DrawFn, kind: str) -> Experiment:
    return KINDS[kind](lambda options: draw(st.sampled_from(options)))
