"""Tells when files change, also where a link is swapped below them, as kubelet and git-sync do it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

from watchfiles import awatch

from nginxsim.serving.log import Log, ServerEvent

SWEEP = 5.0
"""Seconds between looks at all files: network and overlay file systems report nothing, nor does a swapped link."""

Stamps = Mapping[str, tuple[int, int, int]]
"""Path -> inode, size and time of change of what it leads to."""


class Watch:
    """`changed` is set once something differs at `paths` or, of a folder, in it; hidden entries do not count."""

    def __init__(self, paths: Sequence[Path], log: Log, changed: asyncio.Event | None = None) -> None:
        self.changed = changed or asyncio.Event()
        self._paths = paths
        self._log = log
        self._stamps = stamps(paths)

    async def run(self) -> None:
        """Watches until it is cancelled."""
        while True:
            try:
                await self._until_changed()
            except (OSError, RuntimeError) as problem:
                self._log(ServerEvent.WATCH, f"files are looked at every {SWEEP:g} s only: {problem}")
                await asyncio.sleep(SWEEP)
                await self._look()

    async def _until_changed(self) -> None:
        """What is replaced is another file to the system: after each change it is told anew what to report on."""
        present = [path for path in self._paths if path.exists()]
        reports = awatch(
            *present or self._paths,
            watch_filter=None,
            rust_timeout=round(SWEEP * 1000),
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        async with aclosing(reports):
            async for _ in reports:
                if await self._look():
                    return

    async def _look(self) -> bool:
        now = await asyncio.to_thread(stamps, self._paths)
        if now == self._stamps:
            return False
        self._stamps = now
        self.changed.set()
        return True


def stamps(paths: Sequence[Path]) -> Stamps:
    found: dict[str, tuple[int, int, int]] = {}
    for path in _everything(paths):
        # What is not there, or not any more, has none.
        with suppress(OSError):
            status = path.stat()
            found[str(path)] = (status.st_ino, status.st_size, status.st_mtime_ns)
    return found


def _everything(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        yield path
        for folder, folders, files in os.walk(path):
            folders[:] = [name for name in folders if not name.startswith(".")]
            yield from (Path(folder, name) for name in (*folders, *files) if not name.startswith("."))
