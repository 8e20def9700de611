"""The kinds of objects whose values are looked at, and what each asks of its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """struct: its type ("TABLE.NAME"); name_format: of metadata.name (see formats.py)."""

    struct: str
    name_format: str = "subdomain"
    namespaced: bool = True
    keeps_generation: bool = False
    """metadata.generation is looked at; the API server sets it itself for kinds that have one."""


# kubernetes 1.34: pkg/apis/*/validation (Validate*Name), pkg/registry/*/*/strategy.go (PrepareForCreate)
KINDS: Mapping[tuple[str, str], Kind] = {
    ("networking.k8s.io/v1", "Ingress"): Kind("networking.Ingress"),
    ("networking.k8s.io/v1", "IngressClass"): Kind("networking.IngressClass", namespaced=False),
    ("networking.k8s.io/v1beta1", "Ingress"): Kind("networking_v1beta1.Ingress"),
    ("networking.k8s.io/v1beta1", "IngressClass"): Kind("networking.IngressClass", namespaced=False),
    ("extensions/v1beta1", "Ingress"): Kind("networking_v1beta1.Ingress"),
    ("v1", "Service"): Kind("core.Service", "label-1035", keeps_generation=True),
    ("v1", "Endpoints"): Kind("core.Endpoints", keeps_generation=True),
    ("v1", "Secret"): Kind("core.Secret", keeps_generation=True),
    ("v1", "ConfigMap"): Kind("core.ConfigMap", keeps_generation=True),
    ("v1", "Namespace"): Kind("core.Namespace", "label", namespaced=False, keeps_generation=True),
    ("v1", "Pod"): Kind("pods.Pod"),
    ("discovery.k8s.io/v1", "EndpointSlice"): Kind("discovery.EndpointSlice"),
    ("apps/v1", "Deployment"): Kind("apps.Deployment"),
    ("apps/v1", "DaemonSet"): Kind("apps.DaemonSet"),
    ("apps/v1", "ReplicaSet"): Kind("apps.ReplicaSet"),
    ("apps/v1", "StatefulSet"): Kind("apps.StatefulSet", "label"),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"): Kind(
        "admissionregistration.ValidatingWebhookConfiguration", namespaced=False
    ),
}
