"""What would become of each Ingress at `kubectl apply`: the webhook's word, and what it lets through unsaid."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal

from nginxsim.kube.objects import Ingress
from nginxsim.kube.validation import Refuser
from nginxsim.nginx.steps import Phase
from nginxsim.verdict.api import ApiFinding, api_findings
from nginxsim.verdict.types import Finding, Outcome, Verdict

if TYPE_CHECKING:
    from nginxsim.admission import Review
    from nginxsim.simulation import Simulation


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that nginx would refuse; one value may stand in many lines of nginx.conf."""

    finding: Finding
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Admission:
    """One Ingress: the webhook's review of it, and what nginx would refuse in the lines it makes.

    api: what kubectl or the API server refuse of it. They come first, each with its own checks before the API server
    asks a validating webhook: with any of these, the review is only what the webhook would say.
    """

    # kubernetes 1.34: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go (Create, Update)

    review: Review
    nginx: tuple[Fault, ...] = ()
    api: tuple[ApiFinding, ...] = ()

    @property
    def refuser(self) -> Refuser | Literal["webhook"] | None:
        """Who refuses it first; None when it is stored."""
        if self.api:
            return self.api[0].by
        return None if self.review.allowed else "webhook"

    @property
    def is_finding(self) -> bool:
        return self.refuser is not None or bool(self.review.denied) or bool(self.nginx)


@dataclass(frozen=True, slots=True)
class Admissions:
    """Every Ingress in input order. elsewhere: what nginx would refuse in lines that no Ingress makes.

    unread: what kubectl or the API server refuse of Ingresses that are none to the controller. others: how many faults
    of other objects they refuse. assumptions: what is taken for granted about the controller.
    """

    ingresses: tuple[Admission, ...]
    elsewhere: tuple[Fault, ...] = ()
    unread: tuple[ApiFinding, ...] = ()
    others: int = 0
    assumptions: tuple[str, ...] = ()

    @property
    def is_finding(self) -> bool:
        return bool(self.elsewhere or self.unread) or any(one.is_finding for one in self.ingresses)

    def only(self, keys: Collection[str]) -> Admissions:
        """Those of the Ingresses named "namespace/name", and nothing of the rest."""
        wanted = tuple(one for one in self.ingresses if one.review.ingress in keys)
        return Admissions(wanted, assumptions=self.assumptions)


def admissions_of(simulation: Simulation) -> Admissions:
    faults: dict[str, list[Fault]] = {key: [] for key in simulation.cluster.ingresses}
    elsewhere: list[Fault] = []
    for fault in faults_of(simulation.nginx_errors()):
        faults.get(fault.finding.ingress, elsewhere).append(fault)
    refused = [found for found in api_findings(simulation) if found.refused]
    by_ingress: dict[str, list[ApiFinding]] = {}
    for found in refused:
        by_ingress.setdefault(found.finding.ingress, []).append(found)
    others = by_ingress.pop("", [])
    reviewed = tuple(
        Admission(review, tuple(faults[review.ingress]), tuple(by_ingress.pop(review.ingress, ())))
        for review in simulation.review()
    )
    unread = tuple(chain.from_iterable(by_ingress.values()))
    return Admissions(reviewed, tuple(elsewhere), unread, len(others), simulation.taken)


def faults_of(findings: Iterable[Finding]) -> list[Fault]:
    """Findings that say the same of the same place in the manifests become one fault, in the order of the file."""
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for found in findings:
        alike.setdefault((found.message, found.owner, found.origins), []).append(found)
    return [Fault(same[0], tuple(found.line for found in same)) for same in alike.values()]


# What others tell about with more to say.
TOLD_ELSEWHERE = frozenset({"crash", "annotations", "catch-all", "deep-inspection"})


def is_news(review: Review) -> bool:
    """Whether the webhook refuses an Ingress that is served once it is there, and nothing else says why."""
    return not review.allowed and review.check not in TOLD_ELSEWHERE and not review.is_snippet


def reason_of(review: Review) -> str:
    """The webhook's words on one line."""
    return review.error.replace("\n", "; ")


def with_webhook(simulation: Simulation, verdict: Verdict) -> Verdict:
    """The verdict once it is told of whatever it comes from that the webhook would not let in any more."""
    ingresses = {str(ingress.meta): ingress for ingress in simulation.model.ingresses}
    return verdict._replace(
        outcomes=[
            outcome._replace(assumptions=(*outcome.assumptions, *_let_in(simulation, outcome, ingresses)))
            for outcome in verdict.outcomes
        ]
    )


def _let_in(simulation: Simulation, outcome: Outcome, ingresses: Mapping[str, Ingress]) -> Iterator[str]:
    chosen = (step.source for step in outcome.trace if step.phase is Phase.LOCATION and not step.within)
    for owner in dict.fromkeys(source.owner for source in chosen if source is not None):
        ingress = ingresses.get(owner)
        if ingress is None or ingress.meta.is_dated:  # the API server gives out the dates: it has been let in
            continue
        review = simulation.reviewer.review(ingress, tests_conf=False)
        if is_news(review):
            yield f"{owner} is there already: the admission webhook lets none like it in ({reason_of(review)})"


__all__ = ["Admission", "Admissions", "Fault", "admissions_of", "faults_of", "is_news", "reason_of", "with_webhook"]
