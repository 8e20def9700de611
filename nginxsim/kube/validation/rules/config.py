"""Secret, ConfigMap and Namespace.

Source: kubernetes 1.34 pkg/apis/core/validation/validation.go (ValidateSecret, ValidateConfigMap, ValidateNamespace).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping

from nginxsim.kube.validation.faults import Fault, Key
from nginxsim.kube.validation.formats import FORMATS, size
from nginxsim.kube.validation.place import Place

MOST_BYTES = 1024 * 1024
ACCOUNT = "kubernetes.io/service-account.name"
"""Annotation of a Secret with the token of a service account."""

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
"""Keys that each type of Secret has to have, though they may be empty."""
_JSON = ("kubernetes.io/dockercfg", "kubernetes.io/dockerconfigjson")
_BASIC = ("username", "password")


def secret(place: Place) -> Iterator[Fault]:
    data = _data(place)
    for key in data:
        written = place["stringData" if key in place["stringData"].entries() else "data"].entries()[key]
        for says in FORMATS["data-key"](key):
            yield written.invalid(says, key, named=f"data[{key}]")
    if sum(map(len, data.values())) > MOST_BYTES:
        yield place["data"].too_long(MOST_BYTES)
    yield from _typed(place, data)


def _data(place: Place) -> dict[str, bytes]:
    """Decoded, with stringData laid over it."""
    return {
        **{key: _decoded(entry) for key, entry in place["data"].entries().items()},
        **{key: entry.text.encode(errors="surrogatepass") for key, entry in place["stringData"].entries().items()},
    }


def _decoded(entry: Place) -> bytes:
    """Base64, or the bytes as numbers."""
    if isinstance(entry.value, list):
        return bytes(number or 0 for number in entry.value)
    return base64.b64decode(entry.text.replace("\n", "").replace("\r", ""))


def _typed(place: Place, data: Mapping[str, bytes]) -> Iterator[Fault]:
    kind = place["type"].text
    missing = [key for key in _NEEDED.get(kind, ()) if key not in data]
    if kind == "kubernetes.io/basic-auth" and not data.keys() & set(_BASIC):
        missing = list(_BASIC)
    if kind == "kubernetes.io/ssh-auth" and not data.get("ssh-privatekey"):
        missing = ["ssh-privatekey"]
    yield from (_entry(place["data"], key).required(f"is missing, which type {kind} needs") for key in missing)
    if kind in _JSON and not missing and not _is_mapping(data[_NEEDED[kind][0]]):
        yield _entry(place["data"], _NEEDED[kind][0]).invalid("is not a mapping in JSON", "")
    annotations = place["metadata"]["annotations"]
    if kind == "kubernetes.io/service-account-token" and not annotations[ACCOUNT]:
        yield _entry(annotations, ACCOUNT).required(f"is missing, which type {kind} needs")


def _entry(place: Place, key: str) -> Place:
    return Place((place.value or {}).get(key), (*place.path, Key(key)))


def _is_mapping(text: bytes) -> bool:
    """Or null, which Go takes for one."""
    try:
        return isinstance(json.loads(text.decode("utf-8", "replace")), dict | None)
    except (ValueError, RecursionError):
        return False


def config_map(place: Place) -> Iterator[Fault]:
    data, binary = place["data"].entries(), place["binaryData"].entries()
    for key, entry in [*data.items(), *binary.items()]:
        for says in FORMATS["data-key"](key):
            yield entry.invalid(says, key)
    for key in data.keys() & binary.keys():
        yield data[key].invalid("is in binaryData as well", key)
    if sum(size(entry.text) for entry in data.values()) + sum(map(len, map(_decoded, binary.values()))) > MOST_BYTES:
        yield place.too_long(MOST_BYTES, named="[]")


def namespace(place: Place) -> Iterator[Fault]:
    """Its name becomes the value of a label."""
    fields = place["metadata"]
    yield from fields["name"].must_be("label-value", named=fields["labels"].field)
    finalizers = place["spec"]["finalizers"]
    for item in finalizers.items():
        yield from item.must_be("qualified", named=finalizers.field)
        if "/" not in item.text and item.text != "kubernetes":
            yield item.invalid("is neither a finalizer of Kubernetes nor one with a domain", named=finalizers.field)
