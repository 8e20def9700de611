"""The chain behind a path: Service, port, EndpointSlices, ready endpoints; and the protocol spoken there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from nginxsim.checks.estate import TLS_PROTOCOLS, Estate, at, finding
from nginxsim.checks.noticed import places
from nginxsim.controller.model import Location, Notice
from nginxsim.errors import did_you_mean
from nginxsim.kube.objects import Service, ServicePort
from nginxsim.verdict.types import Finding
from nginxsim.verdict.wording.controller import notice_words

HTTPS_PORTS = (443, 8443)
COMPARED = 200
"""A misspelt name is looked for among so many at most: comparing is slow, and there may be as many misspelt ones."""
HTTP_PORTS = (80, 8080)


def missing(estate: Estate) -> Iterator[Finding]:
    names: defaultdict[str, list[str]] = defaultdict(list)
    for service in estate.cluster.services.values():
        names[service.meta.namespace].append(service.meta.name)
    for notice in estate.notices["service-missing"]:
        namespace, _, name = notice.about.missing.key.partition("/") if notice.about.missing else ("", "", "")
        known = names[namespace]
        hint = did_you_mean(name, known) if name and len(known) <= COMPARED else ""
        owner = f"Ingress {notice.ingress}"
        yield finding("service-missing", *places(notice), owner=owner, reason=notice_words(notice) + hint)


def endpoints_unknown(estate: Estate) -> Iterator[Finding]:
    """No EndpointSlice where the input has none for anybody: the manifests do not tell."""
    seen = _namespaces_with_endpoints(estate)
    return (
        _sliceless("endpoints-unknown", each) for each in estate.notices["no-slice"] if _namespace(each) not in seen
    )


def no_slice(estate: Estate) -> Iterator[Finding]:
    seen = _namespaces_with_endpoints(estate)
    return (_sliceless("no-slice", each) for each in estate.notices["no-slice"] if _namespace(each) in seen)


def _namespaces_with_endpoints(estate: Estate) -> set[str]:
    return {key.partition("/")[0] for key in estate.cluster.slices}


def _namespace(notice: Notice) -> str:
    return notice.ingress.partition("/")[0]


def _sliceless(code: str, notice: Notice) -> Finding:
    return finding(code, *places(notice), owner=f"Ingress {notice.ingress}", reason=notice_words(notice))


def protocol_mismatch(estate: Estate) -> Iterator[Finding]:
    """What backend-protocol says against what the Service's port is called."""
    told: set[tuple[str, str]] = set()
    for locations in estate.locations.values():
        for host, location in locations:
            if (found := _mismatch(estate, host, location)) and (found.ingress, location.backend) not in told:
                told.add((found.ingress, location.backend))
                yield found


def _mismatch(estate: Estate, host: str, location: Location) -> Finding | None:
    port, spoken = _port_of(location), location.annotations.backend_protocol.upper()
    looks = _misfit(spoken, port) if port else ""
    if not looks or port is None or location.ingress is None or location.service is None or location.spec_path is None:
        return None
    evidence = estate.mark(location.ingress, "backend-protocol") or at(location.spec_path.backend.origin)
    return finding(
        "protocol-mismatch",
        *evidence,
        *at(port.origin, note=f"looks like {looks}"),
        meta=location.ingress.meta,
        host=host,
        path=location.ingress_path or location.path,
        spoken=spoken,
        port=port.name or port.port,
        service=location.service.meta,
        looks=looks,
    )


def _misfit(spoken: str, port: ServicePort) -> str:
    """What the port looks like, where that is not what is spoken to it; "" where it fits."""
    if spoken == "HTTP" and _looks_tls(port):
        return "https"
    return "http" if spoken in TLS_PROTOCOLS and _looks_plain(port) else ""


def _port_of(location: Location) -> ServicePort | None:
    service: Service | None = location.service
    wanted = str(location.port)
    ports = service.ports if service else ()
    return next((port for port in ports if wanted in (str(port.port), port.name, str(port.target_port))), None)


def _looks_tls(port: ServicePort) -> bool:
    if "http" in (port.name, port.app_protocol):
        return False
    return "https" in (port.name, port.app_protocol, port.target_port) or port.target_port in HTTPS_PORTS


def _looks_plain(port: ServicePort) -> bool:
    return "http" in (port.name, port.app_protocol) or (port.port in HTTP_PORTS and port.target_port in HTTP_PORTS)
