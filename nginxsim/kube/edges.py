"""Objects with which clouds put a load balancer or a cache before a Service.

The fields are those of their own APIs: cloud.google.com (BackendConfig), networking.gke.io (GCPBackendPolicy) and
elbv2.k8s.aws (TargetGroupBinding).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from nginxsim.kube.fields import Fields
from nginxsim.kube.objects import Meta
from nginxsim.origins import Origin


@dataclass(frozen=True, slots=True)
class Cdn:
    """What Cloud CDN is told; mode "" and None: nothing, so that its own default counts. Times in seconds."""

    origin: Origin
    mode: str = ""
    default_ttl: int | None = None
    max_ttl: int | None = None
    serve_while_stale: int | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One object. service: the one that it is for, as "namespace/name"; "": Services name the object instead.

    target: what a TargetGroupBinding leads to, "ip" or "instance"; "" where AWS is asked.
    """

    meta: Meta
    service: str = ""
    target: str = ""
    cdn: Cdn | None = None


Reader: TypeAlias = Callable[[Fields, Meta], Edge]


def _backend_config(document: Fields, meta: Meta) -> Edge:
    return Edge(meta, cdn=_cdn(document.fields("spec")))


def _backend_policy(document: Fields, meta: Meta) -> Edge:
    name = document.fields("spec").fields("targetRef").text("name")
    return Edge(meta, f"{meta.namespace}/{name}")


def _cdn(spec: Fields) -> Cdn | None:
    # kubernetes/ingress-gce: pkg/apis/backendconfig/v1/types.go
    cdn = spec.fields("cdn")
    if not cdn.flag("enabled"):
        return None
    seconds = (cdn.number(name) if name in cdn else None for name in ("defaultTtl", "maxTtl", "serveWhileStale"))
    return Cdn(spec.origin("cdn"), cdn.text("cacheMode"), *seconds)


def _target_group(document: Fields, meta: Meta) -> Edge:
    spec = document.fields("spec")
    name = spec.fields("serviceRef").text("name")
    return Edge(meta, f"{meta.namespace}/{name}", target=spec.text("targetType"))


EDGES: Mapping[str, Mapping[str, Reader]] = {
    "BackendConfig": dict.fromkeys(("cloud.google.com/v1", "cloud.google.com/v1beta1"), _backend_config),
    "GCPBackendPolicy": {"networking.gke.io/v1": _backend_policy},
    "TargetGroupBinding": {"elbv2.k8s.aws/v1beta1": _target_group},
}
"""By kind and API version, how it is read."""
