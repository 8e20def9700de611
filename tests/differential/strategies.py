"""Plain nginx configurations and requests, drawn so that locations, rewrites and rules get in each other's way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from hypothesis import strategies as st

GRAMMAR: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "grammar.yaml").read_text(encoding="utf-8"))

HTTP = """
upstream pool { server 127.0.0.1:ECHO; }
upstream dead { server 127.0.0.1:1; }
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


def sentence(draw: st.DrawFn, rule: str) -> str:
    """A sentence of the grammar, starting at `rule`. `(?<` opens a named group of a regular expression instead."""
    chosen: str = draw(st.sampled_from(GRAMMAR[rule]))
    return re.sub(r"(?<!\?)<([a-z ]+)>", lambda match: sentence(draw, match[1]), chosen)


@st.composite
def text(draw: st.DrawFn, rule: str) -> str:
    return sentence(draw, rule)


@st.composite
def servers(draw: st.DrawFn, names: str) -> str:
    rules = " ".join(sentence(draw, rule) for rule in ("some rewriting", "some rules", "some switch", "in server"))
    blocks = draw(st.lists(text("location"), max_size=4, unique_by=_name))
    root = sentence(draw, "root")
    blocks = [block for block in blocks if _name(block) != _name(root)] + [root]
    head = f"server {{\n    listen 127.0.0.1:PORT; server_name {names}; set $v {sentence(draw, 'value')}; {rules}\n"
    return head + "".join(f"    {block}\n" for block in blocks) + ALWAYS + "}\n"


def _name(location: str) -> str:
    """What makes two locations the same to nginx."""
    return location.partition("{")[0].replace("^~ ", "")


@st.composite
def asks(draw: st.DrawFn) -> Ask:
    lines = draw(st.lists(text("request header"), max_size=2))
    pairs = tuple((name, value) for name, _, value in (line.partition(": ") for line in lines))
    rules = ("asked", "host", "method", "client", "version")
    target, host, method, client, version = (sentence(draw, rule) for rule in rules)
    return Ask(target, host, method, pairs, client, version)


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    header = draw(st.one_of(st.just(""), text("header")))
    blocks = [HTTP, header, draw(servers("one.test")), draw(servers('two.test *.wild.test "~^o(?<rest>.*)$"'))]
    return Experiment("\n".join(blocks), tuple(draw(st.lists(asks(), min_size=4, max_size=10))))
