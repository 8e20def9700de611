"""allowlist-source-range, denylist-source-range.

ingress-nginx 1.15.1: internal/ingress/annotations/{ipallowlist,ipdenylist}/main.go, internal/net/ipnet.go
"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.faults import Denied, Fault, Missing
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.golang.net import networks

ALLOWLIST = Annotation(
    "allowlist-source-range",
    validators.NETWORKS,
    Risk.MEDIUM,
    LOCATION,
    aliases=("whitelist-source-range",),
    releases="1.9.0..",
)
DENYLIST = Annotation("denylist-source-range", validators.NETWORKS, Risk.MEDIUM, LOCATION, releases="1.6.4..")


def parse_allowlist(read: AnnotationReader) -> tuple[str, ...]:
    return _ranges(read, ALLOWLIST, read.settings.whitelist_source_range)


def parse_denylist(read: AnnotationReader) -> tuple[str, ...]:
    return _ranges(read, DENYLIST, read.settings.denylist_source_range)


def _ranges(read: AnnotationReader, row: Annotation, default: tuple[str, ...]) -> tuple[str, ...]:
    """Sorted ranges; whatever is wrong with them, also what a validator refuses, denies the locations."""
    default = tuple(sorted(default))
    try:
        text = read.text(row)
    except Missing:
        return default
    except Fault as fault:
        raise Denied(fault.reason, fault.evidence, default, fault.kind) from None
    try:
        return tuple(networks(text))
    except ValueError as error:
        reason = f"the annotation does not contain a valid IP address or network: {error}"
        raise Denied(reason, read.evidence(row, row.validator.offender(text)), default) from None


FAMILIES = (
    Family("Allowlist", "allowlist", (ALLOWLIST,), parse_allowlist),
    Family("Denylist", "denylist", (DENYLIST,), parse_denylist),
)
