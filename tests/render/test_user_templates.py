"""Templates of the user's own: what they change, what is said of their faults, and what they cannot do."""

from __future__ import annotations

import marshal
import sys
from collections.abc import Callable
from importlib.util import cache_from_source
from pathlib import Path

import pytest
import yaml

from nginxsim import InputError, Request, simulate
from nginxsim.cli.main import main
from nginxsim.render import sandbox
from nginxsim.render.bytecode import PackageBytecode
from tests.support.places import DATA, SAMPLES

CASES = yaml.safe_load((DATA / "user_templates.yaml").read_text())
HOST = "shop.example.com"
MARKED = (
    '{% include "nginxsim/served.conf.j2" %}\n            add_header X-Served-By {{ loc.identity.ingress | quote }};\n'
)
ESTATE = SAMPLES / "shop-repaired"


@pytest.fixture
def overlay(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder of templates: by name, served.conf.j2 where there is none."""

    def made(text: str = "", folder: str = "mine", **others: str) -> Path:
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        for name, template in {**({"served": text} if text else {}), **others}.items():
            (path / f"{name}.conf.j2").write_text(template)
        return path

    return made


def cli(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    """Runs a command in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["nginxsim", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def test_a_template_lies_over_ours_and_may_include_it(overlay: Callable[..., Path]) -> None:
    plain, changed = simulate([ESTATE]), simulate([ESTATE], templates=[overlay(MARKED)])
    added = set(changed.nginx_conf().splitlines()) - set(plain.nginx_conf().splitlines())
    assert {line.strip() for line in added} == {'add_header X-Served-By "shop";', 'add_header X-Served-By "";'}
    verdict = changed.route(Request(host=HOST, path="/cart", client="10.1.2.3"))
    assert ("X-Served-By", "shop") in verdict.headers
    assert verdict.cause.origins == plain.route(Request(host=HOST, path="/cart", client="10.1.2.3")).cause.origins


def test_the_first_folder_is_uppermost(overlay: Callable[..., Path]) -> None:
    first = overlay("            # the first\n", "first")
    second = overlay("            # the second\n", "second", cors="            # the second's\n")
    text = simulate([ESTATE], templates=[first, second]).nginx_conf(HOST)
    assert "# the first" in text
    assert "# the second" not in text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"])
def test_a_fault_is_told_with_its_line(
    case: dict[str, str], overlay: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "WORK", 2_000_000)
    folder = overlay(case["template"])
    (folder.parent / "secret.conf.j2").write_text("secret")
    with pytest.raises(InputError) as raised:
        simulate([ESTATE], templates=[folder]).nginx_conf(HOST)
    assert str(raised.value).startswith(f"{folder}/served.conf.j2:{case['says']}")


USELESS = {
    "a name that is none of ours": ({"served": "a", "loction": "b"}, 'did you mean "location.conf.j2"?'),
    "no name of ours": ({"loction": "a"}, 'did you mean "location.conf.j2"?'),
    "nothing at all": ({}, "no template there has the name of one of nginxsim's"),
}


@pytest.mark.parametrize(("templates", "says"), USELESS.values(), ids=USELESS)
def test_a_folder_of_no_use_is_refused(overlay: Callable[..., Path], templates: dict[str, str], says: str) -> None:
    folder = overlay(**templates)
    with pytest.raises(InputError, match=f"^{folder}.*: ") as raised:
        simulate([ESTATE], templates=[folder]).nginx_conf(HOST)
    assert says in str(raised.value)


def test_parts_that_a_template_includes_may_have_any_name(overlay: Callable[..., Path]) -> None:
    folder = overlay('{% include "part.conf.j2" %}', part="            # a part\n")
    assert "# a part" in simulate([ESTATE], templates=[folder]).nginx_conf(HOST)


def test_no_file_outside_of_the_folder_is_read(overlay: Callable[..., Path]) -> None:
    folder = overlay('{% include "part" %}')
    (folder.parent / "secret").write_text("password")
    (folder / "part").symlink_to(folder.parent / "secret")
    with pytest.raises(InputError, match=f"^{folder}/part: leads out of {folder}"):
        simulate([ESTATE], templates=[folder]).nginx_conf(HOST)


def test_a_template_has_a_size_and_is_text(overlay: Callable[..., Path]) -> None:
    folder = overlay("a" * 1_000_001)
    with pytest.raises(InputError, match="1000001 bytes are too many"):
        simulate([ESTATE], templates=[folder]).nginx_conf(HOST)
    (folder / "served.conf.j2").write_bytes(b"\xff")
    with pytest.raises(InputError, match="not UTF-8 text"):
        simulate([ESTATE], templates=[folder]).nginx_conf(HOST)


def test_compiled_templates_of_the_folder_are_neither_believed_nor_written(
    overlay: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    monkeypatch.setattr("sys.pycache_prefix", None)
    folder = overlay(MARKED)
    planted = Path(cache_from_source(folder / "served.conf.j2", optimization="sandbox"))
    planted.parent.mkdir()
    checksum = PackageBytecode([]).get_source_checksum(MARKED)
    planted.write_bytes(checksum.encode() + b"\n" + marshal.dumps(compile("raise SystemExit('run')", "evil", "exec")))
    before = planted.read_bytes()
    assert "X-Served-By" in simulate([ESTATE], templates=[folder]).nginx_conf(HOST)
    assert [path for path in folder.rglob("*") if path.is_file()] == [folder / "served.conf.j2", planted]
    assert planted.read_bytes() == before


COMMANDS = {
    "why": ["why", f"http://{HOST}/cart", ESTATE],
    "conf": ["conf", ESTATE],
    "check": ["check", ESTATE],
    "admit": ["admit", ESTATE],
    "diff": ["diff", ESTATE, ESTATE],
}


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_commands_end_with_2_on_a_fault(
    arguments: list[str | Path],
    overlay: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = overlay("\n{{ nothing }}")
    assert cli(monkeypatch, *arguments, "--templates", folder) == 2
    said = capsys.readouterr().err
    assert said.startswith(f'error: {folder}/served.conf.j2:2:1: there is no variable "nothing"')


def test_diff_takes_templates_of_each_side(
    overlay: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status = cli(monkeypatch, "diff", ESTATE, ESTATE, "--new-templates", overlay(MARKED))
    said = capsys.readouterr().out
    assert status == 1
    assert "X-Served-By" in said
    assert cli(monkeypatch, "diff", ESTATE, ESTATE, "--templates", overlay(MARKED)) == 0


def test_suites_name_their_templates(
    overlay: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = overlay(MARKED)
    suite = tmp_path / "shop.nginxsim.yaml"
    assert cli(monkeypatch, "test", "--record", suite, ESTATE, "--templates", folder) == 0
    assert 'templates: ["mine"]' in suite.read_text()
    suite.write_text(
        f"""
manifests: ["{ESTATE}"]
templates: mine
tests: [{{request: "http://{HOST}/cart", client: 10.1.2.3, expect: {{headers: {{X-Served-By: shop}}}}}}]
"""
    )
    capsys.readouterr()
    assert cli(monkeypatch, "test", suite) == 0, capsys.readouterr().out
    suite.write_text(suite.read_text().replace("mine", "yours"))
    assert cli(monkeypatch, "test", suite) == 2
    assert f"{suite}:3:12: templates: {tmp_path}/yours: no such folder" in capsys.readouterr().err
