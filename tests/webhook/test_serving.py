"""`nginxsim admit`: its report, and the webhook it can stand as, asked over real HTTPS by a real process."""

from __future__ import annotations

import io
import itertools
import json
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection, RemoteDisconnected
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from nginxsim import simulate
from nginxsim.simulation import Simulation
from tests.support.places import ROOT

SAMPLE = "samples/admission"
PREFIX = "nginx.ingress.kubernetes.io"
MEGABYTE = 1024 * 1024


def nginxsim(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nginxsim", "admit", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def reported(*arguments: str, stdin: str = "") -> dict[str, Any]:
    data: dict[str, Any] = json.loads(nginxsim(*arguments, "-o", "json", stdin=stdin).stdout)
    return data


def ingress(
    name: str, host: str = "new.example.com", path: str = "/", class_name: str = "nginx", **annotations: Any
) -> dict[str, Any]:
    backend = {"service": {"name": "shop", "port": {"number": 80}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": name,
            "namespace": "default",
            "uid": "7f3c1a52-6a0e-4c57-9d5e-0d8f3f6f1b11",
            "annotations": {f"{PREFIX}/{key.replace('_', '-')}": value for key, value in annotations.items()},
        },
        "spec": {
            "ingressClassName": class_name,
            "rules": [{"host": host, "http": {"paths": [{"path": path, "pathType": "Prefix", "backend": backend}]}}],
        },
    }


# The report


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([SAMPLE], 1),
        ([SAMPLE, "--ingress", "default/office"], 1),
        (["samples/shop-repaired"], 0),
        (["samples/shop"], 1),
        (["samples/canary"], 0),
    ],
)
def test_exit_status(arguments: list[str], status: int) -> None:
    assert nginxsim(*arguments).returncode == status


BAD_INPUT = {
    "no such file": (["nowhere.yaml"], "nowhere.yaml"),
    "unknown Ingress": ([SAMPLE, "--ingress", "default/ofice"], 'did you mean "default/office"?'),
    "certificate without --serve": ([SAMPLE, "--tls-cert", "x"], "--serve"),
    "strict without --serve": ([SAMPLE, "--strict"], "--serve"),
    "serve without certificate": ([SAMPLE, "--serve", "0"], "--tls-cert"),
    "serve with a report": ([SAMPLE, "--serve", "0", "-o", "json"], "--output"),
    "no port": ([SAMPLE, "--serve", "web", "--tls-cert", "x", "--tls-key", "y"], "[HOST:]PORT"),
    "no certificate in the file": (
        [SAMPLE, "--serve", "0", "--tls-cert", "README.md", "--tls-key", "README.md"],
        "expected a PEM certificate chain",
    ),
    "no certificate file": ([SAMPLE, "--serve", "0", "--tls-cert", "x.crt", "--tls-key", "x.key"], "x.crt"),
}


@pytest.mark.parametrize(("arguments", "told"), BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_bad_input(arguments: list[str], told: str) -> None:
    run = nginxsim(*arguments)
    assert run.returncode == 2
    assert told in run.stderr
    assert "Traceback" not in run.stderr


def test_the_webhooks_words_and_both_places() -> None:
    (shop, copy, _) = reported(SAMPLE)["ingresses"]
    assert shop["error"] == 'host "shop.example.com" and path "/" is already defined in ingress default/shop-copy'
    assert (shop["allowed"], shop["check"]) == (False, "overlap")
    assert [place["line"] for place in copy["origins"]] == [27, 13]


def test_what_the_webhook_misses() -> None:
    (shop, copy, office) = reported(SAMPLE)["ingresses"]
    assert office["allowed"]
    assert office["denied"] == f"annotation {PREFIX}/whitelist-source-range contains invalid value"
    assert shop["nginx"][0]["message"] == '"proxy_buffer_size" directive invalid value'
    assert shop["nginx"][0]["evidence"][0]["origin"] == {"file": f"{SAMPLE}/ingress.yaml", "line": 6, "column": 52}
    assert not copy["nginx"]


def test_a_foreign_class_is_not_looked_at() -> None:
    run = nginxsim("-", stdin=json.dumps(ingress("other", class_name="traefik")))
    assert run.returncode == 0
    assert 'unseen   default/other: not looked at: IngressClass "traefik"' in run.stdout


def test_a_fault_of_the_config_map_belongs_to_no_ingress() -> None:
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "ingress-nginx-controller", "namespace": "ingress-nginx"},
        "data": {"log-format-upstream": "$nonsense"},
    }
    report = reported("-", stdin=json.dumps({"kind": "List", "apiVersion": "v1", "items": [settings, ingress("web")]}))
    assert not report["ingresses"][0]["nginx"]
    assert report["nginx"]
    assert report["summary"]["nginx"] == len(report["nginx"])


