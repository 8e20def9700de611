"""From the annotations of an Ingress to what the controller takes from them, or why it takes nothing.

ingress-nginx 1.15.1: internal/ingress/annotations/annotations.go Extract
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from nginxsim.annotations.faults import Denied, Evidence, Fault, Missing, Refused
from nginxsim.annotations.reading import AnnotationReader, Surroundings
from nginxsim.annotations.rows import Annotation, Family, Risk
from nginxsim.annotations.table import FAMILIES, NAMES, known_names, rows_otherwise
from nginxsim.annotations.values import ClientCertificate, Effect, Extraction, ParsedAnnotations, Problem, Wrong
from nginxsim.config.scope import Stores
from nginxsim.kube.objects import Ingress, Meta
from nginxsim.origins import Origin, Source

if TYPE_CHECKING:
    from nginxsim.config.certificates import CertificateStore
    from nginxsim.config.controller import Controller
    from nginxsim.kube.cluster import Cluster
    from nginxsim.releases import Release

_ZERO = ParsedAnnotations()
_NO_ANNOTATIONS = Meta("Ingress", "")


class Extractor:
    """Reads the annotations of any number of Ingresses under one controller.

    Only families that an Ingress touches are parsed; what the others come to is worked out once.
    """

    def __init__(
        self,
        cluster: Cluster,
        controller: Controller,
        certificates: CertificateStore,
    ) -> None:
        release, settings = controller.release, controller.settings
        self._drops = release.bad_annotation_drops_ingress
        self._denial = release.denial
        self._surroundings = Surroundings(
            settings=settings,
            certificates=certificates,
            stores=Stores(cluster, controller.flags),
            prefix=controller.flags.prefix,
            validate=controller.flags.enable_annotation_validation and self._drops,
            release=release,
            rows=rows_otherwise(release),
        )
        self._allowed_risk = Risk.named(settings.annotations_risk_level)
        self._unknown = NAMES.keys() - known_names(release)
        self._families = _families_by_name(self._surroundings.prefix)
        self._risky = _rows_above(self._allowed_risk, release) if self._drops else {}
        self._untouched = {family.field: self._parse_nothing(family) for family in FAMILIES}
        self._bare = Extraction(ParsedAnnotations(**self._untouched))

    def extract(self, ingress: Ingress) -> Extraction:
        """What one Ingress' annotations come to; never raises."""
        annotations = self._known(ingress.meta.annotations)
        if not annotations:
            return self._bare
        draft = _Draft(ingress.meta, self._surroundings.prefix)
        risky = self._risky_families(annotations)
        touched = {family for name in annotations for family in self._families.get(name, ())}
        for family in sorted(touched | risky.keys(), key=lambda family: family.name):
            if family in risky:
                draft.drop_risky(family, risky[family], self._allowed_risk)
            else:
                self._parse(family, annotations, draft)
        return draft.extraction(self._untouched)

    def _known(self, annotations: Mapping[str, str]) -> Mapping[str, str]:
        if not self._unknown:
            return annotations
        prefix = self._surroundings.prefix
        return {name: value for name, value in annotations.items() if name.removeprefix(prefix) not in self._unknown}

    def _risky_families(self, annotations: Mapping[str, str]) -> dict[Family, list[tuple[str, Annotation]]]:
        """The annotations above the allowed risk. A bare name counts too, as if it had the prefix."""
        found: defaultdict[Family, list[tuple[str, Annotation]]] = defaultdict(list)
        if self._risky:
            prefix = self._surroundings.prefix
            for name in annotations:
                for family, row in self._risky.get(name.removeprefix(prefix), ()):
                    found[family].append((name, row))
        return found

    def _parse(self, family: Family, annotations: Mapping[str, str], draft: _Draft) -> None:
        read = AnnotationReader(draft.meta, annotations, self._surroundings)
        raised: Fault | None = None
        try:
            draft.fields[family.field] = family.parse(read)
        except Refused as fault:
            raised = fault
            draft.refuse(family, fault, drops=self._drops)
        except Denied as fault:
            raised = fault
            fault.introduce(self._denial)
            draft.deny(family, fault)
        except Fault as fault:
            raised = fault
            draft.leave_zero(family, fault)
        draft.note_ignored(family, read.faults, raised)

    def _parse_nothing(self, family: Family) -> Any:
        try:
            return family.parse(AnnotationReader(_NO_ANNOTATIONS, {}, self._surroundings))
        except Missing:
            return getattr(_ZERO, family.field)


