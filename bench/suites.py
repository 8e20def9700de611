"""Times a suite of N requests over an estate of N Ingresses: reading, simulating, judging, on one core and on all.

usage: python bench/suites.py [N]        default: 1000
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from estate import documents

from nginxsim.suites.coverage import coverage
from nginxsim.suites.reading import read_suite
from nginxsim.suites.results import Run
from nginxsim.suites.running import run


def tests(count: int) -> Iterator[str]:
    """One test a host, inside every allowlist of the estate."""
    yield "manifests: [estate.yaml]\ntests:\n"
    for n in range(count):
        yield (
            f"  - request: GET http://app-{n}.example.com/api/x\n"
            f'    client: 10.0.0.9\n    expect: {{status: 200, service: "default/app-{n}:80"}}\n'
        )


def timed(name: str, suite: Path, *, jobs: int, measures: bool) -> Run:
    """A run from nothing: the suite and the manifests are read again."""
    started, used = time.perf_counter(), time.process_time()
    cases = read_suite(str(suite)).cases
    found = run(cases, jobs=jobs, coverage=measures)
    if measures:
        coverage(found.hits)
    took, used = time.perf_counter() - started, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    core = f"{used:8.2f} s of one core" if jobs == 1 else " " * 22
    print(f"  {name:34} {took:8.2f} s   {core}   peak {peak:6.0f} MB", flush=True)
    return found


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    print(f"{count} requests over {count} Ingresses", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        suite = Path(folder, "estate.nginxsim.yaml")
        Path(folder, "estate.yaml").write_text("---\n".join(documents(count)), encoding="utf-8")
        suite.write_text("".join(tests(count)), encoding="utf-8")
        found = timed("one process", suite, jobs=1, measures=False)
        timed("one process, with coverage", suite, jobs=1, measures=True)
        timed(f"{os.cpu_count()} processes", suite, jobs=os.cpu_count() or 1, measures=False)
    print(f"  {len(found.results)} tests, all passed: {found.ok}")


if __name__ == "__main__":
    main()
