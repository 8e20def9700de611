"""The log of a server: one line an event on stderr, for people or, as JSON, for programs."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import TextIO

from nginxsim.printing import printed


class LogStyle(StrEnum):
    """How lines look."""

    TEXT = "text"
    JSON = "json"


class ServerEvent(StrEnum):
    """What happens to any server."""

    LISTENING = "listening"
    STOPPING = "stopping"
    CONNECTION = "connection"
    """One ended before its time."""
    CERTIFICATE = "certificate"
    CERTIFICATE_KEPT = "certificate-kept"
    """A new pair cannot be used: the old one goes on."""
    CERTIFICATE_EXPIRES = "certificate-expires"
    WATCH = "watch"
    """Files cannot be watched as they should."""
    FAULT = "fault"
    """A bug, or a request that the server could not make sense of."""


class Log:
    """log(kind, text, ...): `kind` and the data are for programs, `text` is the sentence for people."""

    def __init__(self, style: LogStyle = LogStyle.TEXT, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._line = _json_line if style is LogStyle.JSON else _text_line

    def __call__(self, kind: StrEnum, text: str, **data: object) -> None:
        self._stream.write(self._line(datetime.now(UTC), kind, text, data))
        self._stream.flush()


def timestamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _text_line(now: datetime, _kind: StrEnum, text: str, _data: dict[str, object]) -> str:
    return f"{timestamp(now)} {one_line(text)}\n"


def _json_line(now: datetime, kind: StrEnum, text: str, data: dict[str, object]) -> str:
    line = {"time": now.isoformat(timespec="milliseconds"), "event": kind, "text": one_line(text), **data}
    return json.dumps(line, default=str) + "\n"


def one_line(text: str) -> str:
    """Whatever the text has in it, it can neither begin a line of its own nor command a terminal."""
    return printed([text])


class LibraryLog(logging.Handler):
    """Takes what libraries log into ours."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        problem = record.exc_info[1] if record.exc_info else None
        about = f": {type(problem).__name__}: {problem}" if problem else ""
        self._log(ServerEvent.FAULT, record.getMessage().strip() + about)
