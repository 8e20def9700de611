"""Deployment, DaemonSet, StatefulSet and ReplicaSet.

Source: kubernetes 1.34 pkg/apis/apps/validation/validation.go, pkg/apis/apps/v1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.kube.validation.faults import Fault
from nginxsim.kube.validation.formats import FORMATS
from nginxsim.kube.validation.place import Place
from nginxsim.kube.validation.quantities import parse_quantity
from nginxsim.kube.validation.rules import pods, selectors

_DEADLINE = 600
"""Seconds that a Deployment waits for progress where it does not say."""
_ROLLING = "RollingUpdate"


def deployment(place: Place) -> Iterator[Fault]:
    spec = place["spec"]
    yield from _pods_of(spec)
    yield from _deployment_strategy(spec["strategy"])
    deadline = spec["progressDeadlineSeconds"]
    seconds = deadline.number if deadline.is_there else _DEADLINE
    if seconds <= spec["minReadySeconds"].number:
        yield deadline.invalid("is not more than minReadySeconds", seconds)


def replica_set(place: Place) -> Iterator[Fault]:
    yield from _pods_of(place["spec"])


def daemon_set(place: Place) -> Iterator[Fault]:
    spec = place["spec"]
    selector = spec["selector"]
    yield from _not_empty(selector)
    if selectors.is_sound(selector):
        yield from _selected(selector, spec["template"])
    yield from _lasting(spec["template"]["spec"])
    yield from pods.in_context(spec["template"]["spec"])
    yield from _daemon_set_strategy(spec["updateStrategy"])


def stateful_set(place: Place) -> Iterator[Fault]:
    spec = place["spec"]
    claims = [claim["metadata"]["name"].text for claim in spec["volumeClaimTemplates"].items()]
    yield from _pods_of(spec, claims, named_by_owner=True)
    yield from _stateful_set_strategy(spec["updateStrategy"])


def _pods_of(spec: Place, claims: list[str] | None = None, *, named_by_owner: bool = False) -> Iterator[Fault]:
    selector, template = spec["selector"], spec["template"]
    if not selector.is_there:
        yield selector.required()
    yield from _not_empty(selector)
    if not selectors.is_sound(selector):
        yield selector.invalid("cannot be used")
    elif selector.value != {}:
        yield from _selected(selector, template)
    yield from _lasting(template["spec"])
    yield from pods.in_context(template["spec"], claims or [], named_by_owner=named_by_owner)


def _not_empty(selector: Place) -> Iterator[Fault]:
    if selector.is_there and not selector["matchLabels"] and not selector["matchExpressions"]:
        yield selector.invalid("is empty")


def _selected(selector: Place, template: Place) -> Iterator[Fault]:
    """The selector has to find the Pods that are made."""
    labels = template["metadata"]["labels"]
    if not selectors.matches(selector, {name: entry.text for name, entry in labels.entries().items()}):
        yield labels.invalid("are not what the selector looks for")


def _lasting(pod: Place) -> Iterator[Fault]:
    """Pods that are replaced when they end."""
    if pod["restartPolicy"].text not in ("", "Always"):
        yield pod["restartPolicy"].unsupported(("Always",))
    if pod["activeDeadlineSeconds"].is_there:
        yield pod["activeDeadlineSeconds"].forbidden("is for Pods by themselves only")


def _deployment_strategy(strategy: Place) -> Iterator[Fault]:
    kind, rolling = strategy["type"].text or _ROLLING, strategy["rollingUpdate"]
    if kind == "Recreate" and rolling.is_there:
        yield rolling.forbidden("does not go with type Recreate")
    elif kind not in ("Recreate", _ROLLING):
        yield strategy["type"].unsupported(("Recreate", _ROLLING), named=strategy.field)
    elif kind == _ROLLING:
        unavailable, surge = rolling["maxUnavailable"], rolling["maxSurge"]
        yield from _share(unavailable, most=100)
        yield from _share(surge)
        if _amount(unavailable, 25) == 0 == _amount(surge, 25):
            yield unavailable.invalid("is 0, and maxSurge is 0 as well")


def _daemon_set_strategy(strategy: Place) -> Iterator[Fault]:
    kind, rolling = strategy["type"].text or _ROLLING, strategy["rollingUpdate"]
    if kind not in ("OnDelete", _ROLLING):
        yield strategy["type"].unsupported(("OnDelete", _ROLLING), named=strategy.field)
    elif kind == _ROLLING:
        unavailable, surge = rolling["maxUnavailable"], rolling["maxSurge"]
        yield from _share(unavailable, most=100)
        yield from _share(surge, most=100)
        if _amount(unavailable, 1) and _amount(surge, 0):
            yield surge.invalid("and maxUnavailable are both more than 0")
        elif not _amount(unavailable, 1) and not _amount(surge, 0):
            yield unavailable.required("is 0, and maxSurge is 0 as well")


def _stateful_set_strategy(strategy: Place) -> Iterator[Fault]:
    kind, rolling = strategy["type"].text or _ROLLING, strategy["rollingUpdate"]
    if kind == "OnDelete" and rolling.is_there:
        yield rolling.invalid("does not go with type OnDelete")
    elif kind not in ("OnDelete", _ROLLING):
        says = f"is not one of OnDelete, {_ROLLING}"
        yield strategy["type"].invalid(says, named=strategy.field)
    elif rolling["partition"].number < 0:
        yield rolling["partition"].invalid("is below 0")


def _share(place: Place, *, most: int = 0) -> Iterator[Fault]:
    """A number of Pods or a share of them."""
    if isinstance(place.value, str):
        problems = list(FORMATS["percent"](place.value))
        yield from map(place.invalid, problems)
        if most and not problems and int(place.value[:-1]) > most:
            yield place.invalid(f"is more than {most}%")
    elif place.number < 0:
        yield place.invalid("is below 0")


def _amount(place: Place, default: int) -> int:
    if isinstance(place.value, str):
        digits = place.value.removesuffix("%")
        return int(digits) if digits.isascii() and digits.isdecimal() else 0
    return place.number if place.is_there else default


def claim(place: Place) -> Iterator[Fault]:
    """The spec of a PersistentVolumeClaim that a StatefulSet makes."""
    modes, requests = place["accessModes"], place["resources"]["requests"]
    known = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
    if not modes:
        yield modes.required()
    for mode in modes.items():
        if mode.text not in known:
            yield mode.unsupported(known, mode.text, named=modes.field)
    if "ReadWriteOncePod" in modes.texts() and set(modes.texts()) & set(known[:3]):
        yield modes.forbidden("has ReadWriteOncePod and others")
    storage, named = requests["storage"], f"{place['resources'].field}[storage]"
    if not storage.is_there:
        yield storage.required(named=named)
    elif (parse_quantity(str(storage.value)) or 0) <= 0:
        yield storage.invalid("is not more than 0", named=named)
