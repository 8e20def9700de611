"""A conf includes what lies in its own folder, or in a folder that is named; nothing else is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginxsim import Request, simulate_conf
from tests.support.commands import run

ELSEWHERE = "location /secret { return 200; }"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.conf").write_text(ELSEWHERE)
    inside = tmp_path / "nginx"
    (inside / "sites-available").mkdir(parents=True)
    (inside / "sites-available" / "own.conf").write_text("location /own { return 201; }")
    (inside / "own-link.conf").symlink_to("sites-available/own.conf")
    (inside / "leak.conf").symlink_to("../elsewhere/x.conf")
    return inside


def asked(folder: Path, include: str, path: str, *roots: Path) -> tuple[int | None, str]:
    conf = folder / "nginx.conf"
    conf.write_text(f"http {{ server {{ include {include}; }} }}")
    verdict = simulate_conf(conf, include_roots=roots).route(Request(path=path))
    return verdict.status, " ".join(verdict.assumptions)


OUTSIDE = (
    "{top}/elsewhere/x.conf",
    "../elsewhere/x.conf",
    "../elsewhere/*.conf",
    "{top}/*/x.conf",
    "leak.conf",
    "lea*.conf",
)


@pytest.mark.parametrize("include", OUTSIDE)
def test_nothing_outside_is_read(include: str, folder: Path) -> None:
    status, assumed = asked(folder, include.format(top=folder.parent), "/secret")
    assert status == 404
    assert "--include-root" in assumed or include == "lea*.conf"


@pytest.mark.parametrize("include", OUTSIDE)
def test_a_folder_that_is_named_may_be_read_from(include: str, folder: Path) -> None:
    assert asked(folder, include.format(top=folder.parent), "/secret", folder.parent)[0] == 200


@pytest.mark.parametrize(
    "include", ["own-link.conf", "sites-available/*.conf", "*-link.conf", "/etc/nginx/own-link.conf"]
)
def test_links_inside_are_followed(include: str, folder: Path) -> None:
    assert asked(folder, include, "/own")[0] == 201


def test_a_conf_and_what_it_includes_have_a_size_together(folder: Path) -> None:
    (folder / "big.conf").write_text("#" * 3000)
    (folder / "nginx.conf").write_text("http { server { include big.conf; include big.conf; } }")
    asked = ("why", "http://a/", "--conf", "nginx.conf")
    assert run(*asked, folder=folder).status == 0
    ran = run("--max-file-size", "4k", *asked, folder=folder)
    assert ran.status == 2
    assert ran.err == "error: big.conf: larger than 4,096 bytes; nginxsim --max-file-size raises the limit\n"


def test_a_password_file_counts_once(folder: Path) -> None:
    (folder / "users").write_text("#" * 3000)
    locations = "".join(f"location /{n} {{ auth_basic x; auth_basic_user_file users; }}" for n in range(3))
    (folder / "nginx.conf").write_text(f"http {{ server {{ {locations} }} }}")
    assert run("--max-file-size", "4k", "why", "http://a/1", "--conf", "nginx.conf", folder=folder).status == 1


def test_standard_input_has_a_size(folder: Path) -> None:
    conf = f"http {{ server {{ return 200; }} }} #{'x' * 5000}"
    for asked in (("why", "http://a/", "--conf", "-"), ("why", "http://a/", "-"), ("check", "-")):
        ran = run("--max-file-size", "4k", *asked, stdin=conf, folder=folder)
        assert (ran.status, ran.err[:28]) == (2, "error: -: larger than 4,096 "), asked


@pytest.mark.parametrize("command", ["check", "conf", "admit"])
def test_standard_input_that_is_no_text(command: str, folder: Path) -> None:
    ran = run(command, "-", stdin=b"a: \xff", folder=folder)
    assert (ran.status, ran.err[:24]) == (2, "error: -: not UTF-8 text")
