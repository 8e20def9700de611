"""Tells when a cluster changes, as kubectl's watches report it, and when it cannot be told."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from nginxsim.kube.live import Live, kept, name_of
from nginxsim.serving.log import Log, ServerEvent, timestamp
from nginxsim.sources.files import largest_file
from nginxsim.sources.kubectl import KUBECTL, SAYS, words_in

FOLLOWED = {
    "ingresses.networking.k8s.io": True,
    "ingressclasses.networking.k8s.io": False,
    "services": True,
    "namespaces": False,
}
"""What reviews depend on and changes in use, as kubectl calls it, and whether it lies in namespaces."""
RESYNC = 300.0
"""Seconds after which everything is read again in any case: not all that counts is followed."""
SETTLE, MOST_SETTLE = 0.5, 5.0
"""So many seconds without a further change are waited for, and so many at most."""
UP = 3.0
"""Seconds after which a watch that has neither ended nor told of anything counts as up."""
FIRST_DELAY, MOST_DELAY = 1.0, 60.0
"""Seconds before a watch that ended is begun anew, twice as many each time."""
LASTING = 30.0
"""A watch that held for so many seconds is begun anew as the first time."""
_COMPLAINT = 1 << 14

Words: TypeAlias = tuple[str, ...]
"""What a watch is of: the arguments of kubectl."""


@dataclass(frozen=True, slots=True)
class Stale:
    """The cluster may have moved on unseen."""

    since: datetime
    why: str


class ClusterWatch:
    """`changed` is set once something differs in the cluster, or may do so since nobody looked.

    A watch that ends is begun anew, and everything is listed again then.
    """

    def __init__(self, live: Live, log: Log, changed: asyncio.Event) -> None:
        self._live = live
        self._log = log
        self._changed = changed
        self._down: dict[Words, Stale] = {}
        self._seen: dict[str, int] = {}
        self._pending: asyncio.TimerHandle | None = None
        self._pending_since = 0.0

    @property
    def stale(self) -> Stale | None:
        """The oldest gap that is still open."""
        return min(self._down.values(), key=lambda each: each.since, default=None)

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for words in self._watches():
                group.create_task(self._follow(words))
            group.create_task(self._resync())

    def _watches(self) -> Iterator[Words]:
        scopes = [f"--namespace={name}" for name in self._live.namespaces] or ["--all-namespaces"]
        for resource, is_namespaced in FOLLOWED.items():
            for scope in scopes if is_namespaced else [""]:
                yield tuple(filter(None, ("get", resource, scope)))

    async def _resync(self) -> None:
        while True:
            await asyncio.sleep(RESYNC)
            self._changed.set()

    async def _follow(self, words: Words) -> None:
        delay = FIRST_DELAY
        while True:
            began = time.monotonic()
            self._went_down(words, await self._watched(words))
            delay = FIRST_DELAY if time.monotonic() - began > LASTING else delay
            await asyncio.sleep(delay)
            delay = min(2 * delay, MOST_DELAY)

    async def _watched(self, words: Words) -> str:
        """Why it ended."""
        options = ("--watch", "--output=json", "--output-watch-events", *self._live.kubectl.options)
        try:
            process = await asyncio.create_subprocess_exec(
                KUBECTL.path or KUBECTL.name,
                *words,
                *options,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=largest_file(),
                start_new_session=True,
            )
        except OSError as problem:
            return f"{KUBECTL.name} cannot be run: {problem.strerror}"
        up = asyncio.get_running_loop().call_later(UP, self._came_up, words)
        complaint = asyncio.ensure_future(_last_words(process))
        try:
            await self._read(process, words)
            complained = await complaint
            return f"{SAYS}{words_in(complained)}" if complained.strip() else "the watch ended"
        finally:
            up.cancel()
            complaint.cancel()
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def _read(self, process: asyncio.subprocess.Process, words: Words) -> None:
        """An event is written on a line, or over several of which the last is a brace alone."""
        assert process.stdout is not None
        lines: list[bytes] = []
        with suppress(ValueError, KeyError, TypeError):  # what is no event ends the watch
            async for line in process.stdout:
                lines.append(line)
                if line == b"}\n" or (len(lines) == 1 and line.endswith(b"}\n")):
                    self._take(json.loads(b"".join(lines)))
                    self._came_up(words)
                    lines.clear()

    def _take(self, event: Mapping[str, Any]) -> None:
        """What only the controller or the server notes of an object is no change."""
        thing = event["object"]
        name = name_of(thing["kind"], thing["metadata"])
        now = hash(json.dumps({**(kept(thing) or {}), "status": None}, sort_keys=True))
        if event["type"] == "DELETED":
            self._seen.pop(name, None)
        elif self._seen.get(name) == now:
            return
        else:
            self._seen[name] = now
        self._change()

    def _change(self) -> None:
        loop, now = asyncio.get_running_loop(), time.monotonic()
        if self._pending is None:
            self._pending_since = now
        elif now - self._pending_since > MOST_SETTLE:
            return
        else:
            self._pending.cancel()
        self._pending = loop.call_later(SETTLE, self._settle)

    def _settle(self) -> None:
        self._pending = None
        self._changed.set()

    def _came_up(self, words: Words) -> None:
        if self._down.pop(words, None):
            self._change()
            if not self._down:
                self._log(ServerEvent.WATCH, "the cluster is followed again")

    def _went_down(self, words: Words, why: str) -> None:
        if words in self._down:
            return
        self._down[words] = stale = Stale(datetime.now(UTC), why)
        told = f"the cluster is not followed since {timestamp(stale.since)} ({' '.join(words)}): {why}"
        self._log(ServerEvent.WATCH, told, error=why, since=timestamp(stale.since))


async def _last_words(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    said = b""
    while piece := await process.stderr.read(_COMPLAINT):
        said = (said + piece)[-_COMPLAINT:]
    return said.decode("utf-8", "replace")
