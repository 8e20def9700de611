"""The webhook in operation: its limits, renewed certificates and manifests, lost processes, its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import RemoteDisconnected
from pathlib import Path

import pytest

from tests.support.certificates import Party, issue
from tests.support.commands import Command, Process
from tests.support.estates import estate_text, served
from tests.support.webhook import MEGABYTE, SAMPLE, Server, Serving, certificate, ingress, question

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
HUGE = 9 * MEGABYTE - 100


def works(server: Server) -> bool:
    allowed: bool = server.review(ingress("new"))["allowed"]
    return allowed


def ended(client: socket.socket) -> bytes:
    """All that the server says until it closes the connection."""
    said = b""
    with client:
        try:
            while piece := client.recv(65536):
                said += piece
        except ConnectionError:
            pass
    return said


# The plain port


def test_the_plain_port_tells_of_health_and_readiness(server: Server) -> None:
    assert server.told("/healthz") == (200, "ok\n")
    status, text = server.told("/readyz")
    assert status == 200
    assert text.startswith("ready\nestate: 3 Ingresses, read 20")
    assert "certificate: valid until 20" in text
    assert "broken" not in text
    assert server.told("/")[0] == 404


def test_metrics_count_reviews_by_verdict(server: Server) -> None:
    counted = ("allowed", "refused", "unanswerable")
    before = [server.metric(f'nginxsim_reviews_total{{verdict="{verdict}"}}') for verdict in counted]
    server.review(ingress("new"))
    server.review(ingress("new", host="office.example.com"))
    server.ask(b"{")
    after = [server.metric(f'nginxsim_reviews_total{{verdict="{verdict}"}}') for verdict in counted]
    assert [later - earlier for earlier, later in zip(before, after, strict=True)] == [1, 1, 1]
    assert server.metric("nginxsim_review_seconds_count") >= 3
    assert server.metric("nginxsim_reviews_in_flight") == 0
    assert server.metric("nginxsim_estate_ingresses") == 3
    assert server.metric("nginxsim_estate_broken_since_timestamp_seconds") == 0
    assert server.metric("nginxsim_certificate_expiry_timestamp_seconds") > server.metric(
        "nginxsim_estate_timestamp_seconds"
    )


# Time and processes


def slow() -> bytes:
    """A question that takes seconds: an Ingress with a hundred thousand rules."""
    sent = ingress("slow")
    (rule,) = sent["spec"]["rules"]
    sent["spec"]["rules"] = [rule] * (HUGE // (len(json.dumps(rule)) + 2) - 10)
    return question(sent)


def test_a_slow_review_is_ended_and_stops_no_other(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path, "--workers", "2") as server, ThreadPoolExecutor(1) as pool:
        overrun = pool.submit(server.ask, slow(), path="/?timeout=1s")
        while not overrun.done():
            assert works(server)
        status, told = overrun.result()
        assert (status, told) == (504, b"the review took longer than the API server waits, and was ended\n")
        assert server.logged("a worker was replaced (overrun)")
        assert server.metric('nginxsim_workers_lost_total{reason="overrun"}') == 1
        assert server.comes_to(lambda: server.metric("nginxsim_workers") == 2)
        assert works(server)


@pytest.mark.parametrize("timeout", ["timeout=soon", "timeout=0s", "timeout=1h", "timeout=", ""])
def test_an_odd_timeout_is_taken_for_a_usual_one(server: Server, timeout: str) -> None:
    assert server.ask(question(ingress("new")), path=f"/?{timeout}")[0] == 200


@ON_LINUX
def test_lost_workers_are_replaced(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path, "--workers", "2") as server:
        ((_, *workers),) = server.children()
        assert len(workers) == 2
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        assert server.comes_to(lambda: works(server))
        assert server.comes_to(lambda: not set(workers) & set(server.children()[0]))


@ON_LINUX
def test_without_the_process_that_holds_them_the_manifests_are_read_again(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path) as server:
        ((holder, *_),) = server.children()
        os.kill(holder, signal.SIGKILL)
        assert works(server)
        assert server.logged("the process that holds the manifests ended")
        assert server.comes_to(lambda: [holder] not in server.children() and len(server.children()) == 1)
        assert works(server)


@ON_LINUX
def test_nothing_stays_behind(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path) as server:
        ((holder, *workers),) = server.children()
        server.process.kill()
        server.process.wait()
        assert server.comes_to(lambda: not any(Path(f"/proc/{one}").exists() for one in (holder, *workers)))


# Clients that take their time, or too much


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory, serving: Serving) -> object:
    with serving(tmp_path_factory.mktemp("hasty"), "--patience", "1") as server:
        yield server


def test_a_handshake_has_its_time(hasty: Server) -> None:
    silent = socket.create_connection(("127.0.0.1", hasty.port), timeout=30)
    assert ended(silent) == b""
    assert hasty.metric('nginxsim_connections_turned_total{reason="handshake"}') >= 1
    assert works(hasty)


@pytest.mark.parametrize("head", [b"", b"POST / HTTP/1.1\r\nHost: x\r\n"])
def test_the_head_of_a_request_has_its_time(hasty: Server, head: bytes) -> None:
    before = hasty.metric('nginxsim_connections_turned_total{reason="slow"}')
    stranger = hasty.stranger()
    stranger.sendall(head)
    assert ended(stranger) == b""
    assert hasty.metric('nginxsim_connections_turned_total{reason="slow"}') == before + 1


def test_a_second_head_has_its_time_too(hasty: Server) -> None:
    body = question(ingress("new"))
    with hasty.begun(len(body), body) as stranger:
        assert b"200 OK" in stranger.recv(65536)
        stranger.sendall(b"POST")
        assert b"200 OK" not in ended(stranger)


def test_the_body_of_a_request_has_its_time(hasty: Server) -> None:
    said = ended(hasty.begun(1000, b"{"))
    assert b" 408 " in said
    assert b"connection: close" in said.lower()
    assert hasty.logged("too-slow 408")


def test_a_head_without_end_is_cut_off(server: Server) -> None:
    head = "".join(f"X-{number}: {'x' * 1000}\r\n" for number in range(10_000))
    with server.stranger() as stranger, pytest.raises(OSError):  # noqa: PT011 - reset or broken pipe, by the moment
        stranger.sendall(f"POST / HTTP/1.1\r\n{head}".encode())
    assert server.metric('nginxsim_connections_turned_total{reason="long"}') >= 1
    assert works(server)


def test_reviews_beyond_the_limit_are_turned_away_at_once(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path, "--max-reviews", "1") as server, server.begun(1000, b"{") as busy:
        assert server.comes_to(lambda: server.metric("nginxsim_reviews_in_flight") == 1)
        with closing(server.connection()) as connection:
            connection.request("POST", "/", question(ingress("new")))
            answer = connection.getresponse()
            assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
            answer.read()
        busy.close()
        assert server.comes_to(lambda: server.metric("nginxsim_reviews_in_flight") == 0)
        assert works(server)


def test_bodies_under_way_do_not_fill_the_memory(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path, "--patience", "60") as server, ExitStack() as stack:
        clients = [stack.enter_context(server.begun(HUGE, b" " * (HUGE - 1))) for _ in range(7)]
        assert server.comes_to(lambda: server.metric("nginxsim_reviews_in_flight") == 7)
        clients.append(stack.enter_context(server.begun(HUGE, b" " * (HUGE - 1))))
        turned_away = 'nginxsim_reviews_total{verdict="turned-away"}'
        assert server.comes_to(lambda: server.metric(turned_away) == 1), "whichever comes to be the one too many"
        for client in clients:
            client.close()
        assert server.comes_to(lambda: works(server))


def test_a_new_connection_takes_the_place_of_one_that_rests(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path, "--max-connections", "2") as server:
        with server.stranger() as oldest, server.stranger():
            assert works(server)
            assert ended(oldest) == b""
        assert server.metric('nginxsim_connections_turned_total{reason="idle"}') >= 1


def test_where_every_connection_is_at_work_none_is_let_in(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path, "--max-connections", "2") as server:
        with server.begun(1000, b"{"), server.begun(1000, b"{"):
            assert server.comes_to(lambda: server.metric("nginxsim_reviews_in_flight") == 2)
            with pytest.raises(OSError):  # noqa: PT011 - of several kinds, by how far the handshake came
                server.stranger()
            assert server.metric('nginxsim_connections_turned_total{reason="full"}') == 1
        assert server.comes_to(lambda: server.metric("nginxsim_connections") == 0)
        assert works(server)


# Certificates


def served_serial(server: Server) -> str:
    with server.stranger() as client:
        assert isinstance(client, ssl.SSLSocket)
        shown = client.getpeercert()
        assert shown is not None
        return str(shown["serialNumber"])


def test_a_renewed_certificate_is_taken_up(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path) as server, server.stranger() as before:
        old = served_serial(server)
        certificate(tmp_path)
        assert server.comes_to(lambda: sum("certificate in use" in line for line in server.lines) == 2)
        assert served_serial(server) != old
        body = question(ingress("new"))
        before.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        assert b"200 OK" in before.recv(65536), "connections go on with the certificate that they began with"


def test_a_key_that_does_not_fit_leaves_the_old_pair_in_use(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path) as server:
        old, expiry = served_serial(server), server.metric("nginxsim_certificate_expiry_timestamp_seconds")
        (tmp_path / "tls.key").write_text(issue("other").key_pem)
        assert server.logged("the certificate cannot be taken up, the old one goes on")
        assert served_serial(server) == old
        assert works(server)
        assert server.metric("nginxsim_certificate_expiry_timestamp_seconds") == expiry


def test_a_certificate_near_its_end_is_spoken_of(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path) as server:
        ending = issue("localhost", "127.0.0.1", ca=True, days=(-10, 1))
        (tmp_path / "tls.crt").write_text(ending.pem)
        (tmp_path / "tls.key").write_text(ending.key_pem)
        assert server.logged("the certificate expires on")


@pytest.mark.filterwarnings("ignore:.*TLSv1_1 is deprecated")
def test_old_tls_is_not_spoken(server: Server) -> None:
    context = ssl.create_default_context(cafile=str(server.trusted))
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    with plain, pytest.raises(OSError, match=r"(?i)version|alert|eof|reset"):
        context.wrap_socket(plain, server_hostname="127.0.0.1")


def answered_to(server: Server, shown: Party | None) -> int:
    with closing(server.connection(shown)) as connection:
        connection.request("POST", "/", question(ingress("new")))
        return connection.getresponse().status


def test_only_clients_with_the_right_certificate_are_let_in(tmp_path: Path, serving: Serving) -> None:
    authority = issue("authority", ca=True)
    (tmp_path / "ca.crt").write_text(authority.pem)
    options = "--client-ca", str(tmp_path / "ca.crt"), "--client-name", "kube-apiserver"
    with serving(tmp_path, *options) as server:
        right, wrong = issue("kube-apiserver", issuer=authority), issue("somebody", issuer=authority)
        named = issue("x", "kube-apiserver", issuer=authority)
        assert [answered_to(server, shown) for shown in (right, named)] == [200, 200]
        for shown in (None, wrong, issue("kube-apiserver")):
            with pytest.raises((OSError, RemoteDisconnected)):
                answered_to(server, shown)
        assert server.metric('nginxsim_connections_turned_total{reason="stranger"}') == 1


# Manifests that change


def write(file: Path, host: str) -> None:
    file.write_text(estate_text(*served(), ingress("stored", host=host)))


def is_taken(server: Server, host: str) -> bool:
    return not server.review(ingress("new", host=host))["allowed"]


def test_changed_manifests_are_read_again(tmp_path: Path, serving: Serving) -> None:
    folder = tmp_path / "estate"
    folder.mkdir()
    write(folder / "a.yaml", "one.example.com")
    with serving(tmp_path, paths=[str(folder)]) as server:
        assert is_taken(server, "one.example.com")
        write(folder / "a.yaml", "two.example.com")
        assert server.comes_to(lambda: is_taken(server, "two.example.com"))
        assert not is_taken(server, "one.example.com")
        write(folder / "b.yaml", "three.example.com")
        (folder / "a.yaml").unlink()
        assert server.comes_to(lambda: is_taken(server, "three.example.com"))


def test_a_broken_change_leaves_the_last_good_estate_in_use(tmp_path: Path, serving: Serving) -> None:
    file = tmp_path / "estate.yaml"
    write(file, "one.example.com")
    with serving(tmp_path, paths=[str(file)]) as server:
        file.write_text("kind: [")
        assert server.logged("the manifests cannot be read since 20", f"{file}:2:1")
        assert is_taken(server, "one.example.com")
        status, text = server.told("/readyz")
        assert status == 200
        assert "broken: since 20" in text
        assert f"{file}:2:1" in text
        since = server.metric("nginxsim_estate_broken_since_timestamp_seconds")
        assert since > server.metric("nginxsim_estate_timestamp_seconds")
        file.write_text("kind: [[")
        assert server.comes_to(lambda: server.metric('nginxsim_estate_reads_total{result="broken"}') == 2)
        assert server.metric("nginxsim_estate_broken_since_timestamp_seconds") == since
        write(file, "two.example.com")
        assert server.comes_to(lambda: "broken" not in server.told("/readyz")[1])
        assert is_taken(server, "two.example.com")


def test_a_swapped_link_is_a_change(tmp_path: Path, serving: Serving) -> None:
    """As kubelet swaps the content of a ConfigMap, and git-sync a checkout."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "estate.yaml", f"{name}.example.com")
    link = tmp_path / "current"
    link.symlink_to("one")
    with serving(tmp_path, paths=[str(link / "estate.yaml")]) as server:
        assert is_taken(server, "one.example.com")
        (tmp_path / "next").symlink_to("two")
        (tmp_path / "next").replace(link)
        assert server.comes_to(lambda: is_taken(server, "two.example.com"))


