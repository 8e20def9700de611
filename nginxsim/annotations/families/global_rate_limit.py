"""global-rate-limit-*, which 1.12.0 took out.

ingress-nginx 1.11.5: internal/ingress/annotations/globalratelimit/main.go
"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.faults import BadContent, Denied, Missing, Refused, Unusable
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import INGRESS, Annotation, Family, Risk
from nginxsim.annotations.values import GlobalRateLimit
from nginxsim.golang.net import networks
from nginxsim.golang.strconv import parse_duration

DEFAULT_KEY = "$remote_addr"
RELEASES = "0.44.0..1.11.8"

LIMIT = Annotation("global-rate-limit", validators.INTEGER, Risk.LOW, INGRESS, releases=RELEASES)
WINDOW = Annotation("global-rate-limit-window", validators.DURATION, Risk.LOW, INGRESS, releases=RELEASES)
KEY = Annotation("global-rate-limit-key", validators.VARIABLES, Risk.HIGH, INGRESS, releases=RELEASES)
IGNORED = Annotation("global-rate-limit-ignored-cidrs", validators.NETWORKS, Risk.MEDIUM, INGRESS, releases=RELEASES)

ROWS = (LIMIT, WINDOW, KEY, IGNORED)


def parse(read: AnnotationReader) -> GlobalRateLimit:
    """Nothing without both a limit and a window."""
    limit = _limit(read)
    window = _window(read)
    if not limit or not window:
        return GlobalRateLimit()
    seconds = _seconds(read, window)
    key = read.text_or(KEY, DEFAULT_KEY)
    return GlobalRateLimit(
        namespace=read.meta.uid.replace("-", ""),
        limit=limit,
        window_size=int(seconds),
        key=key,
        ignored_cidrs=_ignored(read),
    )


def _limit(read: AnnotationReader) -> int:
    try:
        return read.number_if_set(LIMIT)
    except Refused:
        return 0


def _window(read: AnnotationReader) -> str:
    try:
        return read.text(WINDOW)
    except Refused as fault:
        reason = f"failed to parse 'global-rate-limit-window' value: {fault.reason}"
        raise Denied(reason, fault.evidence, kind=fault.kind) from None
    except (Missing, BadContent):
        return ""


def _seconds(read: AnnotationReader, window: str) -> float:
    try:
        return parse_duration(window)
    except ValueError as error:
        reason = f"failed to parse 'global-rate-limit-window' value: {error}"
        raise Denied(reason, read.evidence(WINDOW)) from None


def _ignored(read: AnnotationReader) -> tuple[str, ...]:
    try:
        text = read.text_if_set(IGNORED)
    except Refused:
        return ()
    try:
        return tuple(networks(text)) if text else ()
    except ValueError as error:
        raise Unusable(str(error), read.evidence(IGNORED, validators.NETWORKS.offender(text))) from None


FAMILY = Family("GlobalRateLimit", "global_rate_limit", ROWS, parse)
