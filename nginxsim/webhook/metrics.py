"""What Prometheus may ask. Gauges of things that are counted anyway are read when it does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.process_collector import ProcessCollector

from nginxsim import __version__
from nginxsim.serving.door import Turned
from nginxsim.webhook.estate import Loaded
from nginxsim.webhook.frames import Verdict

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds; API servers wait for 30 at most."""


class Metrics:
    """One registry for one server; times are seconds, moments are Unix time."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._info = Info("nginxsim", "Version, and the controller's release.", registry=registry)
        self._reviews = Counter("nginxsim_reviews", "Reviews by how they ended.", ["verdict"], registry=registry)
        for verdict in Verdict:
            self._reviews.labels(verdict)
        self._seconds = Histogram(
            "nginxsim_review_seconds",
            "From the head of a request to its answer.",
            buckets=BUCKETS,
            registry=registry,
        )
        self._turned = Counter(
            "nginxsim_connections_turned",
            "Connections that were refused or ended early.",
            ["reason"],
            registry=registry,
        )
        for reason in Turned:
            self._turned.labels(reason)
        self._lost = Counter("nginxsim_workers_lost", "Workers that were replaced.", ["reason"], registry=registry)
        self._ingresses = Gauge("nginxsim_estate_ingresses", "Ingresses stored.", registry=registry)
        self._read_at = Gauge(
            "nginxsim_estate_timestamp_seconds", "When the estate in use was read.", registry=registry
        )
        self._broken_since = Gauge(
            "nginxsim_estate_broken_since_timestamp_seconds",
            "Since when the manifests cannot be read; 0 when they can.",
            registry=registry,
        )
        self._reads = Counter("nginxsim_estate_reads", "Readings of the manifests.", ["result"], registry=registry)

    def reads(self, name: str, about: str, value: Callable[[], float]) -> None:
        """Adds a gauge that is asked for its value."""
        Gauge(name, about, registry=self._registry).set_function(value)

    def reviewed(self, verdict: Verdict, seconds: float) -> None:
        self._reviews.labels(verdict).inc()
        self._seconds.observe(seconds)

    def turned(self, reason: Turned) -> None:
        self._turned.labels(reason).inc()

    def worker_lost(self, reason: str) -> None:
        self._lost.labels(reason).inc()

    def estate_read(self, loaded: Loaded) -> None:
        self._info.info({"version": __version__, "release": loaded.release})
        self._ingresses.set(loaded.ingresses)
        self._read_at.set(loaded.at.timestamp())
        self._broken_since.set(0)
        self._reads.labels("read").inc()

    def estate_broken(self, since: datetime) -> None:
        self._broken_since.set(since.timestamp())
        self._reads.labels("broken").inc()

    def text(self) -> bytes:
        return generate_latest(self._registry)
