"""The webhook itself: an AdmissionReview comes in, one goes out, or a status that says why not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import NoReturn

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from nginxsim.golang.strconv import parse_duration
from nginxsim.serving.log import Log
from nginxsim.webhook.estate import CrowdedError, WorkerLostError
from nginxsim.webhook.frames import Reply, Verdict, crowded
from nginxsim.webhook.keeper import Keeper
from nginxsim.webhook.metrics import Metrics

BODY_LIMIT = 9 * 1024 * 1024
"""Bytes; a body has to be smaller. ingress-nginx 1.15.1: internal/admission/controller/server.go"""
DEFAULT_TIMEOUT, LONGEST_TIMEOUT = 10.0, 30.0
"""Seconds that an API server waits: unless told otherwise, and at most (kubernetes: api/admissionregistration/v1)."""
COURTESY = 1.0
"""Seconds in which the rest of a body that nobody will read is thrown away before the answer."""
MARGIN = 0.5
"""Seconds, or a tenth of the time where that is less, in which the answer travels."""


class ReviewEvent(StrEnum):
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Room:
    """What is taken on at once. bodies: bytes of all that are being read or reviewed."""

    reviews: int = 600
    bodies: int = 64 * 1024 * 1024


class _UnreadError(Exception):
    """A request that gets no review, and whose body was not read to its end."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


def _refuse(status: HTTPStatus, verdict: Verdict, message: str) -> NoReturn:
    raise _UnreadError(Reply(status, message, verdict, message=message))


class Reviews:
    """Takes questions, has them reviewed and answers; `in_flight` counts those under way."""

    def __init__(self, keeper: Keeper, room: Room, patience: float, log: Log, metrics: Metrics) -> None:
        """patience: seconds that a client has to send a body."""
        self.in_flight = 0
        self._bytes = 0
        self._keeper = keeper
        self._room = room
        self._patience = patience
        self._log = log
        self._metrics = metrics

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self.answer, methods=["POST"])])

    async def answer(self, request: Request) -> Response:
        started = time.monotonic()
        ends = False
        try:
            reply = await self._reply(request, started)
        except _UnreadError as problem:
            reply, ends = problem.reply, not await _heard_out(request)
        self._tell(reply, time.monotonic() - started, request)
        return _response(reply, ends=ends)

    def _tell(self, reply: Reply, seconds: float, request: Request) -> None:
        self._metrics.reviewed(reply.verdict, seconds)
        self._log(
            ReviewEvent.REVIEW,
            _told(reply, seconds, request),
            verdict=reply.verdict,
            ingress=reply.ingress,
            operation=reply.operation,
            check=reply.check,
            message=reply.message,
            seconds=round(seconds, 6),
            status=int(reply.status),
            client=request.client.host if request.client else "",
        )

    async def _reply(self, request: Request, started: float) -> Reply:
        try:
            with self._place() as place:
                body = await self._body(request, place)
                return await self._reviewed(body, started + seconds_for(request))
        except WorkerLostError as problem:
            return _lost(overran=problem.overran)
        except CrowdedError:
            return crowded("no worker will be free in time")

    async def _reviewed(self, body: bytes, deadline: float) -> Reply:
        estate = self._keeper.estate
        assert estate is not None, "nothing is served before one is read"
        return await estate.review(body, deadline)

    @contextmanager
    def _place(self) -> Iterator[_Place]:
        if self.in_flight >= self._room.reviews:
            raise _UnreadError(crowded(f"{self.in_flight} reviews are under way"))
        place = _Place()
        self.in_flight += 1
        try:
            yield place
        finally:
            self.in_flight -= 1
            self._bytes -= place.bytes

    def grow(self, place: _Place, count: int) -> None:
        if self._bytes + count > self._room.bodies:
            raise _UnreadError(crowded("the bodies under way fill the memory there is for them"))
        self._bytes += count
        place.bytes += count

    async def _body(self, request: Request, place: _Place) -> bytes:
        pieces: list[bytes] = []
        try:
            async with asyncio.timeout(self._patience):
                async for piece in request.stream():
                    _check_size(place.bytes + len(piece))
                    self.grow(place, len(piece))
                    pieces.append(piece)
        except TimeoutError:
            told = f"the body was not there after {self._patience:g} s"
            _refuse(HTTPStatus.REQUEST_TIMEOUT, Verdict.TOO_SLOW, told)
        except ClientDisconnect:
            _refuse(HTTPStatus.BAD_REQUEST, Verdict.GONE, "the client went away")
        return b"".join(pieces)


class _Place:
    """What one request takes of the room."""

    def __init__(self) -> None:
        self.bytes = 0


def _check_size(size: int) -> None:
    if size >= BODY_LIMIT:
        told = f"the body may have {BODY_LIMIT - 1} bytes at most"
        _refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Verdict.UNANSWERABLE, told)


def seconds_for(request: Request) -> float:
    """How long the review may take, by `?timeout=10s`, which an API server says of itself."""
    try:
        asked = parse_duration(request.query_params.get("timeout", ""))
    except ValueError:
        asked = DEFAULT_TIMEOUT
    waits = min(asked, LONGEST_TIMEOUT) if asked > 0 else DEFAULT_TIMEOUT
    return waits - min(MARGIN, waits / 10)


def _lost(*, overran: bool) -> Reply:
    if overran:
        told = "the review took longer than the API server waits, and was ended"
        return Reply(HTTPStatus.GATEWAY_TIMEOUT, told, Verdict.OVERRUN, message=told)
    told = "the process that reviewed ended before it had an answer"
    return Reply(HTTPStatus.INTERNAL_SERVER_ERROR, told, Verdict.FAILED, message=told)


async def _heard_out(request: Request) -> bool:
    """Whether all of the body came, which is thrown away. A client that is still sending would hear no answer."""
    try:
        async with asyncio.timeout(COURTESY):
            while (message := await request.receive())["type"] == "http.request":
                if not message.get("more_body"):
                    return True
    except TimeoutError:
        pass
    return False


def _response(reply: Reply, *, ends: bool) -> Response:
    """ends: the connection does, with the answer, for more of the body may come."""
    if reply.status == HTTPStatus.OK:
        return Response(reply.body, media_type="application/json")
    headers = {"connection": "close"} if ends else {}
    if reply.verdict is Verdict.TURNED_AWAY:
        # Kubernetes' clients, its API server among them, ask again after so many seconds, within their time.
        headers["retry-after"] = "1"
    return Response(f"{reply.body}\n", reply.status, headers, media_type="text/plain")


def _told(reply: Reply, seconds: float, request: Request) -> str:
    if reply.status != HTTPStatus.OK:
        client = request.client.host if request.client else "?"
        return f"{reply.verdict} {int(reply.status)} from {client}: {reply.message}"
    what = f"{reply.ingress} ({reply.operation.lower() or 'review'}, {seconds * 1000:.1f} ms)"
    reason = ": ".join(filter(None, (reply.check, reply.message)))
    return " ".join(filter(None, (reply.verdict, what, reason)))
