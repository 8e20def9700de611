"""Releases: what each of them does otherwise, and how one is named."""

from __future__ import annotations

import ast
import html
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment, nodes

from nginxsim import Request, UsageError, simulate
from nginxsim.annotations import TABLE
from nginxsim.catalogue.examples import example_of
from nginxsim.config.flags import KNOWN, Flags
from nginxsim.config.settings import SETTING_KEYS, Settings
from nginxsim.releases import NEWEST, RELEASES, Release, flags, number, release, settings, span
from nginxsim.releases.published import PUBLISHED
from nginxsim.reports import FORMATS
from nginxsim.simulation import Simulation
from tests.support.commands import Command
from tests.support.places import DATA, ROOT, SAMPLES, plain_manifests

CASES = yaml.safe_load((DATA / "releases.yaml").read_text())
ASKED = [(case, name) for case in CASES for name in case["asked"]]


def simulation(case: Mapping[str, Any], name: str, folder: Path) -> Simulation:
    example = example_of(case["given"])
    assert example is not None
    path = folder / "estate.yaml"
    path.write_text(example.manifests(), encoding="utf-8")
    return simulate([path], release=name, flags=example.flags)


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]


@pytest.mark.parametrize(("case", "name"), ASKED, ids=lambda value: value if isinstance(value, str) else value["about"])
def test_what_a_release_does(case: Mapping[str, Any], name: str, tmp_path: Path) -> None:
    sim = simulation(case, name, tmp_path)
    expected = case["asked"][name]
    server, whole = lines(sim.nginx_conf("shop.example.com")), lines(sim.nginx_conf())
    assert not [line for line in expected.get("has", ()) if line not in server]
    assert not [part for part in expected.get("lacks", ()) if any(part in line for line in server)]
    assert not [line for line in expected.get("http", ()) if line not in whole]
    told = [found.message for found in sim.nginx_errors()]
    assert told == expected.get("nginx", told)
    assert not [part for part in expected.get("found_in_http", ()) if not any(part in line for line in whole)]
    assert not [part for part in expected.get("absent", ()) if any(part in line for line in whole)]
    assert {line: server.count(line) for line in expected.get("times", ())} == expected.get("times", {})
    review = sim.review()[-1]
    if "refused" in expected:
        assert review.allowed is (expected["refused"] == "")
        assert expected["refused"] in review.error
    assert list(review.warnings) == expected.get("warned", list(review.warnings))
    if "cause" in expected:
        assert sim.route(Request(host="shop.example.com")).cause.code == expected["cause"]
    codes = {found.code for found in sim.check()}
    assert codes >= set(expected.get("found", ()))
    assert not codes & set(expected.get("not_found", ()))


NOT_A_RANGE = "the annotation does not contain a valid IP address or network: invalid CIDR address: office"
BAD_RANGE = {
    # annotation, flags -> (first release of a run, status, what the denied location says)
    ("whitelist-source-range", ()): [
        ("0.43.0", 503, NOT_A_RANGE),
        ("1.12.0", 503, "annotation nginx.ingress.kubernetes.io/whitelist-source-range contains invalid value"),
    ],
    ("whitelist-source-range", ("--enable-annotation-validation=false",)): [("1.9.0", 503, NOT_A_RANGE)],
    ("allowlist-source-range", ()): [
        ("0.43.0", 200, ""),
        ("1.9.0", 503, NOT_A_RANGE),
        ("1.12.0", 503, "annotation nginx.ingress.kubernetes.io/allowlist-source-range contains invalid value"),
    ],
    ("denylist-source-range", ()): [
        ("0.43.0", 200, ""),
        ("1.6.4", 503, NOT_A_RANGE),
        ("1.12.0", 503, "annotation nginx.ingress.kubernetes.io/denylist-source-range contains invalid value"),
    ],
}
"""What "10.0.0.0/8, office" comes to. Never does the webhook refuse it, nor is the Ingress dropped: it is denied."""


@pytest.mark.parametrize(
    ("asked", "story"), BAD_RANGE.items(), ids=[" ".join((name, *flags)) for name, flags in BAD_RANGE]
)
def test_the_story_of_a_bad_range_in_every_release(
    asked: tuple[str, tuple[str, ...]], story: list[tuple[str, int, str]], tmp_path: Path
) -> None:
    annotation, flags = asked
    given = [{"flags": list(flags)}, {"annotations": {annotation: "10.0.0.0/8, office"}}]
    example = example_of(given)
    assert example is not None
    (tmp_path / "estate.yaml").write_text(example.manifests(), encoding="utf-8")
    found: list[tuple[str, int | None, str]] = []
    for name in RELEASES[RELEASES.index(story[0][0]) :]:
        sim = simulate([tmp_path / "estate.yaml"], release=name, flags=flags, assume=["services"])
        denied = re.search(r"Location denied\. Reason: \"(.*)\"", sim.nginx_conf("shop.example.com"))
        verdict = sim.route(Request(host="shop.example.com"))
        assert sim.review()[0].allowed
        assert (verdict.cause.code == "location-denied") is (denied is not None)
        if not found or found[-1][1:] != (verdict.status, denied[1] if denied else ""):
            found.append((name, verdict.status, denied[1] if denied else ""))
    assert found == story


