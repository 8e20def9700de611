"""Asks the recorded requests again and counts refusals and failures that end for no named reason.

usage: python .ci/causes.py CONFORMANCE_FOLDER
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from nginxsim import Host, Request, simulate

JUDGED = {403, 500, 503}
GENERIC = "decided-by-nginx"


def unexplained(case: Path, score: str) -> list[str]:
    """The case's requests that end in a judged status for no named reason."""
    recorded = case / "expected" / "behaviour.json"
    if not recorded.exists() or "requests" not in (behaviour := json.loads(recorded.read_text(encoding="utf-8"))):
        return []
    sys.path.insert(0, score)
    from score import echo  # noqa: PLC0415  # the judge's own services

    facts = yaml.safe_load((case / "case.yaml").read_text(encoding="utf-8")) or {}
    host = Host(ipv6=facts.get("ipv6", True), open_files=20000)
    estate = simulate([case / "manifests.yaml"], flags=facts.get("args") or [], host=host)
    return [
        f"{case.parent.name}/{case.name}: {outcome.status} {request.scheme}://{request.host}{request.path}"
        for request in map(request_of, behaviour["requests"])
        for outcome in estate.route(request, answer=echo).outcomes
        if outcome.status in JUDGED and (outcome.cause.code == GENERIC or not outcome.cause.message)
    ]


def request_of(asked: dict[str, Any]) -> Request:
    return Request(
        host=asked.get("host"),
        path=asked.get("path", "/"),
        scheme=asked.get("scheme", "http"),
        method=asked.get("method", "GET"),
        headers=list(headers_of(asked.get("headers") or {})),
        client=asked.get("client", "127.0.0.1"),
        body_bytes=asked.get("body_bytes") or len(asked.get("body") or ""),
        port=asked.get("port"),
        sni=asked.get("sni"),
        http_version=str(asked.get("http") or "1.1"),
    )


def headers_of(given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, values in given.items():
        for value in values if isinstance(values, list) else [values]:
            yield name, value


def main() -> int:
    folder = Path(sys.argv[1])
    cases = sorted(path.parent for path in folder.glob("cases/*/*/manifests.yaml"))
    with ProcessPoolExecutor() as pool:
        found = list(chain.from_iterable(pool.map(partial(unexplained, score=str(folder)), cases, chunksize=8)))
    print("\n".join(found))
    print(f"answers without a named cause: {len(found)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
