"""What every builder in this folder needs at hand."""

from __future__ import annotations

from dataclasses import dataclass

from nginxsim.config.certificates import CertificateStore
from nginxsim.config.controller import Controller
from nginxsim.controller.drafts import NoticeBoard
from nginxsim.controller.endpoints import EndpointFinder
from nginxsim.kube.cluster import Cluster


@dataclass(frozen=True, slots=True)
class Context:
    """`cluster` is what the controller sees of it."""

    cluster: Cluster
    controller: Controller
    certificates: CertificateStore
    endpoints: EndpointFinder
    notices: NoticeBoard
