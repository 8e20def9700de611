"""A running `nginxsim admit --serve`, and what is sent to it."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

from tests.support import estates
from tests.support.certificates import Party, issue
from tests.support.estates import Object
from tests.support.places import ROOT

SAMPLE = "samples/admission"
MEGABYTE = 1024 * 1024

Serving = Callable[..., AbstractContextManager["Server"]]


def ingress(
    name: str, host: str = "new.example.com", path: str = "/", class_name: str = "nginx", **annotations: Any
) -> Object:
    noted = {key.replace("_", "-"): value for key, value in annotations.items()}
    uid = {"uid": "7f3c1a52-6a0e-4c57-9d5e-0d8f3f6f1b11"}
    return estates.ingress(name, host, {path: "shop:80"}, class_name=class_name, annotations=noted, metadata=uid)


def certificate(folder: Path) -> tuple[Path, Path]:
    party = issue("localhost", "127.0.0.1", ca=True)
    (folder / "tls.crt").write_text(party.pem)
    (folder / "tls.key").write_text(party.key_pem)
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
        ports = dict(re.findall(r"listening on (https?)://127\.0\.0\.1:([0-9]+)", "\n".join(self.lines)))
        self.port, self.monitor = int(ports["https"]), int(ports["http"])

    def _read(self) -> None:
        for line in self.process.stderr or ():
            self.lines.append(line.rstrip("\n"))
            if "listening on http:" in line:
                self._listening.set()
        self._listening.set()

    def logged(self, *words: str) -> bool:
        """A line with all these words is there, or comes soon."""
        return self.comes_to(lambda: any(all(word in line for word in words) for line in list(self.lines)))

    def connection(self, shown: Party | None = None) -> HTTPSConnection:
        """shown: whose certificate the client has."""
        context = ssl.create_default_context(cafile=str(self.trusted))
        if shown:
            files = self.trusted.with_name("client.crt"), self.trusted.with_name("client.key")
            files[0].write_text(shown.pem)
            files[1].write_text(shown.key_pem)
            context.load_cert_chain(*files)
        return HTTPSConnection("127.0.0.1", self.port, context=context, timeout=30)

    def stranger(self) -> socket.socket:
        """A client that says what it likes, over TLS."""
        context = ssl.create_default_context(cafile=str(self.trusted))
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        return context.wrap_socket(plain, server_hostname="127.0.0.1")

    def begun(self, length: int, sent: bytes) -> socket.socket:
        """A request that is under way: its body is announced with `length` bytes, of which so much has come."""
        stranger = self.stranger()
        stranger.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode() + sent)
        return stranger

    def told(self, path: str) -> tuple[int, str]:
        """What the plain port answers."""
        connection = HTTPConnection("127.0.0.1", self.monitor, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """name: with its labels, as Prometheus writes them."""
        lines = self.told("/metrics")[1].splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).rpartition(" ")[2])

    def comes_to(self, wanted: Callable[[], bool]) -> bool:
        """It is so, or soon will be."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if wanted():
                return True
            time.sleep(0.05)
        return False

    def children(self) -> list[list[int]]:
        """The processes that hold an estate, each before its workers. Linux only."""
        return [[child, *_children(child)] for child in _children(self.process.pid)]

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


def _children(process: int) -> list[int]:
    found = [task / "children" for task in Path(f"/proc/{process}/task").iterdir()]
    return [int(child) for file in found for child in file.read_text(encoding="ascii").split()]


@contextmanager
def running(folder: Path, *arguments: str, paths: Sequence[str] = (SAMPLE,)) -> Iterator[Server]:
    chain, key = certificate(folder)
    options = ["--serve", "127.0.0.1:0", "--monitor", "127.0.0.1:0", "--tls-cert", str(chain), "--tls-key", str(key)]
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
