"""What passes between the server and the processes that do its work: length, then bytes."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Protocol

TASK = struct.Struct(">Id")
"""Length of the body that follows, and until when its review may take, on the clock that all processes share."""
LENGTH = struct.Struct(">I")


class Readable(Protocol):
    """A stream whose read gives all of what is asked for, or what is left before its end."""

    def read(self, size: int, /) -> bytes: ...


class Verdict(StrEnum):
    """How a review ended."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNANSWERABLE = "unanswerable"
    """What was sent is no question to this webhook."""
    TURNED_AWAY = "turned-away"
    """There is too much to do."""
    OVERRUN = "overrun"
    """It took longer than the API server waits."""
    TOO_SLOW = "too-slow"
    """The client took too long to send it."""
    GONE = "gone"
    """The client went away before it had sent all."""
    FAILED = "failed"
    """A bug, or memory that was not there."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, and what the log tells of it. seconds: spent on the review itself."""

    status: int
    body: str
    verdict: Verdict
    ingress: str = ""
    operation: str = ""
    check: str = ""
    message: str = ""
    seconds: float = 0.0

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, data: bytes) -> Reply:
        fields: dict[str, Any] = json.loads(data)
        return cls(**{**fields, "verdict": Verdict(fields["verdict"])})


def crowded(message: str) -> Reply:
    return Reply(HTTPStatus.TOO_MANY_REQUESTS, message, Verdict.TURNED_AWAY, message=message)


def task(body: bytes, deadline: float) -> bytes:
    return TASK.pack(len(body), deadline) + body


def read_task(stream: Readable) -> tuple[bytes, float] | None:
    """The next body and its deadline; None once the other side has gone."""
    head = stream.read(TASK.size)
    if len(head) < TASK.size:
        return None
    length, deadline = TASK.unpack(head)
    body = stream.read(length)
    return (body, deadline) if len(body) == length else None


def framed(data: bytes) -> bytes:
    return LENGTH.pack(len(data)) + data
