"""A process that reviews, one question at a time. It can be lost at any moment: nothing is kept in it."""

from __future__ import annotations

import resource
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path

from nginxsim.webhook.frames import Reply, Verdict, crowded, framed, read_task
from nginxsim.webhook.judge import Judge
from nginxsim.webhook.messages import Decision, Question, RequestError, answer_to, question_from

ROOM = 512 * 1024 * 1024
"""Bytes that a review may take beside what the estate takes, or as many as that where it is larger."""

READY = framed(b"")


def work(sock: socket.socket, judge: Judge) -> None:
    """Answers until the other side goes."""
    _limit_memory()
    with sock.makefile("rwb") as stream:
        stream.write(READY)
        stream.flush()
        while task := read_task(stream):
            body, deadline = task
            stream.write(framed(_in_time(body, deadline, judge).encode()))
            stream.flush()


def _in_time(body: bytes, deadline: float, judge: Judge) -> Reply:
    left = deadline - time.monotonic()
    if left <= 0:
        return crowded("no worker was free in time")
    with _deadline(left):
        return reply_to(body, judge)


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Past it the system ends this process, whatever it is busy with: nothing in it has to cooperate."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _limit_memory() -> None:
    """A review that wants too much gets a MemoryError, before the container as a whole is ended for it."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
        used = pages * resource.getpagesize()
        most = used + max(ROOM, used)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def reply_to(body: bytes, judge: Judge) -> Reply:
    started = time.perf_counter()
    try:
        question = question_from(body)
        decision = judge.decide(question)
        return _decided(question, decision, time.perf_counter() - started)
    except RequestError as problem:
        return Reply(problem.status, str(problem), Verdict.UNANSWERABLE, message=str(problem))
    except MemoryError:
        return _failed("the review wants more memory than there is for one")
    except Exception as problem:  # noqa: BLE001 - the next review is another one
        return _failed(f"internal error: {type(problem).__name__}: {problem}")


def _failed(message: str) -> Reply:
    return Reply(HTTPStatus.INTERNAL_SERVER_ERROR, message, Verdict.FAILED, message=message)


def _decided(question: Question, decision: Decision, seconds: float) -> Reply:
    return Reply(
        HTTPStatus.OK,
        answer_to(question, decision).decode(),
        Verdict.ALLOWED if decision.allowed else Verdict.REFUSED,
        ingress=f"{question.namespace}/{question.name}",
        operation=question.operation,
        check=decision.check,
        message=decision.message,
        seconds=seconds,
    )
