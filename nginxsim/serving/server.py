"""uvicorn behind a door of ours: it has no limit on connections and no deadline for the head of a request.

uvicorn and not hypercorn: its protocol is a class that may be given and listening is a method that may be replaced, so
that both limits fit in without a change to it, and Starlette is by the same people.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from nginxsim.serving.credentials import Credentials
from nginxsim.serving.door import Door, Turned
from nginxsim.serving.limits import Limits

HEAD_LIMIT = 64 * 1024
"""Bytes of a request's head; its parser has no limit."""


def _nobody(why: Turned, address: str, about: str) -> None:
    """Hears nothing."""


@dataclass(frozen=True, slots=True)
class Site:
    """What is served where. turned: hears of each connection that is refused or ended early."""

    app: ASGIApp
    sock: socket.socket
    limits: Limits = field(default_factory=Limits)
    credentials: Credentials | None = None
    turned: Callable[[Turned, str, str], None] = _nobody


class Server(uvicorn.Server):
    """Serves until `should_exit` is set; signals are its owner's business."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.door: Door | None = None
        super().__init__(
            uvicorn.Config(
                site.app,
                http=HttpToolsProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=site.limits.keep_alive,
                timeout_graceful_shutdown=max(1, round(site.limits.grace)),
            )
        )

    @property
    def sock(self) -> socket.socket:
        return self._site.sock

    @property
    def connections(self) -> int:
        return self.door.open if self.door else 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - the site has it
        site, credentials = self._site, self._site.credentials
        self.door = Door(
            site.sock,
            lambda door: Connection(door, self),
            lambda: credentials.context if credentials else None,
            site.limits,
            site.turned,
        )
        self.servers = [self.door]  # type: ignore[list-item]  # all that uvicorn asks of one is close and wait_closed
        self.started = True

    def admits(self, certificate: Any) -> bool:
        credentials = self._site.credentials
        return credentials is None or credentials.admits(certificate)

    @property
    def patience(self) -> float:
        return self._site.limits.patience

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Gathering:
    """A transport that sends what is written in one turn of the loop as one: the head of an answer and its body."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._pieces:
            self._loop.call_soon(self._send)
        self._pieces.append(data)

    def _send(self) -> None:
        pieces, self._pieces = self._pieces, []
        if pieces:
            self._transport.write(b"".join(pieces))

    def close(self) -> None:
        self._send()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Connection(HttpToolsProtocol):
    """One connection: the head of each request has to be there in time, and to be no longer than HEAD_LIMIT."""

    def __init__(self, door: Door, server: Server) -> None:
        super().__init__(config=server.config, server_state=server.server_state, app_state={})
        self._door = door
        self._owner = server
        self._due: asyncio.TimerHandle | None = None
        self._head = 0

    @property
    def address(self) -> str:
        return self.client[0] if self.client else "?"

    @property
    def _under_way(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = cast("asyncio.Transport", _Gathering(transport, self.loop))
        self._door.enter(self, self.address)
        if self._owner.admits(transport.get_extra_info("peercert")):
            self._expect_head()
        else:
            self._door.turn(Turned.STRANGER, self.address)
            self.leave()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        self._door.gone(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._under_way:
            self._expect_head()
            self._head += len(data)
        super().data_received(data)
        if self._under_way:
            self._head_is_here()
            self._door.work(self)
        elif self._head > HEAD_LIMIT:
            self._door.turn(Turned.LONG, self.address)
            self.leave()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._under_way:
            self._door.rest(self, self.address)

    def leave(self) -> None:
        self.transport.abort()

    def _expect_head(self) -> None:
        if self._due is None:
            self._due = self.loop.call_later(self._owner.patience, self._too_slow)

    def _head_is_here(self) -> None:
        self._head = 0
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _too_slow(self) -> None:
        self._door.turn(Turned.SLOW, self.address)
        self.leave()


def take_over_logging(handler: logging.Handler) -> None:
    """Have uvicorn and asyncio say through `handler` what they have to say."""
    for name in ("uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
