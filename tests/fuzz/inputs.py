"""What to try: files, and the command that reads them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from nginxsim.annotations.table import TABLE
from nginxsim.nginx.directives import rows
from nginxsim.reports import ADMISSION_FORMATS, DIFF_FORMATS, FORMATS
from nginxsim.reports.suites import FORMATS as SUITE_FORMATS
from tests.support.estates import PREFIX
from tests.support.places import DATA, plain_manifests

LETTERS = "a" * 40
NASTY = (
    "",
    "\0",
    "\r\n",
    "\n\n",
    "\n::error::x",
    "\x1b[31m",
    "\u202e",
    "\x9b",
    "##[error]",
    "%",
    "%00",
    "%zz",
    "../",
    "//",
    "\\",
    "?",
    "#",
    "&",
    "*",
    "&a",
    "*a",
    "<<",
    "!!binary",
    "{{ x }}",
    "${",
    "$1",
    "$uri",
    "'",
    '"',
    "~",
    "~*",
    "@",
    "*.",
    ".*",
    "^",
    "|",
    " ",
    "\t",
    ":80",
    ":99999",
    "::1",
    "[::1",
    "-1",
    "0",
    "1e309",
    ".nan",
    "9" * 30,
    "9" * 5000,
    "²",
    "٣",
    "ü",
    "\ufdd0",
    "\ufeff",
    "\x7f",
    LETTERS,
    f"/{LETTERS}!",
    "a" * 9000,
    " " * 5000,
    "(a+)+$",
    "(a|aa)*b",
    "a*a*[xy]",
    "unix:",
    "_",
    "http://",
    "on",
    "off",
    "null",
    "1" * 28 + "x",
    "default/x",
    "/dev/zero",
    "1s" * 500,
    "true",
    "a,b,c",
    "10.0.0.0/8",
    "=404",
    "include /etc/passwd;",
)

nasty = st.one_of(st.sampled_from(NASTY), st.text(max_size=8))
texts = st.lists(nasty, max_size=3).map("".join)
others: st.SearchStrategy[Any] = st.one_of(
    nasty,
    st.none(),
    st.booleans(),
    st.integers(-10, 70000),
    st.just(10**30),
    st.floats(),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just({"a": None}),
)


@dataclass(frozen=True, slots=True)
class Input:
    """Files by name, standard input, and what follows `nginxsim`."""

    kind: str
    arguments: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    stdin: str = ""


# Seeds


@cache
def manifest_texts() -> list[str]:
    found = [path for path in plain_manifests() if not path.name.endswith(".nginxsim.yaml")]
    return [path.read_text(encoding="utf-8") for path in found]


@cache
def estates() -> list[list[Any]]:
    """The objects of each folder of samples."""
    folders = sorted({path.parent for path in plain_manifests()})
    return [found for folder in folders if (found := list(_objects(folder)))]


def _objects(folder: Path) -> list[Any]:
    paths = [path for path in sorted(folder.glob("*.yaml")) if not path.name.endswith(".nginxsim.yaml")]
    return [
        one for path in paths for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if isinstance(one, dict)
    ]


@cache
def confs() -> list[str]:
    """Every text of the tests' data that looks like a conf."""
    found: list[str] = []

    def look(value: Any) -> None:
        if isinstance(value, str):
            if "{" in value and ";" in value:
                found.append(value)
        else:
            for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                look(inner)

    for name in ("nginx.yaml", "nginx_errors.yaml"):
        if (DATA / name).exists():
            look(yaml.safe_load((DATA / name).read_text(encoding="utf-8")))
    return found or ["http { server { location / { return 200; } } }"]


