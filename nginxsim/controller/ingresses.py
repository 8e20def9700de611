"""Which Ingresses reach the configuration, in what order, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nginxsim.annotations import Extractor, blocked_word, without_snippets
from nginxsim.annotations.values import Effect, Extraction, ParsedAnnotations
from nginxsim.config.controller import Controller
from nginxsim.controller.inspection import inspect
from nginxsim.controller.model import (
    Dropped,
    DropReason,
)
from nginxsim.controller.reasons import (
    CatchAll,
    ClassOfAnother,
    NoClass,
    OtherClass,
    Quoted,
    Turned,
    UnknownClass,
    Unwatched,
)
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Ingress
from nginxsim.origins import Origin

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
DEFAULT_CLASS = "nginx"


@dataclass(frozen=True, slots=True)
class Arrival:
    """An Ingress that the controller serves, with what its annotations come to."""

    ingress: Ingress
    annotations: ParsedAnnotations
    counts_resources: bool = False
    """A backend that is no Service counts as one without a name."""

    @property
    def namespace(self) -> str:
        return self.ingress.meta.namespace


class Gatekeeper:
    """Takes Ingresses in or turns them away as the controller's store does when it first sees them."""

    def __init__(self, cluster: Cluster, controller: Controller, extractor: Extractor) -> None:
        self._cluster = cluster
        self._controller = controller
        self._flags = controller.flags
        self._extractor = extractor
        self._classes = frozenset(
            name
            for name, known in cluster.ingress_classes.items()
            if known.controller == self._flags.controller_class
            or (self._flags.ingress_class_by_name and name == self._flags.ingress_class)
        )

    def is_own_class(self, name: str) -> bool:
        """Whether an IngressClass of the cluster is one of the controller's."""
        return name in self._classes

    def is_another_s(self, ingress: Ingress) -> bool:
        """Whether the Ingress is none of the controller's business: by its class, or where it is."""
        return (self._namespace(ingress) or self.foreign(ingress)) is not None

    def sort_out(self, ingresses: Iterable[Ingress]) -> tuple[list[Arrival], list[Dropped]]:
        """Those that are served, in the controller's order, and the others, in input order."""
        arrivals, dropped = [], []
        for ingress in ingresses:
            outcome = self.judge(ingress)
            if isinstance(outcome, Dropped):
                dropped.append(outcome)
            else:
                arrivals.append(outcome)
        return in_order(arrivals), dropped

    def judge(self, ingress: Ingress) -> Arrival | Dropped:
        """One Ingress through every gate, in the order of the original."""
        # ingress-nginx 1.15.1: internal/ingress/controller/store/store.go, New and syncIngress
        return self.refusal(ingress) or self._extracted(ingress)

    def refusal(self, ingress: Ingress) -> Dropped | None:
        """Why the Ingress is turned away before its annotations are read; None when it is not."""
        return (
            self._namespace(ingress)
            or self.foreign(ingress)
            or self._inspected(ingress)
            or self._catch_all(ingress)
            or self._blocked(ingress)
        )

    def foreign(self, ingress: Ingress) -> Dropped | None:
        """The Ingress belongs to another class: spec.ingressClassName counts first, then the old annotation."""
        # ingress-nginx 1.15.1: internal/ingress/controller/store/store.go, GetIngressClass
        if self._controller.release.classes_are_names:
            return self._foreign_by_word(ingress)
        if ingress.class_name is not None:
            return self._foreign_by_name(ingress, ingress.class_name)
        annotation = ingress.meta.annotations.get(CLASS_ANNOTATION)
        if annotation == self._flags.ingress_class or (annotation is None and self._flags.watch_ingress_without_class):
            return None
        if annotation is not None:
            other = OtherClass(annotation, self._flags.ingress_class)
            return Dropped(ingress, DropReason.CLASS, other, ingress.meta.annotation_origins.get(CLASS_ANNOTATION))
        return Dropped(ingress, DropReason.CLASS, NoClass(), ingress.meta.origin)

    def _foreign_by_word(self, ingress: Ingress) -> Dropped | None:
        """The old annotation counts first; nothing at all is the class nginx."""
        # ingress-nginx 0.51.0: internal/ingress/annotations/class/main.go
        annotation = ingress.meta.annotations.get(CLASS_ANNOTATION)
        word = (ingress.class_name or "") if annotation is None else annotation
        wanted = self._flags.ingress_class or DEFAULT_CLASS
        if word == wanted or (not word and wanted == DEFAULT_CLASS):
            return None
        if not word:
            return Dropped(ingress, DropReason.CLASS, NoClass(), ingress.meta.origin)
        origin = ingress.class_origin if annotation is None else ingress.meta.annotation_origins.get(CLASS_ANNOTATION)
        return Dropped(ingress, DropReason.CLASS, OtherClass(word, wanted), origin)

    def _foreign_by_name(self, ingress: Ingress, name: str) -> Dropped | None:
        if name in self._classes:
            return None
        known = self._cluster.ingress_classes.get(name)
        why: Turned = UnknownClass(name)
        if known is not None:
            why = ClassOfAnother(name, known.controller, self._flags.controller_class)
        return Dropped(ingress, DropReason.CLASS, why, ingress.class_origin)

    def _namespace(self, ingress: Ingress) -> Dropped | None:
        namespace = ingress.meta.namespace
        if self._flags.watches(namespace, self._cluster.namespaces):
            return None
        option = f"--watch-namespace-selector={self._flags.watch_namespace_selector}"
        if self._flags.watch_namespace:
            option = f"--watch-namespace={self._flags.watch_namespace}"
        return Dropped(ingress, DropReason.NAMESPACE, Unwatched(namespace, option), ingress.meta.origin)

    def _inspected(self, ingress: Ingress) -> Dropped | None:
        if not self._flags.deep_inspect or (complaint := inspect(ingress)) is None:
            return None
        words, origin = complaint
        return Dropped(ingress, DropReason.INSPECTION, Quoted(words), origin)

    def _catch_all(self, ingress: Ingress) -> Dropped | None:
        if not self._flags.disable_catch_all or ingress.default_backend is None:
            return None
        return Dropped(ingress, DropReason.CATCH_ALL, CatchAll(), ingress.default_backend.origin)

    def _blocked(self, ingress: Ingress) -> Dropped | None:
        found = blocked_word(ingress, self._controller)
        if found is None:
            return None
        return Dropped(ingress, DropReason.BLOCKLIST, Quoted(found.reason), found.origin)

    def _extracted(self, ingress: Ingress) -> Arrival | Dropped:
        extraction = self._extractor.extract(ingress)
        parsed = extraction.parsed
        if parsed is None:
            return Dropped(ingress, DropReason.ANNOTATIONS, Quoted(extraction.error), _where_dropped(extraction))
        if not self._controller.settings.allow_snippet_annotations:
            parsed = without_snippets(parsed)
        return arrived(ingress, parsed, self._controller)


def arrived(ingress: Ingress, annotations: ParsedAnnotations, controller: Controller) -> Arrival:
    """An Ingress that got past every gate."""
    return Arrival(ingress, annotations, controller.release.resources_are_backends)


def in_order(arrivals: Iterable[Arrival]) -> list[Arrival]:
    """Oldest first; of the same second, the alphabetically last namespace/name first."""
    # ingress-nginx 1.15.1: internal/ingress/controller/store/store.go, sortIngressSlice
    by_key = sorted(arrivals, key=lambda arrival: arrival.ingress.meta.key, reverse=True)
    return sorted(by_key, key=lambda arrival: arrival.ingress.meta.created)


def _where_dropped(extraction: Extraction) -> Origin | None:
    origins = (problem.origin for problem in extraction.problems if problem.effect is Effect.DROPPED)
    return next(origins, None)