# The end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(tmp_path: Path, serving: Serving, number: int) -> None:
    with serving(tmp_path) as server, server.stranger():
        assert works(server)
        server.process.send_signal(number)
        assert server.process.wait(20) == 0
        with pytest.raises(OSError):  # noqa: PT011 - refused or reset
            server.stranger()
        assert server.logged("stopping")


def test_a_review_under_way_is_answered_before_the_end(tmp_path: Path, serving: Serving) -> None:
    body = question(ingress("new"))
    with serving(tmp_path) as server, server.begun(len(body), body[:-1]) as client:
        assert server.comes_to(lambda: server.metric("nginxsim_reviews_in_flight") == 1)
        server.process.send_signal(signal.SIGTERM)
        assert server.logged("stopping")
        client.sendall(body[-1:])
        said = ended(client)
        assert b"200 OK" in said
        assert b'"allowed": true' in said
        assert server.process.wait(20) == 0


def test_grace_has_an_end(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path, "--grace", "1", "--patience", "100") as server, server.begun(1000, b"{"):
        assert server.comes_to(lambda: server.metric("nginxsim_reviews_in_flight") == 1)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0


def test_it_lingers_unready_until_told_again(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path, "--linger", "600") as server:
        server.process.send_signal(signal.SIGTERM)
        assert server.logged("stopping")
        assert server.told("/readyz") == (503, "not ready: stopping\n")
        assert works(server), "those who have not heard yet are answered"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0


