"""The IngressClass that is there although no manifest has it: the one the controller's Helm chart installs."""

from __future__ import annotations

from dataclasses import replace

from nginxsim.config.flags import Flags
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import IngressClass, Meta


def with_chart_class(cluster: Cluster, flags: Flags) -> tuple[Cluster, str]:
    """The cluster, with the chart's IngressClass added when the input has none at all, and the assumption in words.

    Applications and controllers are usually deployed from different folders, so manifests without any IngressClass
    are the rule; an input that has one is taken at its word.
    """
    if cluster.ingress_classes or "IngressClass" in cluster.whole:
        return cluster, ""
    name = flags.ingress_class
    assumed = IngressClass(Meta(kind="IngressClass", name=name, namespace=""), controller=flags.controller_class)
    words = f'IngressClass "{name}" of the controller\'s Helm chart exists (no IngressClass is in the input)'
    return replace(cluster, ingress_classes={name: assumed}), words
