"""What backend-protocol says against what else is known of the port it is spoken to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from nginxsim.checks.estate import Estate, at, finding
from nginxsim.controller.model import Location
from nginxsim.kube.objects import Service, ServicePort, Workload
from nginxsim.render.locations import GRPC
from nginxsim.verdict.types import Evidence, Finding

Spoken: TypeAlias = Literal["http", "https", "grpc", "fastcgi"]

PORTS: dict[object, Spoken] = {443: "https", 8443: "https", 80: "http", 8080: "http"}
APP_PROTOCOLS: dict[str, Spoken] = {
    "http": "http",
    "https": "https",
    "grpc": "grpc",
    "kubernetes.io/ws": "http",
    "kubernetes.io/wss": "https",
}
NAMES: dict[str, Spoken] = {
    "http": "http",
    "https": "https",
    "grpc": "grpc",
    "fastcgi": "fastcgi",
    "fcgi": "fastcgi",
    "fpm": "fastcgi",
}
MISFITS: dict[str, tuple[Spoken, ...]] = {
    "HTTP": ("https", "grpc", "fastcgi"),
    "HTTPS": ("http", "fastcgi"),
    "GRPC": ("https", "fastcgi"),
    "GRPCS": ("http", "fastcgi"),
    "FCGI": ("https", "grpc"),
}
"""What a port must not look like where this is spoken to it. gRPC servers often call their port http."""


class Sign(NamedTuple):
    """Something that tells what a port speaks, and where it stands."""

    spoken: Spoken
    evidence: tuple[Evidence, ...]


def mismatch(estate: Estate) -> Iterator[Finding]:
    told: set[tuple[str, str]] = set()
    for locations in estate.locations.values():
        for host, location in locations:
            if (found := _mismatch(estate, host, location)) and (found.ingress, location.backend) not in told:
                told.add((found.ingress, location.backend))
                yield found


def _mismatch(estate: Estate, host: str, location: Location) -> Finding | None:
    port, spoken = _port_of(location), location.annotations.backend_protocol.upper()
    if port is None or location.ingress is None or location.service is None or location.spec_path is None:
        return None
    signs = list(_signs(estate, location.service, port))
    looks = {sign.spoken for sign in signs}
    if len(looks) != 1 or not looks.issubset(MISFITS.get(spoken, ())):
        return None
    own = estate.mark(location.ingress, "backend-protocol") or at(location.spec_path.backend.origin)
    return finding(
        "protocol-mismatch",
        *own,
        *(item for sign in signs for item in sign.evidence),
        meta=location.ingress.meta,
        host=host,
        path=location.ingress_path or location.path,
        spoken=spoken,
        port=port.name or port.port,
        service=location.service.meta,
        looks=next(iter(looks)),
    )


def _port_of(location: Location) -> ServicePort | None:
    service: Service | None = location.service
    wanted = str(location.port)
    ports = service.ports if service else ()
    return next((port for port in ports if wanted in (str(port.port), port.name, str(port.target_port))), None)


def _signs(estate: Estate, service: Service, port: ServicePort) -> Iterator[Sign]:
    """All that tells: where two contradict each other, nothing is known. appProtocol is said on purpose and decides."""
    if said := APP_PROTOCOLS.get(port.app_protocol):
        yield Sign(said, at(port.origin, note=f"looks like {said}: appProtocol {port.app_protocol}"))
        return
    if service.type != "ExternalName":
        yield from _named(port)
        yield from _of_containers(estate.workloads.selected_by(service), port)
    if spoken := _by_number(port):
        yield Sign(spoken, at(port.origin, note=f"looks like {spoken}: port {port.target_port}"))


def _named(port: ServicePort) -> Iterator[Sign]:
    for name in dict.fromkeys((port.name, port.target_port)):
        if spoken := _by_name(name):
            yield Sign(spoken, at(port.origin, note=f"looks like {spoken}: it is called {name}"))


def _by_number(port: ServicePort) -> Spoken | None:
    """Numbers that Pods without privileges cannot have, or that both ends agree in."""
    spoken = PORTS.get(port.target_port)
    return spoken if spoken == "https" or PORTS.get(port.port) == "http" else None


def _by_name(name: object) -> Spoken | None:
    """ "https-web" and "web-https" count as "https" does; "grpc-web" is spoken over plain http."""
    if not isinstance(name, str) or "grpc-web" in name:
        return None
    return next((NAMES[word] for word in re.split(r"[-_.]", name.lower()) if word in NAMES), None)


def _of_containers(workloads: list[Workload], port: ServicePort) -> Iterator[Sign]:
    """The container's port behind a number, by the name that it has there."""
    for workload in workloads[:1]:
        for name, number in workload.container_ports.items():
            if number == port.target_port and (spoken := _by_name(name)):
                yield Sign(
                    spoken, at(workload.meta.origin, note=f"looks like {spoken}: its port {number} is called {name}")
                )


def grpc_without_http2(estate: Estate) -> Iterator[Finding]:
    """HTTP/2 is what gRPC is spoken over, and the controller was told to speak none."""
    if estate.settings.use_http2:
        return
    for ingress, parsed in estate.served():
        if parsed.backend_protocol.upper() in GRPC and not parsed.denied:
            switch = at(estate.settings.source("use-http2").origin, note="turns HTTP/2 off")
            evidence = estate.mark(ingress, "backend-protocol")
            yield finding(
                "grpc-without-http2", *evidence, *switch, meta=ingress.meta, spoken=parsed.backend_protocol.upper()
            )
