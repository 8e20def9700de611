"""Suite files: reading, judging, reports, recording and updating."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from nginxsim.cli.test import command
from nginxsim.errors import InputError, UsageError
from nginxsim.reports.suites import FORMATS
from nginxsim.suites import schema
from nginxsim.suites.estates import Estates
from nginxsim.suites.reading import read_suite
from nginxsim.suites.results import Run, State
from nginxsim.suites.running import run
from nginxsim.suites.selecting import parse
from tests.support.controllers import deployment
from tests.support.estates import manifests
from tests.support.places import ROOT, SAMPLES, plain_manifests

SUITES = sorted(SAMPLES.glob("**/*.nginxsim.yaml"))
SCHEMA = json.loads((ROOT / "nginxsim/suites/schema.json").read_text(encoding="utf-8"))

SHOP = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
    nginx.ingress.kubernetes.io/proxy-body-size: 1m
    nginx.ingress.kubernetes.io/affinity: cookie
spec:
  ingressClassName: nginx
  rules:
    - host: shop.example.com
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}
          - {path: /api, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: admin
  annotations:
    nginx.ingress.kubernetes.io/auth-url: http://auth.default.svc.cluster.local/check
spec:
  ingressClassName: nginx
  rules:
    - host: admin.example.com
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}
data:
  hsts: "false"
  server-tokens: "true"
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {selector: {app: shop}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: shop, labels: {app: shop}}
spec: {containers: [{name: shop}]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with manifests, which is the current one."""
    (tmp_path / "shop.yaml").write_text(SHOP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def suite(folder: Path, tests: str, head: str = "") -> str:
    (folder / "t.nginxsim.yaml").write_text(f"{head}\ntests:\n{tests}", encoding="utf-8")
    return "t.nginxsim.yaml"


def played(name: str) -> Run:
    return run(read_suite(name).cases)


def cli(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def coverage_of(sample: Path) -> str:
    """What samples/503 shows is broken, so that requests cannot reach all of it."""
    return "0" if "503" in sample.parts else "100"


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.parent.name)
def test_each_sample_passes_its_suite(path: Path) -> None:
    code, output = cli(path, "--coverage-fail-under", coverage_of(path))
    assert code == 0, output


def test_every_sample_has_a_suite() -> None:
    assert {path.parent for path in SUITES} == {
        path.parent for path in plain_manifests() if path.name == "ingress.yaml"
    }


# The schema


def test_the_published_schema_is_that_of_the_reader() -> None:
    published = (ROOT / "nginxsim/suites/schema.json").read_text(encoding="utf-8")
    assert published == schema.text(), "write it again: python -m nginxsim.suites.schema > nginxsim/suites/schema.json"
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.parent.name)
def test_samples_follow_the_schema(path: Path) -> None:
    Draft202012Validator(SCHEMA).validate(yaml.safe_load(path.read_text(encoding="utf-8")))


