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
from nginxsim.checks.policy import config_of
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
error[NX631] service-missing: Ingress default/shop leads to a Service that is not there: \
Service default/gone does not exist
   --> {estate}/shop.yaml:14:63
    |
 14 |       - {{path: /, pathType: Prefix, backend: {{service: {{name: gone, port: {{number: 80}}}}}}}}
    |                                                               ^^^^
    = fix: create the Service in the namespace of the Ingress, or correct the name

warning[NX604] annotation-unknown: Ingress default/shop sets proxy-body-sise, which no annotation of the controller is \
called; did you mean "proxy-body-size"?
  --> {estate}/shop.yaml:6:5
   |
 6 |     nginx.ingress.kubernetes.io/proxy-body-sise: 8m
   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = fix: correct the name, or take the annotation out

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
        (["--ignore", "NX631,NX604"], 0, ["NX665"]),
        (["--select", "NX604,service-missing"], 1, ["NX604", "NX631"]),
        (["--select", "NX66"], 0, ["NX665"]),
        (["--select", "NX6", "--ignore", "NX63"], 1, ["NX604", "NX665"]),
        (["--select", "NX631", "--ignore", "NX6"], 1, ["NX631"]),
        (["--ignore", "NX6", "--extend-select", "NX665"], 0, ["NX665"]),
        (["--select", "NX6=default/shop", "--ignore", "NX6=*/shop.yaml"], 0, []),
        (["--select", "NX6=default/cart"], 0, []),
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
        ('[check]\nselect = ["NX66"]\nextend-select = ["annotation-unknown"]\n', 1, ["NX604", "NX665"]),
        ('[check.levels]\nNX6 = "error"\nNX60 = "notice"\n', 1, ["NX604", "NX665", "NX631"]),
        ('[check]\nfail-on = "error"\n[check.levels]\nservice-missing = "warning"\n', 0, ["NX604", "NX665", "NX631"]),
        ('[check]\nshow = "error"\n[check.levels]\nNX631 = "warning"\nNX665 = "error"\n', 1, ["NX665"]),
    ],
)
def test_the_nearest_nginxsim_toml_counts(estate: Path, config: str, exit_code: int, told: list[str]) -> None:
    (estate.parent / "nginxsim.toml").write_text(config, encoding="utf-8")
    result = run(str(estate), "-o", "json")
    assert result.exit_code == exit_code
    assert numbers(result) == told


@pytest.mark.parametrize(
    ("config", "options", "told"),
    [
        ('ignore = ["NX604"]', ["--select", "NX604"], ["NX604"]),
        ('ignore = ["NX604"]', ["--select", "NX6"], ["NX665", "NX631"]),
        ('ignore = ["NX6=*.yaml"]', ["--select", "NX604"], []),
        ('ignore = ["NX604", "NX631"]', ["--extend-select", "NX631"], ["NX665", "NX631"]),
        ('select = ["NX604"]', ["--select", "NX665"], ["NX665"]),
        ('select = ["NX604"]', ["--extend-select", "NX665"], ["NX604", "NX665"]),
        ('select = ["NX604"]', ["--ignore", "NX60"], ["NX604"]),
        ('extend-select = ["NX604"]', ["--ignore", "NX604"], ["NX665", "NX631"]),
    ],
)
def test_the_command_line_wins_over_nginxsim_toml(
    estate: Path, config: str, options: list[str], told: list[str]
) -> None:
    """What is said of fewer findings counts for more; of the same ones, what is typed."""
    (estate / "nginxsim.toml").write_text(f"[check]\n{config}\n", encoding="utf-8")
    assert numbers(run(str(estate), "-o", "json", *options)) == told


