"""A statement of a snippet that lacks its semicolon takes the directive after it for words of its own.

At the end of a snippet that is the controller's proxy_pass, and the location hands nothing to its service any more.
"""

from __future__ import annotations

from typing import NamedTuple

from nginxsim.controller.model import Location
from nginxsim.nginx.tree import Directive
from nginxsim.verdict.provenance import Provenance
from nginxsim.verdict.types import Evidence

PASSES = ("proxy_pass", "grpc_pass", "fastcgi_pass")
OF_AUTH = ("auth-snippet", "global-auth-snippet", "auth-proxy-set-headers", "global-auth-proxy-set-headers")
IN_LOCATIONS = ("configuration-snippet", "location-snippet", "proxy-set-headers", *OF_AUTH)


class Swallowed(NamedTuple):
    """What keeps a location from passing requests on."""

    reason: str
    fix: str
    evidence: tuple[Evidence, ...] = ()


def swallowed(block: Directive, location: Location, provenance: Provenance) -> Swallowed | None:
    """Of a location's block; None where it passes requests on."""
    if next(block.all(*PASSES), None):
        return None
    eater = next((each for each in block.block or () if set(PASSES) & set(each.args)), None)
    if eater is None:
        return Swallowed("there is no proxy_pass", "look for what stands in its place in nginx.conf")
    found = (source.origin for source in provenance.own(eater.line) if source.name in IN_LOCATIONS)
    origin = next(found, None) or location.annotations.source(IN_LOCATIONS[0]).origin
    evidence = (Evidence(origin, eater.name),) if origin else ()
    return Swallowed(f"{eater.name} swallows proxy_pass", "end each statement of the snippet with a ;", evidence)