FAULTS = [
    (
        "{request: http://a.b/, expect: {stats: 200}}",
        '3:37: tests[0].expect.stats: unknown field "stats"; did you mean "status"?',
    ),
    ("{request: http://a.b/, expect: {status: 99}}", '3:45: tests[0].expect.status: "99" is no status'),
    ("{request: http://a.b/, expect: {status: 200, status: 300}}", '"status" comes twice here'),
    ("{request: http://a.b/, expect: {}}", "expects nothing"),
    ("{request: http://a.b/, expect: {headers: {}, upstream: {}}}", "expects nothing"),
    ("{request: http://a.b/, expect: {cause: NX999}}", 'unknown cause "NX999"; did you mean "NX599"?'),
    ("{request: http://a.b/, expect: {headers: {A: '~('}}}", '"(" is no regular expression'),
    ("{request: http://a.b/, expect: {probability: 2}}", "expected a probability"),
    ("{request: http://a.b/, expect: {status: 200, outcomes: []}}", "outcomes say it all: move status into them"),
    ("{request: http://a.b/, expect: {outcomes: []}}", "an empty list expects nothing"),
    ("{request: http://a.b/, expect: {outcomes: [{nginx_refuses: true}]}}", "nginx_refuses stand beside"),
    ("{request: ftp://a.b/, expect: {status: 200}}", 'unknown URL scheme "ftp"'),
    ("{request: http://a.b/, client: home, expect: {status: 200}}", '3:36: tests[0].client: "home" is no IP address'),
    ("{request: http://a.b/}", '"expect" is missing'),
    ("{request: http://a.b/, expect: {status: 200}, services: {shop: 200}}", '"shop" is no service'),
    (
        "{request: 'http://a.b/{pth}', for_each: {path: [a]}, expect: {status: 200}}",
        '"{pth}" is no column of for_each; did you mean "path"?',
    ),
    ("{request: http://a.b/, for_each: {path: [a]}, expect: {status: 200}}", "no {path} in the test takes this value"),
    (
        "{request: http://a.b/, with: {annotations: {default/shop: {proxy-body-sise: 1}}}, expect: {status: 200}}",
        'unknown annotation "proxy-body-sise"; did you mean "proxy-body-size"?',
    ),
    (
        "{request: http://a.b/, with: {annotations: {default/shp: {proxy-body-size: 1}}}, expect: {status: 200}}",
        '3:80: no Ingress "default/shp" in the manifests; did you mean "default/shop"?',
    ),
    (
        "{request: http://a.b/, with: {configmap: {hstss: 1}}, expect: {status: 200}}",
        'unknown ConfigMap key "hstss"; did you mean "hsts"?',
    ),
    ("{request: http://a.b/, with: {flags: [--nope]}, expect: {status: 200}}", "unknown flag"),
]


