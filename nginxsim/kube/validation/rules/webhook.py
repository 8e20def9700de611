"""ValidatingWebhookConfiguration.

Source: kubernetes 1.34 pkg/apis/admissionregistration/validation/validation.go,
staging/src/k8s.io/apiserver/pkg/util/webhook/validation.go. Expressions (CEL) of matchConditions are not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.golang import url as urls
from nginxsim.kube.validation.faults import Fault
from nginxsim.kube.validation.formats import FORMATS, fully_qualified
from nginxsim.kube.validation.place import Place

REVIEWS = ("v1", "v1beta1")
"""Versions of AdmissionReview that the API server speaks."""
_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")


def webhook(place: Place) -> Iterator[Fault]:
    name = place["name"]
    if name:
        yield from map(name.invalid, fully_qualified(name.text, 3))
    else:
        yield name.required()
    yield from _client(place["clientConfig"])
    yield from _versions(place["admissionReviewVersions"])


def _client(place: Place) -> Iterator[Fault]:
    url, service = place["url"], place["service"]
    if url.is_there == service.is_there:
        yield place.required("needs a url or a service, one of the two")
    elif url.is_there:
        yield from _url(url)
    else:
        yield from _service(service)


def _url(place: Place) -> Iterator[Fault]:
    try:
        url = urls.parse(place.text)
    except ValueError:
        yield place.required("is no URL")
        return
    if url.scheme != "https":
        yield place.invalid("does not begin with https")
    if not url.host:
        yield place.invalid("has no host")
    address, _, fragment = place.text.partition("#")
    address, _, query = address.partition("?")
    for part, name in (("@" in url.host, "a user"), (fragment, "a fragment"), (query, "a query")):
        if part:
            yield place.invalid(f"has {name}")


def _service(place: Place) -> Iterator[Fault]:
    """The API server has the names of the two fields the wrong way round."""
    for name, called in (("namespace", "name"), ("name", "namespace")):
        if not place[name]:
            yield place[name].required(named=place[called].field)
    if place["port"].is_there:
        yield from place["port"].within(1, 65535)
    yield from map(place["path"].invalid, _path(place["path"].text))


def _path(path: str) -> Iterator[str]:
    if path in ("", "/"):
        return
    if path == "//":
        yield "has an empty part"
        return
    if not path.startswith("/"):
        yield "does not begin with a slash"
    for part in path[1:].removesuffix("/").split("/"):
        if not part:
            yield "has an empty part"
        elif any(FORMATS["subdomain"](part)):
            yield f'has the part "{part}", which is not a lower-case DNS name'


def _versions(place: Place) -> Iterator[Fault]:
    if not place:
        yield place.required(f"is missing; it has one of {', '.join(REVIEWS)}")
        return
    seen: set[str] = set()
    for version in place.items():
        if version.text in seen:
            yield version.invalid("is there already", version.text)
        else:
            yield from version.must_be("label-1035")
        seen.add(version.text)
    if not seen & set(REVIEWS):
        yield place.invalid(f"has none of {', '.join(REVIEWS)}")


def webhook_rule(place: Place) -> Iterator[Fault]:
    for name in ("operations", "apiGroups", "apiVersions"):
        values = place[name]
        if not values:
            yield values.required()
        if len(values.items()) > 1 and "*" in values.texts():
            yield values.invalid("has * and others")
    for operation in place["operations"].items():
        if operation.text not in _OPERATIONS:
            yield operation.unsupported(_OPERATIONS, operation.text)
    for version in place["apiVersions"].items():
        if not version:
            yield version.required("is empty")
    yield from _resources(place["resources"])


def _resources(place: Place) -> Iterator[Fault]:
    names = place.texts()
    if not names:
        yield place.required()
    taken: set[str] = set()
    for item in place.items():
        if not item:
            yield item.required("is empty")
        elif "/" in item.text:
            resource, _, part = item.text.partition("/")
            for pattern in {f"{resource}/*", f"*/{part}"} & taken:
                yield item.invalid(f"is part of {pattern}")
            taken |= {item.text} & {f"{resource}/*", f"*/{part}"}
    if len(names) > 1 and "*/*" in names:
        yield place.invalid("has */* and others")
    plain = [name for name in names if name and "/" not in name]
    if "*" in names and plain and plain[-1] != "*":
        yield place.invalid("has * and others")


def condition(place: Place) -> Iterator[Fault]:
    """One of matchConditions."""
    if not place["expression"].text.strip():
        yield place["expression"].required()
    name = place["name"]
    yield from name.must_be("qualified") if name else (name.required(),)