def test_a_changed_level_reaches_every_report(estate: Path) -> None:
    config = '[check.levels]\nNX604 = "error"\nNX631 = "notice"\n'
    (estate / "nginxsim.toml").write_text(config, encoding="utf-8")
    assert run(str(estate)).stdout.startswith("error[NX604] annotation-unknown")
    assert "::error file=" in run(str(estate), "-o", "github", "--select", "NX604").stdout
    found = json.loads(run(str(estate), "-o", "sarif", "--select", "NX631").stdout)["runs"][0]["results"]
    assert [each["level"] for each in found] == ["note"]


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
        ('[check]\nselect = ["NX6044"]\n', 'no rule "NX6044"; did you mean "NX604"?'),
        (
            '[check.levels]\nNX604 = "eror"\n',
            'NX604 = "eror" must be one of error, warning, notice; did you mean "error"?',
        ),
        ('[check.levels]\nNX6044 = "error"\n', 'no rule "NX6044"; did you mean "NX604"?'),
        ('[check]\nlevels = "error"\n', "levels must be a table"),
        ("[check]\nper-file-ignores = []\n", "per-file-ignores must be a table"),
        ("[check]\nbaseline = 1\n", "baseline must be a file"),
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


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("{line}  # nginxsim: ignore NX604", ["NX665", "NX631"]),
        ("{line}  #nginxsim:ignore annotation-unknown -- the team knows", ["NX665", "NX631"]),
        ("{line}  # nginxsim: ignore NX665, NX60", ["NX665", "NX631"]),
        ("# nginxsim: ignore NX604\n{line}", ["NX665", "NX631"]),
        ("# nginxsim: ignore NX604\n# since it is of another controller\n{line}", ["NX665", "NX631"]),
        ("# nginxsim: ignore NX604\n\n{line}", ["NX604", "NX665", "NX631"]),
        ("{line}\n# nginxsim: ignore NX604", ["NX604", "NX665", "NX631"]),
        ("{line}  # nginxsim: ignore NX631", ["NX604", "NX665", "NX631"]),
        ("{line}  # nginxsim: ignore NX6044", ["NX604", "NX697", "NX665", "NX631"]),
        ("{line}  # nginxsim: ignore", ["NX604", "NX697", "NX665", "NX631"]),
    ],
)
def test_a_comment_spares_its_line(estate: Path, comment: str, told: list[str]) -> None:
    path = estate / "shop.yaml"
    line = "    nginx.ingress.kubernetes.io/proxy-body-sise: 8m"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(line, comment.format(line=line)), encoding="utf-8")
    result = run(str(estate), "-o", "json")
    assert numbers(result) == told
    assert json.loads(result.stdout)["summary"]["ignored"] == 3 - len(set(told) - {"NX697"})
    assert numbers(run("-", "-o", "json", "--assume", "none", stdin=path.read_text(encoding="utf-8"))) == told


