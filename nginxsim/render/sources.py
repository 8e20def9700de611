"""What in the manifests a server or a location comes from."""

from __future__ import annotations

from operator import attrgetter

from nginxsim.annotations import Effect
from nginxsim.controller.model import Location, Server
from nginxsim.kube.objects import NOWHERE, Ingress
from nginxsim.origins import DEFAULT, Origin, Source


def annotation_source(ingress: Ingress | None, prefix: str, name: str) -> Source:
    """Where `ingress` sets the annotation, or DEFAULT."""
    full = f"{prefix}/{name}"
    if ingress is None or full not in ingress.meta.annotations:
        return DEFAULT
    return Source("annotation", name, ingress.meta.annotation_origins.get(full), str(ingress.meta))


def server_source(server: Server) -> Source:
    """The rule that first names the host."""
    if server.origin is None:
        return DEFAULT
    for location in server.locations:
        if location.rule is not None and location.ingress is not None and location.rule.origin == server.origin:
            return Source("spec", "rules[].host", server.origin, str(location.ingress.meta))
    return Source("spec", "rules[].host", server.origin)


def ingress_source(ingress: Ingress | None) -> Source:
    """The name it goes by."""
    if ingress is None:
        return DEFAULT
    return Source("spec", "metadata.name", _somewhere(ingress.meta.origin), str(ingress.meta))


def path_source(location: Location) -> Source:
    """What in the manifest the location is there for."""
    owner = str(location.ingress.meta) if location.ingress else ""
    if location.spec_path is not None:
        return Source("spec", "rules[].http.paths[].path", _somewhere(location.spec_path.origin), owner)
    if location.default_ref is not None:
        return Source("spec", "defaultBackend", _somewhere(location.default_ref.origin), owner)
    if location.rule is not None:
        return Source("spec", "rules[].host", _somewhere(location.rule.origin), owner)
    return DEFAULT


def backend_source(location: Location) -> Source:
    """The reference to the Service it serves."""
    owner = str(location.ingress.meta) if location.ingress else ""
    if location.spec_path is not None:
        return Source("spec", "backend.service.name", _somewhere(location.spec_path.backend.origin), owner)
    if location.default_ref is not None:
        return Source("spec", "defaultBackend.service.name", _somewhere(location.default_ref.origin), owner)
    return DEFAULT


def denial_sources(location: Location) -> list[Source]:
    """The annotations that close it; by name, as chance decides which of several the controller reports."""
    parsed = location.annotations
    owner = str(location.ingress.meta) if location.ingress else ""
    if parsed.denied is None:
        return []
    denying = [problem for problem in parsed.problems if problem.effect is Effect.DENIED]
    problems = sorted(denying, key=attrgetter("annotation"))
    return [Source("annotation", problem.annotation, problem.origin, owner) for problem in problems]


def _somewhere(origin: Origin) -> Origin | None:
    return None if origin == NOWHERE else origin
