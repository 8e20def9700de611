"""Clients whose address the new release takes from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.config.controller import Controller
from nginxsim.kube.objects import Ingress
from nginxsim.upgrade.kinds import Change, Kind
from nginxsim.upgrade.road import Road
from nginxsim.upgrade.wording import Looking, client_seen

BY_ADDRESS = (
    "whitelist-source-range",
    "allowlist-source-range",
    "denylist-source-range",
    "limit-rps",
    "limit-rpm",
    "limit-connections",
)
"""Annotations that go by the client's address."""


def client_changes(road: Road) -> Iterator[Change]:
    if _follows(road.new.controller) and not _follows(road.old.controller):
        course = road.course(lambda name: _follows(road.controller(name)))
        settings = road.new.controller.settings
        looking = tuple(found for ingress in road.ingresses() for found in _looking(road, ingress))
        told = client_seen(settings, looking, course)
        yield Change(Kind.CLIENT, settings.forwarded_for_header, course, told)


def _follows(controller: Controller) -> bool:
    """Whether a header names the client in spite of the PROXY line."""
    settings = controller.settings
    both = settings.use_proxy_protocol and settings.use_forwarded_headers
    return both and controller.release.follows_proxies_behind_proxy_protocol


def _looking(road: Road, ingress: Ingress) -> Iterator[Looking]:
    prefix = road.new.controller.flags.prefix
    for name in BY_ADDRESS:
        if origin := ingress.meta.annotation_origins.get(prefix + name):
            yield Looking(ingress, name, origin)
