"""The conf of older releases against what their real controllers made of the same manifests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from nginxsim import simulate
from nginxsim.simulation import Simulation
from nginxsim.sources import File
from tests.conformance import judge, older
from tests.support.corpus import Recorded, host_of, needs_corpus, recorded
from tests.support.places import DATA

PAIRS = DATA / "older_conf"
RELEASES = tuple(path.stem for path in sorted(PAIRS.glob("*.yaml")))


def differences(release: str, simulation: Simulation, seen: Sequence[str], folder: Path) -> list[str]:
    """`seen`: the recorded lines, none where the controller's file is no conf."""
    said, faults = judge.directives(simulation.nginx_conf(), folder)
    if not seen:
        return [] if faults else ["a file that can be read, where the controller's cannot"]
    if older.is_without_lua(seen):
        said = older.without_lua(said)
    reads, reasons = older.read_settings(seen), older.reasons_of(simulation)
    there, here = (older.comparable(lines, release, reads_settings=reads, reasons=reasons) for lines in (seen, said))
    return faults + judge.difference(there, here)


@cache
def pairs(release: str) -> dict[str, tuple[list[str], dict[str, Any]]]:
    """The lines that are held here, and what is said about them, by case."""
    known, found = list(judge.FRAME), {}
    text = (PAIRS / f"{release}.yaml").read_text(encoding="utf-8")
    for name, pair in yaml.load(text, Loader=yaml.CSafeLoader).items():
        lines = judge.written_out(pair.get("conf", ""), known)
        known += lines
        found[name] = lines, pair
    return found


@cache
def case_of(name: str) -> dict[str, Any]:
    text = (judge.CASES / f"{name}.yaml").read_text(encoding="utf-8")
    case: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return case


@pytest.mark.parametrize("release", RELEASES)
def test_what_an_older_release_made_of_the_cases(release: str, tmp_path: Path) -> None:
    differing = {}
    for name, (seen, pair) in pairs(release).items():
        case = case_of(name)
        flags = [flag for flag in case.get("flags", ()) if flag not in pair.get("unknown", ())]
        manifests, host = File("manifests.yaml", case["manifests"]), host_of(ipv6=case.get("ipv6", True))
        simulation = simulate([manifests], release=release, flags=flags, host=host)
        if found := differences(release, simulation, seen, tmp_path):
            differing[name] = found
    assert not differing, "\n".join(told(differing))


@needs_corpus
@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES)
def test_all_that_an_older_release_was_recorded_with(release: str, tmp_path: Path) -> None:
    cases = list(recorded(release))
    assert cases
    differing = {
        case.name: found for case in cases if (found := differences(release, simulated(case), case.lines(), tmp_path))
    }
    assert not differing, f"{len(differing)} of {len(cases)} differ\n" + "\n".join(told(differing))


def simulated(case: Recorded) -> Simulation:
    return simulate([case.manifests], release=case.release, flags=case.flags, host=case.host)


def told(differing: dict[str, list[str]]) -> Iterator[str]:
    for name, found in differing.items():
        yield name
        yield from found
