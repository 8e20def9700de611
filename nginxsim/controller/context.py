"""What every builder in this folder needs at hand."""

from __future__ import annotations

from dataclasses import dataclass

from nginxsim.config.certificates import CertificateStore
from nginxsim.config.controller import Controller
from nginxsim.controller.drafts import NoticeBoard, Reach
from nginxsim.controller.endpoints import EndpointFinder
from nginxsim.controller.model import About, NoticeCode
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Ingress
from nginxsim.origins import Origin


@dataclass(frozen=True, slots=True)
class Context:
    """`cluster` is what the controller sees of it."""

    cluster: Cluster
    controller: Controller
    certificates: CertificateStore
    endpoints: EndpointFinder
    notices: NoticeBoard

    def note_crashes(self, reach: Reach, service: str, *origins: Origin, ingress: Ingress | None = None) -> None:
        """Tells of slices that end the controller. service: as "Service ns/name"; origins: who leads there."""
        about = About(service, other="EndpointSlice")
        for origin in reach.crashes:
            self.notices.add(NoticeCode.CONTROLLER_CRASH, origin, *origins, ingress=ingress, about=about)
