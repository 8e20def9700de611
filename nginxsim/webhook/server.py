"""The HTTPS side: one thread a connection, connections kept open as API servers like it, an orderly end."""

from __future__ import annotations

import signal
import socket
import socketserver
import ssl
import string
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from nginxsim.errors import UsageError
from nginxsim.webhook.judge import Judge
from nginxsim.webhook.messages import Decision, Question, RequestError, answer_to, question_from

# ingress-nginx 1.15.1: internal/admission/controller/server.go
BODY_LIMIT = 9 * 1024 * 1024
"""Bytes; a body has to be smaller."""
LINE_LIMIT = 8192
"""Bytes of a line that says how long a chunk is, or of a trailer."""
PATIENCE = 30.0
"""Seconds that a connection may say nothing before it is closed."""
GRACE = 10.0
"""Seconds that reviews under way get to end once the server is told to stop."""


def address_from(text: str) -> tuple[str, int]:
    """ "[HOST:]PORT" as host ("" for every address of the machine) and port. Raises UsageError."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        raise UsageError(f'--serve "{text}": expected [HOST:]PORT, with a port from 0 to 65535')
    return host.removeprefix("[").removesuffix("]"), int(port)


class Webhook:
    """Listens from the moment it is made. Raises UsageError for an address or a certificate that cannot be used."""

    def __init__(self, host: str, port: int, *, certificate: str, key: str, judge: Judge) -> None:
        credentials = _Credentials(certificate, key)
        try:
            self._server = _Server(host, port, credentials, judge)
        except (OSError, OverflowError) as problem:
            raise UsageError(f"--serve: cannot listen on {_shown(host, port)}: {problem}") from None

    def run(self) -> None:
        """Answers until SIGTERM or SIGINT; to be called from the main thread."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        log(f"listening on https://{_shown(*self._server.server_address[:2])}")
        stop.wait()
        log("stopping")
        self._server.stop(GRACE)


def _shown(host: str | bytes | bytearray, port: int) -> str:
    name = str(host) or "*"
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def log(text: str) -> None:
    """One line to stderr, whatever the text has in it."""
    line = "".join(character if character.isprintable() else " " for character in " ".join(text.split()))
    sys.stderr.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {line}\n")
    sys.stderr.flush()


