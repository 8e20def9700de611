"""Examples of the catalogue: written in shorthand, shown and tested as whole manifests.

A mapping without `kind` is an Ingress: `annotations` by short name, `paths` as "PATH [TYPE [SERVICE:PORT]]". One with
`settings` is the controller's ConfigMap, one with `flags` its command line, one with `oauth2-proxy` a Deployment of
that with its Service, one with `webhook` the controller as its chart installs it. Anything else is taken as it stands,
but that tests put a certificate where a Secret says `<certificate of HOST>`, and one in base64 for `<bundle of HOST>`;
text is only shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

PREFIX = "nginx.ingress.kubernetes.io"
CONFIG_MAP = {"name": "ingress-nginx-controller", "namespace": "ingress-nginx"}

Written: TypeAlias = Mapping[str, Any]
"""One object in shorthand."""


@dataclass(frozen=True, slots=True)
class Example:
    """objects: whole manifests; flags: of the controller; text: what is shown instead where there is nothing to run."""

    objects: tuple[Mapping[str, Any], ...] = ()
    flags: tuple[str, ...] = ()
    text: str = ""

    def manifests(self) -> str:
        """The objects as one YAML text."""
        documents = (yaml.dump(thing, Dumper=_Dumper, sort_keys=False, width=110) for thing in self.objects)
        return "---\n".join(documents)

    def shown(self) -> str:
        """What a page prints: the text, or the flags as a comment and the manifests."""
        return self.text or "".join(f"# controller flag: {flag}\n" for flag in self.flags) + self.manifests()


def mended(written: Written | Sequence[Written], patch: Written | Sequence[Written]) -> list[Written]:
    """What a fix makes of an example: each part of the patch is laid over the item that it names, or comes beside it.

    An Ingress goes by its name, another object by kind and name; a field that is null in the patch is taken out.
    """
    items: list[Written] = list(_listed(written))
    for part in _listed(patch):
        place = next((at for at, item in enumerate(items) if _name(item) == _name(part)), None)
        if place is None:
            items.append(part)
        else:
            items[place] = _laid_over(items[place], part)
    return items


def _listed(written: Written | Sequence[Written]) -> Sequence[Written]:
    return [written] if isinstance(written, Mapping) else written


def _name(item: Written) -> tuple[str, str]:
    for only in ("settings", "flags", "oauth2-proxy", "webhook"):
        if only in item:
            return only, ""
    kind = item.get("kind", "")
    return (kind, item["metadata"]["name"]) if kind else ("", item.get("name", "shop"))


def _laid_over(item: Written, part: Written) -> dict[str, Any]:
    found = {key: value for key, value in item.items() if part.get(key, "") is not None}
    for key, value in part.items():
        inner = found.get(key)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            found[key] = _laid_over(inner, value)
        elif value is not None:
            found[key] = value
    return found


def example_of(written: Any) -> Example | None:
    """The Example behind a field of the table: text, one mapping or several; None for no field."""
    if written is None:
        return None
    if isinstance(written, str):
        return Example(text=written if written.endswith("\n") else f"{written}\n")
    items = written if isinstance(written, list) else [written]
    flags = [flag for item in items for flag in item.get("flags", ())]
    return Example(tuple(thing for item in items if "flags" not in item for thing in _objects(item)), tuple(flags))


def _objects(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "kind" in item:
        yield item
    elif "settings" in item:
        yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": dict(CONFIG_MAP), "data": item["settings"]}
    elif "oauth2-proxy" in item:
        yield from _oauth2_proxy(**item["oauth2-proxy"])
    elif "webhook" in item:
        yield from _controller(**item["webhook"])
    else:
        yield _ingress(**item)


def _oauth2_proxy(*, version: str, flags: Sequence[str] = ()) -> Iterator[Mapping[str, Any]]:
    name, labels = "oauth2-proxy", {"app": "oauth2-proxy"}
    secret = {"secretKeyRef": {"name": name, "key": "cookie-secret"}}
    listens = [] if any("http-address" in flag for flag in flags) else ["--http-address=0.0.0.0:4180"]
    given = [] if any("email" in flag for flag in flags) else ["--email-domain=*"]
    container = {
        "name": name,
        "image": f"mirror.test/oauth2-proxy/oauth2-proxy:{version}",
        "args": [*listens, *given, *flags],
        "env": [{"name": "OAUTH2_PROXY_COOKIE_SECRET", "valueFrom": secret}],
    }
    ports = {"selector": labels, "ports": [{"port": 4180}]}
    yield {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": ports}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    yield {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


_FILES = "/usr/local/certificates"


def _controller(
    *,
    configuration: Written | None = None,
    port: int = 8443,
    listens: int = 0,
    flags: Sequence[str] | None = None,
    replicas: int = 1,
    hostNetwork: bool = False,  # noqa: N803  # as in a Pod
    version: str = "v1.15.1",
) -> Iterator[Written]:
    """A controller as its chart installs it, with what makes the API server ask it about Ingresses.

    listens: the port of --validating-webhook, where it is not the container's; flags: instead of those about it.
    """
    name, namespace, labels = "ingress-nginx-controller", "ingress-nginx", {"app.kubernetes.io/name": "ingress-nginx"}
    webhook = {
        "name": "validate.nginx.ingress.kubernetes.io",
        "clientConfig": {"service": {"name": f"{name}-admission", "namespace": namespace}},
        "rules": [
            {
                "apiGroups": ["networking.k8s.io"],
                "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["ingresses"],
            }
        ],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    yield {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "ingress-nginx-admission"},
        "webhooks": [_laid_over(webhook, configuration or {})],
    }
    spec: dict[str, Any] = {
        "selector": labels,
        "ports": [{"name": "https-webhook", "port": 443, "targetPort": "webhook"}],
    }
    metadata = {"name": f"{name}-admission", "namespace": namespace}
    yield {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    own = [
        f"--validating-webhook=:{listens or port}",
        *(f"--validating-webhook-{what}={_FILES}/{file}" for what, file in (("certificate", "cert"), ("key", "key"))),
    ]
    container = {
        "name": "controller",
        "image": f"ingress-nginx/controller:{version}",
        "args": ["/nginx-ingress-controller", *(own if flags is None else flags)],
        "ports": [{"name": "webhook", "containerPort": port}],
        "volumeMounts": [{"name": "webhook-cert", "mountPath": f"{_FILES}/", "readOnly": True}],
    }
    pod: dict[str, Any] = {
        **({"hostNetwork": True} if hostNetwork else {}),
        "containers": [container],
        "volumes": [{"name": "webhook-cert", "secret": {"secretName": "ingress-nginx-admission"}}],
    }
    template = {"metadata": {"labels": labels}, "spec": pod}
    deployment = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": name, "namespace": namespace}
    yield {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": deployment}


def _ingress(
    *,
    name: str = "shop",
    host: str = "shop.example.com",
    annotations: Mapping[str, str] | None = None,
    paths: Sequence[str] = ("/",),
    ingress_class: str | None = "nginx",
    namespace: str = "",
    **spec: Any,
) -> Mapping[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if annotations:
        metadata["annotations"] = {
            key if "/" in key else f"{PREFIX}/{key}": value for key, value in annotations.items()
        }
    named = {"ingressClassName": ingress_class} if ingress_class else {}
    rule = {"host": host, "http": {"paths": list(map(_path, paths))}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": {**named, **spec, "rules": [rule]},
    }


def _path(text: str) -> Mapping[str, Any]:
    path, path_type, service = [*text.split(" "), *("Prefix", "web:80")[text.count(" ") :]]
    name, _, port = service.partition(":")
    wanted = {"number": int(port)} if port.isdigit() else {"name": port}
    return _Line(path=path, pathType=path_type, backend={"service": {"name": name, "port": wanted}})


class _Line(dict[str, Any]):
    """A mapping that is written on one line."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _line(dumper: yaml.SafeDumper, mapping: _Line) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", mapping, flow_style=True)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Line, _line)
