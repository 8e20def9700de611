"""What nginx or the webhook would refuse, and what ends the controller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nginxsim.checks.estate import Estate, at, finding
from nginxsim.controller.model import ROOT
from nginxsim.controller.references import host_of
from nginxsim.kube.objects import Ingress
from nginxsim.verdict.admission import is_news, reason_of
from nginxsim.verdict.types import Finding

INSTEAD: Mapping[str, str] = {
    "path-type": "write pathType: ImplementationSpecific for a path that is more than letters, digits, /, - and _",
    "overlap": "put both paths into one Ingress, which may have the same path Exact and Prefix, or give one of them up",
}
"""What to do, by the check of the webhook that refuses."""


def nginx_refuses(estate: Estate) -> Iterator[Finding]:
    yield from estate.simulation.refused_by_nginx


def controller_crash(estate: Estate) -> Iterator[Finding]:
    yield from estate.simulation.crashes


def webhook_refuses(estate: Estate) -> Iterator[Finding]:
    """Ingresses that are served once they are there, but that nobody can create or change any more."""
    served = {ingress.meta.key: ingress for ingress in estate.model.ingresses}
    taken = {(notice.host, notice.path) for notice in estate.notices["path-taken"]}
    for review in estate.simulation.review():
        ingress = served.get(review.ingress)
        if ingress is None or not is_news(review):
            continue
        if review.check != "overlap" or taken.isdisjoint(_claimed(ingress)):
            evidence = (item for origin in review.origins for item in at(origin))
            fix = INSTEAD.get(review.check, "change what it refuses")
            yield finding("admission-refuses", *evidence, meta=ingress.meta, reason=reason_of(review), fix=fix)


def _claimed(ingress: Ingress) -> Iterator[tuple[str, str]]:
    """Host and path of each rule, as notices name them."""
    return ((host_of(rule), path.path or ROOT) for rule in ingress.rules for path in rule.paths or ())
