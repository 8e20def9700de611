"""What the checks look things up in: one Simulation with the indexes that keep every check linear."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from nginxsim.annotations import Extraction, ParsedAnnotations, known_names
from nginxsim.checks.written import Written, written
from nginxsim.controller.model import Location, Notice
from nginxsim.kube.objects import Ingress
from nginxsim.kube.workloads import WorkloadIndex
from nginxsim.verdict.api import ApiFinding, api_findings
from nginxsim.verdict.findings import at, finding
from nginxsim.verdict.types import Evidence

if TYPE_CHECKING:
    from nginxsim.around.webhook.kinds import Fault
    from nginxsim.simulation import Simulation

TLS_PROTOCOLS = ("HTTPS", "GRPCS")
"""Values of backend-protocol that speak TLS to the service."""

__all__ = ["TLS_PROTOCOLS", "Estate", "at", "finding"]


class Estate:
    """The stages of one simulation, and who is who in them."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.cluster = simulation.cluster
        self.controller = simulation.controller
        self.flags = simulation.controller.flags
        self.settings = simulation.controller.settings
        self.model = simulation.model
        self.prefix = simulation.controller.flags.prefix
        self.annotation_names = known_names(simulation.controller.release)
        self.config_map = f"ConfigMap {simulation.controller.flags.configmap}"

    @cached_property
    def api_findings(self) -> Sequence[ApiFinding]:
        """What the API server would say of all that was read."""
        return api_findings(self.simulation)

    @cached_property
    def notices(self) -> Mapping[str, list[Notice]]:
        """What the controller would log, by code."""
        found: defaultdict[str, list[Notice]] = defaultdict(list)
        for notice in self.model.notices:
            found[notice.code].append(notice)
        return found

    @cached_property
    def webhook_faults(self) -> Sequence[Fault]:
        """What is wrong for sure on the way to the webhook; most estates have none."""
        cluster = self.simulation.given
        if not cluster.registrations and not cluster.jobs:
            return ()
        # It reads certificates, and most commands load nothing that can.
        from nginxsim.around.webhook.faults import faults_of  # noqa: PLC0415
        from nginxsim.around.webhook.reach import reach_of  # noqa: PLC0415

        return tuple(fault for fault in faults_of(cluster, self.controller, reach_of(cluster)) if fault.is_sure)

    @cached_property
    def snippets(self) -> Sequence[Written]:
        """The blocks of the hosts that have snippets."""
        return tuple(written(self.simulation))

    @cached_property
    def workloads(self) -> WorkloadIndex:
        return WorkloadIndex(self.cluster.workloads)

    @cached_property
    def parsed(self) -> Mapping[str, ParsedAnnotations]:
        """What the annotations of each served Ingress mean, snippets included, by "namespace/name"."""
        extractions = ((ingress.meta.key, self.extraction(ingress)) for ingress in self.model.ingresses)
        return {key: extraction.parsed for key, extraction in extractions if extraction.parsed}

    def extraction(self, ingress: Ingress) -> Extraction:
        return self.simulation.extractor.extract(ingress)

    def served(self) -> Iterator[tuple[Ingress, ParsedAnnotations]]:
        """The Ingresses that reach the model, each with its annotations."""
        for ingress in self.model.ingresses:
            yield ingress, self.parsed[ingress.meta.key]

    def plain(self) -> Iterator[tuple[Ingress, ParsedAnnotations]]:
        """Those of them that are no canaries."""
        return ((ingress, parsed) for ingress, parsed in self.served() if not parsed.canary.enabled)

    @cached_property
    def locations(self) -> Mapping[str, list[tuple[str, Location]]]:
        """Host and location of all that each Ingress has got, by "namespace/name"."""
        found: defaultdict[str, list[tuple[str, Location]]] = defaultdict(list)
        for server in self.model.servers.values():
            for location in server.locations:
                if location.ingress is not None:
                    found[location.ingress.meta.key].append((server.hostname, location))
        return found

    def value(self, ingress: Ingress, *names: str) -> str | None:
        """The first of these annotations that the Ingress sets, as written."""
        values = (ingress.meta.annotations.get(self.prefix + name) for name in names)
        return next((value for value in values if value is not None), None)

    def mark(self, ingress: Ingress, *names: str, text: str = "", note: str = "") -> tuple[Evidence, ...]:
        """Evidence at each of these annotations that the Ingress sets."""
        origins = (ingress.meta.annotation_origins.get(self.prefix + name) for name in names)
        return tuple(Evidence(origin, text, note) for origin in origins if origin is not None)