def test_a_word_of_a_comment_that_is_no_rule_is_told_where_it_stands(estate: Path) -> None:
    path = estate / "shop.yaml"
    path.write_text("# nginxsim: ignore NX6044, NX631\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    shown = run(str(estate), "--select", "NX697").stdout
    assert shown.startswith(
        'warning[NX697] ignore-unknown: comment # nginxsim: ignore: no rule "NX6044"; did you mean "NX604"?\n'
        f"  --> {path}:1:20\n   |\n 1 | # nginxsim: ignore NX6044, NX631\n   |                    ^^^^^^\n"
    )


def test_concise_is_a_line_a_finding_the_worst_first(estate: Path) -> None:
    result = run(str(estate), "-o", "concise")
    assert result.exit_code == 1
    assert [line.split()[:5] for line in result.stdout.splitlines()] == [
        [f"{estate}/shop.yaml:14:63:", "error", "NX631", "service-missing", "Ingress"],
        [f"{estate}/shop.yaml:6:5:", "warning", "NX604", "annotation-unknown", "Ingress"],
        [f"{estate}/shop.yaml:7:57:", "notice", "NX665", "allowlist-private", "Ingress"],
    ]
    assert run(str(estate), "-o", "concise", "--ignore", "NX").stdout == "no findings\n"


def test_statistics_count_codes_the_most_first(tmp_path: Path) -> None:
    shops = [{"name": f"shop-{n}", "host": f"shop-{n}.example.com", "annotations": {"typo": "1"}} for n in range(12)]
    example = example_of([*shops, {"name": "cart", "host": "cart.example.com", "paths": ["/ Prefix gone:80"]}])
    assert example is not None
    (tmp_path / "shops.yaml").write_text(example.manifests(), encoding="utf-8")
    options = ("--statistics", "--select", "NX604,NX631", "--ignore", "NX604=*-11", "--assume", "none")
    result = run(str(tmp_path), *options)
    assert result.exit_code == 1
    *rows, _, summed = result.stdout.splitlines()
    assert [row.split()[:4] for row in rows] == [
        ["11", "NX604", "warning", "annotation-unknown"],
        ["2", "NX631", "error", "service-missing"],
    ]
    assert summed == "2 errors, 11 warnings in 13 Ingresses (1 ignored)"
    told = json.loads(run(str(tmp_path), *options, "-o", "json").stdout)
    assert [(each["count"], each["number"]) for each in told["statistics"]] == [(11, "NX604"), (2, "NX631")]
    assert told["summary"]["ignored"] == 1
    refused = run(str(tmp_path), *options, "-o", "sarif")
    assert "--statistics has the formats text, json, not sarif" in str(refused.exception)


def test_a_baseline_lets_new_findings_fail_only(estate: Path) -> None:
    known, path = estate / "known.json", estate / "shop.yaml"
    options = (str(estate), "--baseline", str(known), "-o", "json")
    written = run(*options, "--update-baseline")
    assert (written.exit_code, numbers(written)) == (0, [])
    assert json.loads(written.stdout)["summary"]["baseline"] == 3
    first = known.read_text(encoding="utf-8")

    text = "# moved\n\n" + path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    again = run(*options)
    assert (again.exit_code, again.stderr) == (0, "")

    path.write_text(text.replace("proxy-body-sise: 8m", "proxy-body-sizes: 8m"), encoding="utf-8")
    changed = run(*options)
    assert (changed.exit_code, numbers(changed)) == (1, ["NX604"])
    assert f"note: {known}: 1 finding no longer there; --update-baseline takes them out" in changed.stderr
    assert known.read_text(encoding="utf-8") == first

    assert run(*options, "--update-baseline").exit_code == 0
    assert run(*options).exit_code == 0
    rows = json.loads(known.read_text(encoding="utf-8"))["findings"]
    assert [row["number"] for row in rows] == ["NX604", "NX631", "NX665"]
    assert {row["object"] for row in rows} == {"Ingress default/shop"}


def test_a_baseline_knows_how_many_there_are_of_one(estate: Path) -> None:
    """Of two that are told apart by their lines only, one is new."""
    (estate / "nginxsim.toml").write_text('[check]\nbaseline = "../known.json"\n', encoding="utf-8")
    strange = "# nginxsim: ignore NX6044\n"
    path, text = estate / "shop.yaml", (estate / "shop.yaml").read_text(encoding="utf-8")
    path.write_text(strange + text, encoding="utf-8")
    assert run(str(estate), "--update-baseline").exit_code == 0
    assert (estate.parent / "known.json").is_file()
    path.write_text(strange + text + strange, encoding="utf-8")
    assert numbers(run(str(estate), "-o", "json")) == ["NX697"]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (None, ["--baseline", "known.json"], "known.json: cannot be read: No such file or directory"),
        (None, ["--update-baseline"], "--update-baseline needs --baseline FILE"),
        ("{}", ["--baseline", "known.json"], "known.json: no baseline of nginxsim check; --update-baseline writes one"),
        ("a: 1", ["--baseline", "known.json", "--update-baseline"], "known.json: no baseline of nginxsim check"),
        ('{"nginxsim-baseline": 2}', ["--baseline", "known.json"], "a baseline of version 2; this nginxsim reads 1"),
        ('{"nginxsim-baseline": 1, "findings": [1]}', ["--baseline", "known.json"], "known.json: no baseline"),
    ],
)
def test_a_file_that_is_no_baseline_is_told_and_stays(
    estate: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, options: list[str], message: str
) -> None:
    monkeypatch.chdir(estate)
    if text is not None:
        Path("known.json").write_text(text, encoding="utf-8")
    refused = run("shop.yaml", *options)
    assert isinstance(refused.exception, InputError)
    assert message in str(refused.exception)
    assert text is None or Path("known.json").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("begun", "offered"),
    [
        ("NX63", {"NX631", "NX630"}),
        ("NX604,service-mis", {"NX604,service-missing"}),
        ("nx604,regex-sp", {"nx604,regex-spread"}),
    ],
)
@pytest.mark.parametrize("option", ["--select", "--extend-select", "--ignore"])
def test_a_shell_completes_codes(option: str, begun: str, offered: set[str]) -> None:
    words = {"COMP_WORDS": f"nginxsim check {option} {begun}", "COMP_CWORD": "3", "_NGINXSIM_COMPLETE": "bash_complete"}
    told = CliRunner().invoke(cli, env=words, prog_name="nginxsim", complete_var="_NGINXSIM_COMPLETE").stdout
    assert offered <= {line.partition(",")[2] for line in told.splitlines()}


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
