"""What the admission webhook says to an Ingress, taken as an update of the stored one or as a new one.

ingress-nginx 1.15.1: internal/admission/controller/main.go, internal/ingress/controller/controller.go (CheckWarning)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from nginxsim.admission.checks import CHECKS, Desk, Pass, Refusal, bad_paths
from nginxsim.admission.overlap import Queue, served_hosts
from nginxsim.annotations import NAMES, Effect, Extraction, Extractor
from nginxsim.config.controller import Controller
from nginxsim.config.scope import in_scope
from nginxsim.controller.ingresses import Arrival, Gatekeeper, arrived
from nginxsim.controller.model import Model
from nginxsim.golang.patterns import compile_pattern
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Ingress
from nginxsim.origins import Origin


@dataclass(frozen=True, slots=True)
class Review:
    """The webhook's answer to one Ingress, and what it does not say."""

    ingress: str
    """"namespace/name"."""
    allowed: bool
    error: str = ""
    """The webhook's message, word for word; "" when allowed."""
    warnings: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()
    """Where the reason stands; of an overlap, both places."""
    check: str = ""
    """The check that decided, by its name in CHECKS; "" when all were passed."""
    unseen: str = ""
    """Why it was let through without a look, "" when it was looked at."""
    also: tuple[str, ...] = ()
    """Other reasons the webhook has and might name instead."""
    denied: str = ""
    """The reason with which its locations will answer 503 although it is allowed."""
    is_snippet: bool = False
    """Whether it is refused for a snippet, as none is allowed."""


class Reviewer:
    """The webhook's desk, set up once: time and memory linear in the number of Ingresses, however many share a host.

    Nothing changes in it afterwards, so that it may be asked from several threads.
    """

    def __init__(
        self,
        cluster: Cluster,
        controller: Controller,
        model: Model,
        extractor: Extractor,
        nginx_says: Callable[[Ingress], str],
    ) -> None:
        """`model` is what is served already, `extractor` what read its annotations.

        nginx_says: what `nginx -t` has against the conf once an Ingress is in it; asked in releases that do.
        """
        visible = in_scope(cluster, controller.flags)
        self._extractor = extractor
        extractions = {key: self._extractor.extract(ingress) for key, ingress in cluster.ingresses.items()}
        self._cluster = cluster
        self._served = {arrival.ingress.meta.key: arrival for arrival in _served(model, extractions, controller)}
        self._desk = Desk(
            controller=controller,
            gatekeeper=Gatekeeper(visible, controller, self._extractor),
            strict_path=compile_pattern(strict_path) if (strict_path := controller.release.strict_path) else None,
            extractions=extractions,
            queue=Queue(list(self._served.values())),
            nginx_says=nginx_says,
        )

    def stored(self) -> list[Review]:
        """Every Ingress that was read, in input order, each as an update that changes nothing."""
        return [_review(ingress, self._desk) for ingress in self._cluster.ingresses.values()]

    def review(self, ingress: Ingress, *, tests_conf: bool = True) -> Review:
        """An Ingress as it is sent: an update of the stored one of its namespace and name, or a new one.

        tests_conf: False leaves out the check that reads the whole file.
        """
        extraction = self._extractor.extract(ingress)
        desk = replace(
            self._desk,
            nginx_says=self._desk.nginx_says if tests_conf else lambda _: "",
            extractions={ingress.meta.key: extraction},
            queue=self._queue_for(arrived(ingress, extraction.parsed, self._desk.controller))
            if extraction.parsed
            else self._desk.queue,
        )
        return _review(ingress, desk)

    def _queue_for(self, newcomer: Arrival) -> Queue:
        """The queue that the newcomer joins.

        A queue leaves out whoever comes anew, but not the servers made by what is replaced: should one of them go,
        the queue is formed again.
        """
        key = newcomer.ingress.meta.key
        replaced = self._served.get(key)
        if replaced is None or (
            served_hosts(replaced) <= served_hosts(newcomer)
            and replaced.annotations.canary.enabled == newcomer.annotations.canary.enabled
        ):
            return self._desk.queue
        return Queue([arrival for other, arrival in self._served.items() if other != key])


def _served(model: Model, extractions: Mapping[str, Extraction], controller: Controller) -> Iterator[Arrival]:
    for ingress in model.ingresses:
        if parsed := extractions[ingress.meta.key].parsed:
            yield arrived(ingress, parsed, controller)


def _review(ingress: Ingress, desk: Desk) -> Review:
    key, warnings = ingress.meta.key, tuple(_warnings(ingress, desk))
    for name, check in CHECKS.items():
        outcome = check(ingress, desk)
        if isinstance(outcome, Pass):
            return Review(key, True, warnings=warnings, check=name, unseen=outcome.why)
        if isinstance(outcome, Refusal):
            return Review(
                key,
                False,
                outcome.error,
                warnings,
                outcome.origins,
                name,
                also=outcome.also,
                is_snippet=outcome.is_snippet,
            )
    return _accepted(ingress, desk.extractions[key], warnings)


def _accepted(ingress: Ingress, extracted: Extraction, warnings: tuple[str, ...]) -> Review:
    denied = (extracted.parsed.denied if extracted.parsed else "") or ""
    origins = dict.fromkeys(
        problem.origin for problem in extracted.problems if problem.effect is Effect.DENIED and problem.origin
    )
    return Review(ingress.meta.key, True, warnings=warnings, origins=tuple(origins) if denied else (), denied=denied)


def _warnings(ingress: Ingress, desk: Desk) -> Iterator[str]:
    if ingress.meta.deleted:
        return
    prefix, release = desk.controller.flags.prefix, desk.controller.release
    for name in sorted(ingress.meta.annotations):
        row = NAMES.get(name.removeprefix(prefix))
        if row and row.deprecated and release.within(row.deprecated):
            yield f"annotation {name} is deprecated"
    reasons = [reason for reason, _ in bad_paths(ingress, desk)]
    # The original joins its errors pairwise, so that all but the last become one warning.
    if reasons[:-1]:
        yield "\n".join(reasons[:-1])
    yield from reasons[-1:]
