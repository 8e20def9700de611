"""Why things do not work out, as facts: a chain that leads to no endpoint, an Ingress that is turned away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from nginxsim.annotations.values import Named


class EmptyCode(StrEnum):
    """Where the chain from Service to ready endpoints breaks."""

    SERVICE_MISSING = "service-missing"
    PORT_MISSING = "port-missing"
    NO_SLICE = "no-slice"
    NO_READY_ENDPOINT = "no-ready-endpoint"
    OTHER_ZONES = "endpoints-in-other-zones"
    SELECTOR_MATCHES_NOTHING = "selector-matches-nothing"
    NO_SELECTOR = "no-selector"
    EXTERNAL_NAME_DISABLED = "external-name-disabled"
    EXTERNAL_NAME_INVALID = "external-name-invalid"


class Break(StrEnum):
    """How it breaks there."""

    NO_PORT_NAMED = "no-port-named"
    SERVICE_MISSING = "service-missing"
    PORT_NOT_OFFERED = "port-not-offered"
    PROTOCOL_NOT_OFFERED = "protocol-not-offered"
    NO_PORTS = "no-ports"
    EXTERNAL_NAME_DISABLED = "external-name-disabled"
    EXTERNAL_NAME_LOCAL = "external-name-local"
    EXTERNAL_NAME_NO_NAME = "external-name-no-name"
    SLICES_EMPTY = "slices-empty"
    NONE_READY = "none-ready"
    OTHER_ZONES = "other-zones"
    SLICES_WITHOUT_PORT = "slices-without-port"
    SLICES_OF_OTHER_NAMES = "slices-of-other-names"
    NO_SELECTOR = "no-selector"
    NO_POD_MATCHES = "no-pod-matches"
    NO_SLICE = "no-slice"
    SCALED_DOWN = "scaled-down"
    """Workloads are there, and all of them have 0 replicas."""


CODES: Mapping[Break, EmptyCode] = {
    Break.NO_PORT_NAMED: EmptyCode.SERVICE_MISSING,
    Break.SERVICE_MISSING: EmptyCode.SERVICE_MISSING,
    Break.PORT_NOT_OFFERED: EmptyCode.PORT_MISSING,
    Break.PROTOCOL_NOT_OFFERED: EmptyCode.PORT_MISSING,
    Break.NO_PORTS: EmptyCode.PORT_MISSING,
    Break.EXTERNAL_NAME_DISABLED: EmptyCode.EXTERNAL_NAME_DISABLED,
    Break.EXTERNAL_NAME_LOCAL: EmptyCode.EXTERNAL_NAME_INVALID,
    Break.EXTERNAL_NAME_NO_NAME: EmptyCode.EXTERNAL_NAME_INVALID,
    Break.SLICES_EMPTY: EmptyCode.NO_READY_ENDPOINT,
    Break.NONE_READY: EmptyCode.NO_READY_ENDPOINT,
    Break.OTHER_ZONES: EmptyCode.OTHER_ZONES,
    Break.SLICES_WITHOUT_PORT: EmptyCode.PORT_MISSING,
    Break.SLICES_OF_OTHER_NAMES: EmptyCode.NO_SLICE,
    Break.NO_SELECTOR: EmptyCode.NO_SELECTOR,
    Break.NO_POD_MATCHES: EmptyCode.SELECTOR_MATCHES_NOTHING,
    Break.NO_SLICE: EmptyCode.NO_SLICE,
    Break.SCALED_DOWN: EmptyCode.NO_READY_ENDPOINT,
}


@dataclass(frozen=True, slots=True)
class Gap:
    """Why a Service's port leads to no endpoint.

    service: as "Service ns/name"; wanted: the port that is asked for, the externalName, or the controller's zone.
    names: the ports on offer, the slices that are passed over, the labels that are looked for, the workloads that are
    scaled to nothing, or the zones of hints. protocol: of the port.
    """

    kind: Break
    service: str
    wanted: str = ""
    names: tuple[str, ...] = ()
    protocol: str = ""

    @property
    def code(self) -> EmptyCode:
        return CODES[self.kind]

    @property
    def missing(self) -> Named | None:
        """The Service, where that is what is missing."""
        key = self.service.removeprefix("Service ")
        return Named("Service", key) if self.kind is Break.SERVICE_MISSING else None


# --- an Ingress that is turned away -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoClass:
    """It names no class, and such Ingresses are not watched."""


@dataclass(frozen=True, slots=True)
class OtherClass:
    """Its annotation names another class than the controller's."""

    named: str
    wanted: str


@dataclass(frozen=True, slots=True)
class UnknownClass:
    name: str


@dataclass(frozen=True, slots=True)
class ClassOfAnother:
    """The class belongs to another controller."""

    name: str
    controller: str
    ours: str


@dataclass(frozen=True, slots=True)
class Unwatched:
    """option: the flag that leaves its namespace out, with its value."""

    namespace: str
    option: str


@dataclass(frozen=True, slots=True)
class CatchAll:
    """--disable-catch-all forbids its default backend."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """The controller's own words, as it logs them."""

    words: str


Turned: TypeAlias = NoClass | OtherClass | UnknownClass | ClassOfAnother | Unwatched | CatchAll | Quoted
