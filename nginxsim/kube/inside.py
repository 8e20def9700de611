"""What a program finds in its container: variables and files, each with where it comes from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Literal

from nginxsim.kube.fields import Fields
from nginxsim.kube.objects import Inside, Meta, Mount, Reference, Word


def inside_of(container: Fields, pod: Meta, spec: Fields) -> Inside:
    volumes = {volume.text("name"): tuple(_held(volume)) for volume in spec.items("volumes")}
    return Inside(
        variables=tuple((each.text("name"), _variable(each, pod)) for each in container.items("env")),
        others=tuple(found for each in container.items("envFrom") for found in _sources(each)),
        mounts=tuple(
            Mount(mount.text("mountPath"), mount.text("subPath"), volumes.get(mount.text("name"), ()))
            for mount in container.items("volumeMounts")
        ),
    )


def _variable(fields: Fields, pod: Meta) -> Word | Reference:
    name = fields.text("name")
    source = fields.fields("valueFrom")
    kinds: tuple[tuple[str, Literal["ConfigMap", "Secret"]], ...] = (
        ("configMapKeyRef", "ConfigMap"),
        ("secretKeyRef", "Secret"),
    )
    for field, kind in kinds:
        if field in source:
            named = source.fields(field)
            return Reference(kind, named.text("name"), named.text("key"), origin=source.origin(field))
    if "valueFrom" not in fields:
        return Word(fields.text("value"), fields.origin("value"))
    if source.fields("fieldRef").text("fieldPath") == "metadata.namespace":
        return Word(pod.namespace, fields.origin("valueFrom"))
    return Word("", fields.origin("valueFrom"), (name,))


def _sources(fields: Fields) -> Iterator[Reference]:
    prefix = fields.text("prefix")
    if "configMapRef" in fields:
        named = fields.fields("configMapRef")
        yield Reference("ConfigMap", named.text("name"), prefix=prefix, origin=named.origin("name"))
    if "secretRef" in fields:
        named = fields.fields("secretRef")
        yield Reference("Secret", named.text("name"), prefix=prefix, origin=named.origin("name"))


def _held(volume: Fields) -> Iterator[Reference]:
    """What a volume is made of."""
    yield from _made_of(volume.fields("configMap"), "ConfigMap", "name")
    yield from _made_of(volume.fields("secret"), "Secret", "secretName")
    for source in volume.fields("projected").items("sources"):
        yield from _made_of(source.fields("configMap"), "ConfigMap", "name")
        yield from _made_of(source.fields("secret"), "Secret", "name")


def _made_of(fields: Fields, kind: Literal["ConfigMap", "Secret"], named: str) -> Iterator[Reference]:
    name = fields.text(named)
    items = fields.items("items")
    if name and not items:
        yield Reference(kind, name, origin=fields.origin(named))
    for item in items:
        yield Reference(kind, name, item.text("key"), item.text("path"), fields.origin(named))


def key_at(mount: Mount, reference: Reference, path: str) -> str:
    """The key of a ConfigMap or Secret whose value is the file at that path; "" where none is."""
    if mount.sub_path:
        inner = mount.sub_path if posixpath.normpath(mount.path) == posixpath.normpath(path) else ""
    else:
        root = mount.path.rstrip("/") + "/"
        inner = path[len(root) :] if path.startswith(root) else ""
    if reference.key:
        return reference.key if inner == (reference.prefix or reference.key) else ""
    return inner
