"""`python -m tests.differential`: many generated configurations against a real nginx, all differences told.

    python -m tests.differential variables --count 500 --seed 1

Exit code 1 when anything differs.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.differential.comparing import Bench, bench
from tests.differential.strategies import KINDS, Experiment


class Tally:
    """What was asked so far, and what differed."""

    def __init__(self, of: Bench) -> None:
        self._bench = of
        self.configurations = self.requests = 0
        self.differing: list[str] = []

    def take(self, experiment: Experiment) -> None:
        self.configurations += 1
        self.requests += len(experiment.asks)
        found = self._bench.differences(experiment)
        if found:
            self.differing.append("\n".join([experiment.http.partition("server {")[2], *found]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.differential")
    parser.add_argument("kind", choices=list(KINDS))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, bench(Path(folder)) as made:
        tally = Tally(made)
        choose = random.Random(asked.seed).choice
        for _ in range(asked.count):
            tally.take(KINDS[asked.kind](choose))
    for text in tally.differing:
        sys.stdout.write(f"{text}\n\n")
    sys.stdout.write(
        f"{asked.kind}, seed {asked.seed}: {tally.configurations} configurations, {tally.requests} requests, "
        f"{len(tally.differing)} configurations differ\n"
    )
    return 1 if tally.differing else 0


if __name__ == "__main__":
    sys.exit(main())