class _Credentials:
    """A certificate with its key, read again when the files change: certificates get renewed while servers run."""

    def __init__(self, certificate: str, key: str) -> None:
        self._files = (certificate, key)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            self._stamps = self._look()
            # Without an answer OpenSSL would ask the terminal for the passphrase of an encrypted key.
            self.context.load_cert_chain(certificate, key, password="")
        except ssl.SSLError as problem:
            wanted = "expected a PEM certificate chain and the unencrypted private key of its first certificate"
            raise UsageError(f"--tls-cert {certificate}, --tls-key {key}: {wanted} ({problem})") from None
        except OSError as problem:
            raise UsageError(f"{problem.filename}: cannot be read: {problem.strerror}") from None

    def _look(self) -> tuple[int, ...]:
        return tuple(Path(file).stat().st_mtime_ns for file in self._files)

    def refresh(self) -> None:
        """A renewed pair that cannot be used (half written, say) leaves the old one in place."""
        try:
            if (stamps := self._look()) != self._stamps:
                self._stamps = stamps
                self.context.load_cert_chain(*self._files, password="")
        except OSError as problem:
            log(f"the certificate cannot be read again, the old one stays: {problem}")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, credentials: _Credentials, judge: Judge) -> None:
        everywhere = "::" if socket.has_dualstack_ipv6() else "0.0.0.0"  # noqa: S104 - asked for by leaving it out
        self.address_family = socket.AF_INET6 if ":" in (host or everywhere) else socket.AF_INET
        self.judge = judge
        self.stopping = False
        self._credentials = credentials
        self._active = 0
        self._idle = threading.Condition()
        super().__init__((host or everywhere, port), _Handler)
        # The handshake is left to the connection's own thread: a silent client must not keep others from coming in.
        self.socket = credentials.context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def server_bind(self) -> None:
        """Without the look-up of the machine's name, which can take its time where no DNS answers."""
        if self.address_family == socket.AF_INET6 and socket.has_dualstack_ipv6():
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        socketserver.TCPServer.server_bind(self)

    def get_request(self) -> tuple[Any, Any]:
        self._credentials.refresh()
        return super().get_request()

    def handle_error(self, request: object, client_address: Any) -> None:  # noqa: ARG002
        """A failed handshake, a client that went away, or a fault of ours: the connection ends, the server goes on."""
        problem = sys.exception()
        log(f"connection from {client_address[0]} ended: {type(problem).__name__}: {problem}")

    @contextmanager
    def working(self) -> Iterator[None]:
        """Around each request, so that the end can wait for it."""
        with self._idle:
            self._active += 1
        try:
            yield
        finally:
            with self._idle:
                self._active -= 1
                self._idle.notify_all()

    def stop(self, seconds: float) -> None:
        """Takes no more connections, and lets the requests under way end within so many seconds."""
        self.stopping = True
        self.shutdown()
        self.server_close()
        with self._idle:
            self._idle.wait_for(lambda: self._active == 0, seconds)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "nginxsim"
    sys_version = ""
    timeout = PATIENCE
    # Head and body leave in one piece, and at once.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path.partition("?")[0] == "/healthz":
            self._reply(HTTPStatus.OK, "text/plain; charset=utf-8", b"ok\n")
        else:
            self._complain(HTTPStatus.NOT_FOUND, "POST an AdmissionReview to any path, or GET /healthz")

    def do_POST(self) -> None:
        with self.server.working():
            try:
                body = self._body()
                started = time.perf_counter()
                question = question_from(body)
                decision = self.server.judge.decide(question)
                self._reply(HTTPStatus.OK, "application/json", answer_to(question, decision))
            except RequestError as problem:
                log(f"unanswerable {problem.status.value} from {self.client_address[0]}: {problem}")
                self._complain(problem.status, str(problem))
            else:
                log(_told(question, decision, time.perf_counter() - started))

    def _body(self) -> bytes:
        if "Transfer-Encoding" in self.headers:
            body = b"".join(self._chunks())
        else:
            body = self.rfile.read(min(self._length(self.headers.get("Content-Length", "0"), 10), BODY_LIMIT))
        if len(body) >= BODY_LIMIT:
            self.close_connection = True
            largest = BODY_LIMIT - 1
            raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body may have {largest} bytes at most")
        return body

    def _chunks(self) -> Iterator[bytes]:
        """The pieces of a body that comes in chunks (RFC 9112, 7.1), up to the limit of a body."""
        left = BODY_LIMIT
        while left > 0:
            head = self.rfile.readline(LINE_LIMIT).decode("latin-1")
            size = min(self._length(head.partition(";")[0].strip(), 16), left)
            if size == 0:
                # Trailers, if any, end with an empty line.
                while self.rfile.readline(LINE_LIMIT).strip():
                    pass
                return
            yield self.rfile.read(size)
            self.rfile.readline(LINE_LIMIT)
            left -= size

    def _length(self, text: str, base: int) -> int:
        digits = string.digits if base == 10 else string.hexdigits
        if not text or not set(text) <= set(digits):
            self.close_connection = True
            raise RequestError(HTTPStatus.BAD_REQUEST, "the length of the body is no number")
        return int(text, base)

    def _complain(self, status: HTTPStatus, message: str) -> None:
        self._reply(status, "text/plain; charset=utf-8", f"{message}\n".encode())

    def _reply(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection or self.server.stopping:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def handle_expect_100(self) -> bool:
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the standard library
        """Only what goes wrong before a request is understood; reviews have lines of their own."""

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002 - named by the standard library
        log(f"{self.client_address[0]}: {format % args}")


def _told(question: Question, decision: Decision, seconds: float) -> str:
    word = "allowed" if decision.allowed else "refused"
    what = f"{question.namespace}/{question.name} ({question.operation.lower() or 'review'}, {seconds * 1000:.1f} ms)"
    reason = ": ".join(filter(None, (decision.check, decision.message)))
    return " ".join(filter(None, (word, what, reason)))
