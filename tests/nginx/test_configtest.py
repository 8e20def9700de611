"""What `nginx -t` would refuse: fragments of conf with nginx's own words, tried on a real nginx where there is one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nginxsim.nginx.configtest import STOCK, Build, check
from nginxsim.releases import release
from nginxsim.verdict.refusals import build_of
from tests.support import realnginx
from tests.support.places import DATA

FRAMES = {
    "main": "%s\nevents {}\n",
    "http": "events {}\nhttp {\n%s\nserver { listen 8080; }\n}\n",
    "server": "events {}\nhttp {\nserver { listen 8080; %s\n}\n}\n",
    "location": "events {}\nhttp {\nserver { listen 8080; location /a {\n%s\n} }\n}\n",
    "upstream": "events {}\nhttp {\nupstream u {\n%s\n}\nserver { listen 8080; }\n}\n",
    "stream": "events {}\nstream {\n%s\n}\n",
    "file": "%s",
}
TOPICS = yaml.safe_load((DATA / "nginx_errors.yaml").read_text(encoding="utf-8"))
ROWS = [(topic, row) for topic, rows in TOPICS.items() for row in rows]
NAMES = [f"{topic}-{row['conf'][:50]}" for topic, row in ROWS]


def build(topic: str) -> Build:
    return build_of(release()) if topic == "image" else STOCK


def framed(row: dict[str, str]) -> str:
    return FRAMES[row["in"]] % row["conf"]


def expected(row: dict[str, str]) -> list[str]:
    return [row["refused"]] if "refused" in row else []


def messages(text: str, topic: str = "image") -> list[str]:
    return [fault.message for fault in check(text, build=build(topic))]


@pytest.mark.parametrize(("topic", "row"), ROWS, ids=NAMES)
def test_refusal(topic: str, row: dict[str, str]) -> None:
    assert messages(framed(row), topic)[:1] == expected(row)


@pytest.fixture
def refused(tmp_path: Path, real_nginx: Path) -> Callable[[str], str]:
    """What a real nginx says of a conf."""
    return lambda text: realnginx.refusal(tmp_path, text).message


def without_words_of_pcre(message: str) -> str:
    return re.sub(r"^pcre2?_compile\(\) failed.*", "pcre_compile() failed", message)


@pytest.mark.parametrize(
    ("topic", "row"), [pair for pair in ROWS if pair[0] != "image"], ids=[n for n in NAMES if not n.startswith("image")]
)
def test_a_real_nginx_says_the_same(refused: Callable[[str], str], topic: str, row: dict[str, str]) -> None:
    said = refused(framed(row))
    assert without_words_of_pcre(said) == without_words_of_pcre(row.get("refused", ""))


def test_every_fault_is_listed_with_its_line_in_the_order_nginx_would_meet_them() -> None:
    text = "events {}\nhttp {\nserver {\nproxy_buffering maybe;\nset $a $nope;\nproxy_buffer_size 1g;\n}\n}\n"
    assert [(fault.line, fault.directive) for fault in check(text)] == [
        (4, "proxy_buffering maybe"),
        (6, "proxy_buffer_size 1g"),
        (5, "set $a $nope"),
    ]


def test_an_earlier_fault_comes_before_the_place_where_the_text_breaks_off() -> None:
    assert messages("events {}\nhttp {\nnonsense;\nserver {\n") == [
        'unknown directive "nonsense"',
        'unexpected end of file, expecting "}"',
    ]


def test_warnings_are_given_on_demand_only() -> None:
    text = FRAMES["http"] % "server { listen 8080; server_name a; } server { listen 8080; server_name a; }"
    assert check(text) == []
    (warning,) = check(text, warnings=True)
    assert (warning.severity, warning.message) == ("warn", 'conflicting server name "a" on 0.0.0.0:8080, ignored')


def test_names_that_do_not_resolve_are_the_callers_to_tell() -> None:
    text = FRAMES["location"] % "proxy_pass http://shop.example;"
    assert check(text) == []
    (fault,) = check(text, resolves=lambda name: name != "shop.example")
    assert fault.message == 'host not found in upstream "shop.example"'


PIECES = """
    http server location events listen upstream types map geo set if proxy_pass content_by_lua_block { } ; 80 $a ${
    " ' \\ # ~( [[ -- http:// \0 \u00fc
"""
WORDS = st.sampled_from([*PIECES.split(), " ", "\n"])


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, max_size=60))
def test_nothing_makes_it_fail(words: list[str]) -> None:
    for text in (" ".join(words), "".join(words)):
        assert isinstance(check(text), list)


TLS = "server { listen 8443 ssl; ssl_certificate a.pem; ssl_certificate_key a.pem; %s }"


@pytest.mark.parametrize(
    ("fragment", "refused"),
    [
        ("ssl_ciphers HIGH:!aNULL;", []),
        (
            "ssl_ciphers nothing;",
            ['SSL_CTX_set_cipher_list("nothing") failed (SSL: error:0A0000B9:SSL routines::no cipher match)'],
        ),
        ("ssl_ecdh_curve X25519:P-256;", []),
        ("ssl_ecdh_curve nothing;", ['SSL_CTX_set1_curves_list("nothing") failed']),
        ("ssl_dhparam unknown.pem;", []),
        ("ssl_dhparam junk.pem;", ['PEM_read_bio_DHparams("junk.pem") failed']),
        ("ssl_verify_client on;", ["no ssl_client_certificate for ssl_verify_client"]),
    ],
)
def test_tls(fragment: str, refused: list[str]) -> None:
    text = FRAMES["http"] % (TLS % fragment)
    assert [fault.message for fault in check(text, {"junk.pem": b"junk"})] == refused


def test_deep_nesting_is_judged_too() -> None:
    depth = 5000
    text = "events {} http { server { listen 80; " + "location / { " * depth + "}" * (depth + 2)
    assert messages(text) == []
