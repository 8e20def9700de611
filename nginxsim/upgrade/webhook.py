"""Ingresses that the webhook refuses at their next change, or no longer refuses."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

from nginxsim.admission import Review
from nginxsim.kube.objects import Ingress
from nginxsim.releases import release as release_named
from nginxsim.upgrade.kinds import Change, Course, Kind
from nginxsim.upgrade.road import Road
from nginxsim.upgrade.wording import admitted, refused

OVERLAP = "overlap"


def webhook_changes(road: Road, told: Collection[str]) -> Iterator[Change]:
    """told: the Ingresses of which something worse is said already. Whether nginx takes the file is asked elsewhere."""
    before, after = road.old.rulings, road.new.rulings
    for key, ingress in road.new.cluster.ingresses.items():
        was, now = before[key], after[key]
        if was.allowed is not now.allowed and key not in told and not now.is_snippet:
            yield _refused(road, ingress, now) if was.allowed else _admitted(road, ingress, was)


def _refused(road: Road, ingress: Ingress, review: Review) -> Change:
    course = _course(road, ingress, review.check, refuses=True)
    keeps = road.keeping.found(
        ("webhook", review.check),
        lambda gate: review.check != OVERLAP and not gate.refuses(ingress, review.check),
    )
    return Change(Kind.REFUSED, review.check, course, refused(ingress, review, course, keeps), keeps)


def _admitted(road: Road, ingress: Ingress, review: Review) -> Change:
    course = _course(road, ingress, review.check, refuses=False)
    return Change(Kind.ADMITTED, review.check, course, admitted(ingress, review, course))


def _course(road: Road, ingress: Ingress, check: str, *, refuses: bool) -> Course:
    if check == OVERLAP:
        return road.course(partial(_looks_at_every_path, refuses=refuses))
    return road.course(lambda name: road.gate(name).refuses(ingress, check) is refuses)


def _looks_at_every_path(name: str, *, refuses: bool) -> bool:
    return release_named(name).overlap_looks_at_every_path is refuses
