"""What the webhook answers: asked over real HTTPS, of a real process."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.estates import PREFIX
from tests.support.webhook import MEGABYTE, Server, Serving, ingress, question


def test_only_reviews_are_answered(server: Server) -> None:
    assert server.ask(b"", method="GET", path="/healthz")[0] == 405


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
        (ingress("new", upstream_vhost="a;b"), f"annotation {PREFIX}upstream-vhost contains invalid value"),
        (
            ingress("new", server_snippet="return 200;"),
            f"{PREFIX}server-snippet annotation cannot be used. "
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
    assert response["warnings"] == [f"annotation {PREFIX}secure-verify-ca-secret is deprecated"]


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
        assert server.review(ingress("new"))["allowed"]
        assert silent.fileno() > 0
    assert not any("Traceback" in line for line in server.lines)


def test_a_name_cannot_forge_a_line_of_the_log(server: Server) -> None:
    server.review(ingress("new"), name="x\n2026-01-01T00:00:00Z allowed default/forged")
    assert server.logged(r"allowed default/x\n2026-01-01T00:00:00Z allowed default/forged")
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
    assert "copy-of-shop" in strict.review(repaired)["status"]["message"]


def test_an_empty_cluster_can_be_served(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path, paths=["samples/shop/service.yaml"]) as running:
        assert running.review(ingress("first"))["allowed"]
