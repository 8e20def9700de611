"""Findings that a manifest itself wants nobody to hear of: by an annotation on the object, or by a comment at the line.

nginxsim.dev/ignore: "NX620, regex-spread" among the annotations, or `# nginxsim: ignore NX620 -- and why` behind
what is found or by itself above it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TypeAlias

from nginxsim.catalogue import matching
from nginxsim.checks.estate import Estate, at, finding
from nginxsim.checks.policy import Policy
from nginxsim.errors import UsageError
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import ConfigMap, Ingress, Meta, Secret, Service
from nginxsim.sources import File
from nginxsim.verdict.types import Finding

ANNOTATION = "nginxsim.dev/ignore"
_MARK = "nginxsim:"
_COMMENT = re.compile(r"#[ \t]*nginxsim:[ \t]*ignore\b[ \t:]*([^#\n]*)")
_REASON = re.compile(r"\s--(?:\s|$)")
"""What follows is for people."""
_BETWEEN = re.compile(r"[,\s]+")

Lines: TypeAlias = Callable[[str, int], str | None]
"""A line of a file, from 1, without its end; None where it cannot be had."""


def annotated(cluster: Cluster) -> Mapping[str, frozenset[str]]:
    """Codes that objects ask to be spared, by object ("Ingress default/shop")."""
    return {str(meta): _codes(words) for meta, words in _asking(cluster)}


def unknown(estate: Estate) -> Iterator[Finding]:
    """Words of the annotation, and of comments, that stand for no rule."""
    for meta, words in _asking(estate.cluster):
        for word, reason in _strange(words):
            place = at(meta.annotation_origins.get(ANNOTATION), word)
            yield finding("ignore-unknown", *place, meta=meta, where=f"{ANNOTATION} of {meta}", reason=reason)
    for file in estate.cluster.texts:
        yield from _strange_comments(file)


def _strange_comments(file: File) -> Iterator[Finding]:
    if _MARK not in file.text:
        return
    for number, line in enumerate(file.text.split("\n")):
        if _MARK in line and (comment := _COMMENT.search(line)):
            for word, reason in _strange(_words(comment[1]) or [""]):
                place = at(file.place(number, comment.start(1) if word else comment.start()), word)
                yield finding("ignore-unknown", *place, where="comment # nginxsim: ignore", reason=reason)


def _strange(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Those that stand for no rule, each with what there is to say about it."""
    for word in words:
        try:
            matching(word)
        except UsageError as error:
            yield word, str(error) if word else "it names no rule, and so it spares nothing"


def _asking(cluster: Cluster) -> Iterator[tuple[Meta, list[str]]]:
    """Objects with the annotation, and the words of it."""
    objects: Iterable[Ingress | Service | ConfigMap | Secret] = chain(
        cluster.ingresses.values(), cluster.services.values(), cluster.config_maps.values(), cluster.secrets.values()
    )
    for each in objects:
        if (text := each.meta.annotations.get(ANNOTATION)) is not None:
            yield each.meta, [word.strip() for word in text.split(",") if word.strip()]


def _words(text: str) -> list[str]:
    return [word for word in _BETWEEN.split(_REASON.split(text, maxsplit=1)[0]) if word]


def _codes(words: Iterable[str]) -> frozenset[str]:
    return frozenset(chain.from_iterable(map(_known, words)))


def _known(word: str) -> frozenset[str]:
    """None for what stands for no rule: that is a finding of its own."""
    try:
        return matching(word)
    except UsageError:
        return frozenset()


def sift(
    findings: Iterable[Finding], policy: Policy, cluster: Cluster, lines: Lines
) -> tuple[list[Finding], list[Finding]]:
    """(those to tell, those suppressed), each in the order given and at the level that it has here."""
    by_object = annotated(cluster)
    told: list[Finding] = []
    suppressed: list[Finding] = []
    for found in policy.levelled(findings):
        ruling = policy.ruling(found)
        if ruling == "unasked":
            continue
        spared = found.code in by_object.get(found.owner, frozenset()) or found.code in _commented(found, lines)
        (suppressed if spared or ruling == "ignored" else told).append(found)
    return told, suppressed


def _commented(found: Finding, lines: Lines) -> frozenset[str]:
    """Codes that a comment on the line of the finding names, or one that stands by itself above it."""
    for item in found.evidence[:1]:
        file, number, _ = item.origin.settled()
        return frozenset().union(*map(_spared_in, _about(file, number, lines)))
    return frozenset()


def _about(file: str, number: int, lines: Lines) -> Iterator[str]:
    yield lines(file, number) or ""
    while number > 1 and (above := lines(file, number - 1) or "").lstrip().startswith("#"):
        yield above
        number -= 1


def _spared_in(line: str) -> frozenset[str]:
    comment = _COMMENT.search(line) if _MARK in line else None
    return _codes(_words(comment[1])) if comment else frozenset()
