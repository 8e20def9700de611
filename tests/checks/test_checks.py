"""The checks over an estate: the catalogue's examples, the cases in data/checks, suppression, and the command."""

from __future__ import annotations

import datetime as dt
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from nginxsim import Answer, Finding, InputError, UpstreamRequest, Verdict, simulate
from nginxsim.catalogue import BY_CODE, BY_NUMBER, Entry, Example, entry
from nginxsim.catalogue.examples import example_of
from nginxsim.catalogue.pages import pages
from nginxsim.checks import CHECKS
from nginxsim.checks.suppression import config_for
from nginxsim.cli.main import cli
from nginxsim.errors import UsageError
from nginxsim.reports import FORMATS
from nginxsim.reports.spans import Sources, locate
from nginxsim.url import request_for
from tests.support.places import DATA, ROOT

SERVICES = "".join(
    f"""---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}-1, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{{name: http, port: 8080}}]
endpoints: [{{addresses: [10.1.0.{number}]}}]
"""
    for number, name in enumerate(("web", "api", "other"), 1)
)
RUNNABLE = [row for row in BY_NUMBER.values() if row.code in CHECKS and row.bad and row.bad.objects]


@cache
def certificate(name: str, days: int = 300) -> dict[str, str]:
    """tls.crt and tls.key of a certificate for `name` that ends in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - dt.timedelta(days=400))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    chain = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    return {
        "tls.crt": chain,
        "tls.key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }


def secret(name: str, **data: str) -> str:
    document = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}
    return yaml.safe_dump(document)


def known_ca() -> str:
    return secret("known-ca", **{"ca.crt": certificate("ca")["tls.crt"]})


def findings(folder: Path, manifests: str, flags: tuple[str, ...] = (), *, alone: bool = False) -> list[Finding]:
    path = folder / "manifests.yaml"
    parts = (manifests,) if alone else (known_ca(), SERVICES, manifests)
    path.write_text("---\n".join(parts), encoding="utf-8")
    return simulate([path], flags=flags).check()


def codes(folder: Path, example: Example) -> set[str]:
    return {found.code for found in findings(folder, example.manifests(), example.flags)}


@pytest.mark.parametrize("row", RUNNABLE, ids=lambda row: row.number)
def test_bad_examples_are_found_and_good_ones_are_not(row: Entry, tmp_path: Path) -> None:
    assert row.bad is not None
    assert row.good is not None
    assert row.code in codes(tmp_path, row.bad)
    if row.good.objects:
        assert row.code not in codes(tmp_path, row.good)


CAUSES = yaml.safe_load((DATA / "causes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CAUSES)
def test_a_cause_that_users_ask_about_is_named(name: str, tmp_path: Path) -> None:
    row = CAUSES[name]
    if "limits" in row:
        assert f"## {row['limits']}\n" in (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    if "refused" in row:
        with pytest.raises(InputError, match=re.escape(row["refused"])):
            findings(tmp_path, row["text"], alone=True)
    if "manifests" in row:
        example = example_of(row["manifests"])
        assert example is not None
        found = findings(tmp_path, example.manifests(), example.flags)
        if "check" in row:
            assert row["check"] in {each.code for each in found}
            assert row.get("at", "") in {underlined(each) for each in found if each.code == row["check"]} | {""}
        if "why" in row:
            verdict = asked(tmp_path, example, row["why"])
            assert (verdict.status, verdict.cause.code) == (row["why"]["status"], row["why"]["code"])


def underlined(found: Finding) -> str:
    """The text that the first piece of evidence points at, without quotes."""
    span = locate(found.evidence[0], Sources())
    assert span is not None
    return span.source[span.column - 1 : span.column - 1 + span.length].strip("\"'")


def asked(folder: Path, example: Example, question: dict[str, Any]) -> Verdict:
    simulation = simulate([folder / "manifests.yaml"], flags=example.flags)
    request = request_for(
        question["url"], client=question.get("client", "127.0.0.1"), body_bytes=question.get("body", 0)
    )

    def answer(upstream: UpstreamRequest) -> Answer:
        return Answer(question.get("auth" if upstream.role == "auth" else upstream.role, 200))

    return simulation.route(request, answer)


def test_every_row_of_the_catalogue_has_its_page() -> None:
    folder = ROOT / "docs" / "rules"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")} == pages(), (
        "run python -m nginxsim.catalogue.pages docs/rules"
    )


def test_every_finding_of_the_catalogue_has_a_check_and_every_check_a_row() -> None:
    assert set(CHECKS) <= set(BY_CODE)
    assert {row.code for row in BY_NUMBER.values() if row.number >= "NX6"} <= set(CHECKS)


CASES = {
    f"{path.stem}: {name}": case
    for path in sorted((DATA / "checks").glob("*.yaml"))
    for name, case in yaml.safe_load(path.read_text(encoding="utf-8")).items()
}


@pytest.mark.parametrize("name", CASES)
def test_cases(name: str, tmp_path: Path) -> None:
    """`finds` and `spares`: codes; `message`: a part of the first finding's; `at`: what it points at."""
    case = CASES[name]
    example = example_of(case["manifests"])
    assert example is not None
    secrets = [secret(name, **made_of(parts)) for name, parts in case.get("secrets", {}).items()]
    found = findings(tmp_path, "---\n".join((example.manifests(), *secrets)), example.flags)
    by_code = {each.code: each for each in reversed(found)}
    assert set(case.get("finds", ())) <= set(by_code)
    assert not set(case.get("spares", ())) & set(by_code)
    first = by_code[case["finds"][0]] if case.get("finds") else None
    if "message" in case:
        assert first is not None
        assert case["message"] in first.message
    if "at" in case:
        assert first is not None
        assert underlined(first) == case["at"]
    if "beside" in case:
        assert first is not None
        assert any(case["beside"] in item.note for item in first.evidence[1:])


def made_of(parts: dict[str, Any]) -> dict[str, str]:
    """A Secret's data: `for` a host name, ending in `days`; `keys` picks from it; anything else as it stands."""
    if "for" not in parts:
        return parts
    pair = certificate(parts["for"], parts.get("days", 300))
    return {as_key: pair[key] for as_key, key in parts.get("keys", {key: key for key in pair}).items()}


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
        config_for([str(estate)])
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


def test_a_large_estate_is_checked_by_shape(tmp_path: Path) -> None:
    shops = [
        {"name": f"shop-{n}", "host": f"shop-{n}.example.com", "annotations": {"proxy-buffer-size": size}}
        for n, size in enumerate(["8k", "16b", "8k"] * 100)
    ]
    example = example_of(shops)
    assert example is not None
    refused = {found.ingress for found in findings(tmp_path, example.manifests()) if found.code == "nginx-refuses"}
    assert refused == {f"default/shop-{n}" for n in range(1, 300, 3)}


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
