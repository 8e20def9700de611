"""The one builder of estates: the objects of a cluster as mappings, their text, and the simulation of them.

estate(*served("web"), ingress(annotations={"limit-rps": "5"})).route(Request(host="web.example.com"))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from nginxsim import Host, Simulation, simulate
from nginxsim.sources import File

Object = dict[str, Any]
Paths = str | Mapping[str, str]
"""One path, or several with "service:port" each; "=/path" is Exact, "~/path" ImplementationSpecific, else Prefix."""

PREFIX = "nginx.ingress.kubernetes.io/"
PATH_TYPES = {"=": "Exact", "~": "ImplementationSpecific"}
CONTROLLER = "ingress-nginx"
SNIPPETS = {"allow-snippet-annotations": "true", "annotations-risk-level": "Critical"}
"""Settings that let every annotation through."""


def thing(
    kind: str,
    name: str,
    *,
    version: str = "v1",
    namespace: str = "default",
    metadata: Object | None = None,
    **more: Any,
) -> Object:
    """Any object; `more` are its fields beside `metadata`."""
    named = {"name": name, "namespace": namespace, **(metadata or {})}
    return {"apiVersion": version, "kind": kind, "metadata": named, **more}


def ingress_class(name: str = "nginx", controller: str = "k8s.io/ingress-nginx", **metadata: Any) -> Object:
    return thing(
        "IngressClass", name, version="networking.k8s.io/v1", metadata=metadata, spec={"controller": controller}
    )


def ingress(
    name: str = "web",
    host: str = "web.example.com",
    paths: Paths = "/",
    *,
    annotations: Mapping[str, str] | None = None,
    rules: Mapping[str, Paths] | None = None,
    class_name: str | None = "nginx",
    namespace: str = "default",
    metadata: Object | None = None,
    **spec: Any,
) -> Object:
    """An Ingress with one rule, or `rules` by host. Annotations have short names; one with a slash is as it stands.

    A host without paths is a rule without http; "" as a host is no host. `spec` are further fields of the spec.
    """
    noted = {key if "/" in key else PREFIX + key: value for key, value in (annotations or {}).items()}
    named = {"ingressClassName": class_name} if class_name is not None else {}
    given = {host: paths} if rules is None else rules
    return thing(
        "Ingress",
        name,
        version="networking.k8s.io/v1",
        namespace=namespace,
        metadata={"annotations": noted, **(metadata or {})},
        spec={**named, **spec, "rules": [_rule(*pair) for pair in given.items()]},
    )


def backend(target: str) -> Object:
    """The backend "service:port", the port a number or a name."""
    name, _, port = target.partition(":")
    return {"service": {"name": name, "port": {"number": int(port)} if port.isdigit() else {"name": port}}}


def _rule(host: str, paths: Paths) -> Object:
    targets = {paths: "web:80"} if isinstance(paths, str) else paths
    named = {"host": host} if host else {}
    return named | ({"http": {"paths": [_path(*pair) for pair in targets.items()]}} if targets else {})


def _path(written: str, target: str) -> Object:
    path_type = PATH_TYPES.get(written[:1], "Prefix")
    return {"path": written.lstrip("=~"), "pathType": path_type, "backend": backend(target)}


def service(name: str = "web", *, namespace: str = "default", **spec: Any) -> Object:
    """A Service with port 80, unless `spec` says otherwise."""
    return thing("Service", name, namespace=namespace, spec={"ports": [{"port": 80, "targetPort": 8080}], **spec})


def endpoints(
    name: str = "web", *addresses: str, port: int = 8080, port_name: str = "", not_ready: Sequence[str] = ()
) -> Object:
    """The EndpointSlice of a Service."""
    ready = [{"addresses": [address]} for address in addresses or ("10.0.0.1",)]
    waiting = [{"addresses": [address], "conditions": {"ready": False}} for address in not_ready]
    return thing(
        "EndpointSlice",
        f"{name}-1",
        version="discovery.k8s.io/v1",
        metadata={"labels": {"kubernetes.io/service-name": name}},
        addressType="IPv4",
        ports=[{"name": port_name, "port": port}],
        endpoints=[*ready, *waiting],
    )


def served(name: str = "web", *addresses: str) -> tuple[Object, Object]:
    """A Service on port 80 and its endpoints on port 8080."""
    return service(name), endpoints(name, *addresses)


def config_map(data: Mapping[str, str], name: str = "ingress-nginx-controller", namespace: str = CONTROLLER) -> Object:
    """The controller's ConfigMap, or another one."""
    return thing("ConfigMap", name, namespace=namespace, data=dict(data))


def secret(name: str, namespace: str = "default", **data: str) -> Object:
    """A Secret; `tls_crt` is the key tls.crt, and so on."""
    return thing(
        "Secret", name, namespace=namespace, stringData={key.replace("_", "."): value for key, value in data.items()}
    )


def manifests(*parts: Object | str) -> str:
    """Objects, and pieces of YAML as they stand, as one text."""
    texts = (part if isinstance(part, str) else yaml.safe_dump(part, sort_keys=False, width=1000) for part in parts)
    return "\n---\n".join(texts)


def estate_text(*parts: Object | str, settings: Mapping[str, str] | None = None) -> str:
    """The IngressClass nginx, the controller's ConfigMap where there are settings, and these parts."""
    return manifests(ingress_class(), *([config_map(settings)] if settings else []), *parts)


def estate(
    *parts: Object | str,
    settings: Mapping[str, str] | None = None,
    flags: Sequence[str] = (),
    release: str | None = None,
    host: Host | None = None,
) -> Simulation:
    """What `estate_text` says, as the file estate.yaml, under a controller."""
    chosen: dict[str, Any] = {"release": release, "host": host}
    return simulate(
        [File("estate.yaml", estate_text(*parts, settings=settings))],
        flags=list(flags),
        **{name: value for name, value in chosen.items() if value is not None},
    )
