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
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from nginxsim.errors import InputError
from nginxsim.webhook.forkserver import FORK, EstateSource
from nginxsim.webhook.frames import LENGTH, Reply, framed, task

LOAD_SECONDS = 600.0
"""So long an estate may take to be read."""
HIRE_SECONDS = 30.0
"""So long a worker may take to begin; and it is asked for again after a second."""
DEEPEST = 8
"""So many questions a worker has before it at most."""
QUICK = 0.02
"""Seconds of work, as reviews go, that a worker may have before it."""
STALL = 0.1
"""Seconds without an answer after which those behind are given to others."""
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
    """No worker will be free in time."""


@dataclass(frozen=True, slots=True)
class Loaded:
    ingresses: int
    seconds: float
    at: datetime
    release: str
    """Of the controller."""


@dataclass(eq=False, slots=True)
class Task:
    """A question, until when it may take (on the monotonic clock), and the answer to be."""

    body: bytes
    deadline: float
    reply: asyncio.Future[Reply]
    is_dealt: bool = False


class Worker:
    """The server's end of a process that reviews one question after the other, in the order of `asked`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked: deque[Task] = deque()
        self.stalls: asyncio.TimerHandle | None = None
        self.is_stalled = False
        self._reader = reader
        self._writer = writer

    async def ready(self) -> None:
        await self._read()

    def ask(self, one: Task) -> None:
        one.is_dealt = True
        self.asked.append(one)
        self._writer.write(task(one.body, one.deadline))

    async def replies(self) -> AsyncIterator[Reply]:
        """One for each question, until the process ends."""
        with suppress(OSError, EOFError):
            while True:
                yield Reply.decode(await self._read())

    async def _read(self) -> bytes:
        (length,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
        return await self._reader.readexactly(length)

    def close(self) -> None:
        if self.stalls:
            self.stalls.cancel()
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
        return Loaded(told["ingresses"], told["seconds"], datetime.now(UTC), told["release"])

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
    """One state of the manifests with the workers that hold it.

    Where reviews are quick a worker has several questions before it, for to be woken costs more than they do.
    When one of them then takes long, those behind it are dealt to other workers as well, and the first answer counts.
    """

    def __init__(self, server: ForkServer, loaded: Loaded, lost: Callable[[bool], None]) -> None:
        """lost: told of each worker that ended, and whether because its time was up."""
        self.loaded = loaded
        self._server = server
        self._lost = lost
        self._staff: list[Worker] = []
        self._waiting: deque[Task] = deque()
        self._background: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._mean = 0.0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._retired = False

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
        return len(self._staff)

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
                self._staff.append(worker)
                self._begin(self._listen(worker))
                self._deal()
                return

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        begun = asyncio.get_running_loop().create_task(work)
        self._background.add(begun)
        begun.add_done_callback(self._background.discard)

    async def review(self, body: bytes, deadline: float) -> Reply:
        """Raises CrowdedError, WorkerLostError. deadline: on the monotonic clock."""
        if time.monotonic() + self._expected_wait() >= deadline:
            raise CrowdedError
        one = Task(body, deadline, asyncio.get_running_loop().create_future())
        self._under_way += 1
        self._quiet.clear()
        try:
            self._waiting.append(one)
            self._deal()
            return await self._answer_to(one)
        finally:
            one.reply.cancel()
            self._under_way -= 1
            if not self._under_way:
                self._quiet.set()

    async def _answer_to(self, one: Task) -> Reply:
        await asyncio.wait((one.reply,), timeout=one.deadline - time.monotonic())
        if not one.is_dealt:
            raise CrowdedError
        # What has begun is ended by the system, and the end of its process is heard of a moment later.
        await asyncio.wait((one.reply,), timeout=SLACK)
        if one.reply.done():
            return one.reply.result()
        for worker in self._staff:
            if one in worker.asked:
                worker.close()
        raise WorkerLostError(overran=True)

    def _expected_wait(self) -> float:
        """Seconds until those that came before have had their turn."""
        return self._under_way * self._mean / max(len(self._staff), 1)

    @property
    def _depth(self) -> int:
        """How many questions a worker may have before it."""
        return max(1, min(DEEPEST, int(QUICK / self._mean))) if self._mean else 1

    def _deal(self) -> None:
        depth = self._depth
        while self._waiting:
            free = [worker for worker in self._staff if not worker.is_stalled and len(worker.asked) < depth]
            if not free:
                return
            one = self._waiting.popleft()
            if not one.reply.done():
                worker = min(free, key=_burden)
                worker.ask(one)
                if len(worker.asked) == 1:
                    self._expect(worker)

    def _expect(self, worker: Worker) -> None:
        """The next answer has its time from now on."""
        if worker.stalls:
            worker.stalls.cancel()
        worker.is_stalled = False
        loop = asyncio.get_running_loop()
        worker.stalls = loop.call_later(STALL, self._stall, worker) if worker.asked else None

    def _stall(self, worker: Worker) -> None:
        worker.is_stalled = True
        self._deal_again(list(worker.asked)[1:])

    def _deal_again(self, tasks: Iterable[Task]) -> None:
        self._waiting.extendleft(one for one in reversed(list(tasks)) if not one.reply.done())
        self._deal()

    async def _listen(self, worker: Worker) -> None:
        async for reply in worker.replies():
            one = worker.asked.popleft()
            if not one.reply.done():
                one.reply.set_result(reply)
            self._mean += MEMORY * (reply.seconds - self._mean)
            self._expect(worker)
            self._deal()
        self._replace(worker)

    def _replace(self, worker: Worker) -> None:
        worker.close()
        self._staff.remove(worker)
        if self._retired:
            return
        self._begin(self._hire())
        reviewed, *behind = worker.asked or (None,)
        overran = reviewed is not None and time.monotonic() >= reviewed.deadline
        if reviewed is not None and not reviewed.reply.done():
            reviewed.reply.set_exception(WorkerLostError(overran=overran))
        self._lost(overran)
        self._deal_again(behind)

    async def retire(self) -> None:
        """Lets reviews under way end, and then the processes."""
        await self._quiet.wait()
        self._retired = True
        for begun in self._background:
            begun.cancel()
        for worker in self._staff:
            worker.close()
        await self._server.close()


def _burden(worker: Worker) -> int:
    return len(worker.asked)
