"""Inputs that once crashed the simulator, and others of their kind: each ends with an answer or a plain error."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from nginxsim import ConfSimulation, InputError, Request, Simulation, simulate, simulate_conf
from nginxsim.reports import FORMATS, render_verdict
from nginxsim.reports.verdicts import VerdictReport
from nginxsim.sources import File
from tests.support.commands import run
from tests.support.estates import config_map, estate, estate_text, ingress, secret, served, service, thing
from tests.support.places import RENDERED, SAMPLES

DIGITS = "9" * 5000


@contextmanager
def answered_or_refused(*places: str) -> Iterator[None]:
    """Bad input is told with its place, and nothing else is raised."""
    try:
        yield
    except InputError as error:
        if not str(error).startswith(places):
            raise


def told(simulation: Simulation | ConfSimulation, request: Request) -> None:
    """All that can be said of how a request ends, in every format."""
    verdict = simulation.route(request)
    for name in FORMATS:
        assert render_verdict(VerdictReport("http://a/", verdict), name)


# --- confs ------------------------------------------------------------------------------------------------------------


def plain(text: str) -> ConfSimulation:
    return simulate_conf("-", stdin=io.StringIO(text))


INTERNAL = {
    "try_files": "location / { try_files $uri index.html; }",
    "try_files to the query": "location / { try_files $uri ?x; }",
    "rewrite": "location / { rewrite ^ index.html last; }",
    "rewrite of the server": "rewrite ^ index.html; location / { }",
    "mirror": "location / { mirror elsewhere; proxy_pass http://10.0.0.1; }",
    "auth_request": "location / { auth_request -e; proxy_pass http://10.0.0.1; } location ~ e { return 200; }",
    "error_page": "location / { error_page 404 missing.html; return 404; } location missing { return 200; }",
    "auth_request that is odd": 'location / { auth_request -e $2 "\\\\" 100000000000000000000; }',
}


@pytest.mark.parametrize("lines", INTERNAL.values(), ids=INTERNAL)
def test_an_internal_uri_without_a_slash(lines: str) -> None:
    with answered_or_refused("-:1:"):
        told(plain(f"http {{ server {{ listen 80; {lines} }} }}"), Request())


REFUSED = {
    "time": "proxy_read_timeout 1111111111111111111111111111x;",
    "time of many digits": f"proxy_read_timeout {DIGITS};",
    "time of many parts": f"proxy_read_timeout {'1s ' * 20_000}x;".replace(" x", "x"),
    "expires": f"expires {DIGITS}x;",
    "size": f"client_max_body_size {DIGITS}k;",
    "status": f"return {DIGITS};",
    "burst": f"limit_req zone=z burst={DIGITS};",
    "port": f"proxy_pass http://10.0.0.1:{DIGITS};",
}


@pytest.mark.parametrize("line", REFUSED.values(), ids=REFUSED)
def test_numbers_that_nginx_cannot_hold(line: str) -> None:
    conf = (
        f"http {{ limit_req_zone $uri zone=z:1m rate=1r/s; server {{ location / {{ {line} proxy_pass http://x; }} }} }}"
    )
    with answered_or_refused("-:1:"):
        told(plain(conf), Request())


@pytest.mark.parametrize(
    "share", ["1e309%", "1e309", "nan%", "inf%", "-1%", "%", ".%", "1.234%", f"{DIGITS[:500]}%", "٣%", "0%"]
)
def test_shares_that_are_none(share: str) -> None:
    conf = f"http {{ split_clients $remote_addr $y {{ {share} 1; }} server {{ return 200 $y; }} }}"
    with pytest.raises(InputError, match=r"-:1:.*invalid percent value"):
        told(plain(conf), Request())


@pytest.mark.parametrize("share", [".5%", "5.%", "99.99%", "100%"])
def test_shares_that_nginx_takes(share: str) -> None:
    told(plain(f"http {{ split_clients $uri $y {{ {share} 1; * 2; }} server {{ return 200 $y; }} }}"), Request())


BLANKS = {
    "at the end": "http { server { } }" + " \t" * 500_000,
    "in Lua": f"http {{ x_by_lua_block {{ {' ' * 500_000} }} }}",
}


@pytest.mark.parametrize("text", BLANKS.values(), ids=BLANKS)
def test_a_million_blanks(text: str) -> None:
    told(plain(text), Request())


def test_quotes_in_lua_that_nothing_closes() -> None:
    code = '"' + '\\"' * 100_000
    told(plain(f"http {{ server {{ location / {{ content_by_lua_block {{ {code}\n }} }} }} }}"), Request())


# --- requests ---------------------------------------------------------------------------------------------------------

ODD: dict[str, dict[str, Any]] = {
    "path without a slash": {"path": "aaa"},
    "no path": {"path": ""},
    "a path that is a URL": {"path": "http://"},
    "an asterisk": {"path": "*"},
    "a length of many digits": {"headers": [("Content-Length", DIGITS)]},
    "a length of many digits of a POST": {"headers": [("Content-Length", DIGITS)], "method": "POST"},
    "a body of many digits": {"body_bytes": 10**5000},
    "a port of many digits": {"host": f"web.example.com:{DIGITS}"},
    "a range of many digits": {"headers": [("Range", f"bytes={DIGITS}-{DIGITS}")]},
    "a quality of many digits": {"headers": [("Accept-Encoding", f"gzip;q={DIGITS}")]},
    "ten thousand cookies": {"headers": [("Cookie", "a=b; " * 10_000)]},
    "a cookie of blanks": {"headers": [("Cookie", " " * 100_000)]},
    "a cookie without end": {"headers": [("Cookie", "a" * 100_000)]},
    "no client": {"client": ""},
    "a header of blanks": {"headers": [("X", " " * 100_000)]},
}


def routed() -> Iterator[Simulation | ConfSimulation]:
    affinity = {"affinity": "cookie", "session-cookie-name": "a", "whitelist-source-range": "10.0.0.0/8"}
    yield estate(*served("web", "10.0.0.1", "10.0.0.2"), ingress(annotations=affinity))
    yield plain("http { gzip on; server { location / { proxy_pass http://10.0.0.1; } location ~ a { return 200; } } }")


ROUTED = dict(zip(("manifests", "conf"), routed(), strict=True))


@pytest.mark.parametrize("where", ROUTED)
@pytest.mark.parametrize("given", ODD.values(), ids=ODD)
def test_odd_requests(given: dict[str, Any], where: str) -> None:
    told(ROUTED[where], Request(**{"host": "web.example.com", "client": "10.1.2.3", **given}))


# --- manifests --------------------------------------------------------------------------------------------------------


def every_kind() -> list[dict[str, Any]]:
    containers = [{"name": "a", "ports": [{"containerPort": 80, "name": "http"}]}]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}}
    owners = [{"kind": "ReplicaSet", "name": "web"}]
    endpoint = {"addresses": ["10.0.0.1"], "conditions": {"ready": True}, "hints": {"forZones": [{"name": "a"}]}}
    subset = {"addresses": [{"ip": "10.0.0.1"}], "notReadyAddresses": [{"ip": "10.0.0.2"}], "ports": [{"port": 80}]}
    wanted = [{"key": "a", "operator": "In", "values": ["b"]}]
    selector = {"matchLabels": {"app": "web"}, "matchExpressions": wanted}
    pod = {"conditions": [{"type": "Ready", "status": "True"}], "podIP": "10.0.0.3"}
    return [
        ingress(annotations={"limit-rps": "1"}, tls=[{"hosts": ["web.example.com"], "secretName": "tls"}]),
        service(selector={"app": "web"}),
        thing("EndpointSlice", "x", version="discovery.k8s.io/v1", ports=[{"port": 1}], endpoints=[endpoint]),
        thing("Endpoints", "web", subsets=[subset]),
        thing("Pod", "web", metadata={"ownerReferences": owners}, spec={"containers": containers}, status=pod),
        thing("Deployment", "web", version="apps/v1", spec={"replicas": 1, "template": template, "selector": selector}),
        config_map({"proxy-body-size": "1m"}),
        secret("tls", tls_crt="x", tls_key="y"),
        thing("List", "", items=[service("inner")]),
    ]


def places(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside of an object."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*before, key)
        yield from places(inner, (*before, key))


def changed(value: Any, place: tuple[Any, ...], to: Any) -> Any:
    """A copy with another value there; in a list, the other value comes first."""
    result = copy.deepcopy(value)
    holder = result
    for key in place[:-1]:
        holder = holder[key]
    if isinstance(holder, list):
        holder.insert(0, to)
    else:
        holder[place[-1]] = to
    return result


KINDS = {one["kind"] + str(number): one for number, one in enumerate(every_kind())}
OTHERS = {"null": None, "a list of null": [None], "a mapping of null": {"a": None}, "text": "x", "a number": 10**30}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_value_of_another_kind_anywhere(kind: str, other: str) -> None:
    """Answered, or refused with the place."""
    rest = [one for name, one in KINDS.items() if name != kind]
    for place in places(KINDS[kind]):
        text = yaml.safe_dump_all([changed(KINDS[kind], place, OTHERS[other]), *rest])
        with answered_or_refused("m.yaml:", "nginx.conf:"):
            simulation = simulate([File("m.yaml", text)])
            simulation.review()
            simulation.check()
            simulation.backends()
            simulation.nginx_errors()
            told(simulation, Request(host="web.example.com"))


def test_a_service_whose_port_is_null() -> None:
    null = service(ports=[None])
    told(estate(null, ingress()), Request(host="web.example.com"))


FORGED = ["\ufdd00\ufdd1", "\ufdd09999\ufdd1", "\ufdd2\ufdd3", "<0123456789abcdef:1b5b33316d:0123456789abcdef>"]


@pytest.mark.parametrize("mark", FORGED, ids=ascii)
def test_marks_of_ours_in_a_manifest_are_text(mark: str) -> None:
    simulation = estate(*served(), ingress(paths=f"~/a{mark}", annotations={"proxy-body-size": mark}))
    assert mark in simulation.nginx_conf()


NUMBERS = [
    "lua-shared-dicts",
    "upstream-keepalive-timeout",
    "proxy-connect-timeout",
    "worker-processes",
    "ssl-session-timeout",
]


@pytest.mark.parametrize(
    "digits", [DIGITS, f"a:{DIGITS}", f"a: {DIGITS}k, b: {DIGITS}m", "0x" + "f" * 5000, f"1.{DIGITS}s"]
)
@pytest.mark.parametrize("name", NUMBERS)
def test_settings_of_many_digits(name: str, digits: str) -> None:
    simulation = estate(*served(), ingress(), settings={name: digits})
    simulation.check()
    with answered_or_refused("nginx.conf:"):
        told(simulation, Request(host="web.example.com"))


# --- pickling ---------------------------------------------------------------------------------------------------------


PLAIN = sorted(path for path in SAMPLES.iterdir() if path.name not in RENDERED)


@pytest.mark.parametrize("path", PLAIN, ids=lambda path: path.name)
def test_what_was_asked_can_be_handed_to_another_process(path: Any) -> None:
    try:
        simulation = simulate([path])
    except InputError:
        return
    for host in [name for name in simulation.model.servers if name != "_"][:3]:
        verdict = simulation.route(Request(host=host))
        again = pickle.loads(pickle.dumps(simulation))
        assert again.route(Request(host=host)).outcomes[0].cause == verdict.cause
        copied = pickle.loads(pickle.dumps(verdict))
        assert copied.trace == verdict.trace
        assert [step.considered for step in copied.trace] == [step.considered for step in verdict.trace]
        assert render_verdict(VerdictReport("u", copied), "json") == render_verdict(VerdictReport("u", verdict), "json")
    for made in (simulation.review(), simulation.check(), simulation.nginx_errors(), simulation.rendered()):
        assert pickle.loads(pickle.dumps(made)) == made


def test_a_conf_that_was_asked_can_be_handed_to_another_process() -> None:
    simulation = ROUTED["conf"]
    verdict = simulation.route(Request(path="/a"))
    again = pickle.loads(pickle.dumps(simulation)).route(Request(path="/a"))
    assert pickle.loads(pickle.dumps(verdict)).trace == again.trace == verdict.trace


# --- suites -----------------------------------------------------------------------------------------------------------


LONG = "a" * 1500 + "!"
ENDLESS: dict[str, dict[str, Any]] = {
    "redirect": {"redirect": "~^https://web.example.com/(a|aa)+$"},
    "upstream": {"upstream": {"uri": "~^/(a|aa)+$"}},
    "headers": {"headers": {"X-Long": "~^(a|aa)+$"}},
}


@pytest.mark.parametrize("expect", ENDLESS.values(), ids=ENDLESS)
def test_an_expression_of_a_suite_that_comes_to_no_end_fails_its_test(expect: dict[str, Any], tmp_path: Path) -> None:
    redirect = {"force-ssl-redirect": "true"} if "redirect" in expect else {}
    (tmp_path / "m.yaml").write_text(estate_text(*served(), ingress(annotations=redirect)), encoding="utf-8")
    suite = {
        "manifests": "m.yaml",
        "services": {"default/web": {"*": {"status": 200, "headers": {"X-Long": LONG}}}},
        "tests": [{"name": "t", "request": f"http://web.example.com/{LONG}", "expect": expect}],
    }
    (tmp_path / "a.nginxsim.yaml").write_text(yaml.safe_dump(suite), encoding="utf-8")
    ran = run("test", folder=tmp_path)
    assert ran.status == 1, ran.err
    assert "regular expressions that come to an end" in ran.out


# --- passwords --------------------------------------------------------------------------------------------------------

BASIC = {"auth-type": "basic", "auth-secret": "basic"}
ASKED = Request(host="web.example.com", headers=[("Authorization", "Basic dTpw")])
COSTLY = {
    "bcrypt": "$2y$31$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcdefg",
    "bcrypt in another letter": "$2$16$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcdefg",
    "SHA-256": f"$5$rounds=999999999$abcdefgh${'a' * 43}",
    "SHA-512": f"$6$rounds={DIGITS}$abcdefgh${'a' * 86}",
}


@pytest.mark.parametrize("hashed", COSTLY.values(), ids=COSTLY)
def test_a_hash_of_too_many_rounds_is_not_tried(hashed: str) -> None:
    verdict = estate(*served(), ingress(annotations=BASIC), secret("basic", auth=f"u:{hashed}")).route(ASKED)
    assert verdict.status == 200
    assert any("the password of u fits" in assumption for assumption in verdict.assumptions)


def test_a_hash_of_usual_rounds_is_tried() -> None:
    hashed = "$2y$04$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcdefg"
    assert estate(*served(), ingress(annotations=BASIC), secret("basic", auth=f"u:{hashed}")).route(ASKED).status == 401
