"""What one controller makes of an Ingress before it serves it: whether it is let in, and which annotations count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from nginxsim.admission.checks import CHECKS, Desk, Refusal
from nginxsim.admission.overlap import Queue
from nginxsim.annotations import (
    NAMES,
    Effect,
    Extraction,
    Extractor,
    Problem,
    Wrong,
    blocked_words,
    known_names,
    unknown_annotations,
)
from nginxsim.config.scope import in_scope
from nginxsim.controller.ingresses import Arrival, Gatekeeper
from nginxsim.controller.model import Dropped, DropReason
from nginxsim.golang.patterns import compile_pattern
from nginxsim.origins import Origin

if TYPE_CHECKING:
    from nginxsim.config.certificates import CertificateStore
    from nginxsim.config.controller import Controller
    from nginxsim.kube.cluster import Cluster
    from nginxsim.kube.objects import Ingress

SNIPPETS = tuple(name for name in NAMES if name.endswith("-snippet"))


class Rule(StrEnum):
    """Why an Ingress or an annotation of it does not count."""

    RISK = "risk"
    VALUE = "value"
    ABSENT = "absent"
    REASON = "reason"
    """The controller's own words say it."""
    CLIENT_CERTIFICATE = "client-certificate"
    SNIPPETS_OFF = "snippets-off"
    NO_SUCH_ANNOTATION = "no-such-annotation"
    CLASS = "class"
    NAMESPACE = "namespace"
    INSPECTION = "inspection"
    CATCH_ALL = "catch-all"
    WORD = "word"


WRONG = {
    Wrong.RISKY: Rule.RISK,
    Wrong.VALUE: Rule.VALUE,
    Wrong.ABSENT: Rule.ABSENT,
    Wrong.OTHER: Rule.REASON,
}
TURNED = {
    DropReason.CLASS: Rule.CLASS,
    DropReason.NAMESPACE: Rule.NAMESPACE,
    DropReason.INSPECTION: Rule.INSPECTION,
    DropReason.CATCH_ALL: Rule.CATCH_ALL,
    DropReason.BLOCKLIST: Rule.WORD,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One reason. subject: the annotation without its prefix, "" where it is about the Ingress."""

    effect: Effect
    rule: Rule
    subject: str = ""
    origin: Origin | None = field(default=None, compare=False)
    value: str = field(default="", compare=False)
    problem: Problem | None = field(default=None, compare=False)
    turned: Dropped | None = field(default=None, compare=False)


class _Extractions(Mapping[str, Extraction]):
    """Of those Ingresses that are asked for."""

    def __init__(self, extractor: Extractor, cluster: Cluster) -> None:
        self._extractor, self._ingresses = extractor, cluster.ingresses

    def __getitem__(self, key: str) -> Extraction:
        return self._extractor.extract(self._ingresses[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._ingresses)

    def __len__(self) -> int:
        return len(self._ingresses)


class Gate:
    """Of one controller, for the Ingresses of one estate."""

    def __init__(self, cluster: Cluster, controller: Controller, certificates: CertificateStore) -> None:
        self.controller = controller
        self._cluster = cluster
        self._certificates = certificates
        self._found: dict[str, tuple[Trouble, ...]] = {}

    @cached_property
    def _extractor(self) -> Extractor:
        return Extractor(self._cluster, self.controller, self._certificates)

    @cached_property
    def _gatekeeper(self) -> Gatekeeper:
        return Gatekeeper(in_scope(self._cluster, self.controller.flags), self.controller, self._extractor)

    @cached_property
    def _desk(self) -> Desk:
        strict = self.controller.release.strict_path
        return Desk(
            controller=self.controller,
            gatekeeper=self._gatekeeper,
            strict_path=compile_pattern(strict) if strict else None,
            extractions=_Extractions(self._extractor, self._cluster),
            queue=Queue([]),
            nginx_says=lambda _: "",
        )

    def refuses(self, ingress: Ingress, check: str) -> bool:
        """Whether this check of the webhook does, which looks at the Ingress alone."""
        return isinstance(CHECKS[check](ingress, self._desk), Refusal)

    def troubles(self, ingress: Ingress) -> tuple[Trouble, ...]:
        key = ingress.meta.key
        if key not in self._found:
            self._found[key] = tuple(dict.fromkeys(self._troubles(ingress)))
        return self._found[key]

    def _troubles(self, ingress: Ingress) -> Iterator[Trouble]:
        judged = self._gatekeeper.judge(ingress)
        if isinstance(judged, Dropped):
            yield from self._of_dropped(ingress, judged)
            return
        yield from map(_of_problem, judged.annotations.problems)
        yield from self._of_served(ingress, judged)

    def _of_dropped(self, ingress: Ingress, dropped: Dropped) -> Iterator[Trouble]:
        if dropped.reason is DropReason.ANNOTATIONS:
            problems = self._extractor.extract(ingress).problems
            yield from (_of_problem(each) for each in problems if each.effect is Effect.DROPPED)
        elif dropped.reason is DropReason.BLOCKLIST:
            prefix = self.controller.flags.prefix
            for word in blocked_words(ingress, self.controller):
                name = word.annotation.removeprefix(prefix)
                yield Trouble(Effect.DROPPED, Rule.WORD, name, word.origin, word.word, turned=dropped)
        else:
            yield Trouble(Effect.DROPPED, TURNED[dropped.reason], "", dropped.origin, turned=dropped)

    def _of_served(self, ingress: Ingress, arrival: Arrival) -> Iterator[Trouble]:
        annotations, origins = ingress.meta.annotations, ingress.meta.annotation_origins
        prefix, release = self.controller.flags.prefix, self.controller.release
        if error := arrival.annotations.client_certificate.error:
            name = "auth-tls-secret"
            yield Trouble(Effect.DENIED, Rule.CLIENT_CERTIFICATE, name, origins.get(prefix + name), error)
        if not self.controller.settings.allow_snippet_annotations:
            for name in (each for each in SNIPPETS if prefix + each in annotations and each in known_names(release)):
                yield Trouble(Effect.IGNORED, Rule.SNIPPETS_OFF, name, origins.get(prefix + name))
        for stranger in unknown_annotations(ingress, self.controller):
            if stranger.gone_since or stranger.comes_with:
                origin = origins.get(prefix + stranger.name)
                yield Trouble(Effect.IGNORED, Rule.NO_SUCH_ANNOTATION, stranger.name, origin)


def _of_problem(problem: Problem) -> Trouble:
    name, rule = problem.annotation, WRONG[problem.kind]
    return Trouble(problem.effect, rule, name, problem.origin, problem.offending or problem.value, problem)
