"""The webhook as it runs: what is put together, from the first look at the files to the orderly end."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import time
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from nginxsim.serving.addresses import Address, name_of
from nginxsim.serving.credentials import Credentials, TlsFiles
from nginxsim.serving.door import Turned
from nginxsim.serving.limits import Limits
from nginxsim.serving.log import LibraryLog, Log, LogStyle, ServerEvent
from nginxsim.serving.server import Server, Site, take_over_logging
from nginxsim.serving.watching import Watch
from nginxsim.webhook.following import ClusterWatch
from nginxsim.webhook.forkserver import EstateSource
from nginxsim.webhook.keeper import Keeper
from nginxsim.webhook.metrics import Metrics
from nginxsim.webhook.monitor import Monitor
from nginxsim.webhook.reviews import Reviews, Room

DAY = 24 * 3600.0
TELL_AGAIN = 10.0
"""Seconds in which a kind of trouble with connections is told of once."""
OTHER_FILES = 100
"""Descriptors for what is no connection."""
MONITOR_LIMITS = Limits(connections=50, keep_alive=10, grace=1)


def sensible_workers() -> int:
    """One for each core that this process may use, and never one alone, which a slow review would keep."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(max(cores, 2), 8)


@dataclass(frozen=True, slots=True)
class Service:
    """All that `nginxsim admit --serve` is told.

    linger: seconds in which a server that was told to end still takes connections, since those who send them hear of
    its end later than it does.
    """

    source: EstateSource
    address: Address
    tls: TlsFiles
    monitor: Address | None = None
    workers: int = field(default_factory=sensible_workers)
    limits: Limits = field(default_factory=Limits)
    room: Room = field(default_factory=Room)
    linger: float = 0.0
    log_style: LogStyle = LogStyle.TEXT

    def run(self) -> None:
        """Answers until SIGTERM or SIGINT. Raises UsageError and InputError for what cannot be begun with."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        await _Running(self).run()


class _Running:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._log = log = Log(service.log_style)
        self._metrics = metrics = Metrics()
        self._credentials = Credentials(service.tls, log)
        self._keeper = Keeper(service.source, service.workers, log, metrics)
        self._reviews = Reviews(self._keeper, service.room, service.limits.patience, log, metrics)
        self._changed = asyncio.Event()
        self._clusters = [ClusterWatch(live, log, self._changed) for live in service.source.clusters]
        self._monitor = Monitor(self._keeper, self._credentials, metrics, self._clusters)
        self._webhook = Server(self._webhook_site())
        self._monitoring = Server(site) if (site := self._monitor_site()) else None
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._signal = signal.SIGTERM
        self._add_gauges()

    def _webhook_site(self) -> Site:
        service = self._service
        trouble = Trouble(self._log, self._metrics)
        sock = service.address.listen()
        return Site(self._reviews.app(), sock, _within_descriptors(service.limits), self._credentials, trouble)

    def _monitor_site(self) -> Site | None:
        address = self._service.monitor
        return Site(self._monitor.app(), address.listen(), MONITOR_LIMITS) if address else None

    def _add_gauges(self) -> None:
        for name, about, value in (
            ("reviews_in_flight", "Reviews under way.", lambda: self._reviews.in_flight),
            ("connections", "Connections open.", lambda: self._webhook.connections),
            ("workers", "Processes that review.", lambda: self._keeper.workers),
            (
                "cluster_stale_since_timestamp_seconds",
                "Since when the cluster is not followed; 0 when it is.",
                self._stale_since,
            ),
            (
                "certificate_expiry_timestamp_seconds",
                "When the certificate in use ends.",
                self._certificate_expiry,
            ),
        ):
            self._metrics.reads(f"nginxsim_{name}", about, value)

    def _stale_since(self) -> float:
        return min((each.stale.since.timestamp() for each in self._clusters if each.stale), default=0.0)

    def _certificate_expiry(self) -> float:
        return self._credentials.pair.expires.timestamp()

    async def run(self) -> None:
        take_over_logging(LibraryLog(self._log))
        asyncio.get_running_loop().set_exception_handler(self._told_by_loop)
        self._listen_to_signals()
        background = [self._begin(self._monitoring.serve())] if self._monitoring else []
        try:
            if await self._opened():
                background += self._in_background()
                await self._serve()
        finally:
            await self._keeper.close()
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)

    async def _opened(self) -> bool:
        """False when the end came first. Raises InputError."""
        opening = asyncio.ensure_future(self._keeper.open())
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait((opening, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not opening.done():
            opening.cancel()
            return False
        await opening
        return True

    async def _serve(self) -> None:
        sites = {"https": self._webhook.sock, "http": self._monitoring.sock if self._monitoring else None}
        for scheme, sock in sites.items():
            if sock is not None:
                url = f"{scheme}://{name_of(sock)}"
                self._log(ServerEvent.LISTENING, f"listening on {url}", url=url)
        serving = self._begin(self._webhook.serve())
        await self._stop.wait()
        self._monitor.stopping = True
        self._log(ServerEvent.STOPPING, "stopping", signal=self._signal.name)
        await self._linger()
        self._webhook.should_exit = True
        await serving

    async def _linger(self) -> None:
        """At a terminal nobody wants to wait."""
        if self._signal == signal.SIGTERM:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), self._service.linger)

    def _in_background(self) -> list[asyncio.Task[None]]:
        estate = Watch(self._service.source.files, self._log, self._changed)
        pair = Watch(self._credentials.files.paths, self._log)
        return [
            self._begin(work)
            for work in (
                *([estate.run()] if self._service.source.files else []),
                *(cluster.run() for cluster in self._clusters),
                self._keeper.follow(self._changed),
                pair.run(),
                self._renew_certificates(pair),
                self._warn_daily(),
            )
        ]

    async def _renew_certificates(self, watch: Watch) -> None:
        while True:
            await watch.changed.wait()
            watch.changed.clear()
            self._credentials.renew()

    async def _warn_daily(self) -> None:
        while True:
            await asyncio.sleep(DAY)
            self._credentials.warn()

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (problem := task.exception()):
            self._log(ServerEvent.FAULT, f"internal error: {type(problem).__name__}: {problem}")

    def _told_by_loop(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        problem = context.get("exception")
        about = f": {type(problem).__name__}: {problem}" if problem else ""
        self._log(ServerEvent.FAULT, f"{context.get('message', '')}{about}")

    def _listen_to_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._told_to_stop, number)

    def _told_to_stop(self, number: signal.Signals) -> None:
        """A second time: at once."""
        if self._stop.is_set():
            self._hurry.set()
            self._webhook.should_exit = self._webhook.force_exit = True
        self._signal = number
        self._stop.set()


class Trouble:
    """Counts connections that end before their time, and tells of them without filling the log."""

    def __init__(self, log: Log, metrics: Metrics) -> None:
        self._log = log
        self._metrics = metrics
        self._told: dict[Turned, float] = {}
        self._untold: Counter[Turned] = Counter()

    def __call__(self, why: Turned, address: str, about: str) -> None:
        self._metrics.turned(why)
        now = time.monotonic()
        if now - self._told.get(why, -TELL_AGAIN) < TELL_AGAIN:
            self._untold[why] += 1
            return
        self._told[why] = now
        more = self._untold.pop(why, 0)
        told = f"connection from {address} ended ({why})" + (f": {about}" if about else "")
        self._log(
            ServerEvent.CONNECTION,
            told + (f"; and {more} more before it" if more else ""),
            reason=why,
            client=address,
            detail=about,
            more=more,
        )


def _within_descriptors(limits: Limits) -> Limits:
    """As many connections as the system lets this process have; it takes what it may get of that."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        return limits
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return replace(limits, connections=max(1, min(limits.connections, most - OTHER_FILES)))
