"""Simulates each estate once for all the tests that share it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from itertools import chain

from nginxsim.config.assumed import assumables, assumed_of
from nginxsim.config.told import Told, told_of
from nginxsim.errors import InputError, UsageError
from nginxsim.kube import load
from nginxsim.kube.live import Live
from nginxsim.simulation import Simulation, each_controller, first_of, simulation_of
from nginxsim.sources import Release, project_of, reading_of
from nginxsim.suites.cases import EstateSpec
from nginxsim.suites.changes import changed, check_annotations, check_keys
from nginxsim.verdict import Finding

KEPT = 4
"""Estates kept at a time: tests come sorted by estate, and one with a thousand hosts holds some hundred MB."""


class Estates:
    """The estates of one run. Another run reads the manifests again: they may have changed."""

    def __init__(self) -> None:
        self.simulation = lru_cache(maxsize=KEPT)(self._simulation)
        self._read = lru_cache(maxsize=KEPT)(_read)

    def _simulation(self, spec: EstateSpec) -> Simulation:
        """Raises InputError; without any Ingress too, since every test would be empty."""
        said = Told.of(spec.release, spec.flags, templates=spec.templates, facts=spec.facts, name=spec.controller)
        told = told_of(project_of(spec.manifests), said)
        simulation = self._read(spec.manifests, spec.chart, spec.live)
        try:
            simulation = simulation.with_controller(told)
        except UsageError as problem:
            raise problem if problem.origin else UsageError(str(problem), spec.origin) from None
        simulation = first_of(each_controller(simulation))
        if not simulation.given.ingresses:
            raise InputError(f"no Ingress in {spec.called}: nothing to test", spec.origin)
        if spec.changes:
            if spec.release is None:
                check_annotations(spec.changes, simulation.controller.release)
            cluster = changed(simulation.given, spec.changes, simulation.controller.flags)
            simulation = simulation.with_cluster(cluster)
            check_keys(spec.changes, simulation.controller.settings)
        return simulation


def assumptions_of(specs: Iterable[EstateSpec], estates: Estates) -> tuple[str, ...]:
    """What is taken for granted about the controllers of these estates, each thing once."""
    asked = dict.fromkeys(spec.unchanged for spec in specs)
    told = (estates.simulation(spec).controller.assumptions for spec in asked)
    return tuple(dict.fromkeys(chain.from_iterable(told)))


def unstored(specs: Iterable[EstateSpec], estates: Estates) -> list[Finding]:
    """Ingresses of these estates that the API server would refuse, each fault once: no test can be about them."""
    files = {(spec.manifests, spec.chart, spec.live): spec for spec in specs}
    found = chain.from_iterable(estates.simulation(spec).api_errors() for spec in files.values())
    return list(dict.fromkeys(each for each in found if each.ingress))


def _read(manifests: tuple[str, ...], chart: Release | None, live: Live | None) -> Simulation:
    """All that is there, whichever controller takes it."""
    project = project_of(manifests)
    reading = reading_of(project)
    if chart is not None:
        reading = replace(reading, releases=(chart, *(each for each in reading.releases if each.chart != chart.chart)))
    cluster = load([live] if live else list(manifests), reading=reading)
    return simulation_of(cluster, Told(), assumables(assumed_of(project)))
