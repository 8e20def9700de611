"""Loads `nginxsim admit --serve` and tells reviews a second, how long they take, and how much memory it takes.

usage: python bench/webhook.py [--seconds 5] [--rounds 3] [--ingresses 1000] [--besides NAME=COMMAND ...]

Each server stands over the same estate and is asked in turn, round by round, by 1, 20 and 500 connections, and by 20
while 200 others send the heads of their requests a byte a second and 200 leave their bodies unfinished. COMMAND starts
another nginxsim, of another state of the code say: --besides 'before=env PYTHONPATH=../before python -m nginxsim'.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shlex
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from estate import PREFIX, documents

HEALTHY = (1, 20, 500)
SLOW = 200
"""Clients of each bad kind."""
LIMIT = 120.0
"""Seconds after which a review counts as never answered."""


@dataclass
class Measured:
    """One stretch of load. seconds: of each answered review."""

    took: float = 0.0
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    cpu: float = 0.0
    """Seconds of processor time that the server took, all its processes together."""
    memory: float = 0.0
    """Megabytes at most, of all processes of the server; what they share is counted once."""

    def row(self) -> tuple[float, ...]:
        times = sorted(self.seconds)
        return (
            len(times) / self.took,
            1000 * statistics.median(times) if times else float("nan"),
            1000 * times[int(len(times) * 0.99)] if times else float("nan"),
            1000 * self.cpu / len(times) if times else float("nan"),
            self.memory,
        )


def question(number: int) -> bytes:
    """An update of a stored Ingress that goes through."""
    backend = {"service": {"name": f"app-{number}", "port": {"number": 80}}}
    paths = [{"path": path, "pathType": "Prefix", "backend": backend} for path in ("/", "/api")]
    request = {
        "uid": f"705ab4f5-6393-11e8-b7cc-{number:012d}",
        "kind": {"group": "networking.k8s.io", "version": "v1", "kind": "Ingress"},
        "name": f"app-{number}",
        "namespace": "default",
        "operation": "UPDATE",
        "object": {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {
                "name": f"app-{number}",
                "namespace": "default",
                "uid": f"7f3c1a52-6a0e-4c57-9d5e-{number:012d}",
                "annotations": {f"{PREFIX}proxy-body-size": "8m", f"{PREFIX}proxy-read-timeout": "120"},
            },
            "spec": {
                "ingressClassName": "nginx",
                "rules": [{"host": f"app-{number}.example.com", "http": {"paths": paths}}],
            },
        },
    }
    review = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}
    body = json.dumps(review).encode()
    head = f"POST /networking/v1/ingresses?timeout=10s HTTP/1.1\r\nHost: webhook\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Client:
    """Connections to one server."""

    def __init__(self, port: int, certificate: Path, questions: list[bytes]) -> None:
        self._port = port
        self._context = ssl.create_default_context(cafile=str(certificate))
        self._questions = questions
        self._next = 0
        self.measured = Measured()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port, ssl=self._context, ssl_handshake_timeout=LIMIT)

    async def ask(self, until: list[float], ready: asyncio.Barrier | None = None) -> None:
        """One question after the other over one connection, anew where it is closed; begins once all are `ready`."""
        while time.perf_counter() < until[0]:
            try:
                reader, writer = await self.connect()
                if ready:
                    await ready.wait()
                    ready = None
                while time.perf_counter() < until[0]:
                    await self._ask_once(reader, writer)
            except (OSError, EOFError, TimeoutError) as problem:
                self.measured.statuses[type(problem).__name__] += 1
                await asyncio.sleep(0.1)

    async def _ask_once(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._next = (self._next + 1) % len(self._questions)
        started = time.perf_counter()
        writer.write(self._questions[self._next])
        async with asyncio.timeout(LIMIT):
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
        self.measured.statuses[head[9:12].decode()] += 1
        if head[9:12] == b"200":
            self.measured.seconds.append(time.perf_counter() - started)
        if b"connection: close" in head:
            raise EOFError

    async def trickle(self) -> None:
        """The head of a request, a byte a second; again and again."""
        await self._misbehave(b"POST / HTTP/1.1\r\nHost: webhook\r\nX-Slow: " + b"x" * 100_000)

    async def leave_unfinished(self) -> None:
        """A body of which half comes, and then nothing."""
        head = b"POST / HTTP/1.1\r\nHost: webhook\r\nContent-Length: 100000\r\n\r\n"
        await self._misbehave(b"", at_once=head + b" " * 50_000)

    async def _misbehave(self, data: bytes, at_once: bytes = b"") -> None:
        while True:
            with suppress(OSError, EOFError, TimeoutError):
                reader, writer = await self.connect()
                writer.write(at_once)
                await writer.drain()
                for byte in data:
                    if reader.at_eof() or writer.is_closing():
                        break
                    writer.write(bytes([byte]))
                    await asyncio.sleep(1)
                # What is answered, if anything, and then the end.
                await reader.read()
            await asyncio.sleep(1)


async def load(root: int, client: Client, connections: int, seconds: float, *, bad: bool) -> None:
    kinds = (client.trickle, client.leave_unfinished) if bad else ()
    crowd = [asyncio.ensure_future(work()) for work in kinds for _ in range(SLOW)]
    await asyncio.sleep(3 if bad else 0)
    everyone = asyncio.Barrier(connections + 1)
    end = [float("inf")]
    asking = [asyncio.ensure_future(client.ask(end, everyone)) for _ in range(connections)]
    await everyone.wait()
    started, before = time.perf_counter(), cpu(root)
    end[0] = started + seconds
    await asyncio.gather(*asking)
    client.measured.took = time.perf_counter() - started
    client.measured.cpu = cpu(root) - before
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)


# The server


def certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "webhook")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("webhook"), _loopback()]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "tls.crt", folder / "tls.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, secret


def _loopback() -> x509.IPAddress:
    return x509.IPAddress(ip_address("127.0.0.1"))


@contextmanager
def serving(command: str, estate: Path, chain: Path, key: Path, log: Path) -> Iterator[tuple[int, int]]:
    """The process and the port."""
    options = ["admit", str(estate), "--serve", "127.0.0.1:0", "--tls-cert", str(chain), "--tls-key", str(key)]
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen([*shlex.split(command), *options], stderr=stream)
        try:
            yield process.pid, _port(process, log)
        finally:
            process.terminate()
            process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    while process.poll() is None:
        for line in log.read_text(encoding="utf-8").splitlines():
            if "listening on https" in line:
                return int(line.rpartition(":")[2])
        time.sleep(0.05)
    raise SystemExit(f"the server ended: {log.read_text(encoding='utf-8')}")


def tree(root: int) -> Iterator[int]:
    """The process and all that came of it; threads and processes that end meanwhile are left out."""
    yield root
    children: list[str] = []
    with suppress(OSError):
        for task in Path(f"/proc/{root}/task").iterdir():
            with suppress(OSError):
                children += (task / "children").read_text(encoding="ascii").split()
    for child in children:
        yield from tree(int(child))


def memory(root: int) -> float:
    total = 0
    with suppress(OSError):
        for process in tree(root):
            lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def cpu(root: int) -> float:
    """Seconds, those of processes that ended included where their parent waited for them."""
    total = 0
    for process in tree(root):
        with suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


async def watched(root: int, measured: Measured) -> None:
    while True:
        measured.memory = max(measured.memory, await asyncio.to_thread(memory, root))
        await asyncio.sleep(0.5)


async def stretch(root: int, client: Client, connections: int, seconds: float, *, bad: bool) -> Measured:
    watching = asyncio.ensure_future(watched(root, client.measured))
    await load(root, client, connections, seconds, bad=bad)
    watching.cancel()
    return client.measured


def loads() -> Iterator[tuple[str, int, bool]]:
    for count in HEALTHY:
        yield f"{count} connections", count, False
    yield f"20, beside {SLOW} slow and {SLOW} unfinished", 20, True


def measure(servers: dict[str, str], options: Any) -> dict[tuple[str, str], list[Measured]]:
    found: dict[tuple[str, str], list[Measured]] = {}
    questions = [question(number) for number in range(options.ingresses)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        estate, (chain, key) = folder / "estate.yaml", certificate(folder)
        estate.write_text("---\n".join(documents(options.ingresses)), encoding="utf-8")
        for number in range(options.rounds):
            for what, connections, bad in loads():
                for server, command in servers.items():
                    with serving(command, estate, chain, key, folder / "log") as (root, port):
                        client = Client(port, chain, questions)
                        asyncio.run(client.ask([time.perf_counter() + 1]))
                        client.measured = Measured()
                        one = asyncio.run(stretch(root, client, connections, options.seconds, bad=bad))
                    found.setdefault((what, server), []).append(one)
                    print(f"  round {number + 1}: {_line(what, server, one.row())}  {dict(one.statuses)}", flush=True)
    return found


def _line(what: str, server: str, figures: tuple[float, ...]) -> str:
    rate, p50, p99, work, megabytes = figures
    times = f"p50 {p50:7.1f} ms  p99 {p99:7.1f} ms  CPU {work:6.2f} ms each"
    return f"{what:40} {server:10} {rate:8.0f}/s  {times}  {megabytes:5.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ingresses", type=int, default=1000)
    parser.add_argument("--besides", action="append", default=[], metavar="NAME=COMMAND")
    options = parser.parse_args()
    servers = dict(entry.split("=", 1) for entry in options.besides) | {"this": f"{sys.executable} -m nginxsim"}
    found = measure(servers, options)
    print("medians of the rounds")
    for (what, server), several in found.items():
        columns = zip(*(one.row() for one in several), strict=True)
        print(_line(what, server, tuple(map(statistics.median, columns))))


if __name__ == "__main__":
    main()
