"""Hostile input: requests, confs and manifests that are meant to crash or to hang the simulator.

Whatever comes in, out comes an answer such as nginx would give, an outcome, or an InputError. More examples, drawn anew
each time: NGINXSIM_HOSTILE_EXAMPLES=20000 pytest tests/hostile
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nginxsim import Answer, InputError, Request, Simulation
from nginxsim.annotations import TABLE
from nginxsim.nginx.directives import Part, rows
from nginxsim.nginx.exchange import RoutedOutcome
from nginxsim.nginx.router import Router
from nginxsim.nginx.tree import parse_conf
from tests.support.estates import SNIPPETS, estate, ingress, served

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

EXAMPLES = os.environ.get("NGINXSIM_HOSTILE_EXAMPLES")
PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def hostile(share: float) -> settings:
    """So many examples of a test: few and always the same ones, unless more are asked for."""
    count = int(EXAMPLES) if EXAMPLES else 120
    return settings(
        max_examples=max(int(count * share), 1), deadline=None, derandomize=not EXAMPLES, suppress_health_check=PATIENT
    )


LETTERS = "a" * 40
NASTY = (
    "\0", "\r\n", "\r\nX-Injected: yes", "\n\n", "%", "%0", "%00", "%zz", "%2e%2e/", "../", "./", "//", "\\", "?",
    "#", "&", "=", ";", ",", "{", "}", "(", ")", "[", "]", "$", "${", "$1", "$uri", "'", '"', "~", "~*", "@", "*",
    "*.", ".*", "^", "|", "+", " ", "\t", ":", ":80", ":99999", "::1", "[::1]", "[::1", "-", "--", "-1", "0",
    "9" * 30, "9" * 5000, "²", "٣", "ü", "日本", "\u202e", "\udcff", "\ud800", "\ufeff", "\x7f", "\x01", LETTERS,
    f"/{LETTERS}!", "a" * 9000, "a" * 100_000, "(a+)+$", "(a|a)*b", "unix:", "_", "http://", "on", "off",
)  # fmt: skip

nasty = st.one_of(st.sampled_from(NASTY), st.text(max_size=8))
texts = st.lists(nasty, max_size=5).map("".join)


# --- requests ---------------------------------------------------------------------------------------------------------

ROUTES = r"""
http {
    map $http_x $mapped { ~^(?<word>(a+)+)$ $word; *.a hostnames; default $uri$args; volatile; }
    map $mapped $again { default $later; }
    map $http_y $later { ~(.*)(.*)(.*)x$ $1; default $http_y; }
    geo $http_z $where { default 0; 10.0.0.0/8 1; proxy 127.0.0.0/8; }
    split_clients $request_uri $half { 50% a; * b; }
    limit_req_zone $http_x zone=rate:1m rate=1r/s;
    limit_conn_zone $arg_a zone=conns:1m;
    set_real_ip_from 0.0.0.0/0; set_real_ip_from ::/0; real_ip_header X-Forwarded-For; real_ip_recursive on;
    error_page 400 404 500 502 @error;
    server { listen 80 default_server; listen 443 ssl; server_name _; }
    server {
        listen 80; listen 443 ssl; listen 81 proxy_protocol;
        server_name localhost *.example.com ~^(?<sub>(a+)+)\.test$;
        set $copy $uri; if ($http_x ~* (.*)(.*)$) { set $copy $1$2; }
        add_header X-Copy $copy$again$where$half$arg_a$cookie_a$http_x always;
        location / {
            limit_req zone=rate burst=1; limit_conn conns 1;
            proxy_pass http://10.0.0.1; proxy_set_header X-A $again;
        }
        location /to/ { proxy_pass http://$http_x/$1; }
        location /own/ { proxy_pass http://127.0.0.1/; }
        location /file/ { alias /srv/; try_files $uri $uri/ $arg_a @error; }
        location /back { return 302 /$arg_a$copy; }
        location /user { auth_basic "x"; auth_basic_user_file passwords; return 200; }
        location /ask { auth_request /user; proxy_pass http://10.0.0.2/x; }
        location ~ ^/re/((a+)+)$ { rewrite ^/re/(.*)(.*)$ /$2?$1 last; }
        location ~* \.(php|cgi)$ { fastcgi_pass 10.0.0.3:9000; rewrite (a+)+b /x break; }
        location @error { return 418 $request_uri; }
    }
}
"""
FILES = {"passwords": b"ann:{PLAIN}secret\nbob:$apr1$x\ncay:$2y$04$x\n:\n\xff:\xff\n"}
HEADERS = (
    "Host", "Content-Length", "Transfer-Encoding", "X", "X", "Y", "Z", "Cookie", "Authorization", "X-Forwarded-For",
    "Range", "Expect", "Upgrade", "Accept-Encoding", "If-Modified-Since", "a_b", "Origin",
)  # fmt: skip
PATHS = ("", "/", "/to/", "/own/", "/file/", "/back", "/user", "/ask", "/re/", "/x.php", "http://localhost/")
HOSTS = ("localhost", "shop.example.com", f"{LETTERS}.test", f"{LETTERS}!.test", "[::1]:80", "")

headers = st.lists(st.tuples(st.one_of(st.sampled_from(HEADERS), nasty), texts), max_size=4)
requests = st.builds(
    Request,
    host=st.one_of(st.none(), st.tuples(st.sampled_from(HOSTS), st.one_of(st.just(""), nasty)).map("".join)),
    path=st.tuples(st.sampled_from(PATHS), texts).map("".join),
    scheme=st.sampled_from(["http", "https"]),
    method=st.one_of(st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "PRI"]), nasty),
    headers=st.one_of(headers, st.builds(lambda pair, count: [pair] * count, st.tuples(nasty, nasty), st.just(5000))),
    client=st.one_of(st.sampled_from(["127.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%eth0"]), nasty),
    body_bytes=st.sampled_from([0, 1, -1, 10**30]),
    port=st.sampled_from([None, 80, 81, 443, 0, -1, 10**9]),
    sni=st.one_of(st.none(), nasty),
    http_version=st.one_of(st.sampled_from(["1.0", "1.1", "2"]), nasty),
    client_certificate=st.one_of(st.none(), nasty),
    place=st.sampled_from([1, 2, 3, 10**12, 0, -1]),
)

SHOP = {
    "configuration-snippet": 'if ($http_x ~ "^(a+)+$") { return 403; }',
    "enable-cors": "true",
    "cors-allow-origin": "https://*.example.com",
    "auth-url": "http://auth.example.com/check",
    "limit-rps": "1",
    "whitelist-source-range": "127.0.0.0/8,::1/128",
    "affinity": "cookie",
    "use-regex": "true",
    "rewrite-target": "/$1",
    "ssl-redirect": "false",
}


def shop_of(annotations: dict[str, str], host: str, path: str, config: dict[str, str], *flags: str) -> Simulation:
    objects = ingress("shop", host, f"~{path}", annotations=annotations), *served()
    return estate(*objects, settings=config, flags=flags)


@contextmanager
def refusals(start: str = "") -> Iterator[None]:
    """Input that cannot be used is refused in words."""
    try:
        yield
    except InputError as error:
        said = str(error)
        assert said, "no words"
        assert said.startswith(start)


def well_formed(outcomes: list[RoutedOutcome]) -> bool:
    """No answer at all, or a status that nginx takes for one (`return 80` is); every way to end has its chance."""
    return bool(outcomes) and all(
        (outcome.status is None or 0 <= outcome.status < 1000) and 0 < outcome.probability <= 1 for outcome in outcomes
    )


@pytest.fixture(scope="module")
def router() -> Router:
    return Router(parse_conf(ROUTES), files=FILES)


@pytest.fixture(scope="module")
def shop() -> Simulation:
    return shop_of(SHOP, "shop.example.com", "/((a+)+)", SNIPPETS)


@hostile(1.0)
@given(request=requests)
def test_requests_to_a_conf(router: Router, request: Request) -> None:
    with refusals():
        assert well_formed(router.route(request))


@hostile(0.5)
@given(request=requests)
def test_requests_to_an_estate(shop: Simulation, request: Request) -> None:
    with refusals():
        verdict = shop.route(request)
        for outcome in verdict.outcomes:
            assert outcome.cause.message
            assert all(step.considered is not None for step in outcome.trace)


# --- confs ------------------------------------------------------------------------------------------------------------

NAMES = sorted({row.name for row in rows() if row.route.part not in (Part.NOBODY, Part.ASSUMED)})
BLOCKS = (
    "http",
    "server",
    "location",
    "if",
    "map",
    "geo",
    "split_clients",
    "upstream",
    "types",
    "limit_except",
    "events",
)
TOKENS = ("{", "}", ";", "'", '"', "\\", "#", "${", "include", "\n")
WORDS = (
    "/", "/a", "=", "~", "on", "off", "80", "$a", "$b", "$uri", "$1", "zone=z", "burst=1", "1r/s", "10.0.0.0/8",
    "http://10.0.0.1", "http://127.0.0.1", "@a", "=404", "404",
)  # fmt: skip


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


words = st.one_of(st.sampled_from(WORDS), nasty.map(quoted))
statements = st.tuples(st.sampled_from(NAMES), st.lists(words, max_size=4)).map(
    lambda made: f"{made[0]} {' '.join(made[1])};\n"
)
blocks = st.recursive(
    statements,
    lambda inner: st.tuples(st.sampled_from(BLOCKS), st.lists(words, max_size=3), st.lists(inner, max_size=4)).map(
        lambda made: f"{made[0]} {' '.join(made[1])} {{\n{''.join(made[2])}}}\n"
    ),
    max_leaves=8,
)
framed = st.tuples(st.lists(statements, max_size=4), st.lists(blocks, max_size=3)).map(
    lambda made: f"http {{ server {{ listen 80; {''.join(made[0])} location / {{ {''.join(made[1])} }} }} }}"
)
loose = st.lists(blocks, max_size=4).map("".join)
garbage = st.lists(
    st.one_of(st.sampled_from(TOKENS), st.sampled_from(NAMES), st.sampled_from(BLOCKS), nasty), max_size=30
)
confs = st.one_of(framed, loose, garbage.map("".join), garbage.map(" ".join))


@hostile(2.0)
@given(text=confs)
def test_confs(text: str) -> None:
    with refusals("nginx.conf:"):
        router = Router(parse_conf(text))
        for path in ("/", f"/{LETTERS}!"):
            assert well_formed(router.route(Request(path=path, headers=[("X", LETTERS + "!")])))


REPEATED = {
    "blocks in one another": "a {" * 10_000 + "}" * 10_000,
    "blocks without an end": "http {" * 10_000,
    "too many ends": "}" * 10_000,
    "a directive without an end": "a " * 100_000,
    "a huge word": f"a {'x' * 1_000_000};",
    "a quote without an end": f'a "{"x" * 1_000_000}',
    "a quote in a quote": 'a "\'";',
    "nothing but NULs": "\0" * 1000 + ";",
    "a value that doubles": "http { server { set $a 0123456789;" + "set $a $a$a;" * 60 + "return 200 $a; } }",
    "captures that double": "http { server { set $a aa;"
    + "if ($a ~ (.*)) { set $a $1$1; }" * 60
    + "return 200 $a; } }",
    "maps in a circle": "http { map $b $a { default x$b$b; } map $a $b { default y$a$a; } server { return 200 $a; } }",
    "maps in a long chain": "http {"
    + "".join(f"map $v{index} $v{index + 1} {{ default $v{index}$v{index}; }}" for index in range(60))
    + "server { set $v0 aa; return 200 $v60; } }",
    "many locations": "http { server {" + "".join(f"location /{index} {{ }}" for index in range(5000)) + "} }",
    "a port of 5000 digits": f"http {{ server {{ listen {'9' * 5000}; }} }}",
    "a status of 5000 digits": f"http {{ server {{ return {'9' * 5000}; }} }}",
    "requests to itself": "http { server { listen 80; location / { proxy_pass http://127.0.0.1; } } }",
    "an auth request to itself": "http { server { location / { auth_request /; proxy_pass http://10.0.0.1; } } }",
    "error pages in a circle": "http { server { recursive_error_pages on; error_page 404 /x; return 404; } }",
    "files in a circle": "http { server { location / { try_files $uri /; } } }",
    "mirrors of mirrors": "http { server { location / { mirror /a; mirror /b; proxy_pass http://10.0.0.1; } } }",
}


@pytest.mark.parametrize("name", REPEATED)
def test_confs_that_repeat_themselves(name: str) -> None:
    with refusals("nginx.conf:"):
        assert well_formed(Router(parse_conf(REPEATED[name])).route(Request()))


SLOW = (
    r"^/((a+)+)+$",
    r"^/(a|aa)+$",
    r"^/(a|a)*b",
    r"^/(.*.*.*.*.*)*b$",
    r"^/(?:(?R)|a)*b",
    r"^/(\w*)*$",
    r"^/(a?){40}a{40}$",
)
PLACES = {
    "location": 'location ~ "PATTERN" { return 200; }',
    "caseless location": 'location ~* "PATTERN" { return 200; }',
    "rewrite": 'rewrite "PATTERN" /x break; return 200;',
    "if": 'if ($uri ~ "PATTERN") { return 201; } return 200;',
    "map": "return 200 $mapped;",
    "redirect": 'location / { proxy_pass http://10.0.0.1; proxy_redirect "~PATTERN" /x; }',
    "cookie": 'location / { proxy_pass http://10.0.0.1; proxy_cookie_path "~PATTERN" /x; }',
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("pattern", SLOW)
def test_patterns_that_backtrack_for_ever_are_given_up(pattern: str, place: str) -> None:
    maps = f'map $uri $mapped {{ "~{pattern}" 1; }}'
    text = f"http {{ {maps} server {{ listen 80; {PLACES[place].replace('PATTERN', pattern)} }} }}"
    answer = Answer(302, [("Location", f"/{LETTERS}!"), ("Set-Cookie", f"a=b; Path=/{LETTERS}!")])
    outcomes = Router(parse_conf(text)).route(Request(path=f"/{LETTERS}!"), lambda _: answer)
    assert outcomes[0].status in (200, 201, 302, 404, 500)


# --- manifests --------------------------------------------------------------------------------------------------------

ANNOTATIONS = sorted({name for row in TABLE for name in (row.name, *row.aliases)})
values = st.one_of(
    texts, st.sampled_from(["true", "1", "/$1", "GET, POST", "https://*.a.com, *", "10.0.0.0/8, x", "web", "cookie"])
)
annotated = st.dictionaries(st.one_of(st.sampled_from(ANNOTATIONS), nasty), values, max_size=6)


@hostile(0.5)
@given(
    annotations=annotated,
    host=st.one_of(st.just("shop.example.com"), nasty),
    path=st.one_of(st.just("/"), texts.map("/".__add__), texts),
    config=st.dictionaries(
        st.one_of(st.sampled_from(["http-snippet", "block-user-agents", "use-forwarded-headers"]), nasty), texts
    ),
    flags=st.sampled_from([(), ("--enable-annotation-validation=false",)]),
)
def test_manifests(
    annotations: dict[str, str], host: str, path: str, config: dict[str, str], flags: tuple[str, ...]
) -> None:
    with refusals():
        simulation = shop_of(annotations, host, path, {**config, **SNIPPETS}, *flags)
        simulation.review()
        simulation.check()
        simulation.nginx_errors()
        for target in ("/", f"/{LETTERS}!"):
            verdict = simulation.route(
                Request(host=host, path=target, headers=[("X", LETTERS), ("Origin", "https://a.com")])
            )
            assert verdict.cause.message
