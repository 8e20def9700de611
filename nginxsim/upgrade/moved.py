"""Defaults of annotations that move where no request shows it: nobody set the annotation, and it is used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from nginxsim.annotations.values import ParsedAnnotations
from nginxsim.kube.objects import Ingress
from nginxsim.releases import Release
from nginxsim.releases import release as release_named
from nginxsim.simulation import Simulation
from nginxsim.upgrade.kinds import Change, Kind
from nginxsim.upgrade.road import Road
from nginxsim.upgrade.wording import annotation_default_moved


@dataclass(frozen=True, slots=True)
class Moved:
    """fact: of a release, what decides. user: the annotation without which it does not count.

    value: what holds for an Ingress, "" where nothing of the kind does.
    """

    fact: str
    annotation: str
    user: str
    value: Callable[[Release, ParsedAnnotations], str]
    fix: str


def _tls_protocols(_: Release, parsed: ParsedAnnotations) -> str:
    return parsed.proxy_tls.protocols if parsed.proxy_tls.certificate.ca_file else ""


NGINX_CONNECTS_IN = "60"
"""Seconds. nginx 1.27.1: src/http/modules/ngx_http_grpc_module.c"""


def _grpc_connects_in(release: Release, parsed: ParsedAnnotations) -> str:
    said = parsed.source("proxy-connect-timeout").kind == "annotation"
    if said or parsed.backend_protocol not in ("GRPC", "GRPCS"):
        return ""
    return str(parsed.proxy.connect_timeout) if release.grpc_has_timeouts else NGINX_CONNECTS_IN


MOVED = (
    Moved(
        "proxy_ssl_protocols",
        "proxy-ssl-protocols",
        "proxy-ssl-secret",
        _tls_protocols,
        "see that the services behind it speak one of these",
    ),
    Moved(
        "grpc_has_timeouts",
        "proxy-connect-timeout",
        "backend-protocol",
        _grpc_connects_in,
        "set the annotation if the services behind it take longer",
    ),
)
"""What the probes do not see: how connections to services come about."""


def moved_changes(road: Road, told: Collection[str]) -> Iterator[Change]:
    """told: the Ingresses of which something worse is said already."""
    for moved in MOVED:
        was, now = (getattr(end.controller.release, moved.fact) for end in (road.old, road.new))
        if was != now:
            for ingress in _using(moved, road):
                if ingress.meta.key not in told:
                    yield from _of(ingress, moved, road)


def _using(moved: Moved, road: Road) -> Iterator[Ingress]:
    name = road.new.controller.flags.prefix + moved.user
    return (ingress for ingress in road.ingresses() if name in ingress.meta.annotations)


def _of(ingress: Ingress, moved: Moved, road: Road) -> Iterator[Change]:
    old, new = (_value(ingress, moved, end) for end in (road.old, road.new))
    if old and new and old != new:
        now = getattr(road.new.controller.release, moved.fact)
        course = road.course(lambda name: bool(getattr(release_named(name), moved.fact) == now))
        user, what = road.new.controller.flags.prefix + moved.user, (moved.annotation, old, new)
        yield Change(
            Kind.DEFAULT, moved.annotation, course, annotation_default_moved(ingress, user, what, course, moved.fix)
        )


def _value(ingress: Ingress, moved: Moved, end: Simulation) -> str:
    parsed = end.extractor.extract(ingress).parsed
    return moved.value(end.controller.release, parsed) if parsed else ""
