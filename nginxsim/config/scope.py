"""The part of a cluster that a controller's informers see, and its words for what is not in there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from nginxsim.golang.strconv import quote

if TYPE_CHECKING:
    from nginxsim.config.flags import Flags
    from nginxsim.kube.cluster import Cluster
    from nginxsim.kube.objects import ConfigMap, Object, Secret, Service

_HELM_RELEASE = "helm.sh/release.v1"


def in_scope(cluster: Cluster, flags: Flags) -> Cluster:
    """What is left of Services, their endpoints, Secrets and ConfigMaps: --watch-namespace, without Helm's own records.

    Ingresses stay: why one is not watched is the gatekeeper's to say.
    """
    # ingress-nginx 1.15.1: internal/ingress/controller/store/store.go, New
    namespace = flags.watch_namespace
    start = f"{namespace}/" if namespace else ""
    secrets = _within(cluster.secrets, namespace)
    config_maps = _within(cluster.config_maps, namespace)
    return replace(
        cluster,
        services=_within(cluster.services, namespace),
        slices={key: slices for key, slices in cluster.slices.items() if key.startswith(start)},
        secrets={key: secret for key, secret in secrets.items() if secret.type != _HELM_RELEASE},
        config_maps={key: found for key, found in config_maps.items() if found.meta.labels.get("OWNER") != "TILLER"},
    )


def _within(objects: Mapping[str, Object], namespace: str) -> Mapping[str, Object]:
    if not namespace:
        return objects
    return {key: thing for key, thing in objects.items() if thing.meta.namespace == namespace}


class Stores:
    """Look-ups by "namespace/name" in what is in scope; each raises LookupError with the controller's text."""

    def __init__(self, cluster: Cluster, flags: Flags) -> None:
        self._seen = in_scope(cluster, flags)

    def secret(self, key: str) -> Secret:
        return _found(self._seen.secrets, key)

    def config_map(self, key: str) -> ConfigMap:
        return _found(self._seen.config_maps, key)

    def service(self, key: str) -> Service:
        return _found(self._seen.services, key)


def _found(objects: Mapping[str, Object], key: str) -> Object:
    if key not in objects:
        # ingress-nginx 1.15.1: internal/ingress/controller/store/store.go, NotExistsError
        raise LookupError(f"no object matching key {quote(key)} in local store")
    return objects[key]


def split_key(key: str) -> tuple[str, str]:
    """A key "namespace/name" or "name" -> (namespace or "", name). Raises ValueError with the words of client-go."""
    parts = key.split("/")
    if len(parts) > 2:
        raise ValueError(f"unexpected key format: {quote(key)}")
    return ("", parts[0]) if len(parts) == 1 else (parts[0], parts[1])