@pytest.mark.parametrize(("name", "like"), [("1.14.4", "1.14.5"), ("1.14.5", "1.15.0"), ("1.15.0", "1.15.1")])
def test_releases_that_differ_in_nothing_say_the_same_of_every_sample(name: str, like: str) -> None:
    for sample in sorted({SAMPLES / path.relative_to(SAMPLES).parts[0] for path in plain_manifests()}):
        one, other = simulate([sample], release=name), simulate([sample], release=like)
        assert one.nginx_conf().splitlines()[1:] == other.nginx_conf().splitlines()[1:]
        assert one.review() == other.review()
        assert one.check() == other.check()


@pytest.mark.parametrize(
    ("written", "name", "taken"),
    [
        ("1.15.1", "1.15.1", ()),
        ("v1.15.1", "1.15.1", ()),
        ("controller-v1.13.9", "1.13.9", ()),
        ("v1.15.1@sha256:0123", "1.15.1", ()),
        ("v1.15.1-hardened1", "1.15.1", ("1.15.1-hardened1 does what 1.15.1 does, which it is a build of",)),
        ("nginx-1.14.5-hardened4", "1.14.5", ("1.14.5-hardened4 does what 1.14.5 does, which it is a build of",)),
        ("1.15.5-chainguard", NEWEST, (f"1.15.5-chainguard does what {NEWEST} does, the newest release known",)),
        ("2.0.0", NEWEST, (f"2.0.0 does what {NEWEST} does, the newest release known",)),
    ],
)
def test_names_of_releases(written: str, name: str, taken: tuple[str, ...]) -> None:
    found = release(written)
    assert (found.name, found.assumptions) == (name, taken)


@pytest.mark.parametrize(
    ("written", "nearest"), [("1.14.9", "1.14.5"), ("1.14.9-mine", "1.14.5"), ("0.30.0", RELEASES[0])]
)
def test_an_unknown_older_release_is_refused_with_the_nearest(written: str, nearest: str) -> None:
    with pytest.raises(UsageError, match=rf'unknown release "{written}" .*the nearest is {re.escape(nearest)}$'):
        release(written)


def test_a_version_of_the_chart_is_no_release() -> None:
    with pytest.raises(UsageError, match=r'"4\.12\.1" is a version of the chart, which installs release 1\.12\.1'):
        release("4.12.1")


@pytest.mark.parametrize("written", ["", "latest", "1.15", "1.15.1 1.14.0"])
def test_what_is_no_release(written: str) -> None:
    with pytest.raises(UsageError, match="unknown release"):
        release(written)


def test_what_is_taken_for_granted_of_a_build_is_said_in_the_verdict() -> None:
    sim = simulate([ROOT / "samples/shop"], release="1.15.5-chainguard", facts=["annotations-risk-level=Critical"])
    assumptions = sim.route(Request(host="shop.example.com")).assumptions
    assert f"1.15.5-chainguard does what {NEWEST} does, the newest release known" in assumptions
    assert "annotations-risk-level is Critical in this build (--fact)" in assumptions


BUILD = ("--release", "1.15.5-chainguard", "--fact", "hsts=false")
TAKEN = (f"1.15.5-chainguard does what {NEWEST} does, the newest release known", "hsts is false in this build (--fact)")


@pytest.mark.parametrize(
    "command",
    [
        *(("why", "http://shop.example.com/", "k8s", "-o", name) for name in FORMATS),
        *(("check", "k8s", "-o", name) for name in FORMATS),
        *(("admit", "k8s", "-o", name) for name in ("text", "json")),
        *(("diff", "k8s", "k8s", "-o", name) for name in ("text", "json", "markdown")),
        ("ingresses", "k8s"),
        ("backends", "k8s"),
        ("conf", "k8s"),
    ],
    ids=" ".join,
)
def test_every_report_says_what_is_taken_for_granted(
    command: tuple[str, ...], nginxsim: Command, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "samples/shop", tmp_path / "k8s")
    ran = nginxsim(*command, *BUILD, folder=tmp_path)
    told = re.sub(r"\\(?=[.\-])", "", html.unescape(ran.out + ran.err))
    assert [words for words in TAKEN if words not in told] == []


