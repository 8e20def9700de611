"""The plain port for the kubelet and for Prometheus: /healthz, /readyz, /metrics."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from nginxsim.serving.credentials import Credentials
from nginxsim.serving.log import one_line, timestamp
from nginxsim.webhook.following import ClusterWatch
from nginxsim.webhook.keeper import Keeper
from nginxsim.webhook.metrics import Metrics

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class Monitor:
    """`stopping` makes it say that no more reviews should be sent."""

    def __init__(
        self, keeper: Keeper, credentials: Credentials, metrics: Metrics, clusters: Sequence[ClusterWatch] = ()
    ) -> None:
        self.stopping = False
        self._clusters = clusters
        self._keeper = keeper
        self._credentials = credentials
        self._metrics = metrics

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/healthz", self.healthz),
                Route("/readyz", self.readyz),
                Route("/metrics", self.metrics),
            ]
        )

    async def healthz(self, _request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(self, _request: Request) -> Response:
        """Ready as long as an estate answers: a broken change alone takes no replica away, yet is told."""
        obstacle = self._obstacle()
        if obstacle:
            return PlainTextResponse(f"not ready: {obstacle}\n", HTTPStatus.SERVICE_UNAVAILABLE)
        return PlainTextResponse("\n".join(("ready", *self._state(), "")))

    def _obstacle(self) -> str:
        estate = self._keeper.estate
        if self.stopping:
            return "stopping"
        if estate is None:
            return "reading the manifests"
        return "" if estate.workers else "no worker could be started"

    def _state(self) -> list[str]:
        keeper = self._keeper
        assert keeper.estate is not None, "it is ready"
        loaded = keeper.estate.loaded
        lines = [
            f"estate: {loaded.ingresses} Ingresses, read {timestamp(loaded.at)}",
            f"certificate: valid until {timestamp(self._credentials.pair.expires)}",
        ]
        if keeper.broken:
            since, why = timestamp(keeper.broken.since), one_line(keeper.broken.why)
            lines.append(f"broken: since {since} the manifests cannot be read, the estate above answers: {why}")
        for stale in filter(None, (cluster.stale for cluster in self._clusters)):
            told = f"stale: since {timestamp(stale.since)} the cluster is not followed: {one_line(stale.why)}"
            lines.append(told)
        return lines

    async def metrics(self, _request: Request) -> Response:
        return Response(self._metrics.text(), headers={"content-type": PROMETHEUS})
