"""`nginxsim check` and `nginxsim rules`: what is shown, what is left out on demand, how they exit."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nginxsim import InputError
from nginxsim.catalogue import entry
from nginxsim.catalogue.examples import example_of
from nginxsim.checks.suppression import config_of
from nginxsim.cli.main import cli
from nginxsim.errors import UsageError
from nginxsim.reports import FORMATS
from nginxsim.sources import project_of


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(cli, ["check", *arguments], input=stdin)


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """A folder with one error (NX631), one warning (NX604) and one notice (NX665)."""
    folder = tmp_path / "k8s"
    folder.mkdir()
    example = example_of(
        {
            "annotations": {"proxy-body-sise": "8m", "allowlist-source-range": "10.0.0.0/8"},
            "paths": ["/ Prefix gone:80"],
        }
    )
    assert example is not None
    (folder / "shop.yaml").write_text(example.manifests(), encoding="utf-8")
    # With no Service at all, those that are named are taken to be elsewhere.
    (folder / "there.yaml").write_text(
        "{apiVersion: v1, kind: Service, metadata: {name: there}, spec: {ports: [{port: 80}]}}", encoding="utf-8"
    )
    return folder


def numbers(result: Result) -> list[str]:
    return [found["number"] for found in json.loads(result.stdout)["findings"]]


def test_text_shows_the_source_line_with_the_part_that_matters_underlined(estate: Path) -> None:
    result = run(str(estate), "--show", "warning")
    assert result.exit_code == 1
    assert (
        result.stdout
        == f"""\
warning[NX604] annotation-unknown: Ingress default/shop sets proxy-body-sise, which no annotation of the controller is \
called; did you mean "proxy-body-size"?
  --> {estate}/shop.yaml:6:5
   |
 6 |     nginx.ingress.kubernetes.io/proxy-body-sise: 8m
   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = fix: correct the name, or take the annotation out

error[NX631] service-missing: Ingress default/shop leads to a Service that is not there: \
Service default/gone does not exist
   --> {estate}/shop.yaml:14:63
    |
 14 |       - {{path: /, pathType: Prefix, backend: {{service: {{name: gone, port: {{number: 80}}}}}}}}
    |                                                               ^^^^
    = fix: create the Service in the namespace of the Ingress, or correct the name