@pytest.mark.parametrize(("test", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_faulty_suite_is_refused_with_its_place(folder: Path, test: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        played(suite(folder, f"  - {test}\n"))
    assert message in str(raised.value)
    assert str(raised.value).startswith("t.nginxsim.yaml:3:")


OWN_RELEASE = {
    "an annotation that is gone by now": ("annotations: {'*': {global-rate-limit: '5'}}", ""),
    "one that is not there yet": (
        "annotations: {'*': {relative-redirects: 'true'}}",
        '3:88: release 1.9.6: unknown annotation "relative-redirects"',
    ),
    "a flag that is not there yet": (
        "flags: [--bucket-factor=2]",
        "t.nginxsim.yaml:2:1: unknown flag: --bucket-factor; it comes with release 1.12.0",
    ),
}


@pytest.mark.parametrize(("change", "says"), OWN_RELEASE.values(), ids=OWN_RELEASE)
def test_names_are_those_of_the_release_that_the_manifests_have(folder: Path, change: str, says: str) -> None:
    image = "mirror.test/ingress-nginx/controller:v1.9.6"
    (folder / "controller.yaml").write_text(manifests(deployment(image=image)), encoding="utf-8")
    name = suite(folder, f"  - {{request: http://shop.example.com/, with: {{{change}}}, expect: {{status: 200}}}}\n")
    if not says:
        assert played(name).ok
        return
    with pytest.raises(InputError, match=re.escape(says)):
        played(name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("manifests: nowhere\ntests: []", "t.nginxsim.yaml:1:12: manifests: nowhere: no such file or folder"),
        ("release: '9'\ntests: []", "t.nginxsim.yaml:1:10: release: unknown release"),
        ("tests: [", "t.nginxsim.yaml:2:1: not valid YAML"),
        ("test: []", 'did you mean "tests"?'),
        ("", "expected one YAML document"),
    ],
)
def test_a_faulty_head_is_refused(folder: Path, text: str, message: str) -> None:
    (folder / "t.nginxsim.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_suite("t.nginxsim.yaml")
    assert message in str(raised.value)


# Judging

VERDICTS = [
    # expectation, then the fields of it that fail
    ("{status: 200, service: default/shop, cause: served, denied: false, redirect: ''}", []),
    ("{status: 2xx, service: 'default/shop:80', cause: NX001}", []),
    ("{status: 4xx, service: default/api, cause: NX101, denied: true}", ["status", "service", "cause", "denied"]),
    ("{service: '', redirect: /elsewhere}", ["service", "redirect"]),
    ("{upstream: {method: GET, uri: '/cart?x=1', host: shop.example.com, headers: {Host: ~^shop, X-Nothing: ''}}}", []),
    ("{upstream: {uri: ~^/cart$, headers: {Host: other}}}", ["upstream.uri", "upstream.headers.Host"]),
    ("{headers: {X-One: 1, Set-Cookie: [~INGRESSCOOKIE, ~Path=/], X-Two: ''}}", []),
    ("{headers: {X-One: '', Set-Cookie: nothing}}", ["headers.X-One", "headers.Set-Cookie"]),
    ("{status: closed}", ["status"]),
    ("{status: 200, probability: 1}", []),
    ("{status: 200, probability: 30%}", ["probability"]),
    ("{outcomes: [{status: 200}, {status: 500}]}", ["outcomes"]),
]


@pytest.mark.parametrize(("expect", "failing"), VERDICTS, ids=[expect for expect, _ in VERDICTS])
def test_expectations_are_held_against_the_verdict(folder: Path, expect: str, failing: Sequence[str]) -> None:
    name = suite(
        folder,
        f"  - request: GET http://shop.example.com/cart?x=1\n    expect: {expect}\n",
        "services: {default/shop: {headers: {X-One: '1'}}}",
    )
    (result,) = played(name).results
    assert [fault.field for fault in result.mismatches] == list(failing)
    assert result.state is (State.FAILED if failing else State.PASSED)


@pytest.mark.parametrize(
    ("services", "status"),
    [
        ("{default/auth: 401}", 401),
        ("{default/auth: {/check: 403, '*': 200}}", 403),
        ("{'default/auth:80': {'/che*': {status: 202}}}", 200),
        ("{http://auth.default.svc.cluster.local/check: {fails: refused}}", 500),
        ("{http://auth.default.svc.cluster.local: {/other: 401}}", 200),
    ],
)
def test_services_play_their_part(folder: Path, services: str, status: int) -> None:
    name = suite(
        folder, f"  - {{request: http://admin.example.com/, services: {services}, expect: {{status: {status}}}}}\n"
    )
    (result,) = played(name).results
    assert not result.failed, result.mismatches


@pytest.mark.parametrize(
    ("change", "expect"),
    [
        (
            "annotations: {default/shop: {permanent-redirect: 'https://new.example.com'}}",
            "{redirect: '301 https://new.example.com'}",
        ),
        ("annotations: {'*': {denylist-source-range: 127.0.0.0/8}}", "{status: 403}"),
        ("annotations: {default/admin: {auth-url: null}}", "{status: 200}"),
        ("configmap: {block-cidrs: 127.0.0.0/8}", "{cause: client-blocked}"),
        ("flags: [--ingress-class=other, --controller-class=example.com/other]", "{status: 404}"),
    ],
)
def test_what_if(folder: Path, change: str, expect: str) -> None:
    name = suite(folder, f"  - {{request: http://shop.example.com/, with: {{{change}}}, expect: {expect}}}\n")
    (result,) = played(name).results
    assert not result.failed, result.mismatches


SNIPPETS = "{allow-snippet-annotations: 'true', annotations-risk-level: Critical}"
REFUSED = [
    # annotations, ConfigMap, expectation, whether the test passes
    ("proxy-buffer-size: 16b", "{}", "{status: 200}", False),
    ("proxy-buffer-size: 16b", "{}", "{status: 200, nginx_refuses: true}", True),
    ("proxy-buffer-size: 16k", "{}", "{status: 200, nginx_refuses: true}", False),
    ("configuration-snippet: 'if ($x) {'", SNIPPETS, "{nginx_refuses: true}", True),
    ("configuration-snippet: 'if ($x) {'", SNIPPETS, "{status: 200}", False),
]


@pytest.mark.parametrize(("annotations", "configmap", "expect", "passes"), REFUSED)
def test_what_nginx_refuses_answers_nothing(
    folder: Path, annotations: str, configmap: str, expect: str, passes: bool
) -> None:
    change = f"annotations: {{default/shop: {{{annotations}}}}}, configmap: {configmap}"
    name = suite(folder, f"  - {{request: http://shop.example.com/, with: {{{change}}}, expect: {expect}}}\n")
    (result,) = played(name).results
    assert result.failed != passes
    assert [fault.field for fault in result.mismatches] == ([] if passes else ["nginx_refuses"])


def test_tables_make_a_test_of_each_row_or_combination(folder: Path) -> None:
    name = suite(
        folder,
        """\
  - name: to {service}
    for_each:
      - {path: /, service: shop}
      - {path: /api, service: api}
    request: GET http://shop.example.com{path}
    expect: {service: "default/{service}"}
  - for_each: {method: [GET, POST], path: [/a, /b]}
    request: "{method} http://shop.example.com{path}"
    expect: {status: 200}
""",
    )
    found = played(name)
    assert found.ok
    assert [result.case.name for result in found.results] == [
        "to shop",
        "to api",
        "GET http://shop.example.com/a",
        "GET http://shop.example.com/b",
        "POST http://shop.example.com/a",
        "POST http://shop.example.com/b",
    ]


# Choosing and running


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("cart", ["cart", "admin cart"]),
        ("cart and not admin", ["cart"]),
        ("not (cart or api)", ["admin"]),
        ('"admin cart" or API', ["admin cart", "api"]),
    ],
)
def test_expressions_choose_by_name(expression: str, wanted: list[str]) -> None:
    assert [name for name in ("cart", "admin cart", "admin", "api") if parse(expression)(name)] == wanted


@pytest.mark.parametrize("expression", ["and", "a or", "(a", "a )", "not"])
def test_broken_expressions_are_refused(expression: str) -> None:
    with pytest.raises(UsageError, match="-k"):
        parse(expression)


THREE = """\
  - {name: one, request: http://shop.example.com/, expect: {status: 200}, tags: smoke}
  - {name: two, request: http://shop.example.com/, expect: {status: 404}, tags: [slow, smoke]}
  - {name: three, request: http://shop.example.com/, expect: {status: 200}, skip: not today}
  - {name: four, request: http://nowhere.example.com/, expect: {status: 500}}
"""


@pytest.mark.parametrize(
    ("arguments", "code", "last"),
    [
        ([], 1, "2 failed, 1 passed, 1 skipped"),
        (["--fail-fast"], 1, "1 failed, 1 passed"),
        (["--tag", "smoke", "--tag", "!slow"], 0, "1 passed"),
        (["-k", "one or three"], 0, "1 passed, 1 skipped"),
    ],
)
def test_exit_codes_and_counts(folder: Path, arguments: list[str], code: int, last: str) -> None:
    found, output = cli(suite(folder, THREE), *arguments)
    assert (found, output.splitlines()[-1]) == (code, last)


def test_only_leaves_the_others_out_and_says_so(folder: Path) -> None:
    name = suite(
        folder, THREE + "  - {name: five, only: true, request: http://shop.example.com/, expect: {status: 200}}\n"
    )
    code, output = cli(name)
    assert code == 0
    assert "`only` leaves out 4 other test(s)" in output


@pytest.mark.parametrize("arguments", [["-k", "nothing"], ["nowhere"], ["-o", "yaml"], ["--flag", "--x=1"]])
def test_nothing_to_run_is_bad_input(folder: Path, arguments: list[str]) -> None:
    suite(folder, THREE)
    with pytest.raises(InputError):
        cli(*arguments)


def test_an_answer_that_nobody_asks_for_is_told(folder: Path) -> None:
    name = suite(folder, THREE, "services: {default/auht: 401}")
    assert "no request came to default/auht" in cli(name)[1]


# Reports


def test_a_failure_shows_expected_beside_actual_and_where_it_comes_from(folder: Path) -> None:
    _, output = cli(suite(folder, THREE), "--only-failures")
    assert "✓" not in output
    assert "  status   404        200\n" in output
    assert "nginx.conf:" in output
    assert "trace" in output


def test_json_names_every_mismatch(folder: Path) -> None:
    found = json.loads(cli(suite(folder, THREE), "-o", "json")[1])
    assert found["counts"] == {"passed": 1, "failed": 2, "skipped": 1}
    (fault,) = found["tests"][1]["mismatches"]
    assert (fault["field"], fault["expected"], fault["actual"], fault["origin"]["line"]) == ("status", "404", "200", 4)
    assert found["tests"][1]["outcomes"][0]["cause"]["code"] == "served"


def test_junit_is_what_viewers_read(folder: Path) -> None:
    code, screen = cli(suite(folder, THREE), "-o", "junit=report.xml")
    root = ET.parse(folder / "report.xml").getroot()
    assert code == 1
    assert "2 failed" in screen
    assert [root.get(name) for name in ("tests", "failures", "skipped")] == ["4", "2", "1"]
    failures = {case.get("name"): case.find("failure") for case in root.iter("testcase")}
    assert [name for name, failure in failures.items() if failure is not None] == ["two", "four"]


def test_tap_counts_and_skips(folder: Path) -> None:
    lines = cli(suite(folder, THREE), "-o", "tap")[1].splitlines()
    assert lines[:2] == ["TAP version 14", "1..4"]
    assert [line for line in lines if line.startswith(("ok", "not ok"))] == [
        "ok 1 - t.nginxsim.yaml: one",
        "not ok 2 - t.nginxsim.yaml: two",
        "ok 3 - t.nginxsim.yaml: three # SKIP not today",
        "not ok 4 - t.nginxsim.yaml: four",
    ]


def test_github_puts_the_failure_at_the_expectation(folder: Path) -> None:
    lines = cli(suite(folder, THREE), "-o", "github")[1].splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    assert errors[0].startswith("::error file=t.nginxsim.yaml,line=4,col=69,title=two::GET http://shop.example.com/%0A")
    assert len(errors) == 2


@pytest.mark.usefixtures("process")
def test_processes_change_nothing(folder: Path) -> None:
    assert cli(suite(folder, THREE), "--jobs", "2")[1].endswith("2 failed, 1 passed, 1 skipped\n")
    cases = read_suite(suite(folder, THREE)).cases
    alone, together = (run(cases, jobs=jobs, coverage=True) for jobs in (1, 2))
    assert [FORMATS["text"](one, False) for one in (alone, together)] == [FORMATS["text"](alone, False)] * 2
    assert alone.hits == together.hits


# Recording and updating


@pytest.mark.parametrize("sample", [path.parent for path in SUITES], ids=lambda path: path.name)
def test_a_recorded_suite_passes(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(sample, tmp_path / "k8s")
    monkeypatch.chdir(tmp_path)
    assert cli("--record", "first.nginxsim.yaml", "k8s")[0] == 0
    code, output = cli("first.nginxsim.yaml", "--coverage-fail-under", coverage_of(sample))
    assert code == 0, output


def test_recording_finds_each_location_and_its_neighbour(folder: Path) -> None:
    cli("--record", "first.nginxsim.yaml", "shop.yaml")
    found = yaml.safe_load((folder / "first.nginxsim.yaml").read_text(encoding="utf-8"))
    assert [(test["request"], test["expect"].get("service")) for test in found["tests"]] == [
        ("GET http://shop.example.com/", "default/shop:80"),
        ("GET http://shop.example.com/api", "default/api:80"),
        ("GET http://shop.example.com/api-near-miss", "default/shop:80"),
        ("GET http://admin.example.com/", "default/shop:80"),
    ]
    with pytest.raises(UsageError, match="--yes overwrites"):
        cli("--record", "first.nginxsim.yaml", "shop.yaml")


OUTDATED = """\
# the shop's tests — reviewed
tests:
  - name: "cart"      # keep me
    request: GET http://shop.example.com/cart
    expect: {status: 404, service: 'default/api', headers: {X-Gone: "~x"}}   # and me
  - for_each:
      - {path: /, to: default/shop}
      - {path: /api, to: default/shop}
    request: GET http://shop.example.com{path}
    expect:
      service: "{to}"
      denied: true
"""


def test_update_writes_values_and_leaves_the_rest_alone(folder: Path) -> None:
    (folder / "t.nginxsim.yaml").write_text(OUTDATED, encoding="utf-8")
    code, output = cli("t.nginxsim.yaml", "--update")
    assert code == 1, "nobody agreed to the difference yet"
    assert "+      denied: false\n" in output
    assert (folder / "t.nginxsim.yaml").read_text(encoding="utf-8") == OUTDATED

    assert cli("t.nginxsim.yaml", "--update", "--yes")[0] == 0
    expected = (
        OUTDATED.replace(
            "{status: 404, service: 'default/api', headers: {X-Gone: \"~x\"}}",
            "{status: 200, service: 'default/shop:80', headers: {X-Gone: \"\"}}",
        )
        .replace("{path: /api, to: default/shop}", "{path: /api, to: default/api:80}")
        .replace("denied: true", "denied: false")
    )
    assert (folder / "t.nginxsim.yaml").read_text(encoding="utf-8") == expected
    assert cli("t.nginxsim.yaml")[0] == 0


def test_update_leaves_rows_that_disagree_to_people(folder: Path) -> None:
    name = suite(
        folder,
        "  - {for_each: {path: [/, /api]}, request: 'http://shop.example.com{path}', expect: {service: default/shop}}",
    )
    before = (folder / name).read_text(encoding="utf-8")
    code, output = cli(name, "--update", "--yes")
    assert code == 1
    assert "to be changed by hand: rows or outcomes that share this value disagree on it" in output
    assert (folder / name).read_text(encoding="utf-8") == before


# Coverage


def test_coverage_tells_what_no_request_exercised(folder: Path) -> None:
    name = suite(folder, "  - {request: http://shop.example.com/, expect: {status: 200}}\n")
    code, output = cli(name, "--coverage", "--coverage-fail-under", "90")
    missed = output.partition("not exercised\n")[2]
    assert code == 1
    assert "is below 90 %" in output
    assert [line.split()[1] for line in missed.splitlines()[:4]] == [
        "admin.example.com",
        "shop.example.com/api",
        "admin.example.com/",
        "auth-url",
    ]


def test_coverage_files(folder: Path) -> None:
    name = suite(folder, "  - {request: http://shop.example.com/, expect: {status: 200}}\n")
    options = {kind: f"coverage.{kind}" for kind in ("html", "markdown", "lcov", "cobertura")}
    code, _ = cli(name, *(word for kind, file in options.items() for word in (f"--coverage-{kind}", file)))
    assert code == 0
    written = {kind: (folder / file).read_text(encoding="utf-8") for kind, file in options.items()}

    lines = dict(line[3:].split(",") for line in written["lcov"].splitlines() if line.startswith("DA:"))
    assert {"6", "7", "11", "14", "35", "36"} <= {line for line, count in lines.items() if int(count)}
    assert {line for line, count in lines.items() if count == "0"} == {"15", "22", "26", "29"}
    assert written["lcov"].startswith("TN:nginxsim\nSF:shop.yaml\n")

    classes = ET.fromstring(written["cobertura"]).findall("./packages/package/classes/class")
    assert [(one.get("filename"), len(one.findall("./lines/line"))) for one in classes] == [("shop.yaml", len(lines))]
    assert "| servers | 1 | 2 | 50 % |" in written["markdown"]
    assert "auth-url of Ingress default/admin" in written["html"]
    assert "<script" not in written["html"]


def test_colours_stay_out_of_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nginxsim.reports.terminal.wants_colour", lambda: True)
    cli(suite(folder, THREE), "-o", "text=report.txt")
    text = (folder / "report.txt").read_text(encoding="utf-8")
    assert text == click.unstyle(text)


def test_equal_changes_share_a_simulation(folder: Path) -> None:
    change = "with: {annotations: {default/shop: {proxy-body-size: 2m}}}"
    cases = read_suite(
        suite(folder, f"  - {{request: http://a.example.com/, {change}, expect: {{status: 404}}}}\n" * 2)
    ).cases
    estates = Estates()
    assert run(cases, estates=estates).ok
    assert estates.simulation(cases[0].estate) is estates.simulation(cases[1].estate)
