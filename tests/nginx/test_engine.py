"""The simulated nginx: what it does with plain configurations, with chance, and with services that fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from nginxsim.errors import InputError
from nginxsim.nginx.events import NotAnswered
from nginxsim.nginx.exchange import Answer, Request, RoutedOutcome, UpstreamRequest
from nginxsim.nginx.lua_api import LuaRequest, LuaRuntime, Peers
from nginxsim.nginx.router import Router
from nginxsim.nginx.tree import parse_conf
from tests.support.places import DATA
from tests.support.realnginx import FILES, FRAME, Echo, RealNginx, asked_for, echo, free_port, running

CASES = yaml.safe_load((DATA / "nginx.yaml").read_text(encoding="utf-8"))
ASKS = [
    pytest.param(case["http"], ask, id=f"{case['about']}: {ask.get('method', 'GET')} {ask.get('target', '/')}")
    for case in CASES
    for ask in case["asks"]
]


def filled(value: Any, port: int, service: int) -> Any:
    if isinstance(value, str):
        if of := re.fullmatch(r"(.*)(.)\*(\d+)", value):
            return of[1] + of[2] * int(of[3])
        return value.replace("PORT", str(port)).replace("ECHO", str(service))
    if isinstance(value, list):
        return [filled(one, port, service) for one in value]
    return {key: filled(one, port, service) for key, one in value.items()} if isinstance(value, dict) else value


def pairs(ask: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (line.partition(": ") for line in ask.get("headers", ()))]


def asked(router: Router, ask: dict[str, Any], port: int) -> RoutedOutcome:
    headers = pairs(ask)
    length = next((int(value) for name, value in headers if name == "Content-Length"), 0)
    request = Request(
        ask.get("host", "one.test"),
        path=ask.get("target", "/"),
        method=ask.get("method", "GET"),
        headers=headers,
        client=ask.get("client", "127.0.0.1"),
        body_bytes=length,
        port=port,
        http_version=ask.get("version", "1.1"),
        proxy_protocol=ask.get("proxy_line", False),
    )
    (outcome,) = router.route(request, lambda sent: Answer(*asked_for(sent.uri)))
    return outcome


@pytest.mark.parametrize(("http", "ask"), ASKS)
def test_the_simulator_says(http: str, ask: dict[str, Any]) -> None:
    ask, http = filled(ask, 8080, 9000), filled(http, 8080, 9000)
    outcome = asked(Router(parse_conf(FRAME.format(http=http)), files=FILES), ask, 8080)
    assert outcome.status == ask["status"]
    assert (outcome.upstream.uri if outcome.upstream else None) == ask.get("sent")
    check_headers(ask, outcome.headers)


def first_bytes(ask: dict[str, Any]) -> bytes:
    """What a real client sends before the request that RealNginx writes."""
    line = f"{ask['proxy_line']}\r\n".encode() if "proxy_line" in ask else b""
    return line + (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" if ask.get("version") == "2" else b"")


def check_headers(ask: dict[str, Any], headers: Any) -> None:
    lines = [f"{name}: {value}" for name, value in headers]
    if "location" in ask:
        assert f"Location: {ask['location']}" in lines
    assert set(ask.get("answers", ())) <= set(lines)
    assert not {name for name, _ in headers} & set(ask.get("lacks", ()))


@pytest.fixture(scope="module")
def service() -> Iterator[Echo]:
    with echo() as running_service:
        yield running_service


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, real_nginx: Path, service: Echo) -> Iterator[Any]:
    """Real nginxes, one a configuration, started when first asked for."""
    with ExitStack() as stack:
        started: dict[str, RealNginx] = {}

        def get(http: str) -> RealNginx:
            if http not in started:
                port = free_port()
                folder = tmp_path_factory.mktemp("nginx")
                started[http] = stack.enter_context(running(folder, filled(http, port, service.port), port))
            return started[http]

        yield get


@pytest.mark.parametrize(("http", "ask"), ASKS)
def test_nginx_agrees(http: str, ask: dict[str, Any], nginx: Any, service: Echo) -> None:
    real = nginx(http)
    assert not real.refused
    ask = filled(ask, real.port, service.port)
    service.take()
    reply = real.ask(
        ask.get("target", "/"),
        host=ask.get("host", "one.test"),
        method=ask.get("method", "GET"),
        headers=pairs(ask),
        client=ask.get("client", "127.0.0.1"),
        version=ask.get("version", "1.1"),
        first=first_bytes(ask),
    )
    assert reply.status == ask["status"]
    assert [received.target for received in service.take()] == ([ask["sent"]] if ask.get("sent") else [])
    check_headers(ask, reply.headers)


# --- expressions ------------------------------------------------------------------------------------------------------


def test_bad_expressions_are_refused_with_the_line() -> None:
    router = Router(parse_conf("http {\nserver {\nlisten 80;\nlocation ~ (a { return 200; }\n}\n}"))
    with pytest.raises(InputError, match=r"nginx\.conf:4: pcre2_compile\(\) failed: missing closing parenthesis"):
        router.route(Request())


def test_an_expression_that_never_ends_answers_500() -> None:
    router = Router(parse_conf("server { listen 80; location ~ ^/(a+)+$ { return 200; } }"))
    (outcome,) = router.route(Request(path="/" + "a" * 40 + "b"))
    assert outcome.status == 500


# --- services ---------------------------------------------------------------------------------------------------------

BALANCED = """
upstream pool { server 0.0.0.1; balancer_by_lua_file balance.lua; }
server {
    listen 80;
    location / { proxy_pass http://pool; proxy_next_upstream_tries 3; }
    location /ever { proxy_pass http://pool; }
    location /own { proxy_pass http://127.0.0.1:8181; }
}
server { listen 8181; return 404; }
"""


def test_chance_plays_every_branch_and_adds_up_what_looks_the_same() -> None:
    def balance(request: LuaRequest) -> Peers:
        name = request.draw([(0.5, "a"), (0.3, "b"), (0.2, "a")], "canary")
        return Peers(name, (f"10.0.0.1:{len(name)}",))

    router = Router(
        parse_conf(BALANCED), LuaRuntime(balancer=lambda script: balance if script.name == "balance.lua" else None)
    )
    outcomes = router.route(Request())
    assert [(one.upstream and one.upstream.service, round(one.probability, 6)) for one in outcomes] == [
        ("a", 0.7),
        ("b", 0.3),
    ]


@pytest.mark.parametrize(
    ("path", "why", "status"),
    [("/", "refused", 502), ("/", "timeout", 504), ("/ever", "refused", None), ("/ever", "protocol", 502)],
)
def test_failures_end_in_502_and_504_unless_tries_are_endless(path: str, why: str, status: int | None) -> None:
    router = Router(parse_conf(BALANCED), LuaRuntime(balancer=lambda _: lambda _: Peers("web", ("10.0.0.1:80",))))
    (outcome,) = router.route(Request(path=path), lambda _: Answer.failure(why))
    assert (outcome.status, outcome.upstream) == (status, None)
    assert outcome.ended_by is not None
    assert isinstance(outcome.ended_by.event, NotAnswered)
    assert outcome.ended_by.event.failure == why


def test_nginx_answers_what_comes_back_to_its_own_port() -> None:
    asked_services: list[UpstreamRequest] = []
    router = Router(parse_conf(BALANCED))
    (outcome,) = router.route(Request(path="/own"), lambda sent: asked_services.append(sent) or Answer())
    assert (outcome.status, outcome.upstream, asked_services) == (404, None, [])


def test_a_request_that_comes_back_for_ever_ends() -> None:
    (outcome,) = Router(parse_conf("server { listen 80; location / { proxy_pass http://127.0.0.1; } }")).route(
        Request()
    )
    assert outcome.status == 502
    assert "for ever" in outcome.assumptions[0]


AUTHORISED = """
server {
    listen 80;
    error_page 502 /sorry;
    location / {
        auth_request /auth; auth_request_set $user $upstream_http_x_user;
        mirror /copy;
        proxy_set_header X-User $user;
        proxy_pass http://10.0.0.1:8080;
    }
    location = /auth { internal; proxy_pass http://10.0.0.2:8080/check; }
    location = /copy { internal; proxy_pass http://10.0.0.3:8080$request_uri; }
    location = /sorry { internal; proxy_pass http://10.0.0.4:8080; }
}
"""


def test_subrequests_and_error_pages_are_told_apart() -> None:
    def answer(sent: UpstreamRequest) -> Answer:
        if sent.role == "service":
            return Answer.failure("protocol")
        return Answer(200, [("X-User", "ann")])

    (outcome,) = Router(parse_conf(AUTHORISED)).route(Request(path="/x?y"), answer)
    assert outcome.status == 502
    assert outcome.upstream is not None
    assert (outcome.upstream.role, outcome.upstream.uri) == ("error-page", "/sorry")
    assert [(sent.role, sent.uri, dict(sent.headers).get("X-User")) for sent in outcome.also] == [
        ("auth", "/check", None),
        ("mirror", "/x?y", None),
        ("service", "/x?y", "ann"),
    ]


@pytest.mark.parametrize(("status", "result"), [(204, 200), (401, 401), (403, 403), (302, 500), (404, 500), (503, 500)])
def test_only_some_words_of_an_auth_server_count(status: int, result: int) -> None:
    def answer(sent: UpstreamRequest) -> Answer:
        return Answer(status, [("WWW-Authenticate", "Bearer")]) if sent.role == "auth" else Answer()

    (outcome,) = Router(parse_conf(AUTHORISED)).route(Request(), answer)
    assert outcome.status == result
    assert ("WWW-Authenticate", "Bearer") in outcome.headers if result == 401 else True


def test_what_cannot_be_known_is_assumed_by_name() -> None:
    conf = (
        "server { listen 80; image_filter resize 1 1; location / { proxy_pass http://web.test; } location /files { } }"
    )
    router = Router(parse_conf(conf), knows_files=False)
    assert router.route(Request())[0].assumptions == ("image_filter refuses no image", "web.test resolves in DNS")
    assert router.route(Request(path="/files"))[0].assumptions[-1].endswith("/files does not exist on nginx's disk")
