"""limit-*. ingress-nginx 1.15.1: internal/ingress/annotations/ratelimit/main.go"""

from __future__ import annotations

import base64

from nginxsim.annotations import validators
from nginxsim.annotations.faults import Unusable
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import LimitZone, RateLimit
from nginxsim.golang.net import networks

BURST_MULTIPLIER = 5
SHARED_MEGABYTES = 5

RATE = Annotation("limit-rate", validators.INTEGER, Risk.LOW, LOCATION)
RATE_AFTER = Annotation("limit-rate-after", validators.INTEGER, Risk.LOW, LOCATION)
RPM = Annotation("limit-rpm", validators.INTEGER, Risk.LOW, LOCATION)
RPS = Annotation("limit-rps", validators.INTEGER, Risk.LOW, LOCATION)
CONNECTIONS = Annotation("limit-connections", validators.INTEGER, Risk.LOW, LOCATION)
MULTIPLIER = Annotation("limit-burst-multiplier", validators.INTEGER, Risk.LOW, LOCATION)
ALLOWLIST = Annotation(
    "limit-allowlist", validators.NETWORKS, Risk.LOW, LOCATION, aliases=("limit-whitelist",), releases="1.9.0.."
)

ROWS = (RATE, RATE_AFTER, RPM, RPS, CONNECTIONS, MULTIPLIER, ALLOWLIST)


def parse(read: AnnotationReader) -> RateLimit:
    rate = read.number_or(RATE, read.settings.limit_rate)
    rate_after = read.number_or(RATE_AFTER, read.settings.limit_rate_after)
    rpm = read.number_unless_refused(RPM)
    rps = read.number_unless_refused(RPS)
    connections = read.number_unless_refused(CONNECTIONS)
    multiplier = read.number_or(MULTIPLIER, BURST_MULTIPLIER)
    allowlist = _allowlist(read)
    if not (rpm or rps or connections):
        return RateLimit(rate=rate, rate_after=rate_after)
    name = f"{read.meta.namespace}_{read.meta.name}_{read.meta.uid}"
    return RateLimit(
        connections=_zone(f"{name}_conn", connections, multiplier),
        rps=_zone(f"{name}_rps", rps, multiplier),
        rpm=_zone(f"{name}_rpm", rpm, multiplier),
        rate=rate,
        rate_after=rate_after,
        name=name,
        id=base64.urlsafe_b64encode(name.encode()).decode().rstrip("="),
        allowlist=allowlist,
    )


def _zone(name: str, limit: int, multiplier: int) -> LimitZone:
    return LimitZone(name=name, limit=limit, burst=_wrapped(limit * multiplier), shared_size=SHARED_MEGABYTES)


def _wrapped(number: int) -> int:
    """What 64 bits hold of a product."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def _allowlist(read: AnnotationReader) -> tuple[str, ...]:
    text = read.text_unless_refused(ALLOWLIST)
    try:
        return tuple(networks(text)) if text else ()
    except ValueError as error:
        evidence = read.evidence(ALLOWLIST, validators.NETWORKS.offender(text))
        raise Unusable(str(error), evidence) from None


FAMILY = Family("RateLimit", "rate_limit", ROWS, parse)