SUITE = {
    "manifests": "m.yaml",
    "flags": ["--disable-catch-all"],
    "services": {"default/web": {"*": {"status": 200, "headers": {"X-A": "b"}}}},
    "defaults": {"headers": {"User-Agent": "x"}},
    "tests": [
        {"name": "a", "tags": ["t"], "request": "GET http://shop.example.com/cart", "expect": {"status": 200}},
        {
            "name": "b",
            "request": {"url": "https://shop.example.com/", "client": "10.0.0.1"},
            "expect": {"redirect": "~^/x"},
        },
        {
            "name": "c {x}",
            "request": "http://shop.example.com/{x}",
            "rows": [{"x": "1"}],
            "expect": {"headers": {"X": "~a+"}},
        },
        {
            "name": "d",
            "skip": "why",
            "request": "GET http://a/",
            "expect": {"outcomes": [{"probability": "20%", "status": "4xx"}]},
        },
    ],
}

# Changes


DEEPEST = 40
"""Values that lie deeper, in nests made on purpose, are left as they are."""


def _places(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if len(before) == DEEPEST:
        return []
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    return [place for key, inner in pairs for place in ((*before, key), *_places(inner, (*before, key)))]


def _at(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        value = value[key]
    return value


@st.composite
def changed(draw: Callable[..., Any], seeds: list[Any], most: int = 4) -> Any:
    """One of the seeds with values replaced, taken out, repeated, put elsewhere or under another name."""
    value = copy.deepcopy(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, most))):
        places = _places(value)
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        holder = _at(value, tuple(way))
        how = draw(st.sampled_from(("replace", "replace", "extend", "drop", "repeat", "move", "rename")))
        if how == "drop":
            del holder[last]
        elif how == "repeat" and isinstance(holder, list):
            holder.extend(copy.deepcopy(holder[last]) for _ in range(draw(st.sampled_from((1, 2, 30)))))
        elif how == "move":
            holder[last] = copy.deepcopy(_at(value, draw(st.sampled_from(places))))
        elif how == "rename" and isinstance(holder, dict):
            holder[draw(nasty)] = holder.pop(last)
        elif how == "extend" and isinstance(holder[last], str):
            holder[last] += draw(texts)
        else:
            holder[last] = copy.deepcopy(draw(others))
    return value


@st.composite
def cut_up(draw: Callable[..., Any], seeds: list[str], tokens: tuple[str, ...]) -> str:
    """A text with pieces of itself, of another and of tokens put in its places, some taken out."""
    text: str = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(text)))
        to = min(len(text), at + draw(st.sampled_from((0, 0, 1, 10, 200))))
        other = draw(st.sampled_from(seeds))
        begin = draw(st.integers(0, len(other)))
        piece = draw(st.one_of(st.sampled_from(tokens), nasty, st.just(other[begin : begin + 60])))
        text = text[:at] + piece * draw(st.sampled_from((1, 1, 1, 20))) + text[to:]
    return text


# Inputs

ANNOTATIONS = sorted({name for row in TABLE for name in row.names})
annotated = st.dictionaries(
    st.one_of(st.sampled_from(ANNOTATIONS), nasty), st.one_of(texts, st.sampled_from(("true", "1"))), max_size=6
)
DIRECTIVES = tuple(sorted({row.name for row in rows()}))
YAML_TOKENS = (
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "<<: *a",
    "|\n",
    "> ",
    "---\n",
    "...\n",
    "!!str ",
    "? ",
    "\t",
    "%YAML 1.1\n",
    '"',
    "'",
)
CONF_TOKENS = (
    "{",
    "}",
    ";",
    "'",
    '"',
    "\\",
    "#",
    "${",
    "include x;",
    "location ~ ",
    "if (",
    ")",
    "content_by_lua_block {",
    "--[[",
    *DIRECTIVES,
)
HOSTS = ("shop.example.com", "search.example.com", "a.example.com", "", "[::1]:80", "localhost")

urls = st.builds(
    lambda scheme, host, path: f"{scheme}://{host}/{path}",
    st.sampled_from(("http", "https", "HTTP", "x")),
    st.one_of(st.sampled_from(HOSTS), nasty),
    texts,
)
header = st.builds(
    lambda name, value: f"{name}: {value}",
    st.one_of(st.sampled_from(("Host", "Cookie", "Range", "Content-Length", "X-Forwarded-For")), nasty),
    texts,
)
asked = st.builds(
    lambda url, lines, more: (url, *(word for line in lines for word in ("-H", line)), *more),
    urls,
    st.lists(header, max_size=3),
    st.sampled_from(
        (
            (),
            ("-X", "OPTIONS"),
            ("--client", "::1"),
            ("--repeat", "3"),
            ("--http-version", "1.0"),
            ("--body-bytes", "99999999"),
        )
    ),
)


