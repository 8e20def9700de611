"""A request's place among equal ones sent at once: which of them the limits refuse, hold back or let in."""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from click.testing import CliRunner

from nginxsim import Request, Verdict, simulate_conf
from nginxsim.cli.why import command
from tests.support.estates import PREFIX, estate, estate_text, ingress, served
from tests.support.realnginx import free_port, reply_of, running

ZONES = """
limit_req_zone $binary_remote_addr zone=rate:1m rate=10r/m;
limit_req_zone $server_port zone=slow:1m rate=30r/m;
limit_req_zone $http_x_key zone=keyed:1m rate=1r/m;
limit_conn_zone $binary_remote_addr zone=conns:1m;
"""
BURSTS = {
    "no burst: one request": ("limit_req zone=rate;", 3, [(1, 200), (2, 503)]),
    "burst without waiting": ("limit_req zone=rate burst=5 nodelay;", 9, [(6, 200), (3, 503)]),
    "a status of its own": ("limit_req zone=rate burst=2 nodelay; limit_req_status 429;", 4, [(3, 200), (1, 429)]),
    "the rest of the burst waits": ("limit_req zone=rate burst=5;", 9, [(1, 200), (5, 200), (3, 503)]),
    "some of the burst waits": ("limit_req zone=rate burst=5 delay=3;", 9, [(4, 200), (2, 200), (3, 503)]),
    "an empty key is not counted": ("limit_req zone=keyed;", 9, [(9, 200)]),
    "the smallest of several": (
        "limit_req zone=rate burst=6 nodelay; limit_req zone=slow burst=3 nodelay;",
        9,
        [(4, 200), (5, 503)],
    ),
    "an uncounted zone among several": (
        "limit_req zone=keyed; limit_req zone=slow burst=3 nodelay;",
        5,
        [(4, 200), (1, 503)],
    ),
    "connections": ("limit_conn conns 2; limit_conn_status 429;", 5, [(2, 200), (3, 429)]),
    "rate before connections": (
        "limit_conn conns 2; limit_conn_status 429; limit_req zone=rate burst=3 nodelay;",
        7,
        [(2, 200), (2, 429), (3, 503)],
    ),
    "only tried out": ("limit_req zone=rate; limit_req_dry_run on;", 3, [(1, 200), (2, 200)]),
    "no limit": ("", 1000000, [(1000000, 200)]),
}


def burst(tmp_path: Path, limits: str, count: int, location: str = "return 204;") -> Verdict:
    conf = tmp_path / "nginx.conf"
    conf.write_text(f"http {{ {ZONES} server {{ listen 80; location / {{ {limits} {location} }} }} }}")
    return simulate_conf(conf).burst(Request(), count)


@pytest.mark.parametrize("name", BURSTS)
def test_places_that_end_alike(tmp_path: Path, name: str) -> None:
    limits, count, expected = BURSTS[name]
    verdict = burst(tmp_path, limits, count, "proxy_pass http://10.0.0.1;")
    places = [(each.places or (0, 0), each.status) for each in verdict.outcomes]
    assert [(last - first + 1, status) for (first, last), status in places] == expected
    assert sum(each.probability for each in verdict.outcomes) == pytest.approx(1)


class Patient(socketserver.ThreadingTCPServer):
    """A service that keeps every request waiting until it is told to answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Waiting)
        self.arrived = threading.Semaphore(0)
        self.may_answer = threading.Event()


class _Waiting(socketserver.StreamRequestHandler):
    server: Patient

    def handle(self) -> None:
        self.rfile.readline()
        self.server.arrived.release()
        self.server.may_answer.wait(10)
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def patient() -> Iterator[Patient]:
    with Patient() as service:
        threading.Thread(target=service.serve_forever, args=(0.05,), daemon=True).start()
        yield service
        service.shutdown()


def at_once(port: int, service: Patient, count: int) -> Iterator[int | None]:
    """The statuses of requests none of which is answered before the last was sent, unless nginx answers by itself."""
    clients = []
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", port), 5)
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        clients.append(client)
        while not service.arrived.acquire(timeout=0.01) and not select.select([client], [], [], 0)[0]:
            pass
    service.may_answer.set()
    for client in clients:
        with client:
            yield reply_of(client, "GET").status


@pytest.mark.parametrize("name", [name for name, (_, count, _) in BURSTS.items() if "waits" not in name and count < 10])
def test_a_real_nginx_agrees(tmp_path: Path, patient: Patient, real_nginx: Path, name: str) -> None:
    limits, count, expected = BURSTS[name]
    port = free_port()
    http = f"""{ZONES} server {{ listen 127.0.0.1:{port}; location / {{
        {limits} proxy_pass http://127.0.0.1:{patient.server_address[1]}; }} }}"""
    with running(tmp_path, http, port) as nginx:
        assert not nginx.refused
        statuses = list(at_once(port, patient, count))
    merged = [(sum(size for size, _ in alike), status) for status, alike in _by_status(expected)]
    assert [(len(list(alike)), status) for status, alike in groupby(statuses)] == merged


def _by_status(stretches: list[tuple[int, int]]) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    return ((status, list(alike)) for status, alike in groupby(stretches, key=lambda stretch: stretch[1]))


def test_how_long_a_request_waits(tmp_path: Path) -> None:
    waiting = burst(tmp_path, "limit_req zone=slow burst=5;", 6, "proxy_pass http://10.0.0.1;").outcomes[1]
    assert [step.why for step in waiting.trace if step.phase == "limit"] == ["counted", "waits for 2 s"]


def test_what_a_connection_limit_takes_for_granted(tmp_path: Path) -> None:
    refused = burst(tmp_path, "limit_conn conns 2;", 3, "proxy_pass http://10.0.0.1;").outcomes[1]
    assert refused.assumptions == ("the 2 requests before it are still being answered",)
    assert "2 connections at once are let in: this is number 3" in refused.cause.message


SHOP = (
    *served("shop"),
    ingress(
        "shop",
        "shop.example.com",
        {"/": "shop:80"},
        annotations={"limit-rps": "2", "limit-burst-multiplier": "3", "limit-whitelist": "10.0.0.0/8"},
    ),
)


def test_an_annotation_is_the_evidence() -> None:
    passed, refused = estate(*SHOP).burst(Request(host="shop.example.com"), 10).outcomes
    assert (passed.places, passed.status) == ((1, 7), 200)
    assert (refused.places, refused.status, refused.cause.code) == ((8, 10), 503, "rate-limited")
    ((_, line, column),) = refused.cause.origins
    assert estate_text(*SHOP).splitlines()[line - 1][: column - 1].strip() == f"{PREFIX}limit-rps:"
    assert "limit-rps: 2r/s and a burst of 6 let 7 in at once" in refused.cause.message
    assert "each replica" in refused.cause.fix


def test_an_excused_client_meets_no_limit() -> None:
    verdict = estate(*SHOP).burst(Request(host="shop.example.com", client="10.9.9.9"), 50)
    assert [outcome.places for outcome in verdict.outcomes] == [(1, 50)]


def test_the_command_line_tells_which_requests() -> None:
    arguments = ["http://shop.example.com/", "-", "--repeat", "9"]
    result = CliRunner().invoke(command, arguments, input=estate_text(*SHOP))
    heads = [line.partition("http")[2] for line in result.output.splitlines() if "   http://" in line]
    assert [head.partition("   ")[2] for head in heads] == ["requests 1 to 7", "requests 8 to 9"]
    assert result.exit_code == 1