# The log, and what cannot be begun


def test_lines_of_the_log_can_be_for_programs(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path, "--log", "json") as server:
        server.review(ingress("new", host="office.example.com"))
        assert server.logged('"event": "review"')
        lines = [json.loads(line) for line in server.lines]
    assert {"certificate", "estate", "listening", "review"} <= {line["event"] for line in lines}
    review = next(line for line in lines if line["event"] == "review")
    assert (review["verdict"], review["ingress"], review["check"]) == ("refused", "default/new", "overlap")
    assert (review["operation"], review["status"], review["client"]) == ("CREATE", 200, "127.0.0.1")
    assert review["message"].startswith('host "office.example.com"')
    assert 0 < review["seconds"] < 60


BAD_START = {
    "patience without --serve": (["--patience", "3"], "--patience goes with --serve"),
    "name without authority": (
        ["--serve", "0", "--tls-cert", "x", "--tls-key", "y", "--client-name", "z"],
        "--client-ca",
    ),
    "monitor on no port": (
        ["--serve", "0", "--tls-cert", "x", "--tls-key", "y", "--monitor", "web"],
        '--monitor "web": expected [HOST:]PORT',
    ),
}


@pytest.mark.parametrize(("arguments", "told"), BAD_START.values(), ids=BAD_START.keys())
def test_what_cannot_be_begun(nginxsim: Command, arguments: list[str], told: str) -> None:
    ran = nginxsim("admit", SAMPLE, *arguments)
    assert ran.status == 2
    assert told in ran.err


