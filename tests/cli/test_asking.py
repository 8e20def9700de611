"""`nginxsim why` asks as curl does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import run
from tests.support.estates import ingress, manifests, secret, served


@pytest.fixture
def shop(tmp_path: Path) -> str:
    file = tmp_path / "shop.yaml"
    guarded = {"auth-url": "http://auth.default.svc.cluster.local/check"}
    parts = [
        *served("web"),
        *served("auth"),
        ingress(),
        ingress("old", "old.example.com", annotations={"permanent-redirect": "http://web.example.com/new"}),
        ingress("away", "away.example.com", annotations={"permanent-redirect": "http://elsewhere.example.org/"}),
        ingress("round", "round.example.com", annotations={"temporal-redirect": "http://round.example.com/"}),
        ingress("in", "in.example.com", annotations=guarded),
        secret("nothing"),
    ]
    file.write_text(manifests(*parts), encoding="utf-8")
    return str(file)


SENT = [
    (["-u", "ann:secret"], "Authorization: Basic YW5uOnNlY3JldA=="),
    (["-b", "a=b", "-b", "c=d"], "Cookie: a=b; c=d"),
    (["-A", "robot"], "User-Agent: robot"),
    (["-d", "a=b"], "Content-Type: application/x-www-form-urlencoded"),
    (["-d", "a=b"], "Content-Length: 3"),
    (["-d", "a=b", "-H", "Content-Type: text/plain"], "Content-Type: text/plain"),
]


@pytest.mark.parametrize(("options", "line"), SENT)
def test_what_the_service_is_sent(shop: str, options: list[str], line: str) -> None:
    shown = run("why", "http://web.example.com/", shop, "-v", *options).out
    assert f"         {line}\n" in shown


@pytest.mark.parametrize(
    ("options", "method"),
    [([], "GET"), (["-I"], "HEAD"), (["-d", "x"], "POST"), (["-d", "x", "-X", "PUT"], "PUT")],
)
def test_the_method(shop: str, options: list[str], method: str) -> None:
    assert f"sent   {method} / to" in run("why", "http://web.example.com/", shop, *options).out


def test_the_headers_of_the_answer_are_shown_on_demand(shop: str) -> None:
    asked = ["why", "http://old.example.com/", shop]
    assert "Content-Type: text/html" not in run(*asked).out
    assert "Content-Type: text/html\n" in run(*asked, "-v").out


def test_redirects_are_followed_to_their_end(shop: str) -> None:
    shown = run("why", "http://old.example.com/", shop, "-L")
    assert shown.status == 0
    assert [line.split()[0] for line in shown.out.splitlines() if line[:1].isdigit()] == ["301", "200"]
    assert "sent   GET /new to" in shown.out


@pytest.mark.parametrize(
    ("host", "note"),
    [
        ("away", "http://elsewhere.example.org/ is not followed: no Ingress has its host"),
        ("round", "http://round.example.com/ has been asked before: the redirects go round for ever"),
    ],
)
def test_where_following_ends(shop: str, host: str, note: str) -> None:
    shown = run("why", f"http://{host}.example.com/", shop, "-L")
    assert shown.err.count("note: ") == 1
    assert note in shown.err


ANSWERS = [
    ("default/web=502", "http://web.example.com/", "502 Bad Gateway"),
    ("default/web:80=timeout", "http://web.example.com/", "504 Gateway Time-out"),
    ("default/auth=401", "http://in.example.com/", "401 Unauthorized"),
    ("http://auth.default.svc.cluster.local/check=403", "http://in.example.com/", "403 Forbidden"),
]


@pytest.mark.parametrize(("word", "url", "head"), ANSWERS)
def test_services_answer_as_they_are_told_to(shop: str, word: str, url: str, head: str) -> None:
    assert run("why", url, shop, "--answer", word).out.startswith(head.partition(" ")[0])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--answer", "default/web"], "write SERVICE=STATUS"),
        (["--answer", "default/web=99"], "from 100 to 599"),
        (["--answer", "web=200"], '"web" is no service'),
        (["-b", "cookies.txt"], "write NAME=VALUE"),
        (["-d", "@nowhere"], "No such file"),
    ],
)
def test_what_cannot_be_asked(shop: str, options: list[str], says: str) -> None:
    ran = run("why", "http://web.example.com/", shop, *options)
    assert ran.status == 2
    assert says in ran.err
