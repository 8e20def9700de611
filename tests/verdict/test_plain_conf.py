"""A plain nginx.conf without Kubernetes: includes, causes with file and line, and what has to be taken for granted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nginxsim import Answer, InputError, Request, UpstreamRequest, Verdict, simulate_conf
from nginxsim.cli.why import command

MAIN = """\
user nginx;
include /etc/nginx/modules-enabled/*.conf;
events { worker_connections 1024; }
http {
    include /etc/nginx/mime.types;
    limit_req_zone $binary_remote_addr zone=perip:10m rate=10r/s;
    include /etc/nginx/conf.d/*.conf;
}
"""
SHOP = """\
upstream app { server app1.internal:8080; server 10.0.0.2:8080; }
server {
    listen 80 default_server;
    listen 8080;
    server_name shop.example.com;
    include snippets/*.conf;
    include missing.conf;
    root /var/www/html;

    location / { try_files $uri @app; }
    location @app { proxy_pass http://app; }
    location /files/ { }
    location /api/ { limit_req zone=perip burst=2 nodelay; proxy_pass http://10.0.0.3/; }
    location /admin/ {
        allow 10.0.0.0/8;
        deny all;
        auth_basic "staff";
        auth_basic_user_file htpasswd;
        proxy_pass http://10.0.0.4;
    }
    location = /health { return 200 "ok"; }
    location /old/ { rewrite ^ https://new.example.com$uri permanent; }
    location /gone/ { return 410; }
    location /silent/ { return 444; }
    location /round/ { rewrite ^ /round/x last; }
    location /private/ { auth_request /check; proxy_pass http://10.0.0.5; }
    location = /check { internal; proxy_pass http://sso.example.net; }
    location /lua/ { access_by_lua_block { ngx.exit(403) } proxy_pass http://10.0.0.6; }
    location /upload/ { client_max_body_size 10; proxy_pass http://10.0.0.7; }
}
"""
SAFETY = "location ~ /\\.git { deny all; }\n"
STREAM = "stream {\n    server { listen 5432; proxy_pass 10.0.0.9:5432; }\n}\n"


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The conf in a folder of its own, named as a user in the folder above would."""
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "etc/nginx.conf": MAIN + STREAM,
        "etc/conf.d/shop.conf": SHOP,
        "etc/snippets/safety.conf": SAFETY,
        "etc/htpasswd": "alice:{PLAIN}secret\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    return "etc/nginx.conf"


def ask(
    conf: str, path: str, host: str | None = "shop.example.com", answer: Answer | None = None, **how: Any
) -> Verdict:
    def play(_: UpstreamRequest) -> Answer:
        return answer or Answer()

    return simulate_conf(conf).route(Request(host=host, path=path, **how), play)


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


CAUSES = {
    "/api/x": (200, "served", "proxy_pass http://10.0.0.3/"),
    "/cart": (200, "served", "proxy_pass http://app"),
    "/admin/": (403, "address-denied", "deny all"),
    "/health": (200, "conf-answers", 'return 200 "ok"'),
    "/old/x": (301, "conf-redirects", "rewrite ^ https://new.example.com$uri permanent"),
    "/gone/": (410, "conf-answers", "return 410"),
    "/silent/": (None, "connection-closed", "return 444"),
    "/files/x": (404, "no-such-file", "location /files/"),
    "/api": (301, "slash-redirect", "location /api/"),
}


@pytest.mark.parametrize("path", CAUSES)
def test_the_deciding_directive_is_the_evidence(conf: str, path: str) -> None:
    status, code, words = CAUSES[path]
    cause = (verdict := ask(conf, path)).cause
    assert (verdict.status, cause.code) == (status, code)
    assert cause.evidence[0].text == words
    origin = cause.evidence[0].origin
    line = SHOP.splitlines()[line_of(SHOP, words) - 1]
    assert origin == ("etc/conf.d/shop.conf", line_of(SHOP, words), line.index(words.partition(" ")[0]) + 1)


SHORT = (
    "server { listen 80; server_name a; return 301 https://a$request_uri; } "
    "server { listen 80; server_name b; if ($arg_a) { return 403; } if ($arg_b) { return 403; } "
    'location = /x { deny 10.0.0.1; deny all; } location /y { deny 10.0.0.1; return 200 "here"; } }'
)
IN_ONE_LINE = {
    "http://a/": "return 301",
    "http://b/?a=1": "return 403",
    "http://b/?b=1": "return 403; } location",
    "http://b/x": "deny all",
    "http://b/y": "return 200",
}


@pytest.mark.parametrize("url", IN_ONE_LINE)
def test_directives_that_share_a_line_are_told_apart(conf: str, url: str) -> None:
    Path(conf).write_text(SHORT)
    host, _, path = url.removeprefix("http://").partition("/")
    verdict = ask(conf, f"/{path}", host)
    begins = SHORT.index(IN_ONE_LINE[url])
    assert verdict.cause.origins[0] == (conf, 1, begins + 1)
    server = [step.source.origin for step in verdict.trace if step.phase == "server" and step.source]
    assert server == [(conf, 1, SHORT.rindex("server {", 0, begins) + 1)]


def test_included_files_keep_their_names_and_lines(conf: str) -> None:
    verdict = ask(conf, "/x/.git/config")
    assert (verdict.status, verdict.cause.origins) == (403, [("etc/snippets/safety.conf", 1, 21)])
    places = {step.phase: str(step.source.origin) for step in verdict.trace if step.source}
    assert places == {
        "server": "etc/conf.d/shop.conf:2:1",
        "location": "etc/snippets/safety.conf:1:1",
        "access": "etc/snippets/safety.conf:1:21",
    }
    lost = [step.text for step in verdict.trace[1].considered]
    assert "location /" in lost


ASSUMPTIONS = {
    "/cart": {
        "include missing.conf adds nothing",
        "app1.internal resolves in DNS",
        "/var/www/html/cart does not exist on nginx's disk",
    },
    "/files/x": {"include missing.conf adds nothing", "/var/www/html/files/x does not exist on nginx's disk"},
    "/private/": {"include missing.conf adds nothing", "sso.example.net resolves in DNS"},
    "/lua/": {"include missing.conf adds nothing", "access_by_lua block lets the request pass unchanged"},
}


@pytest.mark.parametrize("path", ASSUMPTIONS)
def test_what_cannot_be_known_is_named(conf: str, path: str) -> None:
    assert set(ask(conf, path).assumptions) == ASSUMPTIONS[path]


def test_files_that_are_given_exist(conf: str) -> None:
    simulation = simulate_conf(conf, files={"/var/www/html/files/x": b"hello"})
    verdict = simulation.route(Request(host="shop.example.com", path="/files/x"))
    assert (verdict.status, verdict.cause.level) == (200, "fine")


def test_a_password_file_beside_the_conf_is_read(conf: str) -> None:
    given: dict[str, Any] = {"client": "10.1.2.3", "headers": [("Authorization", "Basic YWxpY2U6c2VjcmV0")]}
    assert ask(conf, "/admin/", **given).status == 200
    assert ask(conf, "/admin/", client="10.1.2.3").cause.code == "credentials-refused"


def test_a_password_file_that_is_nowhere_is_named(conf: str) -> None:
    Path("etc/htpasswd").unlink()
    verdict = ask(conf, "/admin/", client="10.1.2.3", headers=[("Authorization", "Basic YWxpY2U6c2VjcmV0")])
    assert verdict.status == 403
    assert "no file htpasswd" in verdict.assumptions


OTHERS: dict[str, tuple[str, dict[str, Any], int | None, str]] = {
    "auth server refuses": ("/private/", {"answer": Answer(401)}, 401, "external-auth-refused"),
    "auth server fails": ("/private/", {"answer": Answer(302)}, 500, "external-auth-failed"),
    "service fails": ("/api/", {"answer": Answer.failure("timeout")}, 504, "upstream-failed"),
    "service says no": ("/api/", {"answer": Answer(404)}, 404, "service-error"),
    "rewritten for ever": ("/round/", {}, 500, "rewrite-loop"),
    "large body": ("/upload/", {"method": "POST", "body_bytes": 11}, 413, "body-too-large"),
    "no such port": ("/", {"host": "shop.example.com:81"}, None, "port-closed"),
    "a stream's port": ("/", {"host": "shop.example.com:5432"}, None, "port-closed"),
    "no Host": ("/", {"host": None}, 400, "bad-request"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_causes(conf: str, name: str) -> None:
    path, how, status, code = OTHERS[name]
    verdict = ask(conf, path, **how)
    assert (verdict.status, verdict.cause.code) == (status, code)


BROKEN = {
    "syntax": ("server { listen 80 }", 'etc/nginx.conf:1:20: unexpected "}"'),
    "no http": ("events { }\n", "etc/nginx.conf: neither an http block nor a server in it"),
    "itself": ("http {\n  include nginx.conf;\n}", "etc/nginx.conf:2:3: etc/nginx.conf includes itself"),
    "too deep": ("http " + "{ a " * 60, "etc/nginx.conf:1:240: blocks are nested more than 50 deep"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_nginx_would_not_start_with_has_its_place(conf: str, name: str) -> None:
    text, words = BROKEN[name]
    Path(conf).write_text(text)
    with pytest.raises(InputError) as caught:
        ask(conf, "/")
    assert str(caught.value).startswith(words)


REFUSED = {
    "misspelt": ("http { server {\n location / { proxy_pas http://a; } } }", "unknown directive", 200, (2, 15)),
    "misplaced": ("http {\n proxy_pass http://a;\n server { return 204; } }", "not allowed here", 204, (2, 2)),
    "twice": ("http { server {\n location / { return 204; }\n location / {} } }", "duplicate location", 204, (3, 2)),
    "a pattern": ("http {\n server {\n  location / { rewrite ( / last; }\n }\n}", "pcre2_compile()", None, (3, 16)),
    "a number": ("http { server {\n return 1000; } }", "invalid return code", None, (2, 2)),
    "nothing": ("http { server {\n vhost_traffic_status on; return 204; } }", "", 204, None),
    "of a module": ("load_module a.so; http { server { http2 on; uwsgi_temp_path /t; return 204; } }", "", 204, None),
    "of a part": ("server { limit_req zone=elsewhere; return 204; }", "", 204, None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_nginx_does_not_load_comes_before_what_it_would_answer(conf: str, name: str) -> None:
    text, words, status, place = REFUSED[name]
    Path(conf).write_text(text)
    verdict = ask(conf, "/", host="localhost")
    assert verdict.status == status
    assert [each.code for each in verdict.obstacles[:1]] == (["conf-refused"] if words else [])
    assert not words or words in verdict.obstacles[0].message
    assert [each.origins for each in verdict.obstacles[:1]] == ([((conf, *place),)] if place else [])
    code, output = why("http://localhost/", "--conf", conf)
    assert code == (1 if words else 0), output
    assert output.startswith("nginx refuses the conf" if words else "204")


def test_a_piece_of_conf_with_servers_only_is_enough(conf: str) -> None:
    assert ask("etc/conf.d/shop.conf", "/health").status == 200


def why(*arguments: str, stdin: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(command, arguments, input=stdin)
    return result.exit_code, result.output


def test_the_command_line_needs_no_manifests(conf: str) -> None:
    status, output = why("http://shop.example.com:8080/admin/", "--conf", conf)
    assert status == 1
    assert "--> etc/conf.d/shop.conf:16:9" in output
    assert why("http://localhost/", "--conf", "-", stdin="http { server { return 204; } }")[0] == 0


@pytest.mark.parametrize("more", [["k8s/"], ["--release", "1.15.1"], ["--flag=--v=2"]])
def test_a_conf_and_manifests_exclude_each_other(conf: str, more: list[str]) -> None:
    assert why("http://shop.example.com/", "--conf", conf, *more)[0] == 2
    assert why("http://shop.example.com/")[0] == 2


@pytest.mark.parametrize("output", ["text", "json", "yaml", "markdown", "html", "sarif", "junit", "github"])
def test_bytes_that_are_no_text_come_out_as_text(conf: str, output: str) -> None:
    text = b'http { server { server_name \xff.com; location /\xff { return 403 "\xfe"; } } }'
    Path(conf).write_bytes(text)
    status, report = why("http://localhost/\udcff", "--conf", conf, "-o", output)
    assert status == 1
    assert report.encode()
