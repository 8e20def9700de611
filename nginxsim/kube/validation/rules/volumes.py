"""Volumes of Pods. Source: kubernetes 1.34 pkg/apis/core/validation/validation.go (ValidateVolumes)."""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.kube.validation.faults import Fault
from nginxsim.kube.validation.formats import FORMATS
from nginxsim.kube.validation.place import Place
from nginxsim.kube.validation.quantities import parse_quantity
from nginxsim.kube.validation.rules.pods import below

HOST_PATH_TYPES = ("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket")
_SHORTEST, _LONGEST = 600, 1 << 32
"""Seconds that a token of a service account may last."""


def volume(place: Place) -> Iterator[Fault]:
    """One thing that it is; an emptyDir where none is written."""
    kinds = [name for name, value in (place.value or {}).items() if name != "name" and value is not None]
    for name in kinds[1:]:
        yield place[name].forbidden(f"is one kind of volume too many beside {kinds[0]}")
    size = place["emptyDir"]["sizeLimit"]
    if size.is_there and (parse_quantity(str(size.value)) or 0) < 0:
        yield size.forbidden("is below 0")


def host_path(place: Place) -> Iterator[Fault]:
    path, kind = place["path"], place["type"]
    if not path:
        yield path.required()
        return
    if ".." in path.text.split("/"):
        yield path.invalid("leads upwards")
    if kind.is_there and kind.text not in HOST_PATH_TYPES:
        yield kind.unsupported(HOST_PATH_TYPES)


def nfs(place: Place) -> Iterator[Fault]:
    if not place["path"].text.startswith("/"):
        yield place["path"].invalid("does not begin with a slash", place["path"].text)


def key_to_path(place: Place) -> Iterator[Fault]:
    path = place["path"]
    says = [*below(path.text), *_reserved(path.text)]
    yield from (path.invalid(each, path.text) for each in says)


def _reserved(path: str) -> Iterator[str]:
    if path.startswith("..") and ".." not in path.split("/"):
        yield "begins with .."


def csi(place: Place) -> Iterator[Fault]:
    driver = place["driver"]
    if not driver:
        yield driver.required()
        return
    yield from map(driver.invalid, FORMATS["subdomain"](driver.text.lower()))
    if len(driver.text) > 63:
        yield driver.too_long(63)


def token(place: Place) -> Iterator[Fault]:
    """Of a service account, projected into a volume."""
    seconds = place["expirationSeconds"]
    if seconds.is_there and seconds.number < _SHORTEST:
        yield seconds.invalid("is less than 10 minutes")
    if seconds.number > _LONGEST:
        yield seconds.invalid("is more than 2^32 seconds")


def projection(place: Place) -> Iterator[Fault]:
    if sum(value is not None for value in (place.value or {}).values()) > 1:
        yield place.forbidden("projects more than one thing")
