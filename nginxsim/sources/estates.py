"""Estates: what of an input can stand in one cluster.

An estate is a set of files with a name. Folders such as env/dev and env/prod hold the same objects for two clusters, as
do two overlays of one base: each is an estate of its own, and what lies beside them belongs to both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

from nginxsim.sources.files import File

Steps: TypeAlias = tuple[str, ...]
"""A path, folder by folder."""
Forks: TypeAlias = Mapping[Steps, Sequence[str]]
"""Folders that hold more than one cluster, and what of them is one each; "" is what lies in the folder itself."""


@dataclass(frozen=True, slots=True)
class Estate:
    """name: the path of what makes it another than its siblings; "" where there is only one."""

    name: str
    files: tuple[File, ...]


HERE = "in-cluster"
"""What Argo CD calls the cluster that it runs in."""


def by_cluster(files: Sequence[File]) -> list[Estate]:
    """One for each cluster that objects of the input apply something to; what nobody applies belongs to all."""
    names = list(dict.fromkeys(file.cluster for file in files if file.within))
    if len(names) < 2:
        return [Estate("", tuple(files))]
    return [
        Estate(name or HERE, tuple(file for file in files if file.cluster == name or not file.within))
        for name in sorted(names)
    ]


def split(files: Sequence[File], apart: Iterable[Iterable[str]]) -> list[Estate]:
    """apart: groups of units (File.unit) of which each two are never in one cluster."""
    forks = _forks([_steps(unit) for unit in dict.fromkeys(group)] for group in (*apart, *_variants(files)))
    if not forks:
        return [Estate("", tuple(files))]
    needs = [(file, () if file.is_named else _needed(_steps(file.unit), forks)) for file in files]
    return [
        Estate(name, tuple(file for file, needed in needs if all(choice.get(at) == step for at, step in needed)))
        for name, choice in _choices(forks)
    ]


def _steps(unit: str) -> Steps:
    return PurePosixPath(unit).parts


def _variants(files: Iterable[File]) -> Iterator[list[str]]:
    """What was made of the same base."""
    groups: dict[str, list[str]] = {}
    for file in files:
        for base in sorted(file.variant_of):
            groups.setdefault(base, []).append(file.unit)
    yield from groups.values()


def _forks(groups: Iterable[list[Steps]]) -> Forks:
    """Where the paths of a group part."""
    found: dict[Steps, dict[str, None]] = {}
    for group in groups:
        todo = [(0, group)]
        while todo:
            depth, paths = todo.pop()
            by_step: dict[str, list[Steps]] = {}
            for path in paths:
                by_step.setdefault(path[depth] if depth < len(path) else "", []).append(path)
            if len(by_step) > 1:
                found.setdefault(paths[0][:depth], {}).update(dict.fromkeys(by_step))
            todo += [(depth + 1, inner) for step, inner in by_step.items() if step and len(inner) > 1]
    return {at: sorted(steps) for at, steps in sorted(found.items())}


def _needed(path: Steps, forks: Forks) -> tuple[tuple[Steps, str], ...]:
    """The choices at forks on the way to this path that lead there."""
    ways = ((path[:depth], path[depth] if depth < len(path) else "") for depth in range(len(path) + 1))
    return tuple((at, step) for at, step in ways if step in forks.get(at, ()))


def _choices(forks: Forks) -> Iterator[tuple[str, Mapping[Steps, str]]]:
    """Every estate: its name, and what it takes at each fork that it comes to.

    Forks beside one another go together by the names of what they hold: a/dev with b/dev.
    """
    todo: list[tuple[str, dict[Steps, str]]] = [("", {})]
    while todo:
        name, choice = todo.pop()
        ahead = [at for at in forks if at not in choice and _comes_to(at, choice, forks)]
        if not ahead:
            yield name, choice
            continue
        steps = dict.fromkeys(step for at in ahead for step in forks[at])
        for step in reversed(steps):
            having = [at for at in ahead if step in forks[at]]
            label = str(PurePosixPath(*having[0], step)) if len(having) == 1 else step
            todo.append((label, {**choice, **dict.fromkeys(ahead, "/"), **dict.fromkeys(having, step)}))


def _comes_to(fork: Steps, choice: Mapping[Steps, str], forks: Forks) -> bool:
    return all(choice.get(at) == step for at, step in _needed(fork, forks) if at != fork)
