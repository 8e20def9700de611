"""Networks that nodes, Pods and load balancers live in."""

from __future__ import annotations

import ipaddress

PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "fc00::/7",
        "::1/128",
    )
)
"""Python's is_private counts the documentation networks too."""


def is_private(network: str) -> bool:
    try:
        wanted = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
    return any(wanted.version == each.version and wanted.subnet_of(each) for each in PRIVATE)  # type: ignore[arg-type]
