"""The part of a cluster that a controller's informers see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

from nginxsim.controller.flags import Flags
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Meta


class _Named(Protocol):
    @property
    def meta(self) -> Meta: ...


Object = TypeVar("Object", bound=_Named)


def in_scope(cluster: Cluster, flags: Flags) -> Cluster:
    """What --watch-namespace leaves of the Services, their endpoints and the ConfigMaps; all of them without that flag.

    Ingresses stay: why one is not watched is the gatekeeper's to say.
    """
    # ingress-nginx 1.15.1: internal/ingress/controller/store/store.go, New
    namespace = flags.watch_namespace
    if not namespace:
        return cluster
    return replace(
        cluster,
        services=_within(cluster.services, namespace),
        slices={key: slices for key, slices in cluster.slices.items() if key.startswith(f"{namespace}/")},
        config_maps=_within(cluster.config_maps, namespace),
    )


def _within(objects: Mapping[str, Object], namespace: str) -> dict[str, Object]:
    return {key: thing for key, thing in objects.items() if thing.meta.namespace == namespace}