def test_a_suite_may_ask_for_a_build(nginxsim: Command, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "samples/shop-repaired", tmp_path / "k8s")
    suite = "manifests: k8s\nrelease: 1.15.5-chainguard\nfacts: hsts=false\ntests:\n- request: GET https://shop.example.com/\n"
    (tmp_path / "a.nginxsim.yaml").write_text(suite + "  expect: {headers: {Strict-Transport-Security: ''}}\n")
    ran = nginxsim("test", "a.nginxsim.yaml", folder=tmp_path)
    assert (ran.status, ran.err.splitlines()) == (0, [f"taken  {words}" for words in TAKEN])
    (tmp_path / "a.nginxsim.yaml").write_text(suite.replace("hsts", "hst") + "  expect: {status: 200}\n")
    assert 'a.nginxsim.yaml:3:8: facts: fact "hst": release' in nginxsim("test", "a.nginxsim.yaml", folder=tmp_path).err


# --- facts of somebody's build


@pytest.mark.parametrize(
    ("fact", "field", "value"),
    [
        ("annotation-value-word-blocklist=load_module,{", "annotation_value_word_blocklist", "load_module,{"),
        ("allow-snippet-annotations=true", "allow_snippet_annotations", True),
        ("keep-alive-requests=7", "keep_alive_requests", 7),
        ("hide-headers=X-A,X-B", "hide_headers", ("X-A", "X-B")),
    ],
)
def test_a_setting_has_another_default_in_a_build(tmp_path: Path, fact: str, field: str, value: object) -> None:
    sim = simulation({"given": {}}, NEWEST, tmp_path)
    built = simulate([tmp_path / "estate.yaml"], facts=[fact])
    assert getattr(sim.controller.settings, field) != value
    assert getattr(built.controller.settings, field) == value


def test_what_the_configmap_says_beats_the_default_of_a_build(tmp_path: Path) -> None:
    simulation({"given": [{"settings": {"keep-alive-requests": "9"}}, {}]}, NEWEST, tmp_path)
    sim = simulate([tmp_path / "estate.yaml"], facts=["keep-alive-requests=7"])
    assert sim.controller.settings.keep_alive_requests == 9


def test_a_flag_and_a_switch_are_otherwise_in_a_build(tmp_path: Path) -> None:
    simulation({"given": {"annotations": {"proxy-body-size": "x"}}}, NEWEST, tmp_path)
    facts = ["enable-annotation-validation=false", "quotes-names=false"]
    sim = simulate([tmp_path / "estate.yaml"], facts=facts)
    assert [review.allowed for review in sim.review()] == [True]
    assert "location / {" in sim.nginx_conf()


FULL = {
    "enable-brotli": "true",
    "enable-modsecurity": "true",
    "enable-opentracing": "true",
    "zipkin-collector-host": "z",
}
TRACED = {"auth-type": "digest", "auth-secret": "users", "enable-influxdb": "true", "influxdb-host": "10.0.0.9"}


@pytest.mark.parametrize("name", RELEASES)
def test_the_nginx_of_a_release_takes_what_it_writes(name: str, tmp_path: Path) -> None:
    given = [{"settings": FULL}, {"annotations": TRACED}]
    assert [found.message for found in simulation({"given": given}, name, tmp_path).nginx_errors()] == []


@pytest.mark.parametrize(
    ("fact", "setting", "refused"),
    [
        ("nginx=1.21.6", "", 'unknown directive "http2"'),
        ("nginx-modules=ngx_http_slice_filter_module", "http-snippet=slice 1m;", ""),
        ("loadable-modules=a.so,b.so", "main-snippet=load_module modules/b.so;", ""),
        ("opentelemetry-module=modules/c.so", "enable-opentelemetry=true", 'dlopen() "/etc/nginx/modules/c.so" failed'),
    ],
)
def test_check_has_the_nginx_of_a_build(
    fact: str, setting: str, refused: str, nginxsim: Command, tmp_path: Path
) -> None:
    key, _, value = setting.partition("=")
    settings = {
        "allow-snippet-annotations": "true",
        "annotations-risk-level": "Critical",
        key or "hsts": value or "true",
    }
    simulation({"given": [{"settings": settings}, {}]}, NEWEST, tmp_path)
    ran = nginxsim("check", "estate.yaml", "--fact", fact, "-o", "json", folder=tmp_path)
    told = [found["message"] for found in json.loads(ran.out)["findings"] if found["code"] == "nginx-refuses"]
    assert [message[: len(refused)] for message in told[:1]] == ([refused] if refused else [])


