"""Endpoints and EndpointSlice.

Source: kubernetes 1.34 pkg/apis/core/validation/validation.go (validateEndpointSubsets),
pkg/apis/discovery/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.golang.net import parse_ip_sloppy
from nginxsim.kube.validation.faults import Fault
from nginxsim.kube.validation.place import Place

_MOST_ADDRESSES = 1000


def subset(place: Place) -> Iterator[Fault]:
    if not place["addresses"] and not place["notReadyAddresses"]:
        yield place.required("has no addresses, ready or not")
    ports = place["ports"].items()
    for port in ports if len(ports) > 1 else ():
        if not port["name"]:
            yield port["name"].required("is missing; each of several ports has a name")


def address(place: Place) -> Iterator[Fault]:
    yield from place["ip"].must_be("endpoint-ip")


def endpoint_slice(place: Place) -> Iterator[Fault]:
    """Addresses: what they have to be hangs on the addressType."""
    endpoints = place["endpoints"].items()
    if len(endpoints) > _MOST_ADDRESSES:
        return
    family = place["addressType"].text
    for endpoint in endpoints:
        addresses = endpoint["addresses"]
        if not addresses:
            yield addresses.required("has no address")
        for item in addresses.items():
            yield from _address(item, family, addresses)


def _address(item: Place, family: str, addresses: Place) -> Iterator[Fault]:
    if family == "FQDN":
        yield from item.must_be("fqdn")
    elif family in ("IPv4", "IPv6"):
        bad = list(item.must_be("ip" if family == "IPv4" else "ip-strict"))
        yield from bad
        if not bad:
            yield from _of_family(item, family, addresses)


def _of_family(item: Place, family: str, addresses: Place) -> Iterator[Fault]:
    parsed = parse_ip_sloppy(item.text)
    if parsed and f"IPv{parsed.version}" != family:
        yield item.invalid(f"is not {family}", named=addresses.field)
    yield from item.must_be("endpoint-ip")


def zone(place: Place) -> Iterator[Fault]:
    yield from place["name"].must_be("label-value")


def node(place: Place) -> Iterator[Fault]:
    yield from place["name"].must_be("subdomain")
