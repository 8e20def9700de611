"""Runs the conformance score and fails when a part is worse than .ci/score.json says.

usage: python .ci/score.py SCORE_PY [--update]
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

KEPT = Path(__file__).with_name("score.json")


def scored(script: str) -> dict[str, list[int]]:
    """Part -> [agreeing, all], from the score's last line."""
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    print(run.stdout, end="")
    print(run.stderr, end="", file=sys.stderr)
    total = next((line for line in run.stdout.splitlines() if line.startswith("score:")), "")
    return {part: [int(good), int(of)] for part, good, of in re.findall(r"(\w+) (\d+)/(\d+)", total)}


def main() -> int:
    now = scored(sys.argv[1])
    if not now:
        print("the conformance score did not run")
        return 1
    if "--update" in sys.argv[2:]:
        KEPT.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")
        return 0
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    # Shares, not counts: the corpus may grow.
    worse = [
        part for part, (good, of) in kept.items() if now.get(part, [0, 1])[0] * of < good * now.get(part, [0, 1])[1]
    ]
    for part in worse:
        print(f"{part}: {now.get(part)} is worse than the kept {kept[part]}")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
