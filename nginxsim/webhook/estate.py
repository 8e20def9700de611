"""The estate as the server has it: processes that hold it, and the queue for them."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from nginxsim.errors import InputError
from nginxsim.webhook.forkserver import FORK, EstateSource
from nginxsim.webhook.frames import LENGTH, Reply, framed, task

LOAD_SECONDS = 600.0
"""So long an estate may take to be read."""
HIRE_SECONDS = 30.0
"""So long a worker may take to begin; and it is asked for again after a second."""
PATIENT = 0.25
"""Seconds of waiting after which it is asked whether the client is still there."""
SLACK = 1.0
"""Seconds after its deadline in which a worker ends by itself; then it counts as lost."""
MEMORY = 0.1
"""How much the newest review counts in the mean of their times."""


class WorkerLostError(Exception):
    """The worker ended before it answered. overran: because its time was up."""

    def __init__(self, *, overran: bool) -> None:
        super().__init__()
        self.overran = overran


class CrowdedError(Exception):
    """No worker will be, or was, free in time."""


@dataclass(frozen=True, slots=True)
class Loaded:
    ingresses: int
    seconds: float
    at: datetime


class Worker:
    """The server's end of a process that reviews one question at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def is_alive(self) -> bool:
        return not self._reader.at_eof()

    async def ready(self) -> None:
        await self._read()

    async def ask(self, body: bytes, seconds: float) -> Reply:
        """Raises WorkerLostError."""
        try:
            async with asyncio.timeout(seconds + SLACK):
                self._writer.write(task(body, seconds))
                return Reply.decode(await self._read())
        except (OSError, EOFError, TimeoutError):
            raise WorkerLostError(overran=False) from None

    async def _read(self) -> bytes:
        (length,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
        return await self._reader.readexactly(length)

    def close(self) -> None:
        self._writer.close()


class ForkServer:
    """The server's end of a process that holds an estate and forks workers off it."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self._process = process
        self._control = control

    @classmethod
    def start(cls) -> Self:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            # In a session of its own: Ctrl-C at a terminal is for the server, which then ends the rest in order.
            process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-P", "-m", "nginxsim.webhook.forkserver", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        return cls(process, ours)

    async def load(self, source: EstateSource) -> Loaded:
        """Raises InputError for an estate that cannot be read."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self._control, framed(pickle.dumps(source)))
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                told = json.loads(await self._received())
        except TimeoutError:
            raise InputError(f"the manifests take longer than {LOAD_SECONDS:g} s to be read") from None
        except (EOFError, OSError):
            raise InputError("the process that reads the manifests ended before it had read them") from None
        if "error" in told:
            raise InputError(told["error"])
        return Loaded(told["ingresses"], told["seconds"], datetime.now(UTC))

    async def _received(self) -> bytes:
        (length,) = LENGTH.unpack(await self._exactly(LENGTH.size))
        return await self._exactly(length)

    async def _exactly(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            piece = await asyncio.get_running_loop().sock_recv(self._control, length - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    async def fork(self) -> Worker:
        """Raises OSError or EOFError where there is none to be had at the moment."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [FORK], [theirs.fileno()])
        worker = Worker(*await asyncio.open_connection(sock=ours))
        try:
            async with asyncio.timeout(HIRE_SECONDS):
                await worker.ready()
        except BaseException:
            worker.close()
            raise
        return worker

    async def ended(self) -> None:
        """Returns once the process is no more."""
        with suppress(OSError):
            while await asyncio.get_running_loop().sock_recv(self._control, 1):
                pass

    async def close(self) -> None:
        self._control.close()
        self._process.kill()
        await asyncio.to_thread(self._process.wait)


class Estate:
    """One state of the manifests with the workers that hold it."""

    def __init__(self, server: ForkServer, loaded: Loaded, lost: Callable[[bool], None]) -> None:
        """lost: told of each worker that ended, and whether because its time was up."""
        self.loaded = loaded
        self._server = server
        self._lost = lost
        self._free: asyncio.Queue[Worker] = asyncio.Queue()
        self._hiring: set[asyncio.Task[None]] = set()
        self._workers = 0
        self._taken = 0
        self._waiting = 0
        self._mean = 0.0
        self._quiet = asyncio.Event()
        self._quiet.set()

    @classmethod
    async def open(cls, source: EstateSource, workers: int, lost: Callable[[bool], None]) -> Self:
        """Raises InputError."""
        server = ForkServer.start()
        try:
            estate = cls(server, await server.load(source), lost)
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(estate._hire())
        except BaseException:
            await server.close()
            raise
        return estate

    @property
    def workers(self) -> int:
        return self._workers

    async def ended(self) -> None:
        """Returns once no more workers can be had."""
        await self._server.ended()

    async def _hire(self) -> None:
        while True:
            try:
                worker = await self._server.fork()
            except (OSError, EOFError, TimeoutError):
                await asyncio.sleep(1)
            else:
                self._workers += 1
                self._free.put_nowait(worker)
                return

    def _replace(self, worker: Worker) -> None:
        worker.close()
        self._workers -= 1
        hiring = asyncio.get_running_loop().create_task(self._hire())
        self._hiring.add(hiring)
        hiring.add_done_callback(self._hiring.discard)

    async def review(self, body: bytes, deadline: float, is_gone: Callable[[], Awaitable[bool]]) -> Reply | None:
        """Waits for a worker and asks it; None if by then nobody listens any more. deadline: on the monotonic clock.

        Raises CrowdedError, WorkerLostError.
        """
        began = time.monotonic()
        async with self._turn(deadline) as worker:
            waited = time.monotonic() - began
            if waited > PATIENT and await is_gone():
                return None
            reply = await worker.ask(body, deadline - time.monotonic())
        self._mean += MEMORY * (reply.seconds - self._mean)
        return reply

    @asynccontextmanager
    async def _turn(self, deadline: float) -> AsyncIterator[Worker]:
        if time.monotonic() + self._expected_wait() >= deadline:
            raise CrowdedError
        self._taken += 1
        self._quiet.clear()
        try:
            worker = await self._next_free(deadline)
            try:
                yield worker
            except WorkerLostError:
                self._replace(worker)
                overran = time.monotonic() >= deadline
                self._lost(overran)
                raise WorkerLostError(overran=overran) from None
            except BaseException:
                # Asked and not heard out: its answer would be taken for that to the next question.
                self._replace(worker)
                raise
            self._free.put_nowait(worker)
        finally:
            self._taken -= 1
            if not self._taken:
                self._quiet.set()

    def _expected_wait(self) -> float:
        """Seconds until those that came before have had their turn."""
        return self._waiting * self._mean / max(self._workers, 1)

    async def _next_free(self, deadline: float) -> Worker:
        self._waiting += 1
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                while not (worker := await self._free.get()).is_alive:
                    self._replace(worker)
                    self._lost(False)
                return worker
        except TimeoutError:
            raise CrowdedError from None
        finally:
            self._waiting -= 1

    async def retire(self) -> None:
        """Lets reviews under way end, and then the processes."""
        await self._quiet.wait()
        for hiring in self._hiring:
            hiring.cancel()
        while not self._free.empty():
            self._free.get_nowait().close()
        await self._server.close()
