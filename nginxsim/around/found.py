"""The hops that the input itself speaks of: the controller's Service, what clouds put before it, a tunnel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from nginxsim.around.providers import AWS, proxy_annotation, tls_end
from nginxsim.config.controller import Controller
from nginxsim.config.front import services_of
from nginxsim.controller.ingresses import CLASS_ANNOTATION
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.edges import Cdn, Edge
from nginxsim.kube.objects import Ingress, Service
from nginxsim.origins import Origin

BACKEND_CONFIG = ("cloud.google.com/backend-config", "beta.cloud.google.com/backend-config")
NEG = "cloud.google.com/neg"
TUNNEL = "cloudflare/cloudflared"
NODE = "kube-proxy"
EXTERNAL = ("LoadBalancer", "NodePort")
"""Services that are open to the outside."""
CDN_MODES = {
    "USE_ORIGIN_HEADERS": "gcp-cdn:use-origin-headers",
    "FORCE_CACHE_ALL": "gcp-cdn:force-cache-all",
    "CACHE_ALL_STATIC": "gcp-cdn",
    "": "gcp-cdn",
}


class FoundHop(NamedTuple):
    """word: as --via takes it. by: the object, or its annotation, that says so. unsure: what it does not say."""

    word: str
    by: str
    origin: Origin
    unsure: str = ""


def hops_found(cluster: Cluster, controller: Controller) -> tuple[FoundHop, ...]:
    """From the client inward; empty where the input says nothing of what stands before nginx."""
    service = next(iter(services_of(cluster, controller)), None)
    if service is None:
        return ()
    ways = (_tunnel, _by_ingress, _bound)
    before = next(filter(None, (list(way(cluster, service)) for way in ways)), None) or [*_of_service(service)]
    return (*before, *_by_node(service, before))


def _tunnel(cluster: Cluster, service: Service) -> Iterator[FoundHop]:
    """A cloudflared beside a Service that is not open to the outside."""
    if service.type in EXTERNAL:
        return
    for workload in cluster.workloads:
        if any(TUNNEL in container.image for container in workload.containers):
            yield FoundHop("cloudflare-tunnel", str(workload.meta), workload.meta.origin)
            return


def _by_ingress(cluster: Cluster, service: Service) -> Iterator[FoundHop]:
    """An Ingress of a cloud's own class that leads to the controller's Service."""
    for ingress in cluster.ingresses.values():
        word = _CLASSES.get(ingress.class_name or ingress.meta.annotations.get(CLASS_ANNOTATION, ""))
        if word and _leads_to(ingress, service):
            cdn = _cdn(cluster, service) if word == "gcp-https-lb" else None
            yield cdn or FoundHop(word, str(ingress.meta), ingress.meta.origin)
            return


_CLASSES = {"gce": "gcp-https-lb", "alb": "aws-alb"}


def _leads_to(ingress: Ingress, service: Service) -> bool:
    refs = [path.backend for rule in ingress.rules for path in rule.paths or ()]
    names = {ref.service for ref in (*refs, ingress.default_backend) if ref is not None}
    return ingress.meta.namespace == service.meta.namespace and service.meta.name in names


def _cdn(cluster: Cluster, service: Service) -> FoundHop | None:
    for edge in cluster.edges:
        if edge.cdn is not None and _is_for(edge, service):
            return FoundHop(_cdn_word(edge.cdn), str(edge.meta), edge.cdn.origin)
    return None


def _cdn_word(cdn: Cdn) -> str:
    times = {"ttl": cdn.default_ttl, "max-ttl": cdn.max_ttl, "stale": cdn.serve_while_stale}
    told = (f"+{name}={seconds}" for name, seconds in times.items() if seconds is not None)
    return "".join((CDN_MODES.get(cdn.mode, "gcp-cdn"), *told))


def _is_for(edge: Edge, service: Service) -> bool:
    """By its own word, or by the annotation of the Service: {"default": "name"} and the like."""
    if edge.service:
        return edge.service == service.meta.key
    named = (service.meta.annotations.get(name, "") for name in BACKEND_CONFIG)
    return edge.meta.namespace == service.meta.namespace and any(f'"{edge.meta.name}"' in text for text in named)


def _bound(cluster: Cluster, service: Service) -> Iterator[FoundHop]:
    """What an object of AWS or Google ties to the Service."""
    for edge in cluster.edges:
        if edge.service != service.meta.key:
            continue
        if edge.meta.kind == "GCPBackendPolicy":
            yield FoundHop("gcp-https-lb", str(edge.meta), edge.meta.origin)
        else:
            word = "aws-nlb:no-client-ip" if edge.target == "ip" else "aws-nlb"
            yield FoundHop(
                word, str(edge.meta), edge.meta.origin, f"the target group of {edge.meta} is of a network load balancer"
            )
        return


def _of_service(service: Service) -> Iterator[FoundHop]:
    if service.type != "LoadBalancer":
        return
    notes = service.meta.annotations
    for prefix, word in _PROVIDERS.items():
        said = next((name for name in notes if name.startswith(prefix)), None)
        if said is not None:
            origin = service.meta.annotation_origins.get(said, service.meta.origin)
            yield FoundHop(word(service), f"annotation {said} of {service.meta}", origin)
            return


def _sends_lines(service: Service) -> bool:
    return any(proxy_annotation(service, port) for port in service.ports)


def _ends_tls(service: Service) -> bool:
    return any(tls_end(service, port) for port in service.ports)


def _aws(service: Service) -> str:
    notes = service.meta.annotations
    if notes.get(f"{AWS}type", "").startswith(("nlb", "external")):
        return _network(service)
    behind = notes.get(f"{AWS}backend-protocol", "tcp").strip().lower()
    if behind in ("http", "https"):
        return "aws-classic-elb:http"
    return "aws-classic-elb:proxy-v1" if _sends_lines(service) else "aws-classic-elb"


def _network(service: Service) -> str:
    notes = service.meta.annotations
    if _sends_lines(service):
        return "aws-nlb:proxy-v2"
    attributes = notes.get(f"{AWS}target-group-attributes", "").replace(" ", "")
    by_address = notes.get(f"{AWS}nlb-target-type") == "ip" or notes.get(f"{AWS}type") == "nlb-ip"
    keeps = "preserve_client_ip.enabled=true" in attributes
    hides = "preserve_client_ip.enabled=false" in attributes
    if hides or (by_address and not keeps):
        return "aws-nlb:no-client-ip"
    return "aws-nlb:tls" if _ends_tls(service) else "aws-nlb"


def _of(word: str, protocol: str) -> Callable[[Service], str]:
    """A load balancer of a cloud that forwards connections, unless an annotation has it understand HTTP."""

    def named(service: Service) -> str:
        if _sends_lines(service):
            return f"{word}:proxy"
        speaks = service.meta.annotations.get(protocol, "").startswith("http")
        return f"{word}:http" if speaks or _ends_tls(service) else word

    return named


_HETZNER, _DIGITALOCEAN = "load-balancer.hetzner.cloud/", "service.beta.kubernetes.io/do-loadbalancer-"
_PROVIDERS: Mapping[str, Callable[[Service], str]] = {
    AWS: _aws,
    _HETZNER: _of("hetzner-lb", f"{_HETZNER}protocol"),
    _DIGITALOCEAN: _of("digitalocean-lb", f"{_DIGITALOCEAN}protocol"),
    "service.beta.kubernetes.io/azure-": lambda _: "azure-lb",
    "networking.gke.io/load-balancer-": lambda _: "gcp-network-lb",
    "cloud.google.com/": lambda _: "gcp-network-lb",
}
"""By what its annotations begin with, the provider's load balancer as a Service has it."""


def _by_node(service: Service, before: list[FoundHop]) -> Iterator[FoundHop]:
    """kube-proxy replaces the address unless it may only lead to Pods of its own node, or is not asked at all."""
    to_pods = any(each.word in ("aws-nlb:no-client-ip", "cloudflare-tunnel") for each in before)
    if service.type in EXTERNAL and service.external_traffic_policy != "Local" and not to_pods:
        if NEG in service.meta.annotations and before:
            return
        yield FoundHop(NODE, f"externalTrafficPolicy of {service.meta}", service.meta.origin)
