"""The reading of a conf file: words, statements and their places, tried on a real nginx where there is one."""

from __future__ import annotations

import http.client
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nginxsim.errors import InputError
from nginxsim.nginx.configtest import STOCK, check
from nginxsim.nginx.exchange import Request
from nginxsim.nginx.router import Router
from nginxsim.nginx.tree import Directive, parse_conf, read
from tests.support import realnginx
from tests.support.places import DATA

ROWS: list[dict[str, Any]] = yaml.safe_load((DATA / "words.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, real_nginx: Path) -> Path:
    """Where a real nginx may read a conf."""
    return tmp_path_factory.mktemp("nginx")


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=[row["written"] for row in ROWS])
def test_words(row: dict[str, Any]) -> None:
    (directive,) = parse_conf(f"a {row['written']};").block or ()
    assert list(directive.args) == row["words"]


def test_a_real_nginx_makes_the_same_words(folder: Path) -> None:
    """As the values of geo variables, which nginx takes as they are."""
    single = [row for row in ROWS if len(row["words"]) == 1]
    port = realnginx.free_port()
    server = "server {{ listen 127.0.0.1:{port}; server_name {n}; return 200 $v{n}; }}"
    blocks = [
        f"geo $v{n} {{ default {row['written']}; }}" + server.format(port=port, n=n) for n, row in enumerate(single)
    ]
    with realnginx.running(folder / "words", "\n".join(blocks), port) as nginx:
        assert not nginx.refused
        said = {row["written"]: body(port, str(n)) for n, row in enumerate(single)}
    assert said == {row["written"]: row["words"][0] for row in single}


def body(port: int, host: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/", headers={"Host": host})
    return connection.getresponse().read().decode()


def test_a_word_of_braces_is_routed_by_too() -> None:
    conf = "server { listen 80; proxy_ssl_name a}b; location /a{ return 200; } location /}b { return 204; } }"
    router = Router(parse_conf(conf))
    assert [router.route(Request(path=path))[0].status for path in ("/a", "/}b")] == [200, 204]


# --- where it breaks off ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("a;\n b", "2:3", 'unexpected end of file, expecting ";" or "}"'),
        ("a {\nb;", "2:3", 'unexpected end of file, expecting "}"'),
        ("a; }", "1:4", 'unexpected "}"'),
        ("a\n }", "2:2", 'unexpected "}"'),
        ('a\n"b;', "2:4", 'unexpected end of file, expecting ";" or "}"'),
        ("a \\", "1:4", 'unexpected end of file, expecting ";" or "}"'),
        (";", "1:1", 'unexpected ";"'),
        ("a {} {", "1:6", 'unexpected "{"'),
        ('a "b"c;', "1:6", 'unexpected "c"'),
        ('a "b"};', "1:6", 'unexpected "}"'),
        ('a "b""c";', "1:6", 'unexpected """'),
    ],
)
def test_unreadable_files_are_refused_with_the_place(text: str, place: str, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_conf(text)
    assert str(caught.value) == f"nginx.conf:{place}: {reason}"
    assert check(text)[-1].message == reason


def test_what_comes_before_the_break_is_kept() -> None:
    reading = read("a; b { c; d {\ne; f")
    assert reading.root.block == (
        Directive("a", (), 1),
        Directive("b", (), 1, (Directive("c", (), 1), Directive("d", (), 1, (Directive("e", (), 2),)))),
    )
    assert [block.name for block in reading.unfinished] == ["", "b", "d"]


LENGTHS = {
    "word": ("{filled};", 4095),
    "word and blank": ("{filled} ;", 4094),
    "in quotes": ('"{filled}";', 4094),
    "in quotes and blank": ('"{filled}" ;', 4093),
    "comment": ("env a; #{filled}\n", 4094),
    "comment at the end": ("env a; #{filled}", 4095),
    "blanks": ("a{blanks};", 9000),
}


@pytest.mark.parametrize("letter", ["x", "\u00e4", "\u20ac"])
@pytest.mark.parametrize(("text", "most"), LENGTHS.values(), ids=LENGTHS)
def test_a_word_has_to_fit_into_the_buffer(folder: Path, text: str, most: int, letter: str) -> None:
    for size in range(most - 2, most + 3):
        filled = (letter * size).encode()[:size].decode(errors="ignore")
        filled += "y" * (size - len(filled.encode()))
        conf = text.format(filled=filled, blanks=" " * size)
        said = realnginx.refusal(folder, conf)
        broken = read(conf).broken
        assert (broken is not None and broken.reason.startswith("too long")) == said.message.startswith("too long")


PIECES = r"""
    a b on off 1 $ $a ${ ${a} $$ { } {} ; ;; " ' "" '' \ \\ \" \' \n \t \; \{ \# # #c ( ) )x = ~ "a" "b;c" 'd{e' "f}g"
    '#' "${h" "i$" "j") "k"l m"n ${{ $\{ é
"""
BLANKS = (" ", "\t", "\n", "\r\n", "\x0b", "\u00a0", "\ufeff", "#c\n", '"o\np"', "'q\"r'")
FRAGMENTS = st.lists(st.sampled_from([*PIECES.split(), *BLANKS]), min_size=1, max_size=8).map("".join)
FRAMES = st.sampled_from(
    [
        "events {}\n%s\n",
        "events {} %s",
        "events {} env %s;\n",
        "events {} thread_pool %s;\n",
        "events {} http { %s }",
        "events {} http { types { %s; } }",
        "events {} http { map $uri $a { %s; } }",
        "events {} http { server { location /a%s { } } }",
        "events {} http { server { if (%s) { } } }",
        "events {} http { gzip_proxied %s; }",
        "events {\n}\nhttp {\nserver {\n%s",
    ]
)


@settings(max_examples=300, deadline=None)
@given(FRAMES, FRAGMENTS)
def test_a_real_nginx_breaks_off_where_we_do(folder: Path, frame: str, fragment: str) -> None:
    conf = frame % fragment
    said, ours = realnginx.refusal(folder, conf), check(conf, build=STOCK)
    unreadable = re.compile(r'unexpected ("(?!=)|end)|unknown directive|invalid number')
    for one, other in ((said.message, ours), (ours[0].message if ours else "", [said] if said.message else [])):
        if unreadable.match(one):
            assert other
            assert beginning(other[0].message) == beginning(one)
    assert bool(said.message) == bool(ours)


def beginning(message: str) -> bytes:
    """As far as nginx and we show the same: it shows one byte of a character."""
    return message.encode("utf-8", "surrogateescape")[:13]


# --- the tree ---------------------------------------------------------------------------------------------------------


def test_every_word_has_its_place() -> None:
    tree = parse_conf('a b "c\n d"  e;\n\tif ( $f ) { g; } h\n  i;')
    found = [(each.name, each.line, each.column, each.places) for each in every(tree)]
    assert found == [
        ("a", 1, 1, ((1, 3), (1, 5), (2, 6))),
        ("if", 3, 2, ((3, 5), (3, 7), (3, 10))),
        ("g", 3, 14, ()),
        ("h", 3, 19, ((4, 3),)),
    ]


def every(block: Directive) -> list[Directive]:
    return [found for child in block.block or () for found in (child, *every(child))]


def test_arguments_are_as_written_and_a_condition_has_no_parentheses() -> None:
    (first, second) = parse_conf('if ( $a ~ "(b)" ) { c; } if ($d) { }').block or ()
    assert (first.args, first.condition) == (("(", "$a", "~", "(b)", ")"), ("$a", "~", "(b)"))
    assert (second.args, second.condition) == (("($d)",), ("$d",))


def test_lua_code_is_one_word() -> None:
    code = ' if a then b = {"}"} -- }\n s = [[ } ]] --[==[ } ]==]\n end '
    tree = parse_conf(f"set_by_lua_block $a {{{code}}} c;\nserver_rewrite_by_lua_block {{}} d;")
    assert [(child.name, child.args, child.line, child.column) for child in tree.block or ()] == [
        ("set_by_lua_block", ("$a", code), 1, 1),
        ("c", (), 3, 8),
        ("server_rewrite_by_lua_block", ("",), 4, 1),
        ("d", (), 4, 32),
    ]


@pytest.mark.parametrize(
    ("code", "line", "reason"),
    [
        ("a = {\n", 1, "unexpected end of file, expecting terminating characters for lua code block"),
        ("a\nb = {\n{} {\n", 3, "unexpected end of file, expecting terminating characters for lua code block"),
        (
            "\n\na = [==[ ]]",
            3,
            'Lua code block missing the closing long bracket "]==]", the inlined Lua code may be too long',
        ),
    ],
)
def test_lua_code_without_its_end(code: str, line: int, reason: str) -> None:
    broken = read(f"content_by_lua_block {{{code}").broken
    assert broken is not None
    assert (broken.place[0], broken.reason) == (line, reason)


def test_blocks_may_lie_deep_in_one_another() -> None:
    deep = read("a {" * 1000 + "b;" + "}" * 1000).root
    for _ in range(1000):
        (deep,) = deep.block or ()
    assert deep.block == (Directive("b", (), 1),)
