"""Ingress and IngressClass, in their present and their beta shapes."""

from __future__ import annotations

from nginxsim.kube.fields import Fields
from nginxsim.kube.objects import (
    NOWHERE,
    BackendRef,
    Ingress,
    IngressClass,
    IngressPath,
    IngressRule,
    IngressTLS,
    Meta,
)


def read_ingress(document: Fields, meta: Meta) -> Ingress:
    """networking.k8s.io/v1."""
    return _ingress(document.fields("spec"), meta, beta=False)


def read_beta_ingress(document: Fields, meta: Meta) -> Ingress:
    """The shape before v1: backends are {serviceName, servicePort}, and pathType may be absent."""
    return _ingress(document.fields("spec"), meta, beta=True)


def _ingress(spec: Fields, meta: Meta, *, beta: bool) -> Ingress:
    default = "backend" if beta else "defaultBackend"
    class_name = spec.text("ingressClassName") if "ingressClassName" in spec else None
    return Ingress(
        meta=meta,
        class_name=class_name,
        default_backend=_backend(spec.fields(default), beta=beta) if default in spec else None,
        rules=tuple(_rule(rule, beta=beta) for rule in spec.items("rules")),
        tls=tuple(_tls(entry) for entry in spec.items("tls")),
        class_origin=NOWHERE if class_name is None else spec.origin("ingressClassName"),
    )


def _rule(rule: Fields, *, beta: bool) -> IngressRule:
    paths = None
    if "http" in rule:
        paths = tuple(_path(path, beta=beta) for path in rule.fields("http").items("paths"))
    return IngressRule(rule.text("host"), paths, rule.origin("host"))


def _path(path: Fields, *, beta: bool) -> IngressPath:
    default_type = "ImplementationSpecific" if beta else ""
    return IngressPath(
        path=path.text("path"),
        path_type=path.text("pathType", default_type) or None,
        backend=_backend(path.fields("backend"), beta=beta),
        origin=path.origin("path", "backend"),
    )


def _backend(backend: Fields, *, beta: bool) -> BackendRef:
    if beta:
        return BackendRef(
            service=backend.text("serviceName"),
            port=backend.port("servicePort"),
            origin=backend.origin("serviceName"),
            port_origin=backend.origin("servicePort", "serviceName"),
        )
    service = backend.fields("service")
    port = service.fields("port")
    return BackendRef(
        service=service.text("name"),
        port=port.text("name") or port.number("number"),
        origin=service.origin("name"),
        port_origin=port.origin("name", "number") if "port" in service else service.origin("name"),
    )


def _tls(entry: Fields) -> IngressTLS:
    return IngressTLS(entry.words("hosts"), entry.text("secretName"), entry.origin("secretName"))


def read_ingress_class(document: Fields, meta: Meta) -> IngressClass:
    return IngressClass(meta, document.fields("spec").text("controller"))
