"""What the controller posts to its Lua: backends and stream backends, in the JSON it would send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nginxsim.collector import collector_paused
from nginxsim.controller.model import Affinity, Backend, Endpoint, Model, StreamService
from nginxsim.kube.objects import Service

# k8s.io/api/core/v1: ServiceSpec and ServicePort. The pointers among their fields are sent even when they hold a zero.
_SPEC_FIELDS = (
    "ports", "selector", "clusterIP", "clusterIPs", "type", "externalIPs", "sessionAffinity", "loadBalancerIP",
    "loadBalancerSourceRanges", "externalName", "externalTrafficPolicy", "healthCheckNodePort",
    "publishNotReadyAddresses", "sessionAffinityConfig", "ipFamilies",
)  # fmt: skip
_SPEC_POINTERS = (
    "ipFamilyPolicy", "allocateLoadBalancerNodePorts", "loadBalancerClass", "internalTrafficPolicy",
    "trafficDistribution",
)  # fmt: skip
_PORT_FIELDS = ("name", "protocol", "nodePort")
_PORT_POINTERS = ("appProtocol", "port", "targetPort")


@collector_paused()
def payload(model: Model) -> list[dict[str, Any]]:
    """The backends, sorted by name, as posted to /configuration/backends."""
    # ingress-nginx 1.15.1: internal/ingress/controller/nginx.go, configureBackends; pkg/apis/ingress/types.go
    backends = sorted((*model.backends.values(), *model.backend_copies), key=lambda backend: backend.name)
    return [_backend(backend) for backend in backends]


def stream_payload(model: Model) -> list[dict[str, Any]]:
    """The stream backends, TCP before UDP, as sent to the stream balancer."""
    # ingress-nginx 1.15.1: internal/ingress/controller/nginx.go, updateStreamConfiguration
    return [_backend(_stream_backend(service)) for service in (*model.tcp_services, *model.udp_services)]


def _stream_backend(service: StreamService) -> Backend:
    name = f"{service.protocol.lower()}-{service.namespace}-{service.name}-{service.service_port}"
    return Backend(name, service=service.service, port=service.port, endpoints=service.endpoints)


def _backend(backend: Backend) -> dict[str, Any]:
    shaping = backend.shaping
    return {
        "name": backend.name,
        **({"service": _service(backend.service)} if backend.service else {}),
        "port": backend.port,
        "sslPassthrough": backend.ssl_passthrough,
        **_filled({"endpoints": [_endpoint(endpoint) for endpoint in backend.endpoints]}),
        "sessionAffinityConfig": _affinity(backend.affinity),
        "upstreamHashByConfig": _filled(
            {
                "upstream-hash-by": backend.hash.by,
                "upstream-hash-by-subset": backend.hash.subset,
                "upstream-hash-by-subset-size": backend.hash.subset_size,
            }
        ),
        **_filled({"load-balance": backend.load_balancing}),
        "noServer": backend.no_server,
        "trafficShapingPolicy": {
            "weight": shaping.weight,
            "weightTotal": shaping.weight_total,
            "header": shaping.header,
            "headerValue": shaping.header_value,
            "headerPattern": shaping.header_pattern,
            "cookie": shaping.cookie,
        },
        **_filled({"alternativeBackends": list(backend.alternatives)}),
    }


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Go's omitempty: what is zero, false or empty is left out."""
    return {name: value for name, value in fields.items() if value}


def _endpoint(endpoint: Endpoint) -> dict[str, str]:
    return {"address": endpoint.address, "port": endpoint.port}


def _affinity(affinity: Affinity) -> dict[str, Any]:
    cookie = affinity.cookie
    optional = {
        "expires": cookie.expires,
        "maxage": cookie.max_age,
        "locations": {host: list(paths) for host, paths in affinity.locations.items()},
        "secure": cookie.secure,
        "path": cookie.path,
        "domain": cookie.domain,
        "samesite": cookie.same_site,
        "conditional_samesite_none": cookie.conditional_same_site_none,
        "change_on_failure": cookie.change_on_failure,
    }
    return {
        "name": affinity.type,
        "mode": affinity.mode,
        "cookieSessionAffinity": {"name": cookie.name, **_filled(optional)},
    }


def _service(service: Service) -> dict[str, Any]:
    spec = _picked_fields(service.spec, _SPEC_FIELDS, _SPEC_POINTERS)
    if ports := spec.get("ports"):
        spec["ports"] = [_picked_fields(port, _PORT_FIELDS, _PORT_POINTERS) for port in ports]
    return {"metadata": {}, "spec": spec, "status": {"loadBalancer": {}}}


def _picked_fields(written: Mapping[str, Any], plain: Iterable[str], pointers: Iterable[str]) -> dict[str, Any]:
    """The fields Go's type has, without those it would leave out."""
    kept = _filled({name: written.get(name) for name in plain})
    return kept | {name: written[name] for name in pointers if written.get(name) is not None}
