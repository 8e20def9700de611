"""How a connection begins: the PROXY protocol, HTTP/2, and the port that a URL names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nginxsim import Request, UsageError, simulate_conf
from nginxsim.url import request_for
from tests.support.commands import Command
from tests.support.estates import config_map, estate, estate_text, ingress, served

FORCED = ingress(annotations={"force-ssl-redirect": "true"})


def asked(*objects: Any, **request: Any) -> Any:
    return estate(*served("web"), *objects).route(Request(host="web.example.com", **request))


PROXY = config_map({"use-proxy-protocol": "true"})


def test_a_balancer_that_took_https_says_so_by_the_port_of_its_proxy_line() -> None:
    assert asked(FORCED, PROXY).status == 308
    assert asked(FORCED, PROXY, proxy_protocol=443).status == 200
    assert asked(FORCED, PROXY, proxy_protocol="PROXY TCP4 203.0.113.9 10.0.0.1 56324 443").status == 200


def test_the_client_of_a_proxy_line_is_whom_lists_look_at() -> None:
    listed = ingress(annotations={"allowlist-source-range": "203.0.113.0/24"})
    assert asked(listed, PROXY, client="10.0.0.1").status == 403
    line = "PROXY TCP4 203.0.113.9 10.0.0.1 56324 80"
    assert asked(listed, PROXY, client="10.0.0.1", proxy_protocol=line).status == 200


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_without_the_line_that_the_port_reads_the_connection_is_closed(scheme: str) -> None:
    verdict = asked(ingress(), PROXY, scheme=scheme, proxy_protocol=False)
    assert verdict.status is None
    assert verdict.cause.code == "proxy-protocol-mismatch"
    assert "use-proxy-protocol" in verdict.cause.fix


def test_that_somebody_sends_the_line_is_taken_for_granted_where_nobody_says_it() -> None:
    assert "whoever connects to port 80 sends the PROXY line" in asked(ingress(), PROXY).assumptions
    assert not any("PROXY" in taken for taken in asked(ingress(), PROXY, proxy_protocol=True).assumptions)
    assert not any("PROXY" in taken for taken in asked(ingress()).assumptions)


def test_a_line_that_the_port_does_not_read_is_a_bad_request() -> None:
    verdict = asked(ingress(), proxy_protocol=True)
    assert (verdict.status, verdict.cause.code) == (400, "proxy-protocol-mismatch")
    assert asked(ingress(), scheme="https", proxy_protocol=True).status is None


def test_a_text_that_is_no_proxy_line_is_refused() -> None:
    with pytest.raises(UsageError, match="write one such as"):
        Request(proxy_protocol="PROXY 203.0.113.9")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_http2_where_it_is_off_is_a_bad_request(scheme: str) -> None:
    grpc = ingress(annotations={"backend-protocol": "GRPC"})
    assert asked(grpc, scheme=scheme, http_version="2").status == 200
    verdict = asked(grpc, config_map({"use-http2": "false"}), scheme=scheme, http_version="2")
    assert verdict.status == 400
    assert "use-http2" in verdict.cause.fix


PLAIN = """
events {}
http {
    server { listen 8081; return 204; }
    server { listen 8082; http2 on; return 204; }
}
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "nginx.conf"
    path.write_text(PLAIN, encoding="utf-8")
    return path


def test_each_port_of_a_plain_conf_has_http2_on_or_off(conf: Path) -> None:
    plain = simulate_conf(conf)
    assert plain.route(Request(port=8081, http_version="2")).status == 400
    assert plain.route(Request(port=8082, http_version="2")).status == 204


def test_a_host_header_does_not_change_the_port_that_the_url_names(conf: Path, nginxsim: Command) -> None:
    run = nginxsim("why", "http://a.example.com:8081/", "--conf", str(conf), "-H", "Host: b.example.com:9")
    assert run.status == 0
    assert run.out.startswith("204")


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="names port 99999"):
        request_for("http://a.example.com:99999/", direct=True)


@pytest.mark.parametrize(
    ("value", "told"),
    [("443", "came to port 443"), ("on", "came to port 80"), ("PROXY TCP4 203.0.113.9 10.0.0.1 1 80", "203.0.113.9")],
)
def test_the_command_line_says_what_the_proxy_line_holds(
    tmp_path: Path, nginxsim: Command, value: str, told: str
) -> None:
    path = tmp_path / "all.yaml"
    path.write_text(estate_text(*served("web"), ingress(), PROXY), encoding="utf-8")
    run = nginxsim("why", "http://web.example.com/", str(path), "--proxy-protocol", value)
    assert told in run.out
    off = nginxsim("why", "http://web.example.com/", str(path), "--proxy-protocol", "off")
    assert off.status == 1
    wrong = nginxsim("why", "http://web.example.com/", str(path), "--proxy-protocol", "maybe")
    assert wrong.status == 2
    assert "write on, off, a port" in wrong.err