1 error, 1 warning in 1 Ingress (1 not shown)
"""
    )


@pytest.mark.parametrize(
    ("options", "exit_code", "told"),
    [
        ([], 1, ["NX604", "NX665", "NX631"]),
        (["--show", "error"], 1, ["NX631"]),
        (["--fail-on", "never"], 0, ["NX604", "NX665", "NX631"]),
        (["--ignore", "NX631", "--fail-on", "error"], 0, ["NX604", "NX665"]),
        (["--ignore", "service-missing", "--ignore", "nx60"], 0, ["NX665"]),
        (["--ignore", "NX631", "--ignore", "NX604", "--fail-on", "notice"], 1, ["NX665"]),
        (["--ignore", "NX6=default/shop"], 0, []),
        (["--ignore", "NX6=default/cart"], 1, ["NX604", "NX665", "NX631"]),
        (["--ignore", "NX6=*/shop.yaml"], 0, []),
    ],
)
def test_levels_and_ignored_codes(estate: Path, options: list[str], exit_code: int, told: list[str]) -> None:
    result = run(str(estate), "-o", "json", *options)
    assert result.exit_code == exit_code
    assert numbers(result) == told


@pytest.mark.parametrize(
    ("config", "exit_code", "told"),
    [
        ('[check]\nshow = "error"\n', 1, ["NX631"]),
        ('[check]\nfail-on = "error"\nignore = ["NX631"]\n', 0, ["NX604", "NX665"]),
        ('[check.per-file-ignores]\n"k8s/*" = ["NX631", "NX604"]\n', 0, ["NX665"]),
        ('[check.per-file-ignores]\n"other/*" = ["NX6"]\n', 1, ["NX604", "NX665", "NX631"]),
        ('[check]\nignore = ["NX631=default/*"]\n', 1, ["NX604", "NX665"]),
    ],
)
def test_the_nearest_nginxsim_toml_counts(estate: Path, config: str, exit_code: int, told: list[str]) -> None:
    (estate.parent / "nginxsim.toml").write_text(config, encoding="utf-8")
    result = run(str(estate), "-o", "json")
    assert result.exit_code == exit_code
    assert numbers(result) == told


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("[check]\nignores = []\n", 'unknown key "ignores"; did you mean "ignore"?'),
        ('[check]\nignore = ["NX999"]\n', 'no rule "NX999"'),
        ('[check]\nshow = "warnings"\n', 'show = "warnings" must be one of error, warning, notice'),
        ('[check]\nignore = "NX604"\n', "ignore must be a list of codes"),
        ("[check\n", "nginxsim.toml: Expected"),
        ('[chek]\nignore = ["NX604"]\n', 'unknown table "chek"; did you mean "check"?'),
        ('ignore = ["NX604"]\n', 'unknown key "ignore"'),
        ('[check]\nignore = ["NX6044"]\n', 'no rule "NX6044"; did you mean "NX604"?'),
    ],
)
def test_a_bad_nginxsim_toml_is_refused_with_its_name(estate: Path, config: str, message: str) -> None:
    (estate / "nginxsim.toml").write_text(config, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(message)) as refused:
        config_of(project_of([str(estate)]))
    assert "nginxsim.toml" in str(refused.value)


def test_an_object_spares_itself(estate: Path) -> None:
    path = estate / "shop.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("annotations:\n", 'annotations:\n    nginxsim.dev/ignore: "NX631, annotation-unknown"\n')
    )
    result = run(str(estate), "-o", "json")
    assert numbers(result) == ["NX665"]
    assert json.loads(result.stdout)["summary"]["ignored"] == 2


def test_standard_input_is_shown_as_well(estate: Path) -> None:
    result = run("-", stdin=(estate / "shop.yaml").read_text(encoding="utf-8"))
    assert "--> -:6:5" in result.stdout
    assert " 6 |     nginx.ingress.kubernetes.io/proxy-body-sise: 8m\n" in result.stdout


def test_findings_keep_their_fingerprint_when_lines_move(estate: Path) -> None:
    path = estate / "shop.yaml"
    before = [found["fingerprint"] for found in json.loads(run(str(estate), "-o", "json").stdout)["findings"]]
    path.write_text("# moved\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    after = [found["fingerprint"] for found in json.loads(run(str(estate), "-o", "json").stdout)["findings"]]
    assert before == after
    assert len(set(before)) == 3


def test_rules_lists_and_explains() -> None:
    listed = CliRunner().invoke(cli, ["rules"]).stdout
    (row,) = (line for line in listed.splitlines() if line.startswith("NX101"))
    assert row.split() == [
        "NX101",
        *[
            "location-denied",
            "error",
            "an",
            "annotation",
            "denies",
            "all",
            "locations",
            "of",
            "its",
            "Ingress",
            "(503)",
        ],
    ]
    explained = CliRunner().invoke(cli, ["rules", "NX622"]).stdout
    assert explained.startswith("NX622 regex-spread (warning): one Ingress turns another one's paths into patterns")
    assert "https://github.com/kubernetes/ingress-nginx/issues/7586" in explained
    assert json.loads(CliRunner().invoke(cli, ["rules", "regex-spread", "-o", "json"]).stdout)[0]["number"] == "NX622"
    with pytest.raises(UsageError, match='no rule "regex-spred"; did you mean "regex-spread"'):
        entry("regex-spred")


def test_many_findings_of_a_code_become_a_list(tmp_path: Path) -> None:
    shops = [{"name": f"shop-{n}", "host": f"shop-{n}.example.com", "annotations": {"typo": "1"}} for n in range(30)]
    example = example_of(shops)
    assert example is not None
    (tmp_path / "shops.yaml").write_text(example.manifests(), encoding="utf-8")
    text = run(str(tmp_path), "--ignore", "NX631").stdout
    assert text.count("-->") == 5
    assert "warning[NX604] annotation-unknown: 25 more\n" in text
    assert "  ... and 5 more (--all shows every one)\n" in text
    assert run(str(tmp_path), "--ignore", "NX631", "--all").stdout.count("-->") == 30


@pytest.mark.parametrize("name", FORMATS)
def test_exit_codes_are_alike_in_every_format(estate: Path, name: str) -> None:
    assert run(str(estate), "-o", name).exit_code == 1
    assert run(str(estate), "-o", name, "--fail-on", "never").exit_code == 0
