"""The same suites against a live server: a real nginx that serves a plain conf."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from nginxsim.cli.test import command
from nginxsim.errors import UsageError
from nginxsim.nginx.exchange import Request
from nginxsim.suites.live import Target, ask
from tests.support import realnginx
from tests.support.certificates import issue
from tests.support.estates import ingress, manifests, service, thing

MANIFESTS = manifests(
    ingress(
        "shop",
        "shop.example.com",
        {"/": "shop:80"},
        annotations={"whitelist-source-range": "127.0.0.0/30", "server-alias": "alias.example.com"},
    ),
    ingress("bank", "bank.example.com", {"/": "shop:80"}, tls=[{"hosts": ["bank.example.com"]}]),
    service("shop", selector={"app": "shop"}),
    thing("Pod", "shop", metadata={"labels": {"app": "shop"}}, spec={"containers": [{"name": "shop"}]}),
)

CONF = """
    server {{
        listen 127.0.0.1:{port} default_server;
        return 404;
    }}
    server {{
        listen 127.0.0.1:{port};
        server_name shop.example.com;
        location / {{
            allow 127.0.0.0/30;
            deny all;
            add_header X-Seen $host always;
        }}
        location /office {{
            allow 127.0.0.0/30;
            deny all;
        }}
        location /answers {{ return 200 "fine"; }}
        location /moved {{ return 301 http://elsewhere.example.com/; }}
        location /gone {{ return 444; }}
    }}
    server {{
        listen 127.0.0.1:{port};
        server_name bank.example.com;
        return 308 https://bank.example.com$request_uri;
    }}
    server {{
        listen 127.0.0.1:{tls} ssl;
        server_name bank.example.com;
        ssl_certificate cert.pem;
        ssl_certificate_key key.pem;
        add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
        return 200 "$ssl_server_name";
    }}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, real_nginx: Path) -> Iterator[tuple[int, int]]:
    """Ports of the running nginx, for http and https."""
    directory = tmp_path_factory.mktemp("nginx")
    party = issue("bank.example.com")
    (directory / "cert.pem").write_text(party.pem)
    (directory / "key.pem").write_text(party.key_pem)
    port, tls = realnginx.free_port(), realnginx.free_port()
    with realnginx.running(directory, CONF.format(port=port, tls=tls), port) as nginx:
        if nginx.refused:
            pytest.skip(nginx.refused)
        yield port, tls


def live(folder: Path, server: tuple[int, int], tests: str, *arguments: str) -> tuple[int, str]:
    (folder / "shop.yaml").write_text(MANIFESTS, encoding="utf-8")
    suite = folder / "t.nginxsim.yaml"
    suite.write_text(f"tests:\n{tests}", encoding="utf-8")
    port, tls = server
    targets = ["--against", f"http://127.0.0.1:{port}", "--against-tls", f"127.0.0.1:{tls}"]
    result = CliRunner().invoke(command, [str(suite), *targets, *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


ALIKE = [
    "{request: http://shop.example.com/answers, expect: {status: 200, redirect: '', headers: {X-Other: ''}}}",
    "{request: http://shop.example.com/office, client: 127.0.0.9, expect: {status: 403, denied: true}}",
    "{request: http://shop.example.com/answers, client: 127.0.0.2, expect: {status: 200}}",
    "{request: http://bank.example.com/a?b=1, expect: {redirect: '308 https://bank.example.com/a?b=1'}}",
    "{request: https://bank.example.com/, expect: {status: 200, headers: {Strict-Transport-Security: '~max-age'}}}",
    "{request: http://nobody.example.com/, expect: {status: 404}}",
]


@pytest.mark.parametrize("test", ALIKE)
def test_alike(tmp_path: Path, server: tuple[int, int], test: str) -> None:
    code, output = live(tmp_path, server, f"  - {test}\n")
    assert code == 0, output
    assert "1 passed" in output


PARTING = [
    (
        "{request: http://shop.example.com/, client: 127.0.0.9, expect: {status: 403}}",
        "simulated X-Seen   (absent)   shop.example.com",
    ),
    # the simulation's own word differs from the live answer
    ("{request: http://shop.example.com/moved, expect: {service: default/shop}}", "simulated status   200        301"),
    (
        "{request: http://shop.example.com/gone, expect: {service: default/shop}}",
        "simulated status   200        closed",
    ),
    ("{request: http://alias.example.com/, expect: {cause: served}}", "simulated status   200        404"),
    # and so does what was expected
    (
        "{request: http://shop.example.com/moved, expect: {redirect: ''}}",
        "expected redirect   (absent)   301 http://elsewhere.example.com/",
    ),
]


@pytest.mark.parametrize(("test", "row"), PARTING, ids=[row for _, row in PARTING])
def test_where_simulation_and_live_answer_part(tmp_path: Path, server: tuple[int, int], test: str, row: str) -> None:
    code, output = live(tmp_path, server, f"  - {test}\n")
    assert code == 1
    assert row.split() in [line.split() for line in output.splitlines()]
    assert "live:\n" in output


SKIPPED = [
    (
        "{request: http://shop.example.com/, client: 203.0.113.9, expect: {status: 403}}",
        "203.0.113.9 is no address of this machine",
    ),
    ("{request: http://shop.example.com/, services: {default/shop: 404}, expect: {status: 404}}", "plays the services"),
    (
        "{request: http://shop.example.com/, with: {configmap: {hsts: 'false'}}, expect: {status: 200}}",
        "changes the manifests",
    ),
    ("{request: {url: http://shop.example.com/, http_version: 2}, expect: {status: 200}}", "HTTP/2 is not spoken here"),
]


@pytest.mark.parametrize(("test", "reason"), SKIPPED, ids=[reason for _, reason in SKIPPED])
def test_what_a_live_server_cannot_be_asked_is_skipped(
    tmp_path: Path, server: tuple[int, int], test: str, reason: str
) -> None:
    code, output = live(tmp_path, server, f"  - {test}\n")
    assert code == 0
    assert reason in output


def test_the_request_goes_out_as_it_stands(tmp_path: Path) -> None:
    with realnginx.echo() as service:
        request = Request(
            host="Shop.Example.COM:81", path="/a%2Fb/../c?x", method="PUT", headers=[("X-A", "1")], body_bytes=3
        )
        answer = ask(Target("127.0.0.1", service.port, tls=False), request, "127.0.0.5")
        (received,) = service.take()
    assert answer.status == 200
    assert (received.method, received.target) == ("PUT", "/a%2Fb/../c?x")
    assert received.headers == (("Host", "Shop.Example.COM:81"), ("X-A", "1"), ("Content-Length", "3"))


def test_the_handshake_names_the_host(server: tuple[int, int]) -> None:
    target = Target.parse(f"https://127.0.0.1:{server[1]}", tls=True)
    assert ask(target, Request(host="bank.example.com", scheme="https")).status == 200


def test_a_server_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    nobody = realnginx.free_port()
    code, output = live(tmp_path, (nobody, nobody), "  - {request: http://shop.example.com/, expect: {status: 200}}\n")
    assert code == 1
    assert "Connection refused" in output


@pytest.mark.parametrize("url", ["ftp://a", "http://a/path", "http://a:port", "https://a"])
def test_bad_targets_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="--against"):
        Target.parse(url, tls=False)
