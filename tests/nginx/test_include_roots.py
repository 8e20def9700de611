"""A conf includes what lies in its own folder, or in a folder that is named; nothing else is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginxsim import Request, simulate_conf

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
