"""What a terminal of some width shows: kept as files, looked at by people.

NGINXSIM_UPDATE_DOCUMENTS=1 python -m pytest tests/cli/test_terminal.py writes them anew, for review with `git diff`.
"""

from __future__ import annotations

import os

import pytest

from tests.support.commands import run
from tests.support.places import DATA, ROOT

KEPT = DATA / "terminal"
COMMANDS = {
    "why": ["why", "http://shop.example.com/cart", "samples/shop"],
    "why-hops": ["why", "http://shop.example.com/cart", "samples/shop-repaired", "--via", "cloudflare,aws-alb"],
    "check": ["check", "samples/503/port-mismatch"],
    "ingresses": ["ingresses", "samples/503/port-mismatch"],
    "diff": ["diff", "samples/shop", "samples/shop-repaired"],
    "admit": ["admit", "samples/admission"],
    "upgrade": ["upgrade", "samples/upgrade", "--from", "1.11.5", "--to", "1.15.1"],
}
WIDTHS = (60, 80, 120, 200)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_terminal_shows(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    shown = run(*COMMANDS[name], folder=ROOT).out
    kept = KEPT / f"{name}-{width}.txt"
    if os.environ.get("NGINXSIM_UPDATE_DOCUMENTS") == "1":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(shown, encoding="utf-8")
    assert shown
    assert shown == kept.read_text(encoding="utf-8"), f"look at it, then write it anew: {kept}"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", COMMANDS)
def test_no_line_is_wider_unless_a_word_is(name: str, width: int) -> None:
    for line in (KEPT / f"{name}-{width}.txt").read_text(encoding="utf-8").splitlines():
        assert len(line) <= width or max(map(len, line.split())) > width // 2, line


def test_in_a_pipe_lines_are_whole() -> None:
    shown = run(*COMMANDS["why"], folder=ROOT).out
    assert "cannot be used, so all its paths answer 503\n" in shown


@pytest.mark.parametrize(
    ("arguments", "environment", "coloured"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours(
    arguments: list[str], environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in run(*arguments, *COMMANDS["check"], folder=ROOT).out) is coloured
    assert {name: os.environ.get(name) for name in environment} == environment


def test_a_line_of_the_conf_can_be_looked_at() -> None:
    shown = run("why", "http://shop.example.com/cart", "samples/shop", folder=ROOT).out
    number = shown.rpartition("nginx.conf:")[2].split()[0]
    around = run("conf", "samples/shop", "--at", number, folder=ROOT).out
    (line,) = (each for each in around.splitlines() if each.startswith(">"))
    assert line.split() == [">", number, "return", "503;"]
    assert "there is no line 99999" in run("conf", "samples/shop", "--at", "99999", folder=ROOT).err
