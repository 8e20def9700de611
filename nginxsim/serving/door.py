"""Lets connections in, as many as there is room for, and shows out those that keep others waiting."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Protocol

from nginxsim.serving.limits import Limits

EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""The system has no room for another connection at the moment."""
PAUSE = 0.5
"""Seconds until it is asked again."""


class Turned(StrEnum):
    """Why a connection was not let in, or was ended."""

    FULL = "full"
    """There are as many as the limit allows, each with a request under way."""
    IDLE = "idle"
    """It had rested the longest when there was no room for another."""
    HANDSHAKE = "handshake"
    SLOW = "slow"
    """The head of a request took too long."""
    LONG = "long"
    """The head of a request was too long."""
    STRANGER = "stranger"
    """Its certificate has none of the names asked for."""


class Guest(Protocol):
    """What the door has let in, and may have to show out."""

    def leave(self) -> None:
        """Ends at once."""


class _Handshake:
    def __init__(self, task: asyncio.Task[object]) -> None:
        self._task = task

    def leave(self) -> None:
        self._task.cancel()


class Door:
    """Takes connections from a listening socket. It behaves as an asyncio.Server as far as uvicorn uses one.

    context: asked for each connection, so that a renewed certificate serves from the next one on.
    turned: told of each connection that is refused or ended, with the client's address and what went wrong.
    """

    def __init__(
        self,
        sock: socket.socket,
        protocol: Callable[[Door], asyncio.Protocol],
        context: Callable[[], ssl.SSLContext | None],
        limits: Limits,
        turned: Callable[[Turned, str, str], None],
    ) -> None:
        self._sock = sock
        self._protocol = protocol
        self._context = context
        self._limits = limits
        self._turned = turned
        self._resting: dict[Guest, str] = {}
        self._inside: set[Guest] = set()
        self._arriving: dict[object, asyncio.Task[object]] = {}
        self._handshakes: set[asyncio.Task[object]] = set()
        sock.setblocking(False)
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    @property
    def open(self) -> int:
        return len(self._inside) + len(self._handshakes)

    def enter(self, guest: Guest, address: str) -> None:
        """Its handshake is over: it counts for itself from now on."""
        if shaking := self._arriving.pop(guest, None):
            self._handshakes.discard(shaking)
        self._inside.add(guest)
        self.rest(guest, address)

    def rest(self, guest: Guest, address: str) -> None:
        """It has no request under way: when room is needed, the one that has rested longest leaves."""
        self._resting.pop(guest, None)
        self._resting[guest] = address

    def work(self, guest: Guest) -> None:
        """It has one."""
        self._resting.pop(guest, None)

    def gone(self, guest: Guest) -> None:
        self._resting.pop(guest, None)
        self._inside.discard(guest)

    def turn(self, why: Turned, address: str, about: str = "") -> None:
        self._turned(why, address, about)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, address = await loop.sock_accept(self._sock)
            except OSError as problem:
                # What came and went again is no reason to pause.
                await asyncio.sleep(PAUSE if problem.errno in EXHAUSTED else 0)
            else:
                self._receive(sock, str(address[0]) if address else "?")

    def _receive(self, sock: socket.socket, address: str) -> None:
        if self.open >= self._limits.connections and not self._make_room():
            sock.close()
            self.turn(Turned.FULL, address)
            return
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task: asyncio.Task[object] = asyncio.get_running_loop().create_task(self._greet(sock, address))
        self._handshakes.add(task)
        task.add_done_callback(self._handshakes.discard)

    def _make_room(self) -> bool:
        guest, address = next(iter(self._resting.items()), (None, ""))
        if guest is None:
            return False
        self.work(guest)
        guest.leave()
        self.turn(Turned.IDLE, address)
        return True

    async def _greet(self, sock: socket.socket, address: str) -> None:
        task = asyncio.current_task()
        assert task is not None, "it runs as one"
        shaking = _Handshake(task)
        self.rest(shaking, address)
        try:
            await self._connected(sock, task)
        except OSError as problem:
            self.turn(Turned.HANDSHAKE, address, f"{type(problem).__name__}: {problem}")
        except asyncio.CancelledError:
            # Shown out, by us. What is below has closed the socket.
            pass
        finally:
            self.work(shaking)

    async def _connected(self, sock: socket.socket, task: asyncio.Task[object]) -> None:
        protocol = self._protocol(self)
        self._arriving[protocol] = task
        try:
            await self._secured(sock, protocol)
        finally:
            self._arriving.pop(protocol, None)

    async def _secured(self, sock: socket.socket, protocol: asyncio.Protocol) -> None:
        context = self._context()
        seconds = self._limits.patience if context else None
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: protocol,
            sock,
            ssl=context,
            ssl_handshake_timeout=seconds,
            ssl_shutdown_timeout=seconds,
        )

    def close(self) -> None:
        self._accepting.cancel()
        for task in self._handshakes:
            task.cancel()
        self._sock.close()

    async def wait_closed(self) -> None:
        await asyncio.wait([self._accepting, *self._handshakes])
