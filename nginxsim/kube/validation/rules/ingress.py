"""Ingress and IngressClass. Source: kubernetes 1.34 pkg/apis/networking/validation/validation.go."""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.kube.validation.faults import Fault
from nginxsim.kube.validation.place import Place

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
EXACT, PREFIX, IMPLEMENTATION = PATH_TYPES = ("Exact", "Prefix", "ImplementationSpecific")
_NOT_INSIDE = ("//", "/./", "/../", "%2f", "%2F")
_NOT_AT_THE_END = ("/..", "/.")
_LONGEST_CONTROLLER = 250


def ingress(place: Place) -> Iterator[Fault]:
    """Only on create; an update may leave both as they are."""
    annotation = place["metadata"]["annotations"].entries().get(CLASS_ANNOTATION)
    name = place["spec"]["ingressClassName"]
    if annotation is not None and name.is_there and annotation.text != name.text:
        says = f'is not what spec.ingressClassName says beside it ("{name.text}")'
        yield annotation.invalid(says, annotation.text, named=f"annotations.{CLASS_ANNOTATION}")


def ingress_spec(place: Place) -> Iterator[Fault]:
    if not place["rules"] and not place["defaultBackend"].is_there:
        yield place.invalid("has neither rules nor a defaultBackend")
    if place["defaultBackend"].is_there:
        yield from _backend(place["defaultBackend"])


def http(place: Place) -> Iterator[Fault]:
    if not place["paths"]:
        yield place["paths"].required()


def path(place: Place) -> Iterator[Fault]:
    kind = place["pathType"]
    if not kind.is_there:
        yield kind.required(f"is missing; it is one of {', '.join(PATH_TYPES)}")
        return
    if kind.text in (EXACT, PREFIX):
        yield from _absolute(place["path"])
        yield from _plain(place["path"])
    elif kind.text != IMPLEMENTATION:
        yield kind.unsupported(PATH_TYPES)
    elif place["path"]:
        yield from _absolute(place["path"])
    yield from _backend(place["backend"])


def _absolute(place: Place) -> Iterator[Fault]:
    if not place.text.startswith("/"):
        yield place.invalid("does not begin with a slash", place.text)


def _plain(place: Place) -> Iterator[Fault]:
    yield from (place.invalid(f"contains {mark}") for mark in _NOT_INSIDE if mark in place.text)
    yield from (place.invalid(f"ends with {mark}") for mark in _NOT_AT_THE_END if place.text.endswith(mark))


def _backend(place: Place) -> Iterator[Fault]:
    service, resource = place["service"], place["resource"]
    if service.is_there and resource.is_there:
        yield place.invalid("has both a service and a resource", "")
    elif resource.is_there:
        yield from _reference(resource)
    elif service.is_there:
        yield from _service(service, place)
    else:
        yield place.invalid("has neither a service nor a resource", "")


def _service(place: Place, backend: Place) -> Iterator[Fault]:
    name, port = place["name"], place["port"]
    yield from name.must_be("label-1035") if name else (name.required(),)
    if port["name"] and port["number"]:
        yield backend.invalid("gives its port a name and a number", "")
    elif port["name"]:
        yield from port["name"].must_be("port-name")
    elif port["number"]:
        yield from port["number"].within(1, 65535)
    else:
        yield backend.required("names no port, neither by name nor by number")


def _reference(place: Place) -> Iterator[Fault]:
    """To any object: apiGroup, kind and name."""
    if place["apiGroup"].is_there:
        yield from place["apiGroup"].must_be("subdomain")
    for part in (place["kind"], place["name"]):
        yield from part.must_be("path-segment") if part else (part.required(),)


def ingress_class(place: Place) -> Iterator[Fault]:
    """Its spec."""
    controller = place["controller"]
    if not controller:
        yield controller.required()
        return
    if len(controller.text.encode()) > _LONGEST_CONTROLLER:
        yield controller.too_long(_LONGEST_CONTROLLER)
    yield from controller.must_be("domain-path")


def parameters(place: Place) -> Iterator[Fault]:
    """Of an IngressClass. The scope is Cluster where none is written."""
    yield from _reference(place)
    scope, namespace = place["scope"], place["namespace"]
    if scope.is_there and scope.text not in ("Cluster", "Namespace"):
        yield scope.unsupported(("Cluster", "Namespace"))
    elif scope.text == "Namespace":
        yield from namespace.must_be("label") if namespace.is_there else (namespace.required(),)
    elif namespace.is_there:
        yield namespace.forbidden("goes with scope Namespace only")
