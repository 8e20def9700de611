"""Keeps an estate that can be used, whatever happens to the files that it is read from."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from nginxsim.errors import InputError
from nginxsim.serving.log import Log, timestamp
from nginxsim.webhook.estate import Estate
from nginxsim.webhook.forkserver import EstateSource
from nginxsim.webhook.metrics import Metrics


class EstateEvent(StrEnum):
    READING = "estate-reading"
    READ = "estate"
    KEPT = "estate-kept"
    """A change that cannot be read: what was read before goes on."""
    LOST = "estate-lost"
    """The process that holds it ended."""
    WORKER_LOST = "worker-lost"


@dataclass(frozen=True, slots=True)
class Broken:
    """The manifests cannot be read as they are now."""

    since: datetime
    why: str


class Keeper:
    """`estate` answers; `broken` tells whether the files have moved on without it."""

    def __init__(self, source: EstateSource, workers: int, log: Log, metrics: Metrics) -> None:
        self.estate: Estate | None = None
        self.broken: Broken | None = None
        self._source = source
        self._workers = workers
        self._log = log
        self._metrics = metrics
        self._retiring: set[asyncio.Task[None]] = set()

    @property
    def workers(self) -> int:
        return self.estate.workers if self.estate else 0

    async def open(self) -> None:
        """Reads the manifests for the first time. Raises InputError."""
        self._log(EstateEvent.READING, "reading the manifests")
        self._take(await self._read())

    async def follow(self, changed: asyncio.Event) -> None:
        """Reads them again whenever they change, or the process that held them is gone; until cancelled."""
        while True:
            await self._until_due(changed)
            changed.clear()
            await self._renew()

    async def _until_due(self, change: asyncio.Event) -> None:
        assert self.estate is not None, "opened first"
        changed = asyncio.ensure_future(change.wait())
        lost = asyncio.ensure_future(self.estate.ended())
        try:
            await asyncio.wait((changed, lost), return_when=asyncio.FIRST_COMPLETED)
            if lost.done():
                self._log(EstateEvent.LOST, "the process that holds the manifests ended, they are read again")
                # A machine without memory would only be asked over and over.
                await asyncio.sleep(1)
        finally:
            changed.cancel()
            lost.cancel()

    async def _renew(self) -> None:
        before = self.estate
        try:
            self._take(await self._read())
        except InputError as problem:
            self._keep(str(problem))
            return
        if before is not None:
            retiring = asyncio.get_running_loop().create_task(before.retire())
            self._retiring.add(retiring)
            retiring.add_done_callback(self._retiring.discard)

    async def _read(self) -> Estate:
        return await Estate.open(self._source, self._workers, self._worker_lost)

    def _take(self, estate: Estate) -> None:
        self.estate, self.broken = estate, None
        loaded = estate.loaded
        self._metrics.estate_read(loaded)
        told = f"{loaded.ingresses} Ingresses read in {loaded.seconds:.1f} s"
        self._log(EstateEvent.READ, told, ingresses=loaded.ingresses, seconds=loaded.seconds)

    def _keep(self, why: str) -> None:
        since = self.broken.since if self.broken else datetime.now(UTC)
        self.broken = Broken(since, why)
        self._metrics.estate_broken(since)
        told = f"the manifests cannot be read since {timestamp(since)}, the estate read before goes on: {why}"
        self._log(EstateEvent.KEPT, told, error=why, since=timestamp(since))

    def _worker_lost(self, overran: bool) -> None:
        why = "overrun" if overran else "ended"
        self._metrics.worker_lost(why)
        self._log(EstateEvent.WORKER_LOST, f"a worker was replaced ({why})", reason=why)

    async def close(self) -> None:
        for retiring in self._retiring:
            retiring.cancel()
        if self.estate is not None:
            await self.estate.retire()