@pytest.mark.parametrize(
    ("fact", "message"),
    [
        ("hsts", "write it as KEY=VALUE"),
        ("annotations-risk=Low", 'release 1.15.1 has none of that name; did you mean "annotations-risk-level"?'),
        ("hsts=maybe", "cannot parse 'hsts' as bool"),
        ("http-port=http", "http-port: strconv.ParseInt"),
        ("quotes-names=on", "quotes-names: strconv.ParseBool"),
        ("nginx=new", '"new" is not a version such as 1.27.1'),
        ("strict-path=(", "is not a regular expression"),
    ],
)
def test_a_fact_of_no_use_is_refused(fact: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        simulate([ROOT / "samples/shop"], facts=[fact])


# --- the tables


def test_published_releases_are_in_order_and_the_newest_comes_last() -> None:
    names = list(PUBLISHED)
    assert all(number(before) < number(after) for before, after in pairwise(names))
    assert RELEASES[-1] == NEWEST == names[-1]


def test_spans() -> None:
    when = span("..1.13.6 1.14.0..1.14.2 1.15.0..")
    assert [name in when for name in ("0.43.0", "1.13.6", "1.13.7", "1.14.0", "1.14.2", "1.14.3", "1.15.1")] == [
        True, True, False, True, True, False, True,
    ]  # fmt: skip
    assert (when.next_after("1.13.7"), when.next_after("1.15.1")) == ("1.14.0", "")
    assert (when.left_before("1.13.7"), when.left_before("0.43.0")) == ("1.13.7", "")


@pytest.mark.parametrize("text", ["1.13", "1.13.6..x", "since 1.13.0"])
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(ValueError, match="is no release such as"):
        span(text)


def test_every_span_names_published_releases_and_every_dated_key_exists() -> None:
    unknown = [name for text in _spans() for name in re.findall(r"\d+\.\d+\.\d+", text) if name not in PUBLISHED]
    assert not unknown
    assert settings.KNOWN.keys() | settings.DEFAULTS.keys() <= SETTING_KEYS
    assert flags.KNOWN.keys() | flags.DEFAULTS.keys() <= KNOWN.keys()


def _spans() -> Iterator[str]:
    for table in (settings, flags):
        yield from table.KNOWN.values()
        yield from (when for runs in table.DEFAULTS.values() for when in runs)
    for fact in (field.metadata.get("dates") for field in fields(Release)):
        yield from (when.text for when, _ in (fact.values if fact else ()))
    for row in TABLE:
        yield from (row.releases, row.deprecated, *(when for when, _ in row.risk_was))
        yield from (when for when, _ in row.validator.past)


@pytest.mark.parametrize(("table", "newest"), [(settings, Settings()), (flags, Flags())], ids=["settings", "flags"])
def test_a_default_of_the_past_has_the_type_of_todays_and_another_value(table: Any, newest: Any) -> None:
    for key, runs in table.DEFAULTS.items():
        now = getattr(newest, key.replace("-", "_"))
        assert all(type(value) is type(now) and value != now for value in runs.values()), key


# --- the border


_RELEASE = re.compile(r"v?\d+\.\d+\.\d+(\.\.(\d+\.\d+\.\d+)?)?|\.\.\d+\.\d+\.\d+")


def test_nobody_but_the_releases_compares_versions() -> None:
    """A version in a condition belongs into a dated fact that the condition asks for."""
    found = []
    for path in sorted((ROOT / "nginxsim").rglob("*.py")):
        if path.parent.name != "releases":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [f"{path.name}:{node.lineno}" for node in ast.walk(tree) if _compares(node)]
    assert not found


def _compares(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        return any(_is_release(part) for side in (node.left, *node.comparators) for part in ast.walk(side))
    asks = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "within"
    return asks and any(_is_release(part) for part in ast.walk(node))


def _is_release(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return (
            node.attr == "name"
            and isinstance(node.value, ast.Name | ast.Attribute)
            and "release" in ast.dump(node.value)
        )
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_RELEASE.fullmatch(node.value))


def test_no_template_compares_versions() -> None:
    for path in sorted((ROOT / "templates").rglob("*.j2")):
        tree = Environment().parse(path.read_text(encoding="utf-8"))
        asked = [each for compare in tree.find_all(nodes.Compare) for each in compare.find_all(nodes.Getattr)]
        assert not [each for each in asked if each.attr == "name" and getattr(each.node, "name", "") == "release"], path
