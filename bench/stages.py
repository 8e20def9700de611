"""Times each stage on generated estates, beside the real controller's figures.

usage: python bench/stages.py [N ...]        default: 100 1000 10000
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from estate import documents

from nginxsim import Request, Simulation, simulate

ORIGINAL = {100: (0.003, 0.044), 1_000: (0.17, 0.56), 10_000: (114.0, 11.6)}
"""Ingresses -> (model, template) seconds of the real controller 1.15.1 on a machine with 2 cores."""

ROUTES = 2_000


def timed(stage: str, work: Callable[[], object]) -> object:
    started = time.perf_counter()
    result = work()
    took = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {stage:34} {took:9.3f} s   peak {peak:7.0f} MB", flush=True)
    return result


def routes_per_second(simulation: Simulation) -> str:
    request = Request(host="app-0.example.com", path="/api/x")
    simulation.route(request)
    started = time.perf_counter()
    for _ in range(ROUTES):
        simulation.route(request)
    return f"{ROUTES / (time.perf_counter() - started):,.0f} requests/s on one compiled host"


def measure(count: int) -> None:
    """One estate in this process, so that its peak memory is its own."""
    print(f"{count} Ingresses", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "estate.yaml")
        path.write_text("---\n".join(documents(count)), encoding="utf-8")
        simulation = timed("read", lambda: simulate([path]))
        assert isinstance(simulation, Simulation)
        timed("model", lambda: simulation.model)
        timed("backends", simulation.backends)
        timed("why one host: first answer", lambda: simulation.route(Request(host="app-0.example.com", path="/api/x")))
        print(f"  {routes_per_second(simulation)}", flush=True)
        timed("whole nginx.conf", simulation.nginx_conf)
    if original := ORIGINAL.get(count):
        print(f"  the real controller: model {original[0]} s, template {original[1]} s", flush=True)


def main() -> None:
    counts = [int(argument) for argument in sys.argv[1:]] or [100, 1_000, 10_000]
    if len(counts) == 1:
        measure(counts[0])
        return
    for count in counts:
        subprocess.run([sys.executable, __file__, str(count)], check=True)


if __name__ == "__main__":
    main()
