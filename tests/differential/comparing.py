"""The same request to a real nginx and to the simulator, and what differs between the two."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nginxsim.nginx.configtest import check
from nginxsim.nginx.exchange import Answer, Request, UpstreamRequest
from nginxsim.nginx.phases.mirrors import ENDS_FIRST
from nginxsim.nginx.router import Router
from nginxsim.nginx.tree import parse_conf
from tests.differential.strategies import Ask, Experiment
from tests.support.realnginx import FILES, FRAME, Echo, RealNginx, Received, Reply, asked_for, echo, free_port, running

UNCOMPARED = {
    "accept-ranges", "connection", "content-length", "content-type", "date", "etag", "keep-alive", "last-modified",
    "transfer-encoding",
}  # fmt: skip
"""Headers that depend on bodies, clocks and versions."""


@dataclass
class Bench:
    """A service and a folder for as many nginxes as a test wants, one after the other."""

    service: Echo
    directory: Path

    @contextmanager
    def nginx(self, http: str) -> Iterator[tuple[RealNginx, str]]:
        """A running nginx and its configuration's text; `http` has ECHO and PORT in place of port numbers."""
        port = free_port()
        text = self.filled(http, port)
        with running(self.directory / str(os.getpid()), text, port) as nginx:
            yield nginx, FRAME.format(http=text)

    def differences(self, experiment: Experiment) -> list[str]:
        """One paragraph for each request that the two answer differently, or one on a file that only one of them takes.

        None where nginx crashes, and none on requests whose mirror decides by chance when it answers.
        """
        with self.nginx(experiment.http) as (nginx, text):
            faults = [fault.message for fault in check(text, FILES)]
            if nginx.refused != "".join(faults[:1]):
                return [f"nginx says {nginx.refused!r}, the simulator {faults[:1]}"]
            if nginx.refused:
                return []
            router = Router(parse_conf(text), files=FILES)
            found = [self._difference(ask, nginx, router) for ask in experiment.asks]
            if nginx.crashed:
                return []
        return [text for text in found if text]

    def filled(self, text: str, port: int) -> str:
        return text.replace("ECHO", str(self.service.port)).replace("PORT", str(port))

    def _difference(self, ask: Ask, nginx: RealNginx, router: Router) -> str:
        ask = replace(ask, target=self.filled(ask.target, nginx.port))
        self.service.take()
        said, taken = predicted(ask, nginx.port, router, self.service.port)
        reply = nginx.ask(**vars(ask))
        real = seen(reply, self.service.take(len(said["sent"])))
        if real == said or any(ENDS_FIRST in each for each in taken):
            return ""
        rows = [f"  {key}: {_apart(real[key], said[key])}" for key in real if real[key] != said[key]]
        return "\n".join([repr(ask), *rows])


def _apart(real: Any, said: Any) -> str:
    """What only one of the two has."""
    if not isinstance(real, list):
        return f"nginx {real!r}, simulator {said!r}"
    only = [
        [one for one in these if these.count(one) > others.count(one)] for these, others in ((real, said), (said, real))
    ]
    return f"only nginx {only[0]}, only the simulator {only[1]}"


@contextmanager
def bench(directory: Path) -> Iterator[Bench]:
    with echo() as service:
        yield Bench(service, directory)


def seen(reply: Reply, received: Iterable[Received]) -> dict[str, Any]:
    """What nginx did, in comparable form."""
    sent = [(one.method, one.target, comparable(one.headers)) for one in received]
    return {"status": reply.status, "headers": comparable(reply.headers), "sent": sorted(sent)}


def predicted(ask: Ask, port: int, router: Router, service_port: int) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What the simulator says nginx does, and what it takes for granted; the services answer as the real one does."""
    sent = []

    def answer(request: UpstreamRequest) -> Answer:
        if f"127.0.0.1:{service_port}" not in request.addresses:
            return Answer.failure("refused")
        sent.append((request.method, request.uri, comparable(request.headers)))
        status, headers = asked_for(request.uri)
        return Answer(status, [*headers, ("Content-Type", "text/plain")])

    named = any(name.lower() == "connection" for name, _ in ask.headers)
    headers = ask.headers if named else (*ask.headers, ("Connection", "close"))  # as RealNginx.ask sends it
    length = next((int(value) for name, value in ask.headers if name.lower() == "content-length"), 0)
    request = Request(
        ask.host,
        path=ask.target,
        method=ask.method,
        headers=headers,
        client=ask.client,
        port=port,
        http_version=ask.version,
        scheme=ask.scheme,
        sni=ask.sni,
        body_bytes=length,
    )
    (outcome,) = router.route(request, answer)
    said = {"status": outcome.status, "headers": comparable(outcome.headers), "sent": sorted(sent)}
    return said, outcome.assumptions


def comparable(headers: Iterable[tuple[str, str]]) -> list[str]:
    shown = (f"{name}: {value.strip()}" for name, value in headers if name.lower() not in UNCOMPARED)
    return sorted(re.sub(r"^(Server: nginx)/[0-9.]+$", r"\1", line) for line in shown)