def test_manifests_that_cannot_be_read_at_first_are_bad_input(tmp_path: Path, process: Process) -> None:
    chain, key = certificate(tmp_path)
    (tmp_path / "estate.yaml").write_text("kind: [")
    options = ["--serve", "127.0.0.1:0", "--tls-cert", chain, "--tls-key", key]
    ran = process(sys.executable, "-m", "nginxsim", "admit", tmp_path / "estate.yaml", *options)
    assert ran.returncode == 2
    assert f"error: {tmp_path}/estate.yaml:2:1" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_port_that_is_taken_is_told_before_anything_is_read(tmp_path: Path, process: Process) -> None:
    chain, key = certificate(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        options = ["--serve", address, "--tls-cert", chain, "--tls-key", key]
        ran = process(sys.executable, "-m", "nginxsim", "admit", "nowhere", *options)
    assert ran.returncode == 2
    assert f"--serve: cannot listen on {address}" in ran.stderr


def test_without_the_extra_it_is_told_how_to_install_it(process: Process) -> None:
    code = (
        "import sys; sys.modules['uvicorn'] = None; sys.argv = ['nginxsim', *sys.argv[1:]]; "
        "from nginxsim.cli.main import main; main()"
    )
    options = ["admit", SAMPLE, "--serve", "0", "--tls-cert", "x", "--tls-key", "y"]
    ran = process(sys.executable, "-c", code, *options)
    assert ran.returncode == 2
    assert "pip install 'nginxsim[serve]'" in ran.stderr
