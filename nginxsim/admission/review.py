"""What the admission webhook says to every Ingress, each taken as an update of the stored one.

ingress-nginx 1.15.1: internal/admission/controller/main.go, internal/ingress/controller/controller.go (CheckWarning)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nginxsim.admission.checks import CHECKS, Desk, Pass, Refusal, bad_paths
from nginxsim.admission.overlap import Queue
from nginxsim.annotations import Extraction, Extractor
from nginxsim.annotations.validators import compile_pattern
from nginxsim.controller.certificates import CertificateStore
from nginxsim.controller.flags import Flags
from nginxsim.controller.ingresses import Arrival, Gatekeeper
from nginxsim.controller.model import Model
from nginxsim.controller.releases import Release
from nginxsim.controller.scope import in_scope
from nginxsim.controller.settings import Settings
from nginxsim.host import Host
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Ingress
from nginxsim.origins import Origin

# ingress-nginx 1.15.1: internal/ingress/controller/controller.go
DEPRECATED = frozenset({
    "enable-influxdb", "influxdb-measurement", "influxdb-port", "influxdb-host", "influxdb-server-name",
    "secure-verify-ca-secret",
})  # fmt: skip


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


def review(  # noqa: PLR0917 - the stages it draws on
    cluster: Cluster,
    flags: Flags,
    settings: Settings,
    certificates: CertificateStore,
    release: Release,
    host: Host,  # noqa: ARG001 - the webhook would render for it, and nothing in rendering can refuse
    model: Model,
    extractor: Extractor | None = None,
) -> list[Review]:
    """The webhook's word on every Ingress that was read, in input order; `model` is what is served already.

    Linear in the number of Ingresses, however many share a host.
    """
    visible = in_scope(cluster, flags)
    reader = extractor or Extractor(visible, settings, flags, certificates, release)
    extractions = {key: reader.extract(ingress) for key, ingress in cluster.ingresses.items()}
    desk = Desk(
        flags=flags,
        settings=settings,
        release=release,
        gatekeeper=Gatekeeper(visible, flags, settings, reader),
        strict_path=compile_pattern(release.strict_path) if release.strict_path else None,
        extractions=extractions,
        queue=Queue(list(_served(model, extractions))),
    )
    return [_review(ingress, desk) for ingress in cluster.ingresses.values()]


def _served(model: Model, extractions: Mapping[str, Extraction]) -> Iterator[Arrival]:
    for ingress in model.ingresses:
        if parsed := extractions[ingress.meta.key].parsed:
            yield Arrival(ingress, parsed)


def _review(ingress: Ingress, desk: Desk) -> Review:
    key, warnings = ingress.meta.key, tuple(_warnings(ingress, desk))
    for name, check in CHECKS.items():
        outcome = check(ingress, desk)
        if isinstance(outcome, Pass):
            return Review(key, True, warnings=warnings, check=name, unseen=outcome.why)
        if isinstance(outcome, Refusal):
            return Review(key, False, outcome.error, warnings, outcome.origins, name, also=outcome.also)
    return _accepted(ingress, desk.extractions[key], warnings)


def _accepted(ingress: Ingress, extracted: Extraction, warnings: tuple[str, ...]) -> Review:
    denied = (extracted.parsed.denied if extracted.parsed else "") or ""
    origins = dict.fromkeys(
        problem.origin for problem in extracted.problems if problem.effect == "denied" and problem.origin
    )
    return Review(ingress.meta.key, True, warnings=warnings, origins=tuple(origins) if denied else (), denied=denied)


def _warnings(ingress: Ingress, desk: Desk) -> Iterator[str]:
    if ingress.meta.deleted:
        return
    prefix = f"{desk.flags.annotations_prefix}/"
    for name in sorted(ingress.meta.annotations):
        if name.removeprefix(prefix) in DEPRECATED:
            yield f"annotation {name} is deprecated"
    reasons = [reason for reason, _ in bad_paths(ingress, desk)]
    # The original joins its errors pairwise, so that all but the last become one warning.
    if reasons[:-1]:
        yield "\n".join(reasons[:-1])
    yield from reasons[-1:]
