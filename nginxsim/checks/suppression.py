"""Findings that somebody does not want to hear of: by flag, by nginxsim.toml, or by an annotation on the object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import chain
from os.path import relpath
from typing import Any

from nginxsim.catalogue import matching
from nginxsim.checks.estate import Estate, at, finding
from nginxsim.errors import UsageError, did_you_mean
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import ConfigMap, Ingress, Meta, Secret, Service
from nginxsim.sources import Project
from nginxsim.verdict.types import LEVELS, Finding

ANNOTATION = "nginxsim.dev/ignore"
KEYS = ("ignore", "show", "fail-on", "per-file-ignores")


@dataclass(frozen=True, slots=True)
class Ignore:
    """Codes not to be told, everywhere or where `pattern` fits: on the file of the first evidence, the object
    ("namespace/name") or the host. `folder`: what file names are relative to, "" for as they were given.
    """

    codes: frozenset[str]
    pattern: str = ""
    folder: str = ""
    files_only: bool = False

    def hides(self, found: Finding) -> bool:
        if found.code not in self.codes:
            return False
        return not self.pattern or any(fnmatchcase(name, self.pattern) for name in self._names(found))

    def _names(self, found: Finding) -> Iterator[str]:
        for item in found.evidence[:1]:
            yield relpath(item.origin.file, self.folder) if self.folder else item.origin.file
        if not self.files_only:
            yield found.owner.partition(" ")[2]
            yield found.host


@dataclass(frozen=True, slots=True)
class Config:
    """[check] of nginxsim.toml; "" where it says nothing."""

    ignores: tuple[Ignore, ...] = ()
    show: str = ""
    fail_on: str = ""


def ignore_of(text: str, folder: str = "") -> Ignore:
    """ "CODE" or "CODE=GLOB"; CODE is a number (NX604), the start of numbers (NX60) or a code. Raises UsageError."""
    code, _, pattern = text.partition("=")
    return Ignore(matching(code), pattern, folder)


def config_of(project: Project) -> Config:
    """What its [check] says. Raises UsageError."""
    try:
        return _config(project.table("check"), str(project.folder))
    except UsageError as error:
        raise UsageError(f"{project.path}: [check] {error}") from None


def _config(table: Mapping[str, Any], folder: str) -> Config:
    for key in table:
        if key not in KEYS:
            raise UsageError(f'unknown key "{key}"{did_you_mean(key, KEYS)}')
    ignores = [ignore_of(text, folder) for text in _texts(table.get("ignore", []), "ignore")]
    for pattern, codes in table.get("per-file-ignores", {}).items():
        known = frozenset(chain.from_iterable(map(matching, _texts(codes, f'per-file-ignores."{pattern}"'))))
        ignores.append(Ignore(known, pattern, folder, files_only=True))
    return Config(tuple(ignores), _level(table, "show"), _level(table, "fail-on"))


def _texts(value: object, key: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f'{key} must be a list of codes, such as ["NX604", "NX620=legacy/*"]')
    return value


def _level(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if value and value not in LEVELS:
        raise UsageError(f'{key} = "{value}" must be one of {", ".join(LEVELS)}{did_you_mean(str(value), LEVELS)}')
    return str(value)


def annotated(cluster: Cluster) -> Mapping[str, frozenset[str]]:
    """Codes that objects ask to be spared, by object ("Ingress default/shop")."""
    return {
        str(meta): frozenset(chain.from_iterable(_known(word) for word in words)) for meta, words in _asking(cluster)
    }


def unknown(estate: Estate) -> Iterator[Finding]:
    """Words of the annotation that stand for no rule."""
    for meta, words in _asking(estate.cluster):
        for word in words:
            try:
                matching(word)
            except UsageError as error:
                yield finding(
                    "ignore-unknown", *at(meta.annotation_origins.get(ANNOTATION), word), meta=meta, reason=error
                )


def _asking(cluster: Cluster) -> Iterator[tuple[Meta, list[str]]]:
    """Objects with the annotation, and the words of it."""
    objects: Iterable[Ingress | Service | ConfigMap | Secret] = chain(
        cluster.ingresses.values(), cluster.services.values(), cluster.config_maps.values(), cluster.secrets.values()
    )
    for each in objects:
        if (text := each.meta.annotations.get(ANNOTATION)) is not None:
            yield each.meta, [word.strip() for word in text.split(",") if word.strip()]


def _known(word: str) -> frozenset[str]:
    """None for what stands for no rule: that is a finding of its own."""
    try:
        return matching(word)
    except UsageError:
        return frozenset()


def sift(
    findings: Iterable[Finding], ignores: Sequence[Ignore], cluster: Cluster
) -> tuple[list[Finding], list[Finding]]:
    """(those to tell, those suppressed), each in the order given."""
    by_object = annotated(cluster)
    told: list[Finding] = []
    suppressed: list[Finding] = []
    for found in findings:
        spared = found.code in by_object.get(found.owner, frozenset())
        (suppressed if spared or any(ignore.hides(found) for ignore in ignores) else told).append(found)
    return told, suppressed
