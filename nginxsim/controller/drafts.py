"""What the builders of this folder work on before it is frozen into the Model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from nginxsim.annotations.values import (
    Canary,
    ParsedAnnotations,
    UpstreamHash,
)
from nginxsim.controller.model import (
    DEFAULT_UPSTREAM,
    NOTHING,
    ROOT,
    About,
    Affinity,
    Endpoint,
    Notice,
    NoticeCode,
)
from nginxsim.controller.reasons import EmptyCode, Gap
from nginxsim.controller.traits import ServerTrait, ServerTraits
from nginxsim.kube.objects import BackendRef, Ingress, IngressPath, IngressRule, Meta, Port, Service
from nginxsim.origins import Origin

PREFIX = "Prefix"
EXACT = "Exact"

NO_SERVICE = Service(Meta("Service", "", namespace=""), type="")
"""Where the controller holds a Service without any content: an unknown one behind a path, an implicit root."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a Service port leads to; without `endpoints`, `gap` and `origins` tell where the chain breaks."""

    endpoints: tuple[Endpoint, ...] = ()
    gap: Gap | None = None
    origins: tuple[Origin, ...] = ()
    assumed: bool = False
    crashes: tuple[Origin, ...] = ()
    """EndpointSlices with a port that has no number, which the controller reads all the same."""


@dataclass(slots=True)
class BackendDraft:
    """A model.Backend in the making; see there."""

    name: str
    service: Service | None = NO_SERVICE
    port: Port = 0
    ssl_passthrough: bool = False
    reach: Reach = Reach()
    affinity: Affinity = Affinity()
    hash: UpstreamHash = field(default_factory=UpstreamHash)
    load_balancing: str = ""
    no_server: bool = False
    shaping: Canary = Canary()
    alternatives: dict[str, None] = field(default_factory=dict)
    """Names in order of arrival."""
    origin: Origin | None = None


@dataclass(slots=True)
class LocationDraft:
    """A model.Location in the making, before paths are split into blocks; see there."""

    path: str
    path_type: str
    is_default_backend: bool
    backend: str
    annotations: ParsedAnnotations
    ingress: Ingress | None = None
    rule: IngressRule | None = None
    spec_path: IngressPath | None = None
    default_ref: BackendRef | None = None
    service: Service | None = None
    port: Port = 0
    default_backend_upstream: str = DEFAULT_UPSTREAM


@dataclass(slots=True)
class ServerDraft:
    """A model.Server in the making; see there."""

    hostname: str
    locations: list[LocationDraft]
    traits: ServerTraits = ServerTraits()
    origin: Origin | None = None
    owners: dict[ServerTrait, Ingress] = field(default_factory=dict)
    first_at: dict[str, LocationDraft] = field(default_factory=dict)
    """The first location of each path: the only one a further rule for that path is compared with."""

    def __post_init__(self) -> None:
        for location in self.locations:
            self.first_at.setdefault(location.path, location)

    def decide(self, trait: ServerTrait, value: object, ingress: Ingress) -> None:
        """The Ingress gives the trait its value, whatever it was before."""
        self.give(trait, value)
        self.owners[trait] = ingress

    def give(self, trait: ServerTrait, value: object) -> None:
        before = getattr(self.traits, trait)
        if before is not value and before != value:
            changed: dict[str, Any] = {trait: value}
            self.traits = replace(self.traits, **changed)

    def add(self, location: LocationDraft) -> None:
        self.locations.append(location)
        self.first_at.setdefault(location.path, location)

    def take_root(self, location: LocationDraft) -> None:
        """Puts a location in the place of the implicit root, which is always the first."""
        self.locations[0] = self.first_at[ROOT] = location


class NoticeBoard:
    """Collects what the original would only log."""

    def __init__(self) -> None:
        self._notices: dict[Notice, None] = {}

    def add(
        self,
        code: NoticeCode | EmptyCode,
        *origins: Origin | None,
        ingress: Ingress | None = None,
        host: str = "",
        path: str = "",
        about: About = NOTHING,
    ) -> None:
        """Says something once, however often it comes up; origins that are unknown are left out."""
        places = tuple(origin for origin in origins if origin is not None and origin.file)
        key = ingress.meta.key if ingress else ""
        self._notices.setdefault(Notice(code, places, ingress=key, host=host, path=path, about=about))

    def all(self) -> tuple[Notice, ...]:
        return tuple(self._notices)
