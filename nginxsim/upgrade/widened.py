"""Annotations that do more from a release on than they did, without being read otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from nginxsim.kube.objects import Ingress
from nginxsim.releases import release as release_named
from nginxsim.upgrade.kinds import Change, Kind
from nginxsim.upgrade.road import Road
from nginxsim.upgrade.wording import widened

PROTOCOL = "backend-protocol"
GRPC = ("GRPC", "GRPCS")


@dataclass(frozen=True, slots=True)
class Widening:
    """switch: the fact of a release. words: what the annotation now does as well; protocols: for which services."""

    switch: str
    annotations: tuple[str, ...]
    words: str
    protocols: tuple[str, ...] = ()


WIDENINGS = (
    Widening(
        "grpc_has_timeouts",
        ("proxy-connect-timeout", "proxy-send-timeout", "proxy-read-timeout"),
        "annotation {name} towards gRPC services",
        GRPC,
    ),
    Widening(
        "notices_auth_headers",
        ("auth-proxy-set-headers",),
        "a change of the headers alone that annotation {name} takes from ConfigMap {value}",
    ),
)


def widened_changes(road: Road, told: Collection[str]) -> Iterator[Change]:
    """told: the Ingresses of which something worse is said already."""
    for widening in WIDENINGS:
        old, new = (getattr(side.controller.release, widening.switch) for side in (road.old, road.new))
        if new and not old:
            course = road.course(lambda name, widening=widening: getattr(release_named(name), widening.switch))  # type: ignore[misc]
            for ingress in road.ingresses():
                for name in () if ingress.meta.key in told else _having(ingress, widening, road):
                    short = name.rpartition("/")[2]
                    words = widening.words.format(name=short, value=ingress.meta.annotations[name])
                    yield Change(Kind.HEARD, short, course, widened(ingress, name, words, course))


def _having(ingress: Ingress, widening: Widening, road: Road) -> Iterator[str]:
    prefix, annotations = road.new.controller.flags.prefix, ingress.meta.annotations
    if not widening.protocols or _protocol(annotations, prefix) in widening.protocols:
        yield from (prefix + name for name in widening.annotations if prefix + name in annotations)


def _protocol(annotations: Mapping[str, str], prefix: str) -> str:
    return annotations.get(prefix + PROTOCOL, "").strip().upper()
