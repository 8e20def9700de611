"""Reports: every format from the same data, the trace with what lost, and the conf with its origins."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
from pathlib import Path

import jsonschema
import junitparser
import pytest
import yaml
from click.testing import CliRunner

from nginxsim import Request, simulate
from nginxsim.cli.why import command as why
from nginxsim.nginx.tree import Directive, parse_conf
from nginxsim.origins import Origin
from nginxsim.printing import unmarked
from nginxsim.reports import FORMATS, render_findings, render_verdict
from nginxsim.reports.findings import CheckReport
from nginxsim.reports.origins import origins_json, origins_text
from nginxsim.reports.spans import Sources, excerpt, locate
from nginxsim.reports.verdicts import VerdictReport
from nginxsim.simulation import Simulation
from nginxsim.verdict import Outcome, nested
from nginxsim.verdict.types import Evidence
from tests.support.commands import Process
from tests.support.places import DATA

SCHEMA = json.loads((DATA / "sarif-2.1.0.json").read_text(encoding="utf-8"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LOCATION_DENIED = "http://office.example.com/api"


@pytest.fixture(scope="module")
def estate() -> Simulation:
    folder = os.path.relpath(DATA)
    return simulate([f"{folder}/reports.yaml"])


@pytest.fixture(scope="module")
def findings(estate: Simulation) -> CheckReport:
    return CheckReport(estate.check(), len(estate.cluster.ingresses))


def outcome(estate: Simulation, url: str, **more: object) -> Outcome:
    return estate.route(request(url, **more)).outcomes[0]


def request(url: str, **more: object) -> Request:
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    return Request(host=host, path=f"/{path}", scheme=scheme, **more)  # type: ignore[arg-type]


def answer(estate: Simulation, url: str, **more: object) -> VerdictReport:
    asked = request(url, **more)
    return VerdictReport(url, estate.route(asked), estate.routing(asked.host).text)


# --- formats ----------------------------------------------------------------------------------------------------------


def test_sarif_of_findings_is_valid(findings: CheckReport) -> None:
    log = json.loads(render_findings(findings, "sarif"))
    jsonschema.validate(log, SCHEMA)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(run["results"]) == len(findings.findings)
    for result, found in zip(run["results"], findings.findings, strict=True):
        assert rules[result["ruleIndex"]] == result["ruleId"] == found.number
    denied = next(result for result in run["results"] if result["ruleId"] == "NX101")
    place = denied["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("data/reports.yaml")
    line = (DATA / "reports.yaml").read_text(encoding="utf-8").splitlines()[place["region"]["startLine"] - 1]
    assert "whitelist-source-range" in line
    assert place["region"]["endColumn"] > place["region"]["startColumn"] > 1


def test_sarif_of_a_verdict_has_the_trace_as_code_flow(estate: Simulation) -> None:
    log = json.loads(render_verdict(answer(estate, LOCATION_DENIED), "sarif"))
    jsonschema.validate(log, SCHEMA)
    ((result,),) = [run["results"] for run in log["runs"]]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"].partition(":")[0] for step in steps] == [
        "server",
        "location",
        "rewrite",
    ]
    assert result["level"] == "error"


def test_junit_is_read_back(findings: CheckReport, estate: Simulation) -> None:
    read = junitparser.JUnitXml.fromstring(render_findings(findings, "junit").encode())
    failing = [found for found in findings.findings if found.level != "notice"]
    assert (read.tests, read.failures) == (len(findings.findings), len(failing))
    (denied,) = (case for case in next(iter(read)) if case.name.startswith("NX101 "))
    assert denied.classname == "Ingress default/office"
    assert "whitelist-source-range" in denied.result[0].text

    fine = junitparser.JUnitXml.fromstring(render_verdict(answer(estate, "http://shop.example.com/"), "junit").encode())
    assert (fine.tests, fine.failures) == (1, 0)


def test_junit_passes_when_nothing_was_found() -> None:
    read = junitparser.JUnitXml.fromstring(render_findings([], "junit").encode())
    assert (read.tests, read.failures) == (1, 0)


def test_github_annotations_name_the_place_on_one_line(findings: CheckReport) -> None:
    lines = render_findings(findings, "github").splitlines()
    assert len(lines) == len(findings.findings)
    (denied,) = (line for line in lines if "title=NX101" in line)
    assert denied.startswith("::error file=")
    assert all(part in denied for part in ("line=", "col=", "endColumn=", "%0Afix: "))


def test_yaml_says_what_json_says(findings: CheckReport, estate: Simulation) -> None:
    assert yaml.safe_load(render_findings(findings, "yaml")) == json.loads(render_findings(findings, "json"))
    report = answer(estate, LOCATION_DENIED)
    assert yaml.safe_load(render_verdict(report, "yaml")) == json.loads(render_verdict(report, "json"))


def test_text_from_manifests_is_only_text_in_markdown_and_html(findings: CheckReport, estate: Simulation) -> None:
    report = answer(estate, LOCATION_DENIED)
    for page in (render_findings(findings, "html"), render_verdict(report, "html")):
        assert "<b>office</b>" not in page
        assert "&lt;b&gt;office&lt;/b&gt;" in page
    table = render_findings(findings, "markdown")
    (row,) = (line for line in table.splitlines() if "NX101" in line)
    assert row.replace("\\|", "").count("|") == 5
    assert "@all" not in row


EVERYTHING = """
import sys
from nginxsim import Request, simulate
from nginxsim.reports import FORMATS, render_findings, render_verdict
from nginxsim.reports.spans import Sources, locate
from nginxsim.reports.verdicts import VerdictReport

