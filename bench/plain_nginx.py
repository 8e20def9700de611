"""A real nginx under load: requests a second of its own CPU time."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from locations import CASES, PASSWORDS, Case

sys.path.append(str(Path(__file__).parent.parent))
from tests.support.realnginx import RealNginx, available, free_port, running

SECONDS = 1.0
BATCH = 32
"""So many requests are on their way at once."""

__all__ = ["available", "rates"]

SERVICES = """
    keepalive_requests 10000000;
    server { listen 127.0.0.1:%d; location / { return 200 "fine\\n"; } }
"""

FRONT = """
    keepalive_requests 10000000;
    upstream services { server 127.0.0.1:%d; keepalive 32; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
"""

SERVER = """
    server {
        listen 127.0.0.1:%d;
        server_name %s;
        location %s { %s }
        location = /auth { internal; proxy_pass http://services; }
    }
"""


def rates() -> dict[str, float]:
    """Requests a second by the names of the cases."""
    with tempfile.TemporaryDirectory() as folder:
        behind, front = free_port(), free_port()
        servers = "".join(SERVER % (front, case.host, case.location, case.plain) for case in CASES)
        with (
            running(Path(folder, "behind"), SERVICES % behind, behind),
            running(Path(folder, "front"), FRONT % behind + servers, front) as nginx,
        ):
            (nginx.directory / "passwords.sha").write_text(f"{PASSWORDS}\n", encoding="utf-8")
            return {case.name: _rate(nginx, case) for case in CASES}


def _rate(nginx: RealNginx, case: Case) -> float:
    before = _used(nginx.process.pid)
    asked = _by_wrk(nginx.port, case) if shutil.which("wrk") else _by_hand(nginx.port, case)
    return asked / (_used(nginx.process.pid) - before)


def _used(process: int) -> float:
    """CPU seconds of a process so far."""
    words = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _headers(case: Case) -> list[str]:
    return [f"Host: {case.host}", *(f"{name}: {value}" for name, value in case.request.headers)]


def _by_wrk(port: int, case: Case) -> int:
    headers = [word for line in _headers(case) for word in ("-H", line)]
    url = f"http://127.0.0.1:{port}{case.request.path}"
    command = ["wrk", "-t1", f"-c{BATCH}", f"-d{SECONDS:.0f}s", *headers, url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+) requests in", said)
    return int(found[1]) if found else 0


def _by_hand(port: int, case: Case) -> int:
    """One connection on which requests go out in batches."""
    request = "\r\n".join([f"GET {case.request.path} HTTP/1.1", *_headers(case), "", ""]).encode()
    asked, end = 0, time.monotonic() + SECONDS
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        while time.monotonic() < end:
            connection.sendall(request * BATCH)
            answered = b""
            while answered.count(b"HTTP/1.1 ") < BATCH:
                answered += connection.recv(1 << 16)
            asked += BATCH
    return asked
