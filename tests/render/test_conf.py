"""nginx.conf: what it says, which manifest line each of its lines comes from, and that a real nginx takes it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from jinja2 import Environment, FileSystemLoader

from nginxsim import Host
from nginxsim.config.told import Told
from nginxsim.nginx.tree import parse_conf
from nginxsim.origins import Source
from nginxsim.render.bytecode import PackageBytecode
from nginxsim.render.text import QUOTED_BREAK, lines, snippet, unfold
from tests.support.estates import estate, estate_text, ingress, service
from tests.support.places import DATA

CASES = yaml.safe_load((DATA / "render.yaml").read_text())
HOST = Host(cpus=2, somaxconn=1024, open_files=65536, resolvers=("10.96.0.10", "fd00::a"))

# What the binary for tests has no module for, beside Lua.
FOREIGN = re.compile(
    r"^ *(?:[a-z_]*lua_[a-z_]*|load_module|modsecurity\w*|opentelemetry\w*|geoip2|brotli\w*|lua_add_variable|aio_write|"
    r"include|auth_digest\w*|ssl_certificate\w*|stub_status|uninitialized_variable_warn|pid|keepalive_time)\b[^;{]*;.*$",
    re.MULTILINE,
)


def made(annotations=None, *hosts, path="/", **more):
    """The Ingress "web" on these hosts (a.test if none)."""
    return ingress(rules=dict.fromkeys(hosts or ("a.test",), path), annotations=annotations, **more)


def simulation(*objects, **controller):
    return estate(service(), *objects, host=HOST, **controller)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"])
def test_server_block(case):
    web = made(case.get("annotations"), path=case.get("path", "/"))
    sim = simulation(web, settings=case.get("settings"), flags=case.get("flags", ()))
    text = sim.nginx_conf(host="a.test")
    rest = "\n".join(line.strip() for line in text.splitlines())
    for wanted in case.get("has", ()):
        found = rest.find(wanted)
        assert found >= 0, f"{wanted!r} is missing, or not after the line before it"
        rest = rest[found + len(wanted) :]
    assert [part for part in case.get("lacks", ()) if part in text] == []


def lines_from(rendered, source):
    text = rendered.text.splitlines()
    return [text[line - 1].strip() for line, sources in rendered.sources.items() if source in sources]


def test_lines_know_their_manifest_lines():
    web = made({"proxy-body-size": "3m", "proxy-read-timeout": "never"})
    settings = {"keep-alive": "10", "proxy-send-timeout": "7"}
    rendered = simulation(web, settings=settings, flags=["--http-port=8080"]).renderer.whole()
    by_name = {source.name: source for sources in rendered.sources.values() for source in sources}

    assert lines_from(rendered, Source("flag", "--http-port"))[-2:] == ["listen 8080;", "listen [::]:8080;"]
    assert lines_from(rendered, by_name["keep-alive"]) == ["keepalive_timeout 10s;"]
    assert "client_max_body_size 3m;" in lines_from(rendered, by_name["proxy-body-size"])
    assert "proxy_send_timeout 7s;" in lines_from(rendered, by_name["proxy-send-timeout"])
    # A value that is not understood made nothing: the line is the default's.
    assert "proxy-read-timeout" not in by_name

    manifest = estate_text(service(), web, settings=settings).splitlines()
    origin = by_name["proxy-body-size"].origin
    assert manifest[origin.line - 1][origin.column - 1 :] == "3m"
    assert by_name["proxy-body-size"].owner == "Ingress default/web"


def test_a_denied_location_names_every_annotation_that_denies_it():
    web = made({"whitelist-source-range": "office", "denylist-source-range": "bar"})
    rendered = simulation(web).renderer.whole()
    text = rendered.text.splitlines()
    closed = [line for line in rendered.sources if text[line - 1].strip() == "return 503;"]
    assert [[source.name for source in rendered.sources[line]] for line in closed] == [
        ["denylist-source-range", "whitelist-source-range"]
    ]


def test_no_mark_is_left_in_the_text():
    text = simulation(made({"proxy-body-size": "3m"})).nginx_conf()
    assert not re.search("[\ufdd0-\ufdef]", text)


def test_only_the_hosts_asked_for_are_rendered():
    web = made({"limit-rps": "1"}, "a.test", "b.test")
    other = ingress("other", "c.test", annotations={"limit-rps": "2"})
    renderer = simulation(web, other).renderer
    part = renderer.for_hosts(["b.test", "_", "unknown.test"])
    names = re.findall(r'server_name "([^"]*)"', part.text)
    assert names == ["_", "b.test"]
    assert "rate=1r/s" in part.text
    assert "rate=2r/s" not in part.text
    assert renderer.server("a.test") in renderer.whole().text
    assert renderer.server("unknown.test") == ""


def test_conf_is_a_tidy_file():
    web = made({"enable-cors": "true", "auth-url": "http://auth.test/"}, path="/x")
    text = simulation(web, settings={"use-gzip": "true"}).nginx_conf()
    assert "\n\n\n" not in text
    assert "\t" not in text
    depth = 0
    for line in text.splitlines():
        bare = line.strip()
        depth -= bare == "}"
        assert not bare or line == "    " * depth + bare
        depth += bare.endswith("{")
    assert depth == 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a", "a"),
        ("a\nb", "a\n\tb"),
        ("a\n   b\r\nc", "a\n\tb\n\tc"),
        ("a\n\n \n\nb", "a\n\t\n\tb"),
        ("a {\nb\n}\nc", "a {\n\t\tb\n\t}\n\tc"),
        ("# a {\nb", "# a {\n\tb"),
        ("a\rb", "a b"),
    ],
)
def test_quoted_text_of_several_lines_is_indented_as_by_the_controller(value, shown):
    assert unfold("server {\n    x '" + lines(value) + "';\n}") == "server {\n    x '" + shown + "';\n}"


def test_a_snippet_is_indented_and_its_quotes_are_kept():
    text = unfold("http {\n    " + snippet("a {\nb 'x\ny';\n}") + "\n}")
    assert text == "http {\n    a {\n        b 'x\n\t\ty';\n    }\n}"
    assert QUOTED_BREAK not in text


SAMPLES = {
    "plain": ({}, {}),
    "regex": ({"use-regex": "true", "rewrite-target": "/$1"}, {}),
    "cors": ({"enable-cors": "true", "cors-allow-origin": "https://*.b.test"}, {}),
    "lists": (
        {"whitelist-source-range": "10.0.0.0/8,::1", "denylist-source-range": "10.0.0.1"},
        {"block-cidrs": "10.9.0.0/16"},
    ),
    "errors": ({"custom-http-errors": "404,503"}, {"custom-http-errors": "502"}),
    "auth": ({"auth-url": "http://127.0.0.1/auth", "auth-signin": "https://login.test/?a=b"}, {}),
    "limits": ({"limit-rps": "5", "limit-rpm": "50", "limit-connections": "3", "limit-whitelist": "10.0.0.0/8"}, {}),
    "redirects": ({"from-to-www-redirect": "true", "permanent-redirect": "https://b.test", "app-root": "/x"}, {}),
    "proxies": (
        {},
        {"use-forwarded-headers": "true", "use-proxy-protocol": "true", "compute-full-forwarded-for": "true"},
    ),
    "agents": ({}, {"block-user-agents": "bot,~*crawler", "block-referers": "spam", "use-gzip": "true"}),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_nginx_takes_it(sample, tmp_path, real_nginx):
    annotations, settings = SAMPLES[sample]
    objects = made(annotations, path="~/(.*)"), ingress("b", "*.b.test")
    text = simulation(*objects, settings=settings, flags=["--http-port=8000"]).nginx_conf()
    conf = tmp_path / "nginx.conf"
    conf.write_text(for_plain_nginx(text))
    run = subprocess.run(
        [real_nginx, "-t", "-p", tmp_path, "-c", conf, "-e", "stderr"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def for_plain_nginx(text):
    """The conf without Lua and foreign modules, with paths and ports that any user may use; nothing else is touched."""
    assert parse_conf(text).block
    text = re.sub(r"preread_by_lua_block \{[^}]*\}", "", FOREIGN.sub("", text))
    text = text.replace("/tmp/nginx/", "").replace("/var/log/nginx/", "").replace(" reuseport", "")
    text = text.replace("return 308 $redirect_to;", "")
    text = re.sub(r"listen (\[::\]:)?443([^;]*) ssl;", "", text)
    return text.replace("worker_rlimit_nofile", "#")


def test_a_path_names_the_ingress_that_made_it_a_regex():
    odd = ingress("odd", "a.test", "/odd", annotations={"use-regex": "true"})
    rendered = simulation(ingress("plain", "a.test", "/plain"), odd).renderer.whole()
    text = rendered.text.splitlines()
    line = next(number for number, shown in enumerate(text, start=1) if '~* "^/plain/"' in shown)
    assert [(source.name, source.owner) for source in rendered.sources[line]] == [
        ("rules[].http.paths[].path", "Ingress default/plain"),
        ("use-regex", "Ingress default/odd"),
    ]


def test_older_releases_write_names_as_they_are():
    sim = simulation(made({"auth-url": "http://auth.test/"}, "*.b.test", path="=/x"))
    older = replace(sim.controller.release, quotes_names=False, auth_skips_custom_errors=False)
    text = sim.with_controller(Told(release=older)).nginx_conf("*.b.test")
    assert r"server_name ~^(?<subdomain>[\w-]+)\.b\.test$;" in text
    assert "location = /x {" in text
    assert "proxy_intercept_errors" not in text
    assert r'server_name "~^(?<subdomain>[\\w-]+)\\.b\\.test$";' in sim.nginx_conf(host="*.b.test")


@pytest.mark.parametrize("spoilt", [None, b"", b"junk", b"0\njunk"])
def test_compiled_templates_are_kept_and_never_trusted_blindly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: bytes | None
) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    monkeypatch.setattr("sys.pycache_prefix", str(tmp_path / "cache"))

    def rendered() -> str:
        environment = Environment(loader=FileSystemLoader(tmp_path), bytecode_cache=PackageBytecode([tmp_path]))
        return environment.get_template("a.conf.j2").render()

    for text in ("one", "two", "two"):
        (tmp_path / "a.conf.j2").write_text(text, encoding="utf-8")
        assert rendered() == text
        (kept,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
        if spoilt is not None:
            kept.write_bytes(spoilt)
