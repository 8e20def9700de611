"""python -m tests.fuzz --minutes N: tries inputs in processes of their own, and says how many and what was found."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException

from tests.fuzz.inputs import Input, inputs
from tests.fuzz.trying import fault_of, limit_memory, timed
from tests.support.commands import run
from tests.support.places import ROOT

BATCH = 200
STUCK = 60.0
"""Seconds without a word from a worker: it hangs where no signal reaches it, or is gone."""


def main() -> int:
    arguments = _arguments()
    folder = Path(arguments.out).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.worker is not None:
        _work(arguments.worker, folder, time.monotonic() + arguments.minutes * 60)
        return 0
    return _watched(arguments, folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--out", default="fuzz-findings", help="folder for what is found")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _watched(arguments: argparse.Namespace, folder: Path) -> int:
    """Keeps so many workers busy; one that hangs or dies leaves the input it was at."""
    start, number = time.monotonic(), 0
    end = start + arguments.minutes * 60
    workers: dict[int, subprocess.Popen[bytes]] = {}
    while (left := end - time.monotonic()) > 0:
        while len(workers) < arguments.jobs:
            number += 1
            workers[number] = _worker(arguments.seed * 1000 + number, folder, left / 60)
        time.sleep(0.5)
        for which, worker in list(workers.items()):
            current = folder / f"{arguments.seed * 1000 + which}.current"
            silent = current.exists() and time.time() - current.stat().st_mtime > STUCK
            if silent:
                worker.kill()
            if (silent or worker.poll() is not None) and end - time.monotonic() > 1:
                if silent or worker.wait() != 0:
                    _report(folder, current, "hangs" if silent else f"the process ends with {worker.returncode}")
                del workers[which]
    for worker in workers.values():
        worker.wait()
    return _summed_up(folder, time.monotonic() - start)


def _worker(number: int, folder: Path, minutes: float) -> subprocess.Popen[bytes]:
    words = ["--worker", str(number), "--minutes", f"{minutes:.4f}", "--out", str(folder)]
    return subprocess.Popen([sys.executable, "-W", "ignore", "-m", "tests.fuzz", *words], cwd=ROOT)


def _report(folder: Path, current: Path, fault: str) -> None:
    told = {"fault": fault, **(json.loads(current.read_text(encoding="utf-8")) if current.exists() else {})}
    (folder / f"{current.stem}-{time.time_ns()}.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


def _summed_up(folder: Path, seconds: float) -> int:
    counts = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.count")]
    tried = sum(count["tried"] for count in counts)
    slowest = max((count["slowest"] for count in counts), default=0.0)
    found = sorted(folder.glob("*.json"))
    print(
        f"{tried:,} inputs in {seconds:.0f} s, {tried / seconds:.1f} a second; the slowest took {slowest:.2f} s of CPU"
    )
    by_kind: dict[str, int] = {}
    for count in counts:
        for kind, number in count["kinds"].items():
            by_kind[kind] = by_kind.get(kind, 0) + number
    print(", ".join(f"{kind} {number:,}" for kind, number in sorted(by_kind.items())))
    print(f"{len(found)} findings in {folder}" if found else "no findings")
    return 1 if found else 0


def _work(number: int, folder: Path, end: float) -> None:
    for warm in (
        ("check", "samples/shop", "-o", "html"),
        ("admit", "samples/shop"),
        ("why", "http://a/", "samples/shop", "-o", "yaml"),
    ):
        run(*warm, folder=ROOT)
    limit_memory()
    count: dict[str, Any] = {"tried": 0, "slowest": 0.0, "kinds": {}}
    current = folder / f"{number}.current"
    batch = 0
    while time.monotonic() < end:
        batch += 1
        _batch(number * 100_000 + batch, folder, current, count, end)
        (folder / f"{number}.count").write_text(json.dumps(count), encoding="utf-8")


def _batch(number: int, folder: Path, current: Path, count: dict[str, Any], end: float) -> None:
    @seed(number)
    @settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(tried=inputs)
    def every(tried: Input) -> None:
        if time.monotonic() >= end:
            return
        current.write_text(json.dumps(asdict(tried)), encoding="utf-8")
        begun = time.process_time()
        try:
            with timed():
                fault = fault_of(tried)
        except BaseException as problem:  # noqa: BLE001  # a limit that struck outside of the command
            fault = f"too much: {problem}"
        count["slowest"] = max(count["slowest"], time.process_time() - begun)
        count["tried"] += 1
        count["kinds"][tried.kind] = count["kinds"].get(tried.kind, 0) + 1
        if fault:
            _report(folder, current, fault)

    with suppress(HypothesisException):  # a batch that hypothesis finds odd is over; the next one begins elsewhere
        every()


if __name__ == "__main__":
    sys.exit(main())
