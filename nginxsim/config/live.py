"""What Ingresses and the controller name in a running cluster, fetched by name: Secrets and ConfigMaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from nginxsim.config.assumed import named_secrets
from nginxsim.config.deployed import deployed_in
from nginxsim.config.flags import Flags
from nginxsim.config.told import Told
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.manifests import load

CONFIG_MAP_ANNOTATIONS = ("auth-proxy-set-headers", "custom-headers", "fastcgi-params-configmap")
REFERENCES = ("add_headers", "proxy_set_headers")
"""Settings that name further ConfigMaps."""


def with_named(cluster: Cluster, told: Told) -> Cluster:
    """A running cluster with what is named in it, any other as it is. Raises InputError, in the words of kubectl."""
    if not cluster.live:
        return cluster
    flags = told.controller(cluster).flags
    cluster = _fetched(cluster, "ConfigMap", named_config_maps(cluster, flags))
    settings = told.controller(cluster).settings
    cluster = _fetched(cluster, "ConfigMap", filter(None, (getattr(settings, name) for name in REFERENCES)))
    secrets = (*named_secrets(cluster, flags), *filter(None, (settings.ssl_dh_param,)), *_webhook_secrets(cluster))
    return _fetched(cluster, "Secret", secrets)


def _webhook_secrets(cluster: Cluster) -> Iterator[str]:
    """Those that controllers mount, where webhooks are asked about: their certificate is one of them."""
    for deployed in deployed_in(cluster) if cluster.registrations else ():
        inside = deployed.container.inside
        held = [reference for mount in inside.mounts for reference in mount.holds] if inside else []
        yield from (f"{deployed.workload.meta.namespace}/{each.name}" for each in held if each.kind == "Secret")


def named_config_maps(cluster: Cluster, flags: Flags) -> Iterator[str]:
    """As "namespace/name"."""
    yield from filter(None, (flags.configmap, flags.tcp_services_configmap, flags.udp_services_configmap))
    for ingress in cluster.ingresses.values():
        for name in CONFIG_MAP_ANNOTATIONS:
            if written := ingress.meta.annotations.get(flags.prefix + name):
                yield written if "/" in written else f"{ingress.meta.namespace}/{written}"


def _fetched(cluster: Cluster, kind: str, keys: Iterable[str]) -> Cluster:
    """What files that lie over the cluster say of an object is what counts."""
    here = cluster.secrets if kind == "Secret" else cluster.config_maps
    wanted = [key for key in dict.fromkeys(keys) if key not in here]
    found = load([file for live in cluster.live for file in live.named(kind, wanted)])
    return replace(
        cluster,
        secrets={**found.secrets, **cluster.secrets},
        config_maps={**found.config_maps, **cluster.config_maps},
        stored=(*cluster.stored, *found.stored),
        files=(*cluster.files, *found.files),
    )