estate = simulate(sys.argv[1:])
report = VerdictReport("url", estate.route(Request(host="shop.example.com", path="/cart")), estate.nginx_conf())
for name in FORMATS:
    print(render_findings(estate.check(), name), render_verdict(report, name))
"""


def test_reports_are_the_same_byte_for_byte(process: Process) -> None:
    runs = [
        process(sys.executable, "-c", EVERYTHING, DATA / "reports.yaml", env={**os.environ, "PYTHONHASHSEED": seed})
        for seed in ("1", "2")
    ]
    assert runs[0].stdout
    assert runs[0].stdout == runs[1].stdout


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("url", "status"), [(LOCATION_DENIED, 1), ("http://shop.example.com/", 0)])
def test_exit_codes_are_alike_in_every_format(name: str, url: str, status: int) -> None:
    run = CliRunner().invoke(why, [url, str(DATA / "reports.yaml"), "-o", name])
    assert run.exit_code == status
    assert run.stdout.strip()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
@pytest.mark.parametrize("kind", ["findings", "verdict"])
def test_pages_run_in_a_browser_without_errors(
    kind: str, findings: CheckReport, estate: Simulation, tmp_path: Path, process: Process
) -> None:
    page = tmp_path / "page.html"
    text = (
        render_findings(findings, "html")
        if kind == "findings"
        else render_verdict(answer(estate, LOCATION_DENIED), "html")
    )
    page.write_text(text, encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", f"--user-data-dir={tmp_path}"]
    run = process(CHROMIUM, *options, f"--screenshot={tmp_path / 'page.png'}", "--dump-dom", page.as_uri())
    assert [line for line in run.stderr.splitlines() if "CONSOLE" in line] == []
    assert "NX101" in run.stdout
    if kind == "findings":
        assert '<p id="filter">' in run.stdout, "the script has not run"


def test_pages_load_nothing_from_elsewhere(findings: CheckReport, estate: Simulation) -> None:
    for page in (render_findings(findings, "html"), render_verdict(answer(estate, LOCATION_DENIED), "html")):
        for loading in ("src=", "@import", "url(", '<link rel="stylesheet"'):
            assert loading not in page


def test_links_of_a_page_lead_somewhere(estate: Simulation) -> None:
    page = render_verdict(answer(estate, LOCATION_DENIED), "html")
    targets = {piece.partition('"')[0] for piece in page.split('href="#')[1:]}
    assert targets
    assert all(f'id="{target}"' in page for target in targets)


@pytest.mark.parametrize("between", [10, 60, 300])
def test_every_place_on_a_long_line_is_underlined_where_it_stands(between: int, tmp_path: Path) -> None:
    file = tmp_path / "long.yaml"
    file.write_text(f"{'x' * 200}first{'y' * between}second{'z' * 200}\n", encoding="utf-8")
    places = [Evidence(Origin(str(file), 1, column), text) for column, text in ((201, "first"), (206, "second"))]
    shown = ""
    under = []
    for line in map(unmarked, list(excerpt(places, Sources()))[2:]):
        text = line.partition("|")[2]
        if mark := re.search(r"[-^]+", text):
            under.append(shown[mark.start() : mark.end()])
        else:
            shown = text
    assert under == ["first", "second"]


# --- trace ------------------------------------------------------------------------------------------------------------


def lost(found: Outcome, phase: str) -> dict[str, str]:
    return {miss.text: miss.why for step in found.trace if step.phase == phase for miss in step.considered}


NEAR_MISSES = {
    "longer prefix without slash": ("http://shop.example.com/cart?x=1", "location", "location /cart/", "no slash"),
    "shorter prefix": ("http://shop.example.com/cart/a", "location", "location /", "/cart/ is longer"),
    "exact path only": ("http://shop.example.com/cart/old/2", "location", "location = /cart/old", "only exactly"),
    "expression that does not match": (
        "http://regex.example.com/api/v2",
        "location",
        "location ~* ^/api/v1",
        "does not",
    ),
    "expression that comes later": ("http://regex.example.com/api/v1", "location", "location ~* ^/api", "before it"),
    "nearest host": ("http://shp.example.com/", "server", "shop.example.com", "is not shp.example.com"),
    "one label for a star": ("http://a.b.example.org/", "server", "*.example.org", "one label only"),
    "canary without its header": (
        "http://shop.example.com/",
        "balancer",
        "canary default-next-80",
        "no header X-Canary",
    ),
    "network without the client": ("http://allowed.example.com/", "access", "allow 10.0.0.0/8", "not in it"),
}


@pytest.mark.parametrize(("url", "phase", "candidate", "why"), NEAR_MISSES.values(), ids=NEAR_MISSES.keys())
def test_what_was_considered_and_lost(estate: Simulation, url: str, phase: str, candidate: str, why: str) -> None:
    assert why in lost(outcome(estate, url), phase)[candidate]


def test_an_ingress_that_was_dropped_is_among_what_lost() -> None:
    text = (DATA / "reports.yaml").read_text(encoding="utf-8")
    text = text.replace(
        "ingressClassName: nginx\n  rules:\n  - host: allowed", "ingressClassName: other\n  rules:\n  - host: allowed"
    )
    estate = simulate(["-"], stdin=io.StringIO(text))
    assert (
        "Ingress default/allowed is not served"
        in lost(outcome(estate, "http://allowed.example.com/"), "server")["allowed.example.com"]
    )


def test_steps_of_the_default_backend_lie_within_the_step_that_asked_it(estate: Simulation) -> None:
    tree = nested(outcome(estate, "http://nobody.test/").trace)
    assert [step.phase for step in tree] == ["server", "location", "balancer", "proxy"]
    assert [step.text for step in tree[-1].steps] == ["-", "location /", "return 404"]


def test_steps_of_an_auth_subrequest_lie_within_the_step_that_tells_its_answer(estate: Simulation) -> None:
    tree = nested(outcome(estate, "http://inside.example.com/").trace)
    assert [step.phase for step in tree] == ["server", "location", "auth", "balancer", "proxy"]
    assert [step.phase for step in tree[2].steps] == ["location", "proxy"]


def test_a_snippet_that_answers_is_named_with_its_line(estate: Simulation) -> None:
    found = outcome(estate, "http://shop.example.com/?closed=1")
    assert (found.status, found.cause.code) == (410, "snippet-answer")
    span = locate(found.cause.evidence[0], Sources())
    assert span is not None
    assert span.source.strip() == "return 410;"
    configured = outcome(estate, "http://regex.example.com/api", headers=[("X-Teapot", "1")])
    assert (configured.status, configured.cause.code) == (418, "snippet-answer")


# --- origins ----------------------------------------------------------------------------------------------------------


def without_lines(block: Directive) -> list[object]:
    return [(child.name, child.args, child.block and without_lines(child)) for child in block.block or ()]


def test_a_conf_with_origins_means_what_it_meant(estate: Simulation) -> None:
    rendered = estate.rendered()
    assert without_lines(parse_conf(origins_text(rendered))) == without_lines(parse_conf(rendered.text))


def test_every_directive_has_its_origin(estate: Simulation) -> None:
    told = {}
    for line in origins_text(estate.rendered("shop.example.com")).splitlines():
        directive, hash_sign, origin = line.rpartition("  # ")
        if hash_sign:
            told[directive.strip()] = origin
    assert told["proxy_read_timeout 300s;"].startswith("annotation proxy-read-timeout ")
    assert told["client_max_body_size 4m;"].startswith("ConfigMap key proxy-body-size ")
    assert told["proxy_connect_timeout 5s;"] == "default"
    assert told['server_name "shop.example.com";'].startswith("rules[].host ")
    for line in ("if ($arg_closed) {", "return 410;"):
        assert told[line].startswith("annotation configuration-snippet ")
    assert told["return 418;"].startswith("ConfigMap key server-snippet ")


def test_origins_as_json(estate: Simulation) -> None:
    directives = json.loads(origins_json(estate.rendered()))["directives"]
    lines = estate.nginx_conf().splitlines()
    assert all(
        lines[each["line"] - 1].lstrip().startswith(each["name"][:4])
        for each in directives
        if each["name"][:1].isalpha()
    )
    (log_format,) = (
        each for each in directives if each["arguments"][:1] == ["upstreaminfo"] and each["name"] == "log_format"
    )
    assert [source["name"] for source in log_format["sources"]] == ["log-format-upstream"]
    assert {"default"} == {
        source["kind"] for each in directives if each["name"] == "daemon" for source in each["sources"]
    }
