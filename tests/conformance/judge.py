"""Holds the simulator against a recorded case: each way to ask gives the differences, none when the two agree.

tests/data/conformance/README.md describes a case.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import crossplane

from nginxsim import Answer, Outcome, Request, Simulation, UpstreamRequest, simulate
from nginxsim.sources import File
from tests.support.corpus import host_of
from tests.support.places import DATA

Case = Mapping[str, Any]

CASES = DATA / "conformance"
FRAME = (CASES / "frame.conf").read_text(encoding="utf-8").splitlines()
COPIED = re.compile(r"@(\d+)-(\d+)")
DENIED = re.compile(r"\s*Location denied\. Reason:\s*(.*\S)\s*", re.DOTALL)
COOKIE = re.compile(r"(set-cookie: [^=;]+=)[^;]*", re.IGNORECASE)
OF_A_HOP = {"connection", "content-length", "content-type", "date", "keep-alive", "transfer-encoding"}
ENCRYPTED, HTTP2, PLAIN = {443, 8443}, {50051}, {3000, 8080, 8081, 9000}
"""Ports of the recorded services."""


def simulated(case: Case) -> Simulation:
    host = host_of(ipv6=case.get("ipv6", True))
    return simulate(
        [File("manifests.yaml", case["manifests"])], release="1.15.1", flags=case.get("flags", ()), host=host
    )


# The file


def conf(case: Case, simulation: Simulation, folder: Path) -> list[str]:
    written, faults = directives(simulation.nginx_conf(), folder)
    if case.get("broken"):
        return [] if faults else ["conf: a file that can be read, where the controller's cannot"]
    return [f"conf: {fault}" for fault in faults] + difference(recorded_conf(case), written)


def recorded_conf(case: Case) -> list[str]:
    return written_out(case["conf"], FRAME)


def written_out(text: str, before: Sequence[str]) -> list[str]:
    """A conf in full; `before`: the lines that it may copy besides its own."""
    lines = list(before)
    for line in text.splitlines():
        copied = COPIED.fullmatch(line)
        lines += lines[int(copied[1]) - 1 : int(copied[2])] if copied else [line]
    return lines[len(before) :]


def directives(text: str, folder: Path) -> tuple[list[str], list[str]]:
    """The directives of a conf, one a line, and what is wrong with the file."""
    path = folder / "nginx.conf"
    path.write_text(text, encoding="utf-8")
    read = crossplane.parse(str(path), single=True, comments=True, strict=False, check_ctx=False, check_args=False)[
        "config"
    ][0]
    return list(_lines(read["parsed"], "")), [fault["error"] for fault in read["errors"]]


def _lines(block: Iterable[Mapping[str, Any]], indent: str) -> Iterator[str]:
    for one in block:
        if one["directive"] == "#":
            if denied := DENIED.fullmatch(one["comment"]):
                yield f"{indent}#denied {denied[1]}"
            continue
        words = " ".join([one["directive"], *map(_word, one["args"])])
        if "block" not in one:
            yield f"{indent}{words};"
            continue
        yield f"{indent}{words} {{"
        yield from _lines(one["block"], indent + "    ")
        yield f"{indent}}}"


def _word(text: str) -> str:
    plain = text and not re.search(r"""[\s;{}"'#\\]""", text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def difference(recorded: Sequence[str], said: Sequence[str]) -> list[str]:
    return list(difflib.unified_diff(recorded, said, "controller", "nginxsim", n=1, lineterm=""))[:40]


# The balancer's backends, the webhook, nginx -t


def backends(case: Case, simulation: Simulation) -> list[str]:
    recorded, said = (_sorted_backends(found) for found in (case["backends"], simulation.backends()))
    return difference(recorded, said)


def _sorted_backends(found: Iterable[Mapping[str, Any]]) -> list[str]:
    """One a line: neither their order nor that of their endpoints is anything that the controller promises."""
    sorted_endpoints = (
        {**one, "endpoints": sorted(one["endpoints"], key=lambda each: (each["address"], each["port"]))}
        if one.get("endpoints")
        else one
        for one in found
    )
    return sorted(json.dumps(one, sort_keys=True) for one in sorted_endpoints)


def admission(case: Case, simulation: Simulation) -> list[str]:
    said = {review.ingress: (review.allowed, sorted(review.warnings)) for review in simulation.review()}
    recorded = {one["ingress"]: (one["allowed"], sorted(one.get("warnings", ()))) for one in case["admission"]}
    return [
        f"admission of {name}: the controller says {word}, nginxsim {said.get(name)}"
        for name, word in recorded.items()
        if said.get(name) != word
    ]


def refused(case: Case, simulation: Simulation) -> list[str]:
    faults = simulation.nginx_errors()
    if "refused" not in case or case["refused"] == bool(faults):
        return []
    return [f"nginx {'refuses' if case['refused'] else 'takes'} the file, nginxsim says {faults[:2]}"]


# Requests


def behaviour(case: Case, simulation: Simulation) -> list[str]:
    found = []
    for request in case.get("requests", ()):
        outcomes = simulation.route(asked(**request["ask"]), answer=services).outcomes
        for seen in request["seen"]:
            differing = min((differences(seen, outcome) for outcome in outcomes), key=len)
            found += [f"{request['ask']}: {each}" for each in differing]
    return found


def asked(*, headers: Mapping[str, str | list[str]] | None = None, **fields: Any) -> Request:
    given = [(name, text) for name, texts in (headers or {}).items() for text in _each(texts)]
    names = {name.lower() for name, _ in given}
    client = [(name, text) for name, text in (("User-Agent", "behave"), ("Accept", "*/*")) if name.lower() not in names]
    return Request(headers=[*client, *given], **fields)


def _each(texts: str | list[str]) -> list[str]:
    return texts if isinstance(texts, list) else [texts]


def services(sent: UpstreamRequest) -> Answer:
    """What a recorded service does with a request: it speaks certain protocols, and answers what the query asks for."""
    spoken = _spoken(min(sent.addresses))
    if not spoken:
        return Answer.failure("refused")
    # Their certificates are signed by nobody.
    encrypted = sent.protocol in ("https", "grpcs")
    if sent.tls_verify or (encrypted and sent.protocol not in spoken):
        return Answer.failure("tls")
    if sent.protocol not in spoken:
        return Answer.failure("protocol")
    asked_for = [pair.partition("=")[::2] for pair in sent.uri.partition("?")[2].split("&")]
    wanted = [(name, unquote(value)) for name, value in asked_for]
    statuses = [int(value) for name, value in wanted if name == "echo_status" and value.isdigit()]
    lines = [value.partition(":")[::2] for name, value in wanted if name == "echo_header" and ":" in value]
    headers = [("Content-Type", "application/json"), *((name.strip(), text.strip()) for name, text in lines)]
    return Answer([200, *statuses][-1], headers)


def _spoken(address: str) -> set[str]:
    """Pods are 127.x.x.x; a Service's own address ends in .21; whatever else has a name or an address is outside."""
    host, _, port = address.rpartition(":")
    if int(port) in ENCRYPTED:
        return {"https", "grpcs"}
    if int(port) in HTTP2:
        return {"grpc", "grpcs"}
    listens = int(port) in PLAIN or not host.startswith("127.") or host.endswith(".21")
    return {"http", "fastcgi"} if listens else set()


def differences(seen: Mapping[str, Any], said: Outcome) -> list[str]:
    """Of one recorded answer and one that the simulator takes for possible."""
    if seen["status"] != said.status:
        return [f"status {seen['status']}, nginxsim {said.status}"]
    if said.status is None:
        return []
    found = _sent(seen, said.upstream)
    return found + _unlike("headers", seen["headers"], comparable(said.headers))


def _sent(seen: Mapping[str, Any], said: UpstreamRequest | None) -> list[str]:
    recorded = seen.get("upstream")
    if recorded is None or said is None:
        return [] if recorded is said else [f"upstream {recorded}, nginxsim {said}"]
    found = [each for name in ("method", "uri", "host") for each in _unlike(name, recorded[name], getattr(said, name))]
    there, here = set(recorded["addresses"]), set(said.addresses)
    # Where chance chose, all endpoints are recorded and the simulator may know better; else one was seen of several.
    near = here <= there and here if seen.get("any_endpoint") else there <= here
    found += [] if near else [f"addresses {there}, nginxsim {here}"]
    return found + _unlike("headers of the upstream", recorded["headers"], comparable(said.headers))


def _unlike(what: str, recorded: object, said: object) -> list[str]:
    return [] if recorded == said else [f"{what} {recorded}, nginxsim {said}"]


def comparable(headers: Iterable[tuple[str, str]]) -> list[str]:
    lines = (f"{name}: {text}" for name, text in headers if name.lower() not in OF_A_HOP)
    return sorted(COOKIE.sub(r"\1<value>", line) for line in lines)
