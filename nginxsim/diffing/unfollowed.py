"""Changes that a running controller does not follow: it keeps the last good state of an Ingress, until it starts anew.

ingress-nginx 1.15.1: internal/ingress/controller/store/store.go (syncIngress returns without touching what it stored;
deepInspector, and the events of IngressClasses, which no Ingress is looked at again for)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from nginxsim.controller.model import Dropped, DropReason
from nginxsim.verdict.findings import at, finding
from nginxsim.verdict.types import Finding
from nginxsim.verdict.wording.controller import dropped_words

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

CODE = "restart-drops"
KEPT = (DropReason.ANNOTATIONS, DropReason.BLOCKLIST, DropReason.INSPECTION)
"""Reasons for which the new state of an Ingress is not taken, and the old one stays."""


def unfollowed(old: Simulation, new: Simulation) -> Iterator[Finding]:
    """Ingresses that the old side serves and the new one drops, though a controller that runs would not."""
    if _starts_anew(old, new):
        return
    served = {ingress.meta.key for ingress in old.model.ingresses}
    for gone in new.model.dropped:
        if gone.ingress.meta.key in served and (gone.reason in KEPT or _lost_its_class(gone, old)):
            yield finding(CODE, *at(gone.origin), meta=gone.ingress.meta, why=dropped_words(gone))


def _starts_anew(old: Simulation, new: Simulation) -> bool:
    """Another release or another command line makes another Pod."""
    before, after = old.controller, new.controller
    flags = (replace(each.flags, given={}) for each in (before, after))
    return len(set(map(repr, flags))) > 1 or not before.release.is_like(after.release)


def _lost_its_class(gone: Dropped, old: Simulation) -> bool:
    """The Ingress names its class as before, and it is the class that is no longer there."""
    before = old.cluster.ingresses[gone.ingress.meta.key]
    return gone.reason is DropReason.CLASS and gone.ingress.class_name == before.class_name is not None