def _read(path: str) -> st.SearchStrategy[tuple[str, ...]]:
    """A command that reads manifests."""
    return st.one_of(
        st.sampled_from(
            [
                *(("check", path, "--all", "-o", name) for name in FORMATS),
                *(("admit", path, "-o", name) for name in ADMISSION_FORMATS),
                *(("diff", "old.yaml", path, "-o", name) for name in DIFF_FORMATS),
                ("conf", path),
                ("conf", path, "--origins"),
                ("ingresses", path),
                ("backends", path),
            ]
        ),
        st.builds(lambda words, name: ("why", *words, path, "-o", name), asked, st.sampled_from(sorted(FORMATS))),
    )


def _with_annotations(objects: list[Any], given: dict[str, str]) -> list[Any]:
    objects = copy.deepcopy(objects)
    for one in objects:
        if isinstance(one, dict) and one.get("kind") == "Ingress" and isinstance(one.get("metadata"), dict):
            one["metadata"]["annotations"] = {PREFIX + name: value for name, value in given.items()}
    return objects


def _dumped(objects: Any) -> str:
    return yaml.safe_dump_all(objects if isinstance(objects, list) else [objects], allow_unicode=True)


def _kept_inside(word: str) -> str:
    """A folder of the machine is as long to read as it is large, which says nothing of the input."""
    return f".{word}" if word.startswith("/") else word


old = st.sampled_from(manifest_texts())
decided = st.one_of(
    changed(estates()).map(_dumped),
    st.builds(lambda objects, given: _dumped(_with_annotations(objects, given)), st.sampled_from(estates()), annotated),
)
options = st.lists(
    st.one_of(
        st.sampled_from(
            (
                "-o",
                "json",
                "--flag",
                "--release",
                "1.15.1",
                "--host",
                "--all",
                "--serve",
                "--git",
                "HEAD",
                "--conf",
                "-",
                "m.yaml",
                "--record",
                "--coverage",
                "-k",
                "--show",
                "error",
                "--ignore",
                "NX1",
                "--max-file-size",
                "1k",
                "--include-root",
                "/nowhere",
            )
        ),
        nasty.map(_kept_inside),
    ),
    max_size=6,
)
COMMANDS = ("why", "check", "rules", "conf", "ingresses", "backends", "test", "diff", "completion", "--help", "x")

KINDS: dict[str, st.SearchStrategy[Input]] = {
    "manifests": st.builds(
        lambda words, text, before: Input("manifests", words, (("m.yaml", text), ("old.yaml", before))),
        _read("m.yaml"),
        decided,
        old,
    ),
    "yaml": st.builds(
        lambda words, text, before: Input("yaml", words, (("m.yaml", text), ("old.yaml", before))),
        _read("m.yaml"),
        cut_up(manifest_texts(), YAML_TOKENS),
        old,
    ),
    "conf": st.builds(
        lambda words, text: Input("conf", ("why", *words, "--conf", "nginx.conf"), (("nginx.conf", text),)),
        asked,
        cut_up(confs(), CONF_TOKENS),
    ),
    "request": st.builds(lambda words, text: Input("request", ("why", *words, "-"), (), text), asked, old),
    "suite": st.builds(
        lambda suite, text, name: Input(
            "suite", ("test", "-o", name), (("a.nginxsim.yaml", _dumped(suite)), ("m.yaml", text))
        ),
        changed([SUITE]),
        old,
        st.sampled_from(sorted(SUITE_FORMATS)),
    ),
    "command line": st.builds(
        lambda command, words, text: Input("command line", (command, *words), (("m.yaml", text),)),
        st.sampled_from(COMMANDS),
        options,
        old,
    ),
}

inputs = st.one_of(*KINDS.values())
