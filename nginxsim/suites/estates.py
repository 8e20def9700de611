"""Simulates each estate once for all the tests that share it."""

from __future__ import annotations

from functools import lru_cache

from nginxsim.config.flags import parse_flags
from nginxsim.config.machine import Host
from nginxsim.errors import InputError
from nginxsim.kube import Cluster, load
from nginxsim.releases import release as release_named
from nginxsim.simulation import Simulation
from nginxsim.suites.cases import EstateSpec
from nginxsim.suites.changes import changed, check_keys

KEPT = 4
"""Estates kept at a time: tests come sorted by estate, and one with a thousand hosts holds some hundred MB."""


class Estates:
    """The estates of one run. Another run reads the manifests again: they may have changed."""

    def __init__(self) -> None:
        self.simulation = lru_cache(maxsize=KEPT)(self._simulation)
        self._cluster = lru_cache(maxsize=KEPT)(_read)

    def _simulation(self, spec: EstateSpec) -> Simulation:
        """Raises InputError; without any Ingress too, since every test would be empty."""
        release = release_named(spec.release)
        flags = parse_flags(spec.flags, release)
        cluster = self._cluster(spec.manifests)
        if not cluster.ingresses:
            raise InputError(f"no Ingress in {', '.join(spec.manifests)}: nothing to test", spec.origin)
        if spec.changes:
            cluster = changed(cluster, spec.changes, flags)
        simulation = Simulation(cluster, release=release, flags=flags, host=Host())
        if spec.changes:
            check_keys(spec.changes, simulation.settings)
        return simulation


def _read(manifests: tuple[str, ...]) -> Cluster:
    return load(manifests)