def _families_by_name(prefix: str) -> dict[str, tuple[Family, ...]]:
    names: defaultdict[str, list[Family]] = defaultdict(list)
    for family in FAMILIES:
        for row in family.rows:
            for name in row.names:
                names[prefix + name].append(family)
    return {name: tuple(families) for name, families in names.items()}


def _rows_above(allowed: Risk, release: Release) -> dict[str, list[tuple[Family, Annotation]]]:
    risky: defaultdict[str, list[tuple[Family, Annotation]]] = defaultdict(list)
    for family in FAMILIES:
        for row in (each.at(release) for each in family.rows):
            if row.risk > allowed:
                for name in row.names if release.aliases_have_risk else (row.name,):
                    risky[name].append((family, row))
    return dict(risky)


class _Draft:
    """The extraction of one Ingress in the making."""

    def __init__(self, meta: Meta, prefix: str) -> None:
        self.meta = meta
        self.fields: dict[str, Any] = {}
        self._prefix = prefix
        self._denied: str | None = None
        self._error = ""
        self._problems: list[Problem] = []

    def drop_risky(self, family: Family, rows: Iterable[tuple[str, Annotation]], allowed: Risk) -> None:
        # ingress-nginx 1.15.1: internal/ingress/errors/errors.go NewRiskyAnnotations
        text = f"annotation group {family.name} contains risky annotation based on ingress configuration"
        self._error = self._error or text
        for name, row in rows:
            expected = f"annotations-risk-level: {row.risk} in the controller's ConfigMap, which allows {allowed}"
            evidence = Evidence(name.removeprefix(self._prefix), self.meta.annotations[name], "", expected)
            self._add(family, Effect.DROPPED, Fault(text, evidence, Wrong.RISKY))

    def refuse(self, family: Family, fault: Refused, *, drops: bool) -> None:
        if not drops:
            self.leave_zero(family, fault)
            return
        self._error = self._error or fault.reason
        self._add(family, Effect.DROPPED, fault)

    def deny(self, family: Family, fault: Denied) -> None:
        """The first denial is the reason given; what a parser hands back beside an error is lost with the first one."""
        kept = fault.kept if self._denied is not None else None
        self.fields[family.field] = getattr(_ZERO, family.field) if kept is None else kept
        if family.name == "CertificateAuth":
            self.fields[family.field] = ClientCertificate(error=fault.reason)
        if self._denied is None:
            self._denied = fault.reason
        self._add(family, Effect.DENIED, fault)

    def leave_zero(self, family: Family, fault: Fault) -> None:
        self.fields[family.field] = getattr(_ZERO, family.field)
        if not isinstance(fault, Missing):
            self._add(family, Effect.IGNORED, fault)

    def note_ignored(self, family: Family, faults: Iterable[Fault], raised: Fault | None) -> None:
        """What the parser found wrong and went on without."""
        told = {raised.evidence.annotation} if raised else set()
        for fault in faults:
            if fault.evidence.annotation not in told:
                self._add(family, Effect.IGNORED, fault)
                told.add(fault.evidence.annotation)

    def extraction(self, untouched: Mapping[str, Any]) -> Extraction:
        if self._error:
            return Extraction(None, tuple(self._problems), self._error)
        problems = tuple(self._problems)
        told = {"denied": self._denied, "sources": self._sources(), "problems": problems}
        return Extraction(ParsedAnnotations(**{**untouched, **self.fields, **told}), problems)

    def _sources(self) -> dict[str, Source]:
        owner, origins, prefix = str(self.meta), self.meta.annotation_origins, self._prefix
        return {
            name.removeprefix(prefix): Source("annotation", name.removeprefix(prefix), origins.get(name), owner)
            for name in self.meta.annotations
            if name.startswith(prefix)
        }

    def _add(self, family: Family, effect: Effect, fault: Fault) -> None:
        evidence = fault.evidence
        problem = Problem(
            annotation=evidence.annotation,
            effect=effect,
            kind=fault.kind,
            reason=fault.reason,
            complaint=fault.complaint,
            origin=self._origin(family, evidence.annotation),
            value=evidence.value,
            offending=evidence.offending,
            expected=evidence.expected,
            missing=evidence.missing,
        )
        self._problems.append(problem)

    def _origin(self, family: Family, annotation: str) -> Origin | None:
        """Of the annotation's value; of a relative's where the trouble is that it is not there."""
        origins = self.meta.annotation_origins
        relatives = (name for row in family.rows for name in row.names)
        places = (origins.get(self._prefix + name) or origins.get(name) for name in (annotation, *relatives))
        return next(filter(None, places), None)
