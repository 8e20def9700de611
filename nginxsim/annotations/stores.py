"""What the controller's caches hold of the cluster, and the words in which they miss something.

ingress-nginx 1.15.1: internal/ingress/controller/store/store.go (informer filters, NotExistsError)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nginxsim.annotations.goparse import quote

if TYPE_CHECKING:
    from nginxsim.controller.flags import Flags
    from nginxsim.kube.cluster import Cluster
    from nginxsim.kube.objects import ConfigMap, Meta, Secret, Service

_HELM_RELEASE = "helm.sh/release.v1"


class Stores:
    """Look-ups by "namespace/name"; each raises LookupError with the controller's text."""

    def __init__(self, cluster: Cluster, flags: Flags) -> None:
        self._cluster = cluster
        self._namespace = flags.watch_namespace

    def secret(self, key: str) -> Secret:
        secret = self._cluster.secrets.get(key)
        if secret is None or secret.type == _HELM_RELEASE or not self._watched(secret.meta):
            raise _missing(key)
        return secret

    def config_map(self, key: str) -> ConfigMap:
        found = self._cluster.config_maps.get(key)
        if found is None or found.meta.labels.get("OWNER") == "TILLER" or not self._watched(found.meta):
            raise _missing(key)
        return found

    def service(self, key: str) -> Service:
        service = self._cluster.services.get(key)
        if service is None or not self._watched(service.meta):
            raise _missing(key)
        return service

    def _watched(self, meta: Meta) -> bool:
        return self._namespace in ("", meta.namespace)


def _missing(key: str) -> LookupError:
    return LookupError(f"no object matching key {quote(key)} in local store")