def test_one_value_in_many_lines_is_one_fault() -> None:
    bad = ingress("web", proxy_max_temp_file_size="1g")
    bad["spec"]["rules"].append({**bad["spec"]["rules"][0], "host": "two.example.com"})
    (fault,) = reported("-", stdin=json.dumps(bad))["ingresses"][0]["nginx"]
    assert len(fault["nginx_conf_lines"]) > 1
    assert fault["nginx_conf_line"] == fault["nginx_conf_lines"][0]


# One Ingress at a time

SHAPES = [
    dict(zip(("host", "path", "canary"), shape, strict=True))
    for shape in itertools.product(("h", "k", ""), ("/", "/a"), (None, "true"))
]


def shaped(name: str, shape: dict[str, Any], service: str) -> dict[str, Any]:
    made = ingress(name, shape["host"], shape["path"], **({"canary": "true"} if shape["canary"] else {}))
    made["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = service
    if not shape["host"]:
        made["spec"]["defaultBackend"] = {"service": {"name": service, "port": {"number": 80}}}
    return made


def estate(objects: Sequence[dict[str, Any]]) -> Simulation:
    text = json.dumps({"kind": "List", "apiVersion": "v1", "items": objects})
    return simulate(["-"], stdin=io.StringIO(text))


@pytest.mark.parametrize("seed", range(6))
def test_an_update_is_reviewed_as_if_it_were_stored(seed: int) -> None:
    """What the desk answers about a changed Ingress is what a desk set up with that change says of it."""
    chance = random.Random(seed)
    stored = [shaped(f"i{number}", chance.choice(SHAPES), chance.choice("st")) for number in range(5)]
    reviewer = estate(stored).reviewer
    for number, shape in itertools.product(range(6), SHAPES):
        changed = shaped(f"i{number}", shape, "s")
        after = estate([*stored[:number], changed, *stored[number + 1 :]])
        expected = next(review for review in after.review() if review.ingress == f"default/i{number}")
        found = reviewer.review(after.cluster.ingresses[f"default/i{number}"])
        assert (found.allowed, found.error, found.check) == (expected.allowed, expected.error, expected.check)


# The webhook


def certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "tls.crt", folder / "tls.key"


class Server:
    """A running `nginxsim admit --serve`, and what it wrote to stderr so far."""

    def __init__(self, process: subprocess.Popen[str], trusted: Path) -> None:
        self.process = process
        self.trusted = trusted
        self.lines: list[str] = []
        self._listening = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        assert self._listening.wait(60), self.lines
        assert process.poll() is None, self.lines
        self.port = int(next(line for line in self.lines if "listening" in line).rpartition(":")[2])

    def _read(self) -> None:
        for line in self.process.stderr or ():
            self.lines.append(line.rstrip("\n"))
            if "listening on" in line:
                self._listening.set()
        self._listening.set()

    def logged(self, *words: str) -> bool:
        """A line with all these words is there, or comes soon."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if any(all(word in line for word in words) for line in list(self.lines)):
                return True
            time.sleep(0.01)
        return False

    def connection(self) -> HTTPSConnection:
        context = ssl.create_default_context(cafile=str(self.trusted))
        return HTTPSConnection("127.0.0.1", self.port, context=context, timeout=30)

    def ask(self, body: bytes, method: str = "POST", path: str = "/networking/v1/ingresses") -> tuple[int, bytes]:
        connection = self.connection()
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def review(self, sent: object, **changes: object) -> dict[str, Any]:
        status, body = self.ask(question(sent, **changes))
        assert status == 200, body
        answer = json.loads(body)
        assert (answer["kind"], answer["apiVersion"]) == ("AdmissionReview", "admission.k8s.io/v1")
        response: dict[str, Any] = answer["response"]
        return response


def question(sent: object, **changes: object) -> bytes:
    metadata = sent.get("metadata") if isinstance(sent, dict) else None
    metadata = metadata if isinstance(metadata, dict) else {}
    request = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "networking.k8s.io", "version": "v1", "kind": "Ingress"},
        "resource": {"group": "networking.k8s.io", "version": "v1", "resource": "ingresses"},
        "name": metadata.get("name", ""),
        "namespace": metadata.get("namespace", ""),
        "operation": "CREATE",
        "userInfo": {"username": "admin"},
        "object": sent,
        "oldObject": None,
        "dryRun": False,
    }
    review = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {**request, **changes}}
    return json.dumps(review).encode()


@contextmanager
def serving(folder: Path, *arguments: str, paths: Sequence[str] = (SAMPLE,)) -> Iterator[Server]:
    chain, key = certificate(folder)
    options = ["--serve", "127.0.0.1:0", "--tls-cert", str(chain), "--tls-key", str(key)]
    process = subprocess.Popen(
        [sys.executable, "-m", "nginxsim", "admit", *paths, *options, *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ},
    )
    try:
        yield Server(process, chain)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("webhook")) as running:
        yield running


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("strict"), "--strict") as running:
        yield running


def test_health(server: Server) -> None:
    assert server.ask(b"", method="GET", path="/healthz") == (200, b"ok\n")
    assert server.ask(b"", method="GET", path="/metrics")[0] == 404


def test_a_new_ingress_is_allowed(server: Server) -> None:
    assert server.review(ingress("new")) == {"uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": True}
    assert server.logged("allowed default/new (create")


def test_any_path_will_do(server: Server) -> None:
    assert server.ask(question(ingress("new")), path="/")[0] == 200


def test_an_overlap_with_what_is_stored_is_refused(server: Server) -> None:
    response = server.review(ingress("new", host="office.example.com"))
    assert not response["allowed"]
    assert response["status"] == {
        "metadata": {},
        "status": "Failure",
        "message": 'host "office.example.com" and path "/" is already defined in ingress default/office',
        "reason": "BadRequest",
        "code": 400,
    }
    assert server.logged("refused default/new (create", "overlap: host")


def test_an_update_replaces_what_is_stored(server: Server) -> None:
    assert server.review(ingress("office", host="office.example.com"), operation="UPDATE")["allowed"]
    assert server.review(ingress("office", host="moved.example.com"), operation="UPDATE")["allowed"]
    assert not server.review(ingress("office", host="shop.example.com"), operation="UPDATE")["allowed"]
    assert not server.review(ingress("new", host="office.example.com"))["allowed"], "nothing is stored"


def test_the_same_name_in_another_namespace_is_another_ingress(server: Server) -> None:
    other = ingress("office", host="office.example.com")
    other["metadata"]["namespace"] = "elsewhere"
    assert "already defined in ingress default/office" in server.review(other)["status"]["message"]


def test_the_namespace_of_the_request_fills_in(server: Server) -> None:
    bare = ingress("office", host="office.example.com")
    del bare["metadata"]["namespace"]
    assert server.review(bare, namespace="default")["allowed"]
    assert not server.review(bare, namespace="elsewhere")["allowed"]


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (ingress("new", upstream_vhost="a;b"), f"annotation {PREFIX}/upstream-vhost contains invalid value"),
        (
            ingress("new", server_snippet="return 200;"),
            f"{PREFIX}/server-snippet annotation cannot be used. "
            "Snippet directives are disabled by the Ingress administrator",
        ),
        (ingress("new", path="/a b"), "ingress contains invalid paths: path /a b cannot be used with pathType Prefix"),
        (None, "couldn't get version/kind; json parse error: unexpected end of JSON input"),
    ],
)
def test_refusals(server: Server, sent: object, message: str) -> None:
    response = server.review(sent)
    assert (response["allowed"], response["status"]["message"]) == (False, message)


def test_warnings_come_along(server: Server) -> None:
    response = server.review(ingress("new", secure_verify_ca_secret="x"))
    assert response["allowed"]
    assert response["warnings"] == [f"annotation {PREFIX}/secure-verify-ca-secret is deprecated"]


def test_another_class_is_let_through(server: Server) -> None:
    assert server.review(ingress("new", path="/a b", class_name="traefik"))["allowed"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda sent: sent["metadata"]["annotations"].update(a=True),
        lambda sent: sent["spec"].update(rules={}),
        lambda sent: sent.update(metadata="x"),
        lambda sent: sent.update(spec=[]),
        lambda sent: sent["metadata"].update(creationTimestamp="yesterday"),
        lambda sent: sent["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"].update(number="x"),
    ],
)
def test_an_object_that_does_not_decode_is_refused(server: Server, spoil: Any) -> None:
    sent = ingress("new")
    spoil(sent)
    response = server.review(sent)
    assert not response["allowed"]
    assert response["status"]["code"] == 400
    assert "(sent)" not in response["status"]["message"]


@pytest.mark.parametrize("sent", ["text", 1, [], True])
def test_an_object_that_is_none_is_refused(server: Server, sent: object) -> None:
    assert server.review(sent)["status"]["reason"] == "BadRequest"


def test_odd_characters_survive(server: Server) -> None:
    sent = ingress("new", secure_verify_ca_secret='"\\/\n\t\u2028 😀 {{ }} # :')
    assert server.review(sent)["allowed"]


REVIEW = json.loads(question(ingress("new")))
MALFORMED = {
    "nothing": (b"", 400),
    "broken": (b"{", 400),
    "array": (b"[]", 400),
    "null": (b"null", 400),
    "yaml": (b"kind: AdmissionReview\n", 400),
    "trailing": (question(ingress("new")) + b"x", 400),
    "NaN": (question(ingress("new")).replace(b"false", b"NaN"), 400),
    "bytes": (b"\xff\xfe\x00", 400),
    "deep": (b"[" * 100_000, 400),
    "no kind": (json.dumps({"request": REVIEW["request"]}).encode(), 400),
    "old version": (json.dumps({**REVIEW, "apiVersion": "admission.k8s.io/v1beta1"}).encode(), 400),
    "other kind": (b'{"kind": "Pod", "apiVersion": "v1"}', 400),
    "request is text": (json.dumps({**REVIEW, "request": "x"}).encode(), 400),
    "uid is a number": (question(ingress("new"), uid=5), 400),
    "no request": (json.dumps({**REVIEW, "request": None}).encode(), 500),
    "empty request": (json.dumps({**REVIEW, "request": {}}).encode(), 500),
    "a Pod": (question(ingress("new"), kind={"group": "", "version": "v1", "kind": "Pod"}), 500),
    "beta": (
        question(ingress("new"), kind={"group": "networking.k8s.io", "version": "v1beta1", "kind": "Ingress"}),
        500,
    ),
    "at the limit": (b" " * (9 * MEGABYTE - 1), 400),
    "too large": (b" " * (9 * MEGABYTE), 413),
}


@pytest.mark.parametrize(("body", "status"), MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_requests(server: Server, body: bytes, status: int) -> None:
    assert server.ask(body)[0] == status
    assert not any("Traceback" in line for line in server.lines)


def test_a_body_in_chunks(server: Server) -> None:
    connection = server.connection()
    body = question(ingress("new"))
    pieces = iter([body[:100], body[100:]])
    connection.request("POST", "/", pieces, {"Transfer-Encoding": "chunked"}, encode_chunked=True)
    assert json.loads(connection.getresponse().read())["response"]["allowed"]
    connection.close()


def test_a_large_ingress(server: Server) -> None:
    sent = ingress("new")
    sent["metadata"]["annotations"]["example.com/notes"] = "x" * MEGABYTE
    assert server.review(sent)["allowed"]


def test_a_connection_serves_many_reviews(server: Server) -> None:
    connection = server.connection()
    for number in range(3):
        connection.request("POST", "/", question(ingress(f"new-{number}")))
        assert json.loads(connection.getresponse().read())["response"]["allowed"]
    connection.close()


def test_concurrent_reviews_do_not_mix(server: Server) -> None:
    def review(number: int) -> tuple[str, bool]:
        host = "office.example.com" if number % 2 else f"new-{number}.example.com"
        response = server.review(ingress(f"new-{number}", host=host), uid=str(number))
        return response["uid"], response["allowed"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(review, range(24))) == [(str(number), number % 2 == 0) for number in range(24)]


def test_plain_http_and_silent_clients_do_no_harm(server: Server) -> None:
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as silent,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain,
    ):
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" not in plain.recv(1000)
        assert server.ask(b"", method="GET", path="/healthz")[0] == 200
        assert silent.fileno() > 0
    assert not any("Traceback" in line for line in server.lines)


def test_a_name_cannot_forge_a_line_of_the_log(server: Server) -> None:
    server.review(ingress("new"), name="x\n2026-01-01T00:00:00Z allowed default/forged")
    assert server.logged("allowed default/x 2026-01-01T00:00:00Z allowed default/forged")
    assert not any(line.split()[1:3] == ["allowed", "default/forged"] for line in server.lines)


def test_without_strict_harm_is_let_through(server: Server) -> None:
    assert server.review(ingress("new", proxy_buffer_size="16b"))["allowed"]
    assert server.review(ingress("new", whitelist_source_range="office"))["allowed"]


def test_strict_refuses_what_nginx_would_refuse(strict: Server) -> None:
    message = strict.review(ingress("new", proxy_buffer_size="16b"))["status"]["message"]
    assert message.splitlines()[0] == (
        'nginx would refuse the configuration: "proxy_buffer_size" directive invalid value'
    )
    assert strict.review(ingress("new", proxy_buffer_size="16k"))["allowed"]


def test_strict_refuses_what_would_come_out_denied(strict: Server) -> None:
    message = strict.review(ingress("new", whitelist_source_range="office"))["status"]["message"]
    assert message.startswith("every request would come out denied: annotation")


def test_strict_reviews_at_once(strict: Server) -> None:
    values = ["16b", "16k"] * 4
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda size: strict.review(ingress("new", proxy_buffer_size=size))["allowed"], values)
        assert list(answers) == [False, True] * 4


def test_strict_holds_no_other_ingress_against_one(strict: Server) -> None:
    """The stored Ingress default/shop, on the same host, has a value that nginx refuses."""
    assert strict.review(ingress("new", host="shop.example.com", path="/new"))["allowed"]
    repaired = ingress("shop", host="shop.example.com")
    assert "overlap" not in repaired["metadata"]
    assert "shop-copy" in strict.review(repaired)["status"]["message"]


def test_an_empty_cluster_can_be_served(tmp_path: Path) -> None:
    with serving(tmp_path, paths=["samples/shop/service.yaml"]) as running:
        assert running.review(ingress("first"))["allowed"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(tmp_path: Path, number: int) -> None:
    with serving(tmp_path) as running:
        idle = running.connection()
        idle.request("GET", "/healthz")
        idle.getresponse().read()
        running.process.send_signal(number)
        assert running.process.wait(20) == 0
        with pytest.raises((ConnectionError, RemoteDisconnected)):
            running.ask(b"", method="GET", path="/healthz")
        assert running.lines[-1].endswith("stopping")


def test_a_renewed_certificate_is_taken_up(tmp_path: Path) -> None:
    with serving(tmp_path) as running:
        assert running.ask(b"", method="GET", path="/healthz")[0] == 200
        certificate(tmp_path)
        assert running.ask(b"", method="GET", path="/healthz")[0] == 200
